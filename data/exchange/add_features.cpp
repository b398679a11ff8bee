#include "data/exchange/add_features.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <span>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/quoting.hpp"
#include "core/unix_time.hpp"
#include "core/version.hpp"
#include "data/corpus_format.hpp"
#include "data/corpus_header.hpp"
#include "data/exchange/corpus_export.hpp"
#include "data/exchange/feature_source.hpp"
#include "data/exchange/row_order.hpp"
#include "data/feature_lock.hpp"
#include "data/feature_record.hpp"
#include "data/file_io.hpp"
#include "data/safetensors.hpp"
#include "data/utterance_table.hpp"

namespace mer::data {
namespace {

constexpr const char* kMethod = "imported";

Status check_name(const std::string& modality) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  if (is_column_array(modality)) {
    return invalid("modality " + quote(modality) + ": `merctl corpus export` calls another array so: choose a name");
  }
  if (!modality.empty() && std::ranges::all_of(modality, is_plain)) return {};
  return invalid("modality " + quote(modality) + ", expected letters, digits, - and _: it is the name of a file too");
}

// Whether the modality can stand there.
Status check_place(const FeaturesToAdd& wanted, const CorpusHeader& header) {
  const std::string where = wanted.folder + "/" + kCorpusJson;
  for (const ModalityEntry& entry : header.modalities) {
    if (entry.name == wanted.modality && !wanted.replace) {
      return invalid(where + " has features for " + quote(wanted.modality) + "; --replace puts others in their place");
    }
    if (entry.name != wanted.modality && entry.file == feature_file(wanted.modality)) {
      return invalid(where + ": " + entry.file + " holds the features of " + quote(entry.name) +
                     ": give the new modality another name");
    }
  }
  return {};
}

// Of each utterance the row that is its own, by the ids that are known.
Result<std::vector<std::size_t>> order_of(const FeaturesToAdd& wanted, FeatureSource& source,
                                          const std::vector<Utterance>& utterances) {
  if (source.ids && !wanted.ids.empty()) {
    return invalid(wanted.file + ": has the ids of its rows: leave out --ids " + wanted.ids);
  }
  if (!wanted.ids.empty()) {
    MER_ASSIGN(source.ids, read_ids(wanted.ids));
  }
  const std::size_t rows = source.matrix.rows;
  if (source.ids) {
    const std::string where = wanted.ids.empty() ? wanted.file : wanted.ids;
    if (source.ids->size() != rows) {
      return invalid(where + ": " + std::to_string(source.ids->size()) + " ids, but " + std::to_string(rows) +
                     " rows of features" + (wanted.ids.empty() ? "" : " in " + wanted.file));
    }
    return order_by_id(*source.ids, utterances, where);
  }
  if (rows != utterances.size()) {
    return invalid(wanted.file + ": " + std::to_string(rows) + " rows, but " + wanted.folder + "/" + kUtterancesCsv +
                   " has " + std::to_string(utterances.size()) +
                   " utterances; --ids FILE, or an .npz with \"utterances\", says whose each row is");
  }
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

// In the order of the table.
Result<std::vector<float>> ordered(const FloatMatrix& matrix, const std::vector<std::size_t>& order,
                                   const std::vector<Utterance>& utterances, const std::string& file) {
  std::vector<float> values;
  values.reserve(matrix.values.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto row = std::span(matrix.values).subspan(order[i] * matrix.dim, matrix.dim);
    const auto bad = std::ranges::find_if_not(row, [](float value) { return std::isfinite(value); });
    if (bad != row.end()) {
      return invalid(file + ": row " + std::to_string(order[i]) + " (utterance " + quote(utterances[i].id) +
                     "), column " + std::to_string(bad - row.begin()) + " is " + std::to_string(*bad) +
                     ", expected a finite number");
    }
    values.insert(values.end(), row.begin(), row.end());
  }
  return values;
}

// What corpus.json says of the features: where they come from.
nlohmann::json record_of_file(const FeaturesToAdd& wanted, const FeatureSource& source) {
  nlohmann::json record = {{"method", kMethod},
                           {"file", std::filesystem::path(wanted.file).filename().string()},
                           {"sha256", source.sha256},
                           {"versions", {{"mer", code_version()}}}};
  if (!wanted.ids.empty()) record["ids"] = std::filesystem::path(wanted.ids).filename().string();
  return record;
}

Status put_in_place(const FeaturesToAdd& wanted, const std::vector<float>& values, const FeatureSource& source) {
  const std::string path = wanted.folder + "/" + feature_file(wanted.modality);
  const std::string temporary = unfinished_name(path);
  nlohmann::json record = record_of_file(wanted, source);
  const std::size_t rows = values.size() / source.matrix.dim;
  const TensorView tensor{
      TensorType::f32, {std::int64_t(rows), std::int64_t(source.matrix.dim)}, std::as_bytes(std::span(values))};
  MER_TRY(write_safetensors(temporary, {{kFeatureTensor, tensor}},
                            {{"method", kMethod}, {"file", record["file"]}, {"sha256", source.sha256}}));
  record["imported"] = utc_text(unix_time());
  const auto put_file = [&]() -> Status {
    if (std::rename(temporary.c_str(), path.c_str()) != 0) return system_error(errno, path);
    return sync_folder(wanted.folder + "/" + kFeaturesFolder);
  };
  Status put = publish(wanted.folder, {wanted.modality, int(source.matrix.dim), record.dump()}, put_file);
  if (!put) ::unlink(temporary.c_str());
  return put;
}

}  // namespace

Result<AddedFeatures> add_features(const FeaturesToAdd& wanted) {
  MER_TRY(check_name(wanted.modality));
  MER_TRY(read_corpus_header(wanted.folder));  // no folder is made where there is no corpus
  MER_ASSIGN(const FeatureLock lock, FeatureLock::acquire(wanted.folder));
  MER_ASSIGN(const CorpusHeader header, read_corpus_header(wanted.folder));
  MER_TRY(check_place(wanted, header));
  MER_ASSIGN(const std::vector<Utterance> utterances, read_utterances(wanted.folder, header));
  MER_ASSIGN(FeatureSource source, read_feature_source(wanted.file, wanted.modality));
  MER_ASSIGN(const std::vector<std::size_t> order, order_of(wanted, source, utterances));
  MER_ASSIGN(const std::vector<float> values, ordered(source.matrix, order, utterances, wanted.file));
  MER_TRY(put_in_place(wanted, values, source));
  MER_ASSIGN(const Corpus corpus, load_corpus(wanted.folder));
  return AddedFeatures{int(source.matrix.dim), utterances.size(), source.sha256, corpus.id};
}

}  // namespace mer::data
