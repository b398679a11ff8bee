#include "core/json.hpp"
#include "data/corpus.hpp"
#include "data/corpus_format.hpp"
#include "data/corpus_text.hpp"
#include "data/file_io.hpp"
#include "data/safetensors.hpp"
#include "data/whole_folder.hpp"

namespace mer::data {
namespace {

std::string feature_file(const FeatureMatrix& features) {
  return std::string(kFeaturesFolder) + "/" + features.modality + ".safetensors";
}

std::string corpus_json(const Corpus& corpus) {
  nlohmann::ordered_json modalities = nlohmann::ordered_json::object();
  for (const FeatureMatrix& features : corpus.features) {
    modalities[features.modality] = {{"dim", features.dim}, {"file", feature_file(features)}};
  }
  const nlohmann::ordered_json json = {{"format", kCorpusFormat},
                                       {"name", corpus.name},
                                       {"labels", corpus.labels},
                                       {"utterances", corpus.utterances.size()},
                                       {"modalities", modalities}};
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Status write_files(const Corpus& corpus, const std::string& folder) {
  MER_TRY(make_folder(folder + "/" + kFeaturesFolder));
  for (const FeatureMatrix& features : corpus.features) {
    const TensorView tensor{
        TensorType::f32, {std::int64_t(corpus.utterances.size()), features.dim}, std::as_bytes(features.values)};
    MER_TRY(write_safetensors(folder + "/" + feature_file(features), {{kFeatureTensor, tensor}}, {}));
  }
  MER_TRY(write_text(folder + "/" + kUtterancesCsv, utterances_csv(corpus)));
  return write_text(folder + "/" + kCorpusJson, corpus_json(corpus));
}

// What was written is read back, so that no folder appears that load_corpus would refuse or read as another corpus.
Status verify(const Corpus& corpus, const std::string& folder) {
  MER_ASSIGN(const Corpus copy, load_corpus(folder));
  if (copy.id == corpus_id_of(corpus)) return {};
  return Error{ErrorCode::io, folder + ": reads back as corpus " + copy.id.hex + ", wrote " + corpus.id.hex};
}

}  // namespace

Status write_corpus(const Corpus& corpus, const std::string& folder) {
  return write_whole_folder(folder, [&corpus](const std::string& temporary) -> Status {
    MER_TRY(write_files(corpus, temporary));
    return verify(corpus, temporary);
  });
}

}  // namespace mer::data
