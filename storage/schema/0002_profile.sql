-- Schema version 2: where the trainer's time went, as JSON by part of its work; '{}': recorded by version 1.

ALTER TABLE trial_results ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
