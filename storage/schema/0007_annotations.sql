-- Schema version 7: what people write on sweeps and trials, and how often each sweep, or a trial of it, was annotated.

CREATE TABLE annotations (
  kind TEXT NOT NULL CHECK (kind IN ('sweep', 'trial')),
  target TEXT NOT NULL,  -- the sweep's number, or the trial's id without the number of a superseded one
  note TEXT NOT NULL,
  tags TEXT NOT NULL,    -- sorted, a blank between them
  updated_at REAL NOT NULL,
  PRIMARY KEY (kind, target)
) STRICT, WITHOUT ROWID;

ALTER TABLE sweeps ADD COLUMN annotated INTEGER NOT NULL DEFAULT 0;
