-- Schema version 3: what people ask of a sweep while others run, and trials whose result an earlier sweep had made.

ALTER TABLE sweeps ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN activity TEXT NOT NULL DEFAULT 'active' CHECK (activity IN ('active', 'paused', 'cancelled'));
ALTER TABLE sweep_trials ADD COLUMN reused INTEGER NOT NULL DEFAULT 0;
