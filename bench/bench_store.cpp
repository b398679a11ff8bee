// bench_store [FOLDER]: how fast SqliteStore makes metrics durable, and how fast they are read.
//
// FOLDER should lie on the disk that will hold the store (default: the folder for temporary files); the benchmark makes
// and removes a store in it. Every commit is durable (WAL, synchronous=FULL).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/utterance_tests.hpp"

namespace mer::storage {
namespace {

constexpr int kConfigurations = 100;
constexpr int kFolds = 12;
constexpr int kEpochs = 50;
constexpr int kTestUtterances = 700;
constexpr int kRowsPerCommit = 10'000;
// Of one row: 10 losses and rates, 2 auxiliary losses, 4 scores; the confusion matrix is not counted.
constexpr int kValuesPerRow = 16;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Ends the program with the error: a benchmark has nobody to hand it to.
template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "bench_store: %s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

std::string hex_of(char kind, int a, int b) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%c%015x%016x", kind, static_cast<unsigned>(a), static_cast<unsigned>(b));
  return digits;
}

// In dialogues of 20.
TestPart make_test_part(const std::string& fold) {
  TestPart part;
  for (int i = 0; i < kTestUtterances; ++i) {
    part.utterances.push_back(fold + "-utterance-" + std::to_string(i));
    part.dialogues.push_back(fold + "-dialogue-" + std::to_string(i / 20));
    part.truth.push_back(i % 4);
  }
  return part;
}

Submission make_submission() {
  Submission submission;
  submission.sweep.name = "bench";
  submission.corpora = {{{hex_of('d', 0, 0)}, "bench", "/bench", 8438, {"a", "h", "n", "s"}, "{}"}};
  for (int f = 0; f < kFolds; ++f) {
    const std::string name = "speaker-" + std::to_string(f);
    submission.folds.push_back({{hex_of('f', f, 0)}, name, 7000, 700, kTestUtterances, ""});
    submission.test_parts.push_back(make_test_part(name));
  }
  for (int c = 0; c < kConfigurations; ++c) {
    Configuration configuration;
    configuration.id.hex = hex_of('c', c, 0);
    submission.sweep.configurations.push_back(configuration);
    for (int f = 0; f < kFolds; ++f) {
      TrialSpec spec;
      spec.id.hex = hex_of('a', c, f);
      spec.configuration = configuration.id;
      spec.fold = submission.folds[static_cast<std::size_t>(f)].id;
      spec.corpus = submission.corpora[0].id;
      submission.trials.push_back({spec, c, f});
    }
  }
  return submission;
}

EpochRow make_row(Split split, int epoch) {
  EpochRow row;
  row.split = split;
  row.epoch = epoch;
  row.utterances = 700;
  row.losses = {1.0 / epoch, 0.5 / epoch, 0.25, {0.1, 0.15}, 0.3, 0.01, 0.02, 0.03, 0.04};
  row.gradient_norm = 1.0 / 3;
  row.learning_rate = 1e-4;
  row.confusion = ConfusionMatrix(4);
  for (int i = 0; i < 4; ++i) row.confusion.at(i, i) = 100 + epoch;
  return row;
}

AttemptFinished make_result() {
  TrialResult result;
  result.epochs = kEpochs;
  Selected last;
  last.epoch = kEpochs;
  last.confusion = make_row(Split::test, kEpochs).confusion;
  last.probabilities.assign(std::size_t{kTestUtterances} * 4, 0.25F);
  result.selected = {last};
  return {result};
}

void claim_all(SqliteStore& store, const Submission& submission) {
  std::vector<StoreWrite> writes;
  for (const PlannedTrial& trial : submission.trials) writes.push_back(Claim{trial.spec.id, 1, 1, "node", 1});
  must(store.commit(writes));
}

void write_epochs(SqliteStore& store, const Submission& submission) {
  std::vector<StoreWrite> batch;
  long rows = 0, commits = 0;
  const double begin = now();
  const std::clock_t cpu_begin = std::clock();
  const auto flush = [&] {
    must(store.commit(batch));
    batch.clear();
    ++commits;
  };
  for (int epoch = 1; epoch <= kEpochs; ++epoch) {
    for (const PlannedTrial& trial : submission.trials) {
      EpochDone done{{make_row(Split::train, epoch), make_row(Split::test, epoch)}, {epoch, 1, 1, 1}};
      batch.push_back(Recorded{{trial.spec.id, 1, std::move(done)}, TrialState::pending, false, 1});
      rows += 2;
      if (batch.size() * 2 >= kRowsPerCommit) flush();
    }
  }
  flush();
  const double seconds = now() - begin;
  const double cpu = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  std::printf(
      "epoch rows, %d a commit: %ld rows in %ld commits, %.2f s (%.2f s of CPU): %.0f rows/s, %.0f metric values/s\n",
      kRowsPerCommit, rows, commits, seconds, cpu, static_cast<double>(rows) / seconds,
      static_cast<double>(rows) * kValuesPerRow / seconds);
}

void write_results(SqliteStore& store, const Submission& submission) {
  const double begin = now();
  for (const PlannedTrial& trial : submission.trials) {
    must(store.commit(
        std::vector<StoreWrite>{Recorded{{trial.spec.id, 1, make_result()}, TrialState::pending, false, 1}}));
  }
  const double seconds = now() - begin;
  std::printf("trials finished, one a commit: %zu in %.2f s: %.0f commits/s\n", submission.trials.size(), seconds,
              static_cast<double>(submission.trials.size()) / seconds);
}

template <class Read>
void time_read(const char* what, int times, Read read) {
  const double begin = now();
  for (int i = 0; i < times; ++i) must(read(i));
  std::printf("%s: %.2f ms\n", what, (now() - begin) * 1000 / times);
}

void run(const std::filesystem::path& parent) {
  const std::filesystem::path folder = parent / "mer-bench-store";
  std::filesystem::remove_all(folder);
  const StoreDir dir = must(StoreDir::create(folder));
  const auto store = must(SqliteStore::open(dir));
  const Submission submission = make_submission();

  const SweepId sweep = must(store->submit(submission));
  claim_all(*store, submission);
  write_epochs(*store, submission);
  write_results(*store, submission);

  const auto reader = must(open_reader(dir, store.get()));
  const auto trial_at = [&](int i) {
    return submission.trials[static_cast<std::size_t>(i) * 7 % submission.trials.size()].spec.id;
  };
  time_read("read one curve", 200, [&](int i) { return reader->curve(trial_at(i), Split::train); });
  time_read("read the results table", 20, [&](int) { return reader->results(sweep, SelectionRule::last, Metric::wa); });
  time_read("read all trial rows", 20, [&](int) { return reader->trials(sweep); });
  time_read("read the list of sweeps", 20, [&](int) { return reader->sweeps(); });
  const double begin = now();
  must(utterance_tests(*reader, sweep, SelectionRule::last, Metric::wa, "1"));
  std::printf("tests over %d utterances: %.1f ms a configuration\n", kFolds * kTestUtterances,
              (now() - begin) * 1000 / kConfigurations);
  std::printf(
      "%d trials, %.0f bytes an epoch row on disk\n", kConfigurations * kFolds,
      static_cast<double>(std::filesystem::file_size(dir.database())) / (2.0 * kConfigurations * kFolds * kEpochs));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mer::storage

int main(int argc, char** argv) {
  mer::storage::run(argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path());
  return 0;
}
