#include "worker/trainer/job_input.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "data/file_io.hpp"

namespace mer::trainer {
namespace {

constexpr std::size_t kMaxFoldBytes = std::size_t{1} << 30;

Part part_of(const data::Corpus& corpus, const data::Fold& fold, const std::vector<std::uint32_t>& rows) {
  Part part;
  part.rows = data::labelled(corpus, rows);
  part.dialogues = data::dialogues_of(corpus, fold, rows);
  part.corpus_order.resize(part.dialogues.size());
  std::iota(part.corpus_order.begin(), part.corpus_order.end(), 0U);
  return part;
}

}  // namespace

// Loads each fold once and fits each standardiser once, for all trials of the stack.
class FoldCache {
 public:
  FoldCache(const data::Corpus& corpus, std::string store) : corpus_(corpus), store_(std::move(store)) {}

  Result<std::shared_ptr<const FoldInput>> fold(const FoldId& id) {
    if (auto found = folds_.find(id.hex); found != folds_.end()) return found->second;
    const std::string path = store_ + "/folds/" + id.hex + ".json";
    MER_ASSIGN(const std::string text, data::read_file(path, kMaxFoldBytes));
    auto parsed = data::fold_from_json(text, corpus_);
    if (!parsed) return Error{parsed.error().code, path + ": " + parsed.error().message};
    if (parsed->id != id) {
      return Error{ErrorCode::corrupt, path + ": holds fold " + parsed->id.hex + ", expected " + id.hex};
    }
    auto input = std::make_shared<FoldInput>();
    input->fold = std::move(parsed).value();
    input->train = part_of(corpus_, input->fold, input->fold.train);
    input->validation = part_of(corpus_, input->fold, input->fold.validation);
    input->test = part_of(corpus_, input->fold, input->fold.test);
    if (input->train.empty() || input->test.empty()) {
      return invalid(path + ": the training or the test part has no labelled utterance");
    }
    folds_[id.hex] = input;
    return std::shared_ptr<const FoldInput>(input);
  }

  model::AffinePtr standardiser(const FoldInput& fold, const data::FeatureMatrix& features) {
    auto& affine = standardisers_[{fold.fold.id.hex, features.modality}];
    if (!affine) {
      data::Standardiser fitted = data::fit_standardiser(features, fold.fold.train);
      std::vector<double> factor(fitted.scale.size());
      std::transform(fitted.scale.begin(), fitted.scale.end(), factor.begin(), [](double s) { return 1 / s; });
      affine = std::make_shared<const model::Affine>(model::Affine{std::move(fitted.mean), std::move(factor)});
    }
    return affine;
  }

 private:
  const data::Corpus& corpus_;
  const std::string store_;
  std::map<std::string, std::shared_ptr<const FoldInput>> folds_;
  std::map<std::pair<std::string, std::string>, model::AffinePtr> standardisers_;
};

namespace {

Result<TrialInput> load_trial(const TrialJob& job, const data::Corpus& corpus, FoldCache& cache) {
  if (corpus.id != job.spec.corpus) {
    return Error{ErrorCode::corrupt, corpus.path + ": the corpus has content hash " + corpus.id.hex +
                                         ", this trial was planned on " + job.spec.corpus.hex +
                                         "; put the old files back, or submit the sweep again"};
  }
  TrialInput input;
  input.job = job;
  MER_ASSIGN(input.fold, cache.fold(job.spec.fold));
  for (const std::string& modality : job.spec.model.modalities) {
    const data::FeatureMatrix* features = corpus.find(modality);
    if (features == nullptr) return invalid(corpus.path + ": the corpus has no modality \"" + modality + "\"");
    const auto& standardise = job.spec.train.standardise;
    const bool wanted = std::find(standardise.begin(), standardise.end(), modality) != standardise.end();
    input.modalities.push_back({features, wanted ? cache.standardiser(*input.fold, *features) : nullptr});
  }
  return input;
}

}  // namespace

JobInput::JobInput(data::Corpus corpus, const std::string& store)
    : corpus_(std::move(corpus)), folds_(std::make_unique<FoldCache>(corpus_, store)) {
  for (const data::Utterance& utterance : corpus_.utterances) labels_.push_back(utterance.label);
}

JobInput::~JobInput() = default;

Result<std::unique_ptr<JobInput>> JobInput::open(const StackJob& job) {
  MER_ASSIGN(data::Corpus corpus, data::load_corpus(job.corpus_path));
  return std::unique_ptr<JobInput>(new JobInput(std::move(corpus), job.store));
}

Result<TrialInput> JobInput::load(const TrialJob& trial) {
  MER_ASSIGN(TrialInput input, load_trial(trial, corpus_, *folds_));
  if (!first_) first_ = trial.spec;
  if (shape_key_of(*first_) != shape_key_of(trial.spec)) {
    return invalid("the trial's model has another shape than trial " + first_->id.hex +
                   " of the same job; trials of one stack share architecture, modalities, dtype and optimizer");
  }
  return input;
}

}  // namespace mer::trainer
