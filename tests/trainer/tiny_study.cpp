#include "tests/trainer/tiny_study.hpp"

#include <fstream>
#include <memory>
#include <unistd.h>
#include <utility>

#include "core/check.hpp"
#include "core/philox.hpp"

namespace mer::trainer {
namespace {

data::FeatureMatrix noise(const std::string& modality, int dim, const std::vector<data::Utterance>& utterances) {
  auto values = std::make_shared<std::vector<float>>();
  const auto key = philox_key(11 + std::uint64_t(dim), RandomPurpose::synthetic_corpus);
  for (std::size_t row = 0; row < utterances.size(); ++row) {
    for (int column = 0; column < dim; ++column) {
      const PhiloxBlock random = philox4x32({std::uint32_t(row), std::uint32_t(column), 0, 0}, key);
      values->push_back(uniform_float(random[0]) * 2 + (column == utterances[row].label ? 1.0F : 0.0F));
    }
  }
  return {modality, dim, std::span<const float>(*values), values};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "mer-trainer-test-XXXXXX").string();
  MER_CHECK(mkdtemp(name.data()) != nullptr, "no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::filesystem::remove_all(path_);
}

data::Corpus tiny_corpus() {
  data::Corpus corpus;
  corpus.name = "tiny";
  corpus.labels = {"sad", "happy", "angry"};
  for (int session = 1; session <= 3; ++session) {
    for (int dialogue = 0; dialogue < 4; ++dialogue) {
      const std::string name = "s" + std::to_string(session) + "d" + std::to_string(dialogue);
      data::Dialogue rows{name, {}};
      const int turns = 2 + (session + dialogue) % 4;
      for (int turn = 0; turn < turns; ++turn) {
        rows.rows.push_back(std::uint32_t(corpus.utterances.size()));
        corpus.utterances.push_back({name + "t" + std::to_string(turn), name, turn, std::to_string(session),
                                     std::to_string(session) + (turn % 2 == 0 ? "F" : "M"),
                                     (session + dialogue + turn) % 3});
      }
      corpus.dialogues.push_back(rows);
    }
  }
  corpus.features = {noise("audio", 3, corpus.utterances), noise("text", 5, corpus.utterances)};
  corpus.id = data::corpus_id_of(corpus);
  return corpus;
}

TinyStudy::TinyStudy(FoldContext context, const data::Corpus& corpus) {
  const std::string path = (folder_.path() / "corpus").string();
  const Status written = data::write_corpus(corpus, path);
  MER_CHECK(written.ok(), written.ok() ? "" : written.error().message.c_str());
  corpus_ = data::load_corpus(path).value();
  FoldSettings settings;
  settings.scheme = FoldSchemeKind::session;
  settings.validation = ValidationKind::next_session;
  settings.context = context;
  folds_ = data::plan_folds(corpus_, settings).value().folds;
  std::filesystem::create_directories(store() + "/folds");
  for (const data::Fold& fold : folds_) {
    std::ofstream(store() + "/folds/" + fold.id.hex + ".json") << data::fold_to_json(fold, corpus_);
  }
}

TrialJob TinyStudy::trial(std::uint64_t seed) const {
  TrialJob job;
  job.spec.fold = folds_[0].id;
  job.spec.fold_name = folds_[0].name;
  job.spec.corpus = corpus_.id;
  job.spec.seed = seed;
  job.spec.model.hidden = 8;
  job.spec.model.heads = 2;
  job.spec.train.epochs = 4;
  job.spec.train.batch_dialogues = 3;
  job.spec.train.learning_rate = 1e-2;
  job.spec.id = trial_id_of(job.spec);
  return job;
}

StackJob TinyStudy::job(std::vector<TrialJob> trials) const {
  StackJob job;
  job.store = store();
  job.corpus_path = corpus_.path;
  job.device = DeviceChoice::cpu;
  job.checkpoint_seconds = 0;
  job.slots = int(trials.size());
  job.trials = std::move(trials);
  for (TrialJob& trial : job.trials) trial.spec.id = trial_id_of(trial.spec);
  return job;
}

Status RecordingSink::send(const Message& message) {
  if (const auto* capacity = std::get_if<Capacity>(&message)) capacities.push_back(capacity->trials);
  if (const auto* report = std::get_if<Report>(&message)) {
    reports.push_back(*report);
    if (hook_) hook_(*report);
  }
  return {};
}

std::vector<EpochRow> RecordingSink::rows(const TrialId& trial) const {
  std::vector<EpochRow> rows;
  for (const EpochDone& done : events<EpochDone>(trial)) rows.insert(rows.end(), done.rows.begin(), done.rows.end());
  return rows;
}

RecordedRun::RecordedRun(const StackJob& job, std::function<void(const Report&, Requests&)> at, const OpenGpu& open_gpu)
    : sink([this, at = std::move(at)](const Report& report) {
        if (at) at(report, requests);
      }) {
  std::atomic<std::uint64_t> steps = 0;
  requests.add(Shutdown());
  outcome = run_job(job, sink, requests, steps, open_gpu).value();
}

Numbers numbers_of(const RecordingSink& sink, const TrialId& trial) {
  Numbers numbers;
  numbers.rows = sink.rows(trial);
  const auto finished = sink.events<AttemptFinished>(trial);
  if (finished.size() == 1) {
    numbers.selected = finished[0].result.selected;
    numbers.weights = finished[0].result.weights_sha256;
  }
  return numbers;
}

}  // namespace mer::trainer
