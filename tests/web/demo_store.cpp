#include "tests/web/demo_store.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/json.hpp"
#include "core/sha256.hpp"

namespace mer::web::test {
namespace {

using storage::MemoryStore;
using storage::Recorded;
using storage::StoreWrite;

constexpr double kStart = 1'790'000'000;
constexpr int kRunningEpochs = 7;
constexpr int kTestUtterances = 120;

void commit(MemoryStore& store, const std::vector<StoreWrite>& writes) {
  const auto outcome = store.commit(writes);
  MER_CHECK(outcome.ok() && outcome->stale.empty(), "the demo's writes are accepted");
}

const char* const kCorpusFacts = R"({"utterances":1440,"unlabelled":40,"modalities":{"audio":100,"text":768},
  "labels":{"angry":300,"happy":400,"sad":250,"neutral":450},
  "dialogues":{"count":144,"fewest_turns":4,"median_turns":9.5,"mean_turns":10,"most_turns":24},
  "sessions":{"1":{"angry":160,"happy":180,"sad":130,"neutral":230},"2":{"angry":140,"happy":220,"sad":120,"neutral":220}},
  "speakers":{"F01":{"angry":100,"happy":80,"sad":60,"neutral":110},"M01":{"angry":60,"happy":100,"sad":70,"neutral":120},
              "F02":{"angry":70,"happy":120,"sad":60,"neutral":100},"M02":{"angry":70,"happy":100,"sad":60,"neutral":120}},
  "seconds":{"total":5760,"shortest":0.58,"median":3.41,"mean":4,"longest":34.1},
  "features":{
    "audio":{"dim":100,"range":[-812.5,214.25],"column_means":{"least":-401.2,"median":0.31,"most":88.5},
      "column_sds":{"least":0,"median":6.02,"most":91.7},"zero_columns":[97,98],"constant_columns":[41],
      "outliers":{"z":10,"count":1,"first":[{"utterance":"M01-u7","column":12,"value":214.25,"z":11.3}]}},
    "text":{"dim":768,"range":[-3.5,4.25],"column_means":{"least":-0.9,"median":0.001,"most":1.1},
      "column_sds":{"least":0.2,"median":0.41,"most":0.9},"zero_columns":[],"constant_columns":[],
      "outliers":{"z":10,"count":0,"first":[]}}}})";

storage::CorpusRecord demo_corpus() {
  storage::CorpusRecord corpus;
  corpus.id.hex = short_hash("corpus");
  corpus.name = "demo";
  corpus.path = "/corpora/demo";
  corpus.utterances = 1440;
  corpus.labels = {"angry", "happy", "sad", "neutral"};
  corpus.facts_json = kCorpusFacts;
  return corpus;
}

storage::FoldRecord demo_fold(const std::string& name) {
  return {{short_hash("fold " + name)}, name, 1200, 120, 120, "folds/" + short_hash("fold " + name) + ".json"};
}

// As confusion_of() counts: by class, 12 dialogues that take turns.
storage::TestPart demo_test_part(const std::string& fold) {
  storage::TestPart part;
  for (int truth = 0; truth < 4; ++truth) {
    for (int i = 0; i < kTestUtterances * (4 - truth) / 10; ++i) part.truth.push_back(truth);
  }
  for (int i = 0; i < kTestUtterances; ++i) {
    part.utterances.push_back(fold + "-u" + std::to_string(i));
    part.dialogues.push_back(fold + "-d" + std::to_string(i % 12));
  }
  return part;
}

// Each utterance's class with all of the probability, in the order of demo_test_part().
std::vector<float> probabilities_of(const ConfusionMatrix& confusion) {
  std::vector<float> all;
  for (int truth = 0; truth < 4; ++truth) {
    for (int said = 0; said < 4; ++said) {
      for (std::int64_t i = 0; i < confusion.at(truth, said); ++i) {
        for (int label = 0; label < 4; ++label) all.push_back(label == said ? 1.0F : 0.0F);
      }
    }
  }
  return all;
}

