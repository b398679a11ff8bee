-- Made by schema version 7: `sqlite3 mer.db .dump`. Never edit; a new schema version gets a new file beside it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
  log_tail TEXT, gateway TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (trial, attempt)
) STRICT, WITHOUT ROWID;
INSERT INTO attempts VALUES(1,1,1,'node1',101.0,201.0,'finished',0,'[]','node1','cpu','0.1.0-golden','{"libtorch":"2.11.0"}',1,4321,NULL,NULL,NULL,NULL,'');
INSERT INTO attempts VALUES(2,1,1,'node1',101.0,201.0,'diverged',0,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO attempts VALUES(4,1,2,'node2',102.0,NULL,'running',0,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'g1');
CREATE TABLE checkpoints (
  trial INTEGER NOT NULL REFERENCES trials,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (trial, attempt, epoch)
) STRICT, WITHOUT ROWID;
INSERT INTO checkpoints VALUES(1,1,1,'checkpoints/x/1-1.safetensors','eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',4096);
CREATE TABLE configurations (
  sweep INTEGER NOT NULL REFERENCES sweeps,
  position INTEGER NOT NULL,
  configuration TEXT NOT NULL,
  differing TEXT NOT NULL,
  settings TEXT NOT NULL,
  PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;
INSERT INTO configurations VALUES(1,0,'c0000000000000000000000000000000','[["model.alpha","0.0"]]','{"corpus":{"path":"/corpora/small"},"folds":{"context":"own","scheme":"speaker","validation":"partner"},"model":{"alpha":0.0,"auxiliary_loss":true,"beta":0.1,"cross_attention":true,"cross_attention_feed_forward":false,"cross_attention_positions":false,"cross_attention_residual":false,"difference":"normalised","dropout":0.2,"encoder":"sigmoid","heads":4,"hidden":100,"modalities":["audio","text"],"recurrent":"bigru","recurrent_width":"split","self_attention":true,"self_attention_form":"multi-head","self_attention_residual":false,"similarity_moments":5,"similarity_norm":"l2","subspace":true},"train":{"batch_dialogues":20,"dtype":"float32","epochs":4,"evaluate_every":1,"learning_rate":0.0001,"optimizer":"adam","standardise":["audio"],"weight_decay":1e-05}}');
INSERT INTO configurations VALUES(1,1,'c0000001000000000000000000000000','[["model.alpha","0.1"]]','{"corpus":{"path":"/corpora/small"},"folds":{"context":"own","scheme":"speaker","validation":"partner"},"model":{"alpha":0.1,"auxiliary_loss":true,"beta":0.1,"cross_attention":true,"cross_attention_feed_forward":false,"cross_attention_positions":false,"cross_attention_residual":false,"difference":"normalised","dropout":0.2,"encoder":"sigmoid","heads":4,"hidden":100,"modalities":["audio","text"],"recurrent":"bigru","recurrent_width":"split","self_attention":true,"self_attention_form":"multi-head","self_attention_residual":false,"similarity_moments":5,"similarity_norm":"l2","subspace":true},"train":{"batch_dialogues":20,"dtype":"float32","epochs":4,"evaluate_every":1,"learning_rate":0.0001,"optimizer":"adam","standardise":["audio"],"weight_decay":1e-05}}');
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
INSERT INTO corpora VALUES(1,0,'d0000001000000000000000000000000','small','/corpora/small',100,'["angry","happy"]','{"speakers":3}');
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
INSERT INTO epochs VALUES(1,'test',1,1,20,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,X'07000000030000000300000007000000',1.5,1.25,0.5,0.75,0.10000000000000000555,1.000000000000000025e-300,0.4000000000000000222,NULL,NULL,NULL,'[0.3,0.2]',NULL);
INSERT INTO epochs VALUES(1,'test',2,1,20,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,X'07000000030000000300000007000000',1.25,1.25,0.5,0.75,0.10000000000000000555,1.000000000000000025e-300,0.4000000000000000222,NULL,NULL,NULL,'[0.3,0.2]',NULL);
INSERT INTO epochs VALUES(1,'train',1,1,20,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,X'07000000030000000300000007000000',1.5,1.25,0.5,0.75,0.10000000000000000555,1.000000000000000025e-300,0.4000000000000000222,NULL,2.5,0.00010000000000000000479,'[0.3,0.2]',NULL);
INSERT INTO epochs VALUES(1,'train',2,1,20,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,X'07000000030000000300000007000000',1.25,1.25,0.5,0.75,0.10000000000000000555,1.000000000000000025e-300,0.4000000000000000222,NULL,2.5,0.00010000000000000000479,'[0.3,0.2]',NULL);
INSERT INTO epochs VALUES(2,'test',1,1,20,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,X'07000000030000000300000007000000',NULL,1.25,0.5,0.75,0.10000000000000000555,1.000000000000000025e-300,0.4000000000000000222,NULL,NULL,NULL,'[0.3,0.2]','{"total":"nan"}');
INSERT INTO epochs VALUES(2,'train',1,1,20,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,0.69999999999999995559,X'07000000030000000300000007000000',NULL,1.25,0.5,0.75,0.10000000000000000555,1.000000000000000025e-300,0.4000000000000000222,NULL,2.5,0.00010000000000000000479,'[0.3,0.2]','{"total":"nan"}');
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
INSERT INTO folds VALUES(1,0,'f0000000000000000000000000000000','speaker-0',80,0,20,'folds/f0000000000000000000000000000000.json');
INSERT INTO folds VALUES(1,1,'f0000001000000000000000000000000','speaker-1',80,0,20,'folds/f0000001000000000000000000000000.json');
INSERT INTO folds VALUES(1,2,'f0000002000000000000000000000000','speaker-2',80,0,20,'folds/f0000002000000000000000000000000.json');
CREATE TABLE predictions (
  trial INTEGER NOT NULL REFERENCES trials,
  number INTEGER NOT NULL,
  probabilities BLOB NOT NULL,
  PRIMARY KEY (trial, number)
) STRICT;
INSERT INTO predictions VALUES(1,0,X'0000403f0000803e0000403f0000803e0000403f0000803e0000403f0000803e0000403f0000803e0000403f0000803e0000403f0000803e0000403f0000803e0000003e0000603f0000003e0000603f0000003e0000603f0000003e0000603f0000003e0000603f0000003e0000603f0000003e0000603f0000003e0000603f0000003e0000603f0000003e0000603f0000403f0000803e0000403f0000803e');
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
INSERT INTO selected VALUES(1,'best-test','macro_f1',2,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,X'08000000020000000200000008000000',0);
INSERT INTO selected VALUES(1,'best-test','ua',2,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,X'08000000020000000200000008000000',0);
INSERT INTO selected VALUES(1,'best-test','wa',2,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,X'08000000020000000200000008000000',0);
INSERT INTO selected VALUES(1,'best-test','weighted_f1',2,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,X'08000000020000000200000008000000',0);
INSERT INTO selected VALUES(1,'last','macro_f1',4,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,0.8000000000000000444,X'08000000020000000200000008000000',0);
CREATE TABLE state_counts (
  sweep INTEGER NOT NULL REFERENCES sweeps,
  state TEXT NOT NULL,
  trials INTEGER NOT NULL,
  PRIMARY KEY (sweep, state)
) STRICT, WITHOUT ROWID;
INSERT INTO state_counts VALUES(1,'diverged',1);
INSERT INTO state_counts VALUES(1,'done',1);
INSERT INTO state_counts VALUES(1,'pending',3);
INSERT INTO state_counts VALUES(1,'running',1);
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  lease INTEGER NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  began_at REAL NOT NULL,
  heartbeat REAL NOT NULL,
  changes INTEGER NOT NULL
) STRICT;
INSERT INTO store VALUES(1,1,'node1',42,1000.0,1000.0,4);
CREATE TABLE sweep_trials (
  sweep INTEGER NOT NULL REFERENCES sweeps,
  position INTEGER NOT NULL,
  trial INTEGER NOT NULL REFERENCES trials,
  configuration INTEGER NOT NULL,
  fold INTEGER NOT NULL, reused INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;
INSERT INTO sweep_trials VALUES(1,0,1,0,0,0);
INSERT INTO sweep_trials VALUES(1,1,2,0,1,0);
INSERT INTO sweep_trials VALUES(1,2,3,0,2,0);
INSERT INTO sweep_trials VALUES(1,3,4,1,0,0);
INSERT INTO sweep_trials VALUES(1,4,5,1,1,0);
INSERT INTO sweep_trials VALUES(1,5,6,1,2,0);
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
, priority INTEGER NOT NULL DEFAULT 0, activity TEXT NOT NULL DEFAULT 'active' CHECK (activity IN ('active', 'paused', 'cancelled')), annotated INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO sweeps VALUES(1,'study',1000.0,'0.1.0-test','last','macro_f1','[0]','[{"label":"Du et al., Table 5","metric":"macro_f1","value":0.8526}]','{"name":"study","folds":3}',5,'active',2);
CREATE TABLE test_parts (
  fold TEXT NOT NULL,
  corpus TEXT NOT NULL,
  utterances TEXT NOT NULL,
  truth TEXT NOT NULL, dialogues TEXT,
  PRIMARY KEY (fold, corpus)
) STRICT;
INSERT INTO test_parts VALUES('f0000000000000000000000000000000','d0000001000000000000000000000000','["fold0_utterance0","fold0_utterance1","fold0_utterance2","fold0_utterance3","fold0_utterance4","fold0_utterance5","fold0_utterance6","fold0_utterance7","fold0_utterance8","fold0_utterance9","fold0_utterance10","fold0_utterance11","fold0_utterance12","fold0_utterance13","fold0_utterance14","fold0_utterance15","fold0_utterance16","fold0_utterance17","fold0_utterance18","fold0_utterance19"]','[0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1,1]','["fold0_dialogue0","fold0_dialogue1","fold0_dialogue2","fold0_dialogue3","fold0_dialogue0","fold0_dialogue1","fold0_dialogue2","fold0_dialogue3","fold0_dialogue0","fold0_dialogue1","fold0_dialogue2","fold0_dialogue3","fold0_dialogue0","fold0_dialogue1","fold0_dialogue2","fold0_dialogue3","fold0_dialogue0","fold0_dialogue1","fold0_dialogue2","fold0_dialogue3"]');
INSERT INTO test_parts VALUES('f0000001000000000000000000000000','d0000001000000000000000000000000','["fold1_utterance0","fold1_utterance1","fold1_utterance2","fold1_utterance3","fold1_utterance4","fold1_utterance5","fold1_utterance6","fold1_utterance7","fold1_utterance8","fold1_utterance9","fold1_utterance10","fold1_utterance11","fold1_utterance12","fold1_utterance13","fold1_utterance14","fold1_utterance15","fold1_utterance16","fold1_utterance17","fold1_utterance18","fold1_utterance19"]','[0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1,1]','["fold1_dialogue0","fold1_dialogue1","fold1_dialogue2","fold1_dialogue3","fold1_dialogue0","fold1_dialogue1","fold1_dialogue2","fold1_dialogue3","fold1_dialogue0","fold1_dialogue1","fold1_dialogue2","fold1_dialogue3","fold1_dialogue0","fold1_dialogue1","fold1_dialogue2","fold1_dialogue3","fold1_dialogue0","fold1_dialogue1","fold1_dialogue2","fold1_dialogue3"]');
INSERT INTO test_parts VALUES('f0000002000000000000000000000000','d0000001000000000000000000000000','["fold2_utterance0","fold2_utterance1","fold2_utterance2","fold2_utterance3","fold2_utterance4","fold2_utterance5","fold2_utterance6","fold2_utterance7","fold2_utterance8","fold2_utterance9","fold2_utterance10","fold2_utterance11","fold2_utterance12","fold2_utterance13","fold2_utterance14","fold2_utterance15","fold2_utterance16","fold2_utterance17","fold2_utterance18","fold2_utterance19"]','[0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1,1]','["fold2_dialogue0","fold2_dialogue1","fold2_dialogue2","fold2_dialogue3","fold2_dialogue0","fold2_dialogue1","fold2_dialogue2","fold2_dialogue3","fold2_dialogue0","fold2_dialogue1","fold2_dialogue2","fold2_dialogue3","fold2_dialogue0","fold2_dialogue1","fold2_dialogue2","fold2_dialogue3","fold2_dialogue0","fold2_dialogue1","fold2_dialogue2","fold2_dialogue3"]');
CREATE TABLE timings (
  trial INTEGER NOT NULL REFERENCES trials,
  epoch INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  train_seconds REAL,
  evaluate_seconds REAL,
  finished_at REAL,
  PRIMARY KEY (trial, epoch, attempt)
) STRICT, WITHOUT ROWID;
INSERT INTO timings VALUES(1,1,1,1.5,0.25,1001.0);
INSERT INTO timings VALUES(1,2,1,1.5,0.25,1002.0);
INSERT INTO timings VALUES(2,1,1,1.5,0.25,1001.0);
CREATE TABLE trial_results (
  trial INTEGER PRIMARY KEY REFERENCES trials,
  attempt INTEGER NOT NULL,
  epochs INTEGER NOT NULL,
  weights_sha256 TEXT NOT NULL,
  parameters INTEGER NOT NULL,
  wall_seconds REAL,
  peak_memory INTEGER NOT NULL
, profile TEXT NOT NULL DEFAULT '{}') STRICT;
INSERT INTO trial_results VALUES(1,1,4,'7777777777777777777777777777777777777777777777777777777777777777',12345,3.5,1048576,'{"backward":1.0,"checkpoint":0.2,"evaluation":0.75,"forward":0.5,"gather":0.125,"losses":0.25,"optimizer":0.1,"other":0.3,"steps":60}');
CREATE TABLE trial_settings (
  settings INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  train TEXT NOT NULL,
  UNIQUE (model, train)
) STRICT;
INSERT INTO trial_settings VALUES(1,'{"alpha":0.0,"auxiliary_loss":true,"beta":0.1,"cross_attention":true,"cross_attention_feed_forward":false,"cross_attention_positions":false,"cross_attention_residual":false,"difference":"normalised","dropout":0.2,"encoder":"sigmoid","heads":4,"hidden":100,"modalities":["audio","text"],"recurrent":"bigru","recurrent_width":"split","self_attention":true,"self_attention_form":"multi-head","self_attention_residual":false,"similarity_moments":5,"similarity_norm":"l2","subspace":true}','{"batch_dialogues":20,"dtype":"float32","epochs":4,"evaluate_every":1,"learning_rate":0.0001,"optimizer":"adam","standardise":["audio"],"weight_decay":1e-05}');
INSERT INTO trial_settings VALUES(2,'{"alpha":0.1,"auxiliary_loss":true,"beta":0.1,"cross_attention":true,"cross_attention_feed_forward":false,"cross_attention_positions":false,"cross_attention_residual":false,"difference":"normalised","dropout":0.2,"encoder":"sigmoid","heads":4,"hidden":100,"modalities":["audio","text"],"recurrent":"bigru","recurrent_width":"split","self_attention":true,"self_attention_form":"multi-head","self_attention_residual":false,"similarity_moments":5,"similarity_norm":"l2","subspace":true}','{"batch_dialogues":20,"dtype":"float32","epochs":4,"evaluate_every":1,"learning_rate":0.0001,"optimizer":"adam","standardise":["audio"],"weight_decay":1e-05}');
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
INSERT INTO trials VALUES(1,'a0000000000000000000000000000000','c0000000000000000000000000000000','f0000000000000000000000000000000','speaker-0','d0000001000000000000000000000000',0,1,4,'done',1,0,2,'');
INSERT INTO trials VALUES(2,'a0000000000000010000000000000000','c0000000000000000000000000000000','f0000001000000000000000000000000','speaker-1','d0000001000000000000000000000000',0,1,4,'diverged',1,0,1,'loss total became NaN or infinite in epoch 1, step 3');
INSERT INTO trials VALUES(3,'a0000000000000020000000000000000','c0000000000000000000000000000000','f0000002000000000000000000000000','speaker-2','d0000001000000000000000000000000',0,1,4,'pending',0,0,0,'');
INSERT INTO trials VALUES(4,'a0000001000000000000000000000000','c0000001000000000000000000000000','f0000000000000000000000000000000','speaker-0','d0000001000000000000000000000000',0,2,4,'running',1,1,0,'');
INSERT INTO trials VALUES(5,'a0000001000000010000000000000000','c0000001000000000000000000000000','f0000001000000000000000000000000','speaker-1','d0000001000000000000000000000000',0,2,4,'pending',0,0,0,'');
INSERT INTO trials VALUES(6,'a0000001000000020000000000000000','c0000001000000000000000000000000','f0000002000000000000000000000000','speaker-2','d0000001000000000000000000000000',0,2,4,'pending',0,0,0,'');
CREATE TABLE annotations (
  kind TEXT NOT NULL CHECK (kind IN ('sweep', 'trial')),
  target TEXT NOT NULL,  -- the sweep's number, or the trial's id without the number of a superseded one
  note TEXT NOT NULL,
  tags TEXT NOT NULL,    -- sorted, a blank between them
  updated_at REAL NOT NULL,
  PRIMARY KEY (kind, target)
) STRICT, WITHOUT ROWID;
INSERT INTO annotations VALUES('sweep','1',replace('Alpha is too high.\nRerun with 0.1.','\n',char(10)),'baseline paper',100.0);
INSERT INTO annotations VALUES('trial','a0000000000000010000000000000000','','odd',101.0);
CREATE INDEX sweeps_by_name ON sweeps (name, sweep);
CREATE INDEX trials_running ON trials (trial) WHERE state = 'running';
CREATE INDEX sweep_trials_by_trial ON sweep_trials (trial, sweep);
CREATE VIEW curve AS
SELECT * FROM epochs AS e
WHERE attempt = (SELECT max(attempt) FROM epochs AS x
                 WHERE x.trial = e.trial AND x.split = e.split AND x.epoch = e.epoch);
CREATE TRIGGER count_moved AFTER UPDATE OF state ON trials WHEN old.state <> new.state BEGIN
  UPDATE state_counts SET trials = trials - 1
  WHERE state = old.state AND sweep IN (SELECT sweep FROM sweep_trials WHERE trial = new.trial);
  INSERT INTO state_counts SELECT DISTINCT sweep, new.state, 1 FROM sweep_trials WHERE trial = new.trial
  ON CONFLICT DO UPDATE SET trials = trials + 1;
END;
CREATE TRIGGER count_submitted AFTER INSERT ON sweep_trials
WHEN (SELECT count(*) FROM sweep_trials WHERE trial = new.trial AND sweep = new.sweep) = 1 BEGIN
  INSERT INTO state_counts SELECT new.sweep, state, 1 FROM trials WHERE trial = new.trial
  ON CONFLICT DO UPDATE SET trials = trials + 1;
END;
COMMIT;
PRAGMA user_version=7;
