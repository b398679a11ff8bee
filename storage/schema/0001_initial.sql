-- Schema version 1. docs/schema.md explains every table and column.
-- Numbers that are not finite, and negative zero, are NULL or 0 in their column and named in `kinds`.

CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  lease INTEGER NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  began_at REAL NOT NULL,
  heartbeat REAL NOT NULL,
  changes INTEGER NOT NULL
) STRICT;
INSERT INTO store VALUES (1, 0, '', 0, 0, 0, 0);

CREATE TABLE sweeps (
  sweep INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  submitted_at REAL NOT NULL,
  code_version TEXT NOT NULL,
  select_epoch TEXT NOT NULL,
  select_metric TEXT NOT NULL,
  seeds TEXT NOT NULL,
  published TEXT NOT NULL,
  resolved TEXT NOT NULL
) STRICT;
CREATE INDEX sweeps_by_name ON sweeps (name, sweep);

CREATE TABLE corpora (
  sweep INTEGER NOT NULL REFERENCES sweeps,
  position INTEGER NOT NULL,
  corpus TEXT NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  utterances INTEGER NOT NULL,
  labels TEXT NOT NULL,
  facts TEXT NOT NULL,
  PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE folds (
  sweep INTEGER NOT NULL REFERENCES sweeps,
  position INTEGER NOT NULL,
  fold TEXT NOT NULL,
  name TEXT NOT NULL,
  train INTEGER NOT NULL,
  validation INTEGER NOT NULL,
  test INTEGER NOT NULL,
  file TEXT NOT NULL,
  PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE test_parts (
  fold TEXT NOT NULL,
  corpus TEXT NOT NULL,
  utterances TEXT NOT NULL,
  truth TEXT NOT NULL,
  PRIMARY KEY (fold, corpus)
) STRICT;

CREATE TABLE configurations (
  sweep INTEGER NOT NULL REFERENCES sweeps,
  position INTEGER NOT NULL,
  configuration TEXT NOT NULL,
  differing TEXT NOT NULL,
  settings TEXT NOT NULL,
  PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial_settings (
  settings INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  train TEXT NOT NULL,
  UNIQUE (model, train)
) STRICT;

CREATE TABLE trials (
  trial INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  configuration TEXT NOT NULL,
  fold TEXT NOT NULL,
  fold_name TEXT NOT NULL,
  corpus TEXT NOT NULL,
  seed INTEGER NOT NULL,
  settings INTEGER NOT NULL REFERENCES trial_settings,
  epochs INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'failed', 'diverged', 'cancelled')),
  attempt INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX trials_running ON trials (trial) WHERE state = 'running';

CREATE TABLE sweep_trials (
  sweep INTEGER NOT NULL REFERENCES sweeps,
  position INTEGER NOT NULL,
  trial INTEGER NOT NULL REFERENCES trials,
  configuration INTEGER NOT NULL,
  fold INTEGER NOT NULL,
  PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX sweep_trials_by_trial ON sweep_trials (trial, sweep);

CREATE TABLE attempts (
  trial INTEGER NOT NULL REFERENCES trials,
  attempt INTEGER NOT NULL,
  worker INTEGER NOT NULL,
  host TEXT NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL,
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'finished', 'diverged', 'stopped', 'failed', 'lost')),
  resumed_epoch INTEGER NOT NULL DEFAULT 0,
  refused_checkpoints TEXT NOT NULL DEFAULT '[]',
  trainer_host TEXT,
  device TEXT,
  code_version TEXT,
  versions TEXT,
  threads INTEGER,
  pid INTEGER,
  failure_kind TEXT,
  failure_code INTEGER,
  failure_message TEXT,
  log_tail TEXT,
  PRIMARY KEY (trial, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
  trial INTEGER NOT NULL REFERENCES trials,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (trial, attempt, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE epochs (
  trial INTEGER NOT NULL REFERENCES trials,
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  epoch INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  utterances INTEGER NOT NULL,
  wa REAL,
  ua REAL,
  macro_f1 REAL,
  weighted_f1 REAL,
  confusion BLOB NOT NULL,
  total REAL,
  task REAL,
  auxiliary REAL,
  subspace REAL,
  similarity REAL,
  difference REAL,
  reconstruction REAL,
  cycle REAL,
  gradient_norm REAL,
  learning_rate REAL,
  auxiliary_by_modality TEXT,
  kinds TEXT,
  PRIMARY KEY (trial, split, epoch, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE timings (
  trial INTEGER NOT NULL REFERENCES trials,
  epoch INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  train_seconds REAL,
  evaluate_seconds REAL,
  finished_at REAL,
  PRIMARY KEY (trial, epoch, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial_results (
  trial INTEGER PRIMARY KEY REFERENCES trials,
  attempt INTEGER NOT NULL,
  epochs INTEGER NOT NULL,
  weights_sha256 TEXT NOT NULL,
  parameters INTEGER NOT NULL,
  wall_seconds REAL,
  peak_memory INTEGER NOT NULL
) STRICT;

CREATE TABLE predictions (
  trial INTEGER NOT NULL REFERENCES trials,
  number INTEGER NOT NULL,
  probabilities BLOB NOT NULL,
  PRIMARY KEY (trial, number)
) STRICT;

CREATE TABLE selected (
  trial INTEGER NOT NULL REFERENCES trials,
  rule TEXT NOT NULL CHECK (rule IN ('last', 'best-validation', 'best-test')),
  metric TEXT NOT NULL CHECK (metric IN ('wa', 'ua', 'macro_f1', 'weighted_f1')),
  epoch INTEGER NOT NULL,
  wa REAL,
  ua REAL,
  macro_f1 REAL,
  weighted_f1 REAL,
  confusion BLOB NOT NULL,
  prediction INTEGER NOT NULL,
  PRIMARY KEY (trial, rule, metric),
  FOREIGN KEY (trial, prediction) REFERENCES predictions (trial, number)
) STRICT, WITHOUT ROWID;

-- A trial's curve: for each epoch the row of the highest attempt.
CREATE VIEW curve AS
SELECT * FROM epochs AS e
WHERE attempt = (SELECT max(attempt) FROM epochs AS x
                 WHERE x.trial = e.trial AND x.split = e.split AND x.epoch = e.epoch);