Configuration demo_configuration(const std::string& key, const std::string& value, FoldSchemeKind scheme) {
  Configuration configuration;
  configuration.id.hex = short_hash(key + value);
  configuration.corpus.path = "/corpora/demo";
  configuration.folds.scheme = scheme;
  configuration.folds.validation = ValidationKind::partner;
  configuration.train.epochs = kEpochs;
  configuration.differing = {{key, value}};
  return configuration;
}

void add_trial(storage::Submission& submission, int configuration, int fold, std::uint64_t seed) {
  const Configuration& settings = submission.sweep.configurations[std::size_t(configuration)];
  TrialSpec spec;
  spec.configuration = settings.id;
  spec.fold = submission.folds[std::size_t(fold)].id;
  spec.corpus = submission.corpora.front().id;
  spec.fold_name = submission.folds[std::size_t(fold)].name;
  spec.seed = seed;
  spec.model = settings.model;
  spec.train = settings.train;
  spec.id.hex = short_hash(spec.configuration.hex + spec.fold.hex + std::to_string(seed));
  submission.trials.push_back({spec, configuration, fold});
}

storage::Submission auxiliary_loss() {
  storage::Submission submission;
  submission.sweep.name = "auxiliary-loss";
  for (const char* value : {"true", "false"}) {
    submission.sweep.configurations.push_back(
        demo_configuration("model.auxiliary_loss", value, FoldSchemeKind::speaker));
  }
  submission.sweep.configurations[1].model.auxiliary_loss = false;
  submission.sweep.published = {{"Du et al., Table 5", Metric::macro_f1, 0.8526},
                                {"auxiliary_loss=true", Metric::macro_f1, 0.5, "Du et al. 2024, Table 6"}};
  submission.corpora = {demo_corpus()};
  for (int fold = 0; fold < kFolds; ++fold) {
    submission.folds.push_back(demo_fold((fold % 2 == 0 ? "speaker-F0" : "speaker-M0") + std::to_string(fold / 2 + 1)));
  }
  for (int configuration = 0; configuration < 2; ++configuration) {
    for (int fold = 0; fold < kFolds; ++fold) add_trial(submission, configuration, fold, 0);
  }
  return submission;
}

storage::Submission modalities() {
  storage::Submission submission;
  submission.sweep.name = "modalities";
  submission.sweep.seeds = {0, 1, 2};
  const char* values[] = {R"(["audio"])", R"(["text"])", R"(["audio","text"])"};
  for (const char* value : values) {
    submission.sweep.configurations.push_back(
        demo_configuration("model.modalities", value, FoldSchemeKind::session_holdout));
  }
  submission.corpora = {demo_corpus()};
  submission.folds = {demo_fold("session-5")};
  for (int configuration = 0; configuration < 3; ++configuration) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) add_trial(submission, configuration, 0, seed);
  }
  return submission;
}

// Complete, so that its configurations can be tested against each other.
storage::Submission ablation() {
  storage::Submission submission;
  submission.sweep.name = "ablation";
  for (const char* value : {"0.1", "0.5", "1"}) {
    submission.sweep.configurations.push_back(demo_configuration("model.alpha", value, FoldSchemeKind::speaker));
  }
  submission.corpora = {demo_corpus()};
  for (int fold = 0; fold < kFolds; ++fold) {
    const std::string name = "test-" + std::to_string(fold + 1);
    submission.folds.push_back(demo_fold(name));
    submission.test_parts.push_back(demo_test_part(name));
  }
  for (int configuration = 0; configuration < 3; ++configuration) {
    for (int fold = 0; fold < kFolds; ++fold) add_trial(submission, configuration, fold, 0);
  }
  return submission;
}

