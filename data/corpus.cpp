#include "data/corpus.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/json.hpp"
#include "core/quoting.hpp"
#include "data/content_hash.hpp"
#include "data/corpus_format.hpp"
#include "data/corpus_header.hpp"
#include "data/safetensors.hpp"
#include "data/utterance_table.hpp"

namespace mer::data {
namespace {

Status check_finite(const std::string& path, const FeatureMatrix& features, const std::vector<Utterance>& utterances) {
  const auto bad = std::ranges::find_if_not(features.values, [](float value) { return std::isfinite(value); });
  if (bad == features.values.end()) return {};
  const std::size_t at = std::size_t(bad - features.values.begin());
  const std::size_t row = at / std::size_t(features.dim);
  return invalid(path + ": row " + std::to_string(row) + " (utterance " + quote(utterances[row].id) + "), column " +
                 std::to_string(at % std::size_t(features.dim)) + " is " + std::to_string(*bad) +
                 ", expected a finite number");
}

// The tensor's floats in place, or a copy where a foreign writer left them unaligned.
void attach(FeatureMatrix& features, const SafetensorsFile& file, std::span<const std::byte> bytes) {
  const std::size_t count = bytes.size() / sizeof(float);
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0) {
    features.values = {reinterpret_cast<const float*>(bytes.data()), count};
    features.storage = file.mapping();
    return;
  }
  auto copy = std::make_shared<std::vector<float>>(count);
  std::ranges::copy(bytes, std::as_writable_bytes(std::span(*copy)).begin());
  features.values = *copy;
  features.storage = copy;
}

Result<FeatureMatrix> read_features(const std::string& folder, const ModalityEntry& entry,
                                    const std::vector<Utterance>& utterances) {
  const std::string path = folder + "/" + entry.file;
  MER_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(path));
  MER_ASSIGN(const TensorView tensor, file.find(kFeatureTensor));
  const std::vector<std::int64_t> expected = {std::int64_t(utterances.size()), entry.dim};
  if (tensor.type != TensorType::f32 || tensor.shape != expected) {
    return invalid(path + ": tensor \"" + kFeatureTensor + "\" has shape " + shown(tensor.shape) +
                   (tensor.type == TensorType::f32 ? "" : " and is not float32") + ", expected float32 " +
                   shown(expected) + " (utterances, /modalities/" + entry.name + "/dim in corpus.json)");
  }
  FeatureMatrix features{.modality = entry.name, .dim = entry.dim, .values = {}, .storage = {}};
  attach(features, file, tensor.bytes);
  MER_TRY(check_finite(path, features, utterances));
  return features;
}

}  // namespace

const FeatureMatrix* Corpus::find(const std::string& modality) const {
  const auto found = std::ranges::find(features, modality, &FeatureMatrix::modality);
  return found == features.end() ? nullptr : &*found;
}

Result<Corpus> load_corpus(const std::string& folder) {
  MER_ASSIGN(CorpusHeader header, read_corpus_header(folder));
  MER_TRY(check_has_modality(header, folder));

  Corpus corpus;
  corpus.name = header.name;
  corpus.path = folder;
  MER_ASSIGN(corpus.utterances, read_utterances(folder, header));
  for (const ModalityEntry& entry : header.modalities) {
    MER_ASSIGN(FeatureMatrix features, read_features(folder, entry, corpus.utterances));
    corpus.features.push_back(std::move(features));
  }
  corpus.labels = std::move(header.labels);
  corpus.dialogues = group_dialogues(corpus.utterances);
  corpus.id = corpus_id_of(corpus);
  return corpus;
}

Result<std::vector<std::string>> corpus_files(const std::string& folder) {
  MER_ASSIGN(const CorpusHeader header, read_corpus_header(folder));
  MER_TRY(check_has_modality(header, folder));
  std::vector<std::string> files = {kCorpusJson, kUtterancesCsv};
  for (const ModalityEntry& entry : header.modalities) {
    if (std::ranges::find(files, entry.file) == files.end()) files.push_back(entry.file);
  }
  return files;
}

std::vector<Dialogue> group_dialogues(const std::vector<Utterance>& utterances) {
  std::vector<Dialogue> dialogues;
  std::unordered_map<std::string, std::size_t> positions;
  for (std::size_t row = 0; row < utterances.size(); ++row) {
    const auto [found, is_new] = positions.emplace(utterances[row].dialogue, dialogues.size());
    if (is_new) dialogues.push_back({utterances[row].dialogue, {}});
    dialogues[found->second].rows.push_back(std::uint32_t(row));
  }
  return dialogues;
}

CorpusId corpus_id_of(const Corpus& corpus) {
  ContentHash hash("mer corpus 1");
  hash.number(corpus.labels.size());
  for (const std::string& label : corpus.labels) hash.text(label);
  hash.number(corpus.utterances.size());
  for (const Utterance& utterance : corpus.utterances) {
    hash.text(utterance.id);
    hash.text(utterance.dialogue);
    hash.number(std::uint64_t(utterance.turn));
    hash.text(utterance.session);
    hash.text(utterance.speaker);
    hash.number(std::uint64_t(utterance.label));
  }
  std::vector<const FeatureMatrix*> by_name;
  for (const FeatureMatrix& features : corpus.features) by_name.push_back(&features);
  std::ranges::sort(by_name, {}, [](const FeatureMatrix* features) { return features->modality; });
  for (const FeatureMatrix* features : by_name) {
    hash.text(features->modality);
    hash.number(std::uint64_t(features->dim));
    hash.floats(features->values);
  }
  return {hash.hex()};
}

}  // namespace mer::data
