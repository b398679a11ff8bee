#include "data/representations.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "core/quoting.hpp"
#include "data/safetensors.hpp"

namespace mer::data {
namespace {

constexpr const char* kFormat = "mer-representations-1";
constexpr const char* kUtterance = "utterance";
constexpr const char* kSpaces[] = {"public", "unique"};

Error corrupt(const std::string& path, const std::string& problem) {
  return {ErrorCode::corrupt, path + ": " + problem};
}

std::string metadata_of(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? "" : found->second;
}

Result<SafetensorsFile> open_kept(const std::string& path, const TrialId& trial) {
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (file || file.error().code != ErrorCode::not_found) return file;
  return Error{
      ErrorCode::not_found,
      "trial " + trial.hex +
          " has kept no representations: \"record\": {\"representations\": true} in its sweep file keeps them of "
          "trials that are trained from then on; `merctl run SWEEP.json --fresh` trains those again that are done"};
}

Status check_metadata(const SafetensorsFile& file, const std::string& path, const TrialId& trial, int attempt) {
  for (const auto& [key, expected] : {std::pair<const char*, std::string>("format", kFormat),
                                      {"trial", trial.hex},
                                      {"attempt", std::to_string(attempt)}}) {
    const std::string found = metadata_of(file, key);
    if (found != expected) {
      return corrupt(path, std::string(key) + " is " + quote(found) + ", expected " + quote(expected));
    }
  }
  return {};
}

Result<int> epoch_of(const SafetensorsFile& file, const std::string& path) {
  const std::string text = metadata_of(file, "epoch");
  int epoch = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  if (error == std::errc() && end == text.data() + text.size() && epoch >= 0) return epoch;
  return corrupt(path, "epoch is " + quote(text) + ", expected a number");
}

template <class T>
std::vector<T> elements_of(const TensorView& view) {
  std::vector<T> values(view.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

Result<std::vector<std::int64_t>> utterances_of(const SafetensorsFile& file, const std::string& path) {
  const auto view = file.find(kUtterance);
  if (!view || view->type != TensorType::i64 || view->shape.size() != 1) {
    return corrupt(path, "expected a tensor \"utterance\" of int64 [utterances]");
  }
  std::vector<std::int64_t> rows = elements_of<std::int64_t>(*view);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t least = i == 0 ? 0 : rows[i - 1] + 1;
    if (rows[i] < least) {
      return corrupt(path, "tensor \"utterance\": " + std::to_string(rows[i]) + " at place " + std::to_string(i) +
                               ", expected ascending rows of utterances.csv");
    }
  }
  return rows;
}

Result<stats::Points> points_of(const TensorView& view, std::size_t utterances, const std::string& where) {
  const bool floating = view.type == TensorType::f32 || view.type == TensorType::f64;
  if (!floating || view.shape.size() != 2 || view.shape[0] != std::int64_t(utterances) || view.shape[1] < 1) {
    return Error{ErrorCode::corrupt, where + ": expected floating-point numbers [" + std::to_string(utterances) +
                                         ", width], a row for each utterance"};
  }
  stats::Points points{.width = std::size_t(view.shape[1])};
  if (view.type == TensorType::f64) {
    points.values = elements_of<double>(view);
  } else {
    const std::vector<float> values = elements_of<float>(view);
    points.values.assign(values.begin(), values.end());
  }
  for (std::size_t i = 0; i < points.values.size(); ++i) {
    if (std::isfinite(points.values[i])) continue;
    return Error{ErrorCode::corrupt, where + ": row " + std::to_string(i / points.width) + " is not finite"};
  }
  return points;
}

// Those of a subspace, by modality.
Status add_groups(const SafetensorsFile& file, const std::string& path, const std::string& space,
                  Representations& representations) {
  const std::string prefix = space + ".";
  for (const auto& [name, view] : file.tensors()) {
    if (!name.starts_with(prefix)) continue;
    MER_ASSIGN(stats::Points points,
               points_of(view, representations.utterances.size(), path + ": tensor " + quote(name)));
    auto& groups = representations.groups;
    if (!groups.empty() && groups.front().points.width != points.width) {
      return corrupt(path, "tensor " + quote(name) + " is " + std::to_string(points.width) + " wide, expected " +
                               std::to_string(groups.front().points.width) + " as the others");
    }
    groups.push_back({name.substr(prefix.size()), space, std::move(points)});
  }
  return {};
}

}  // namespace

Result<Representations> read_representations(const std::string& path, const TrialId& trial, int attempt) {
  MER_ASSIGN(const SafetensorsFile file, open_kept(path, trial));
  MER_TRY(check_metadata(file, path, trial, attempt));
  Representations representations;
  MER_ASSIGN(representations.epoch, epoch_of(file, path));
  MER_ASSIGN(representations.utterances, utterances_of(file, path));
  for (const char* const space : kSpaces) MER_TRY(add_groups(file, path, space, representations));
  if (representations.groups.empty()) {
    return Error{ErrorCode::not_found,
                 "trial " + trial.hex +
                     ": its model has no public and unique representations: model.subspace is off, or it has one "
                     "modality"};
  }
  return representations;
}

}  // namespace mer::data
