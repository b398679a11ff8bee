// TinyStudy: a corpus of a few dialogues, its folds and a store folder, all in a temporary folder; and what to do with
// them: jobs, runs, recorded reports.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/messages.hpp"
#include "data/corpus.hpp"
#include "data/fold.hpp"
#include "worker/trainer/report_sink.hpp"
#include "worker/trainer/requests.hpp"
#include "worker/trainer/stack_trainer.hpp"

namespace mer::trainer {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// 3 sessions of 2 speakers and 4 dialogues, modalities "audio" (3) and "text" (5), 3 labels.
data::Corpus tiny_corpus();

class TinyStudy {
 public:
  explicit TinyStudy(FoldContext context = FoldContext::own, const data::Corpus& corpus = tiny_corpus());

  std::string store() const { return (folder_.path() / "store").string(); }
  const data::Corpus& corpus() const { return corpus_; }
  const std::vector<data::Fold>& folds() const { return folds_; }

  // A small model, 4 epochs, fold 0 with a validation part.
  TrialJob trial(std::uint64_t seed) const;
  // On the CPU, with checkpoints at each epoch's end.
  StackJob job(std::vector<TrialJob> trials) const;

 private:
  TemporaryFolder folder_;
  data::Corpus corpus_;
  std::vector<data::Fold> folds_;
};

// Keeps every message, and calls a hook on each report.
class RecordingSink : public ReportSink {
 public:
  explicit RecordingSink(std::function<void(const Report&)> hook = {}) : hook_(std::move(hook)) {}

  Status send(const Message& message) override;

  template <class Event>
  std::vector<Event> events(const TrialId& trial) const {
    std::vector<Event> found;
    for (const Report& report : reports) {
      const auto* event = std::get_if<Event>(&report.event);
      if (report.trial == trial && event != nullptr) found.push_back(*event);
    }
    return found;
  }
  std::vector<EpochRow> rows(const TrialId& trial) const;

  std::vector<Report> reports;
  std::vector<int> capacities;

 private:
  std::function<void(const Report&)> hook_;
};

// Runs the job to its end, in as many slots as it has trials; `at` may ask for stops and let trials join.
struct RecordedRun {
  explicit RecordedRun(const StackJob& job, std::function<void(const Report&, Requests&)> at = {},
                       const OpenGpu& open_gpu = gpu_of_this_process());

  Requests requests;
  RecordingSink sink;
  StackOutcome outcome;
};

// The numbers of a finished trial: no times, no memory.
struct Numbers {
  std::vector<EpochRow> rows;
  std::vector<Selected> selected;
  std::string weights;
  bool operator==(const Numbers&) const = default;
};
Numbers numbers_of(const RecordingSink& sink, const TrialId& trial);

}  // namespace mer::trainer
