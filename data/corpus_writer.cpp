#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "core/json.hpp"
#include "data/corpus.hpp"
#include "data/corpus_format.hpp"
#include "data/csv.hpp"
#include "data/file_io.hpp"
#include "data/safetensors.hpp"

namespace mer::data {
namespace {

namespace fs = std::filesystem;

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

std::string utterances_csv(const Corpus& corpus) {
  std::string text = csv_line(kUtteranceColumns);
  for (const Utterance& utterance : corpus.utterances) {
    text += csv_line({utterance.id, utterance.dialogue, std::to_string(utterance.turn), utterance.session,
                      utterance.speaker,
                      utterance.label == kNoLabel ? std::string() : corpus.labels.at(std::size_t(utterance.label))});
  }
  return text;
}

Status write_text(const std::string& path, const std::string& text) {
  const std::string_view chunk = text;
  MER_TRY(write_file(path, {&chunk, 1}));
  return {};
}

Status make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) != 0) return system_error(errno, folder);
  return {};
}

Status write_files(const Corpus& corpus, const std::string& folder) {
  MER_TRY(make_folder(folder));
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

Status check_target(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) return invalid(target.string() + ": exists and is not a folder");
  if (!fs::is_empty(target, error) || error) {
    return invalid(target.string() + ": the folder is not empty; name a new one");
  }
  return {};
}

}  // namespace

Status write_corpus(const Corpus& corpus, const std::string& folder) {
  std::error_code error;
  fs::path target = fs::absolute(folder, error).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // a trailing slash
  MER_TRY(check_target(target));
  const std::string temporary = unfinished_name(target.string());
  fs::remove_all(temporary, error);  // of a process that had this number before and was killed
  Status status = write_files(corpus, temporary);
  if (status) status = verify(corpus, temporary);
  // rename() replaces an empty folder and refuses one that holds anything.
  if (status && std::rename(temporary.c_str(), target.c_str()) != 0) status = system_error(errno, target.string());
  if (!status) {
    fs::remove_all(temporary, error);
    return status;
  }
  return sync_folder(target.parent_path().string());
}

}  // namespace mer::data