storage::Submission grid() {
  storage::Submission submission;
  submission.sweep.name = "grid";
  for (const char* recurrent : {R"("gru")", R"("bigru")"}) {
    for (const char* rate : {"0.0001", "0.001", "0.01", "0.1"}) {
      Configuration configuration = demo_configuration("model.recurrent", recurrent, FoldSchemeKind::speaker);
      configuration.id.hex = short_hash(configuration.id.hex + rate);
      configuration.differing.emplace_back("train.learning_rate", rate);
      submission.sweep.configurations.push_back(std::move(configuration));
    }
  }
  submission.corpora = {demo_corpus()};
  for (int fold = 0; fold < kFolds; ++fold) submission.folds.push_back(demo_fold("test-" + std::to_string(fold + 1)));
  for (int configuration = 0; configuration < 8; ++configuration) {
    for (int fold = 0; fold < kFolds; ++fold) add_trial(submission, configuration, fold, 0);
  }
  return submission;
}

storage::Submission hostile_name() {
  storage::Submission submission;
  submission.sweep.name = "<img src=x onerror=alert(1)><b>bold</b>";
  submission.sweep.configurations = {
      demo_configuration("model.alpha", R"("<script>alert(2)</script>")", FoldSchemeKind::session)};
  submission.corpora = {demo_corpus()};
  submission.folds = {demo_fold("session-1")};
  add_trial(submission, 0, 0, 0);
  return submission;
}

void finish_submission(storage::Submission& submission, double at) {
  submission.sweep.resolved_json = nlohmann::json{{"name", submission.sweep.name}}.dump();
  submission.code_version = "0.1.0 (demo)";
  submission.submitted_at = at;
}

EpochRow row_of(Split split, int epoch, double accuracy, int utterances) {
  EpochRow row;
  row.split = split;
  row.epoch = epoch;
  row.utterances = utterances;
  row.confusion = confusion_of(accuracy, utterances);
  row.losses.task = 1.4 * (1 - accuracy);
  row.losses.auxiliary = 2.1 * (1 - accuracy);
  row.losses.total = row.losses.task + 0.1 * *row.losses.auxiliary;
  if (split == Split::train) {
    row.gradient_norm = 1 + 1.0 / epoch;
    row.learning_rate = 1e-3;
  }
  return row;
}

EpochDone epoch_of(int configuration, int fold, int epoch) {
  const double accuracy = demo_accuracy(configuration, fold, epoch);
  EpochDone done;
  done.rows = {row_of(Split::train, epoch, std::min(0.99, accuracy + 0.12), 1200),
               row_of(Split::validation, epoch, accuracy + 0.02, 120), row_of(Split::test, epoch, accuracy, 120)};
  done.timing = {epoch, 0.4, 0.05, kStart + 60 + epoch};
  return done;
}

Environment demo_environment() {
  return {"node-1", "cpu", "0.1.0 (demo)", R"({"libtorch":"2.11.0"})", 1, 4711};
}

TrialResult result_of(int configuration, int fold) {
  TrialResult result;
  result.epochs = kEpochs;
  const auto selected = [&](SelectionRule rule, Metric metric, int epoch) {
    const ConfusionMatrix confusion = confusion_of(demo_accuracy(configuration, fold, epoch), kTestUtterances);
    return Selected{rule, metric, epoch, confusion, probabilities_of(confusion)};
  };
  result.selected.push_back(selected(SelectionRule::last, Metric::macro_f1, kEpochs));
  for (const Metric metric : {Metric::wa, Metric::ua, Metric::macro_f1, Metric::weighted_f1}) {
    result.selected.push_back(selected(SelectionRule::best_validation, metric, 15));
    result.selected.push_back(selected(SelectionRule::best_test, metric, 15));
  }
  result.weights_sha256 = sha256_hex("weights");
  result.parameters = 412'804;
  result.wall_seconds = 9.3;
  result.peak_memory = 412'000'000;
  return result;
}

