-- Schema version 5: which attempts belong to a group of another job, and so outlive their coordinator.

ALTER TABLE attempts ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
