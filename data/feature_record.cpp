#include "data/feature_record.hpp"

#include <array>
#include <ctime>
#include <string_view>

#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"
#include "data/corpus_format.hpp"
#include "data/file_io.hpp"

namespace mer::data {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 20;
constexpr const char* kModalities = "modalities";
constexpr const char* kFeatures = "features";

Result<ordered_json> read_corpus_json(const std::string& path) {
  MER_ASSIGN(const std::string text, read_file(path, kMaxJsonBytes));
  return parse_ordered_json_text(text, path);
}

Status change(const std::string& folder, const std::function<void(ordered_json&)>& edit) {
  const std::string path = folder + "/" + kCorpusJson;
  MER_ASSIGN(ordered_json corpus, read_corpus_json(path));
  edit(corpus);
  const std::string text = corpus.dump(2) + "\n";
  const std::string_view chunk = text;
  MER_TRY(write_file(path, {&chunk, 1}));
  return {};
}

Status withdraw(const std::string& folder, const std::string& modality) {
  return change(folder, [&](ordered_json& corpus) {
    if (corpus.contains(kModalities)) corpus[kModalities].erase(modality);
    if (corpus.contains(kFeatures)) corpus[kFeatures].erase(modality);
  });
}

std::optional<Provenance> provenance_from(const ordered_json& entry) {
  const auto text = [&](const char* key) {
    return entry.contains(key) && entry[key].is_string() ? entry[key].get<std::string>() : std::string();
  };
  const auto object = [&](const char* key) { return entry.contains(key) ? json(entry[key]).dump() : std::string(); };
  if (!entry.is_object() || text("method").empty()) return std::nullopt;
  return Provenance{text("method"), object("parameters"), object("versions"), text("inputs"), text("extracted")};
}

}  // namespace

std::string feature_file(const std::string& modality) {
  return std::string(kFeaturesFolder) + "/" + modality + ".safetensors";
}

std::string utc_text(double unix_seconds) {
  const auto seconds = std::time_t(unix_seconds);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Result<Published> published(const std::string& folder, const std::string& modality) {
  const std::string path = folder + "/" + kCorpusJson;
  MER_ASSIGN(const ordered_json corpus, read_corpus_json(path));
  if (corpus.contains(kFeatures) && !corpus[kFeatures].is_object()) {
    return invalid(path + ": /features: found " + shown(corpus[kFeatures]) +
                   ", expected an object that says how features were made");
  }
  Published state;
  state.named = corpus.contains(kModalities) && corpus[kModalities].contains(modality);
  if (state.named && corpus.contains(kFeatures) && corpus[kFeatures].contains(modality)) {
    state.made = provenance_from(corpus[kFeatures][modality]);
  }
  return state;
}

std::string record_of(const Provenance& made) {
  return ordered_json{{"method", made.method},
                      {"parameters", ordered_json::parse(made.parameters)},
                      {"versions", ordered_json::parse(made.versions)},
                      {"inputs", made.inputs},
                      {"extracted", made.extracted}}
      .dump();
}

Status publish(const std::string& folder, const PublishedFeatures& features, const std::function<Status()>& put_file) {
  MER_ASSIGN(const Published there, published(folder, features.modality));
  if (there.named) MER_TRY(withdraw(folder, features.modality));
  MER_TRY(put_file());
  return change(folder, [&features](ordered_json& corpus) {
    corpus[kModalities][features.modality] = {{"dim", features.dim}, {"file", feature_file(features.modality)}};
    corpus[kFeatures][features.modality] = ordered_json::parse(features.record);
  });
}

}  // namespace mer::data