// Where and when an attempt runs. Worker 3 is of another job.
struct Slot {
  int worker = 1;
  double start = kStart + 60;
  double seconds = 30;
  int resumed_epoch = 0;
};

// Three workers take the trials of a sweep in turn.
Slot slot_of(double submitted_at, std::size_t trial) {
  return {1 + int(trial % 3), submitted_at + 5 + 32 * double(trial / 3), 30};
}

// Writes of one attempt, in order.
class AttemptWriter {
 public:
  AttemptWriter(TrialId trial, int attempt, const Slot& slot)
      : trial_(std::move(trial)), attempt_(attempt), end_(slot.start + slot.seconds) {
    writes_.push_back(storage::Claim{trial_, attempt_, slot.worker, "node-" + std::to_string((slot.worker + 1) / 2),
                                     slot.start, slot.worker == 3 ? "gpu-job" : ""});
    add(AttemptStarted{demo_environment(), slot.resumed_epoch, {}});
  }
  AttemptWriter& add(AttemptEvent event, TrialState after = TrialState::pending) {
    writes_.push_back(Recorded{Report{trial_, attempt_, std::move(event)}, after, false, end_});
    return *this;
  }
  AttemptWriter& epochs(int configuration, int fold, int last) {
    for (int epoch = 1; epoch <= last; ++epoch) add(epoch_of(configuration, fold, epoch));
    return *this;
  }
  void commit_to(MemoryStore& store) { commit(store, writes_); }

 private:
  TrialId trial_;
  int attempt_;
  double end_;
  std::vector<StoreWrite> writes_;
};

void write_done(MemoryStore& store, const storage::PlannedTrial& trial, int attempt, int fold, const Slot& slot) {
  AttemptWriter(trial.spec.id, attempt, slot)
      .epochs(trial.configuration, fold, kEpochs)
      .add(AttemptFinished{result_of(trial.configuration, fold)})
      .commit_to(store);
}

// Its worker is gone; the next claim finds it lost.
void write_lost(MemoryStore& store, const storage::PlannedTrial& trial, const Slot& slot) {
  AttemptWriter(trial.spec.id, 1, slot).epochs(trial.configuration, trial.fold, 3).commit_to(store);
}

void write_killed(MemoryStore& store, const storage::PlannedTrial& trial, const Slot& slot) {
  AttemptWriter(trial.spec.id, 1, slot)
      .epochs(trial.configuration, trial.fold, 3)
      .add(AttemptFailed{{Failure::Kind::signal, 9, "the trainer was killed by signal 9 (SIGKILL)",
                          "epoch 3 done\n<script>alert(3)</script>\n"}})
      .commit_to(store);
}

void write_diverged(MemoryStore& store, const storage::PlannedTrial& trial, const Slot& slot) {
  EpochDone bad = epoch_of(trial.configuration, trial.fold, 9);
  for (EpochRow& row : bad.rows) {
    row.losses.total = std::numeric_limits<double>::quiet_NaN();
    row.losses.task = std::numeric_limits<double>::infinity();
  }
  AttemptWriter(trial.spec.id, 1, slot)
      .epochs(trial.configuration, trial.fold, 8)
      .add(bad)
      .add(AttemptDiverged{9, 540, "total"})
      .commit_to(store);
}

// A trial that is killed and one whose worker is lost begin again after the others, the second one at its checkpoint.
void write_first(MemoryStore& store, const storage::Submission& first) {
  for (std::size_t i = 0; i < first.trials.size(); ++i) {
    const storage::PlannedTrial& trial = first.trials[i];
    const Slot slot = slot_of(kStart, i), later = {2, kStart + 300 + 40 * double(i), 25, trial.fold == 5 ? 3 : 0};
    const bool killed = trial.configuration == 0 && trial.fold == 3, lost = trial.configuration == 0 && trial.fold == 5;
    if (trial.configuration == 1 && trial.fold == kFolds - 1) {
      write_diverged(store, trial, slot);
    } else {
      if (killed) write_killed(store, trial, slot);
      if (lost) write_lost(store, trial, slot);
      write_done(store, trial, killed || lost ? 2 : 1, trial.fold, killed || lost ? later : slot);
    }
  }
}

}  // namespace

