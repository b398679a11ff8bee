-- How many trials of each sweep are in each state, kept by triggers, so that nobody has to count 100,000 rows.

CREATE TABLE state_counts (
  sweep INTEGER NOT NULL REFERENCES sweeps,
  state TEXT NOT NULL,
  trials INTEGER NOT NULL,
  PRIMARY KEY (sweep, state)
) STRICT, WITHOUT ROWID;
INSERT INTO state_counts
SELECT sweep, state, count(DISTINCT trial) FROM sweep_trials JOIN trials USING (trial) GROUP BY sweep, state;

CREATE TRIGGER count_moved AFTER UPDATE OF state ON trials WHEN old.state <> new.state BEGIN
  UPDATE state_counts SET trials = trials - 1
  WHERE state = old.state AND sweep IN (SELECT sweep FROM sweep_trials WHERE trial = new.trial);
  INSERT INTO state_counts SELECT DISTINCT sweep, new.state, 1 FROM sweep_trials WHERE trial = new.trial
  ON CONFLICT DO UPDATE SET trials = trials + 1;
END;

-- Two configurations of a sweep may share a trial: it counts once.
CREATE TRIGGER count_submitted AFTER INSERT ON sweep_trials
WHEN (SELECT count(*) FROM sweep_trials WHERE trial = new.trial AND sweep = new.sweep) = 1 BEGIN
  INSERT INTO state_counts SELECT new.sweep, state, 1 FROM trials WHERE trial = new.trial
  ON CONFLICT DO UPDATE SET trials = trials + 1;
END;