ConfusionMatrix confusion_of(double accuracy, int utterances) {
  ConfusionMatrix matrix(4);
  for (int truth = 0; truth < 4; ++truth) {
    // Classes differ in size and difficulty, so that accuracy, recall and F1 are different numbers.
    const int each = utterances * (4 - truth) / 10;
    const double share = std::min(1.0, accuracy * (1.08 - 0.08 * truth));
    const int right = static_cast<int>(std::lround(share * each));
    matrix.at(truth, truth) = right;
    const int other = (truth + 1) % 4;
    matrix.at(truth, other) = (each - right) * 2 / 3;
    matrix.at(truth, (truth + 2) % 4) = each - right - matrix.at(truth, other);
  }
  return matrix;
}

double demo_accuracy(int configuration, int fold, int epoch) {
  const double reached = 1 - std::exp(-epoch / 5.0);
  const double overfitted = epoch > 15 ? 0.004 * (epoch - 15) : 0;
  return 0.30 + (0.32 - 0.035 * configuration) * reached - overfitted + 0.07 * std::sin(fold * 2.3) +
         0.012 * std::sin(epoch * 1.7 + fold);
}

std::unique_ptr<MemoryStore> make_demo_store() {
  auto store = std::make_unique<MemoryStore>();
  MER_CHECK(store->begin_session("node-1", 1, kStart).ok(), "a new store takes a session");

  storage::Submission first = auxiliary_loss();
  finish_submission(first, kStart);
  MER_CHECK(store->submit(first).ok(), "submit sweep 1");
  write_first(*store, first);

  storage::Submission second = modalities();
  finish_submission(second, kStart + 3600);
  MER_CHECK(store->submit(second).ok(), "submit sweep 2");
  for (std::size_t i = 0; i < 4; ++i) {
    write_done(*store, second.trials[i], 1, static_cast<int>(i), slot_of(kStart + 3600, i));
  }
  AttemptWriter(second.trials[4].spec.id, 1, slot_of(kStart + 3600, 4)).epochs(1, 0, kRunningEpochs).commit_to(*store);

  storage::Submission third = hostile_name();
  finish_submission(third, kStart + 7200);
  MER_CHECK(store->submit(third).ok(), "submit sweep 3");

  storage::Submission fourth = ablation();
  finish_submission(fourth, kStart + 9000);
  MER_CHECK(store->submit(fourth).ok(), "submit sweep 4");
  for (std::size_t i = 0; i < fourth.trials.size(); ++i) {
    const storage::PlannedTrial& trial = fourth.trials[i];
    write_done(*store, trial, 1, trial.fold + (trial.configuration == 2 ? 7 : 0), slot_of(kStart + 9000, i));
  }

  storage::Submission fifth = grid();
  finish_submission(fifth, kStart + 9600);
  MER_CHECK(store->submit(fifth).ok(), "submit sweep 5");
  for (std::size_t i = 0; i < fifth.trials.size(); ++i) {
    write_done(*store, fifth.trials[i], 1, fifth.trials[i].fold, slot_of(kStart + 9600, i));
  }
  return store;
}

void advance(MemoryStore& store) {
  const TrialId trial = modalities().trials[4].spec.id;
  const auto rows = store.curve(trial, Split::test);
  MER_CHECK(rows.ok(), "the running trial has a curve");
  const int epoch = static_cast<int>(rows->size()) + 1;
  commit(store, {Recorded{Report{trial, 1, epoch_of(1, 0, epoch)}, TrialState::pending, false, kStart + 100}});
}

}  // namespace mer::web::test
