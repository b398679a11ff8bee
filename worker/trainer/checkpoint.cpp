#include "worker/trainer/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "core/descriptor.hpp"
#include "core/json.hpp"
#include "core/sha256.hpp"
#include "data/file_io.hpp"
#include "data/safetensors.hpp"
#include "worker/trainer/tensor_bytes.hpp"

namespace mer::trainer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kFormat = "mer-checkpoint-1";

std::string folder_of(const TrialId& trial) {
  return "checkpoints/" + trial.hex;
}

Error corrupt(const std::string& path, const std::string& what) {
  return {ErrorCode::corrupt, path + ": " + what};
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

std::string best_prefix(const Selected& selected) {
  return std::string("best/") + name_of(selected.rule) + "/" + name_of(selected.metric) + "/";
}

json state_to_json(const CheckpointState& state) {
  json best = json::array();
  for (const Best& entry : state.best.entries()) {
    best.push_back({{"rule", name_of(entry.selected.rule)},
                    {"metric", name_of(entry.selected.metric)},
                    {"epoch", entry.selected.epoch},
                    {"score", entry.score}});
  }
  return {{"epoch", state.epoch}, {"step", state.step}, {"best", best}};
}

// Throws what nlohmann::json and the optionals throw on anything unexpected.
Best best_from(const json& entry, const data::SafetensorsFile& file) {
  Best best;
  best.score = entry.at("score").get<double>();
  best.selected.rule = selection_rule_from(entry.at("rule").get<std::string>()).value();
  best.selected.metric = metric_from(entry.at("metric").get<std::string>()).value();
  best.selected.epoch = entry.at("epoch").get<int>();
  const std::string prefix = best_prefix(best.selected);
  const data::TensorView& confusion = file.tensors().at(prefix + "confusion");
  const data::TensorView& probabilities = file.tensors().at(prefix + "probabilities");
  best.selected.confusion = ConfusionMatrix(int(confusion.shape.at(0)));
  best.selected.probabilities.resize(probabilities.bytes.size() / sizeof(float));
  if (confusion.bytes.size() != bytes_of(best.selected.confusion.counts).size()) {
    throw std::invalid_argument(prefix + "confusion has an unexpected shape");
  }
  std::memcpy(best.selected.confusion.counts.data(), confusion.bytes.data(), confusion.bytes.size());
  std::memcpy(best.selected.probabilities.data(), probabilities.bytes.data(), probabilities.bytes.size());
  return best;
}

Status verify_bytes(const std::string& path, const CheckpointRecord& record, const data::SafetensorsFile& file) {
  std::error_code ignored;
  const auto size = std::int64_t(fs::file_size(path, ignored));
  if (size != record.bytes) {
    return corrupt(path, "has " + std::to_string(size) + " bytes, expected " + std::to_string(record.bytes));
  }
  const std::string_view all(static_cast<const char*>(file.mapping().get()), std::size_t(size));
  if (const std::string found = sha256_hex(all); found != record.sha256) {
    return corrupt(path, "has SHA-256 " + found + ", expected " + record.sha256);
  }
  const auto is = [&](const char* key, const std::string& value) {
    const auto found = file.metadata().find(key);
    return found != file.metadata().end() && found->second == value;
  };
  if (!is("format", kFormat)) return corrupt(path, std::string("is not a checkpoint of format ") + kFormat);
  if (!is("trial", record.trial.hex)) return corrupt(path, "belongs to another trial");
  return {};
}

Status copy_tensors(const std::string& path, const data::SafetensorsFile& file, std::vector<NamedTensor>& tensors) {
  for (NamedTensor& target : tensors) {
    MER_ASSIGN(const data::TensorView view, file.find(target.name));
    const data::TensorView expected = view_of(target.tensor);
    if (view.type != expected.type || view.shape != expected.shape) {
      return corrupt(path, "tensor " + target.name + " has another type or shape than the model's");
    }
    std::memcpy(target.tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  }
  const auto own = std::size_t(std::count_if(file.tensors().begin(), file.tensors().end(), [](const auto& entry) {
    return entry.first.compare(0, 5, "best/") != 0;
  }));
  if (own != tensors.size()) return corrupt(path, "holds tensors that the model does not have");
  return {};
}

// The attempt of "<attempt>-<epoch>.safetensors"; nullopt: not a checkpoint's name.
std::optional<int> attempt_of(const std::string& file_name) {
  int attempt = 0, epoch = 0;
  const char* end = file_name.data() + file_name.size();
  const auto first = std::from_chars(file_name.data(), end, attempt);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, epoch);
  if (second.ec != std::errc() || std::string_view(second.ptr, end) != ".safetensors") return std::nullopt;
  return attempt;
}

}  // namespace

Result<CheckpointRecord> write_checkpoint(const std::string& store, const TrialId& trial, int attempt,
                                          const Environment& environment, const CheckpointState& state) {
  std::map<std::string, data::TensorView> tensors;
  for (const NamedTensor& entry : state.tensors) tensors[entry.name] = view_of(entry.tensor);
  for (const Best& best : state.best.entries()) {
    const Selected& selected = best.selected;
    const std::int64_t classes = selected.confusion.classes;
    tensors[best_prefix(selected) + "confusion"] = {
        data::TensorType::i64, {classes, classes}, bytes_of(selected.confusion.counts)};
    tensors[best_prefix(selected) + "probabilities"] = {
        data::TensorType::f32,
        {std::int64_t(selected.probabilities.size()) / classes, classes},
        bytes_of(selected.probabilities)};
  }
  CheckpointRecord record;
  record.trial = trial;
  record.attempt = attempt;
  record.epoch = state.epoch;
  record.file = folder_of(trial) + "/" + std::to_string(attempt) + "-" + std::to_string(state.epoch) + ".safetensors";
  const std::string folder = store + "/" + folder_of(trial);
  std::error_code error;
  const bool created = fs::create_directories(folder, error);
  if (error) return system_error(error.value(), folder + ": cannot be created");
  if (created) {
    MER_TRY(data::sync_folder(store + "/checkpoints"));
    MER_TRY(data::sync_folder(store));
  }
  MER_ASSIGN(const data::WrittenFile written, data::write_safetensors(store + "/" + record.file, tensors,
                                                                      {{"format", kFormat},
                                                                       {"trial", trial.hex},
                                                                       {"attempt", std::to_string(attempt)},
                                                                       {"code_version", environment.code_version},
                                                                       {"versions", environment.versions},
                                                                       {"state", state_to_json(state).dump()}}));
  record.sha256 = written.sha256;
  record.bytes = written.bytes;
  return record;
}

Status read_checkpoint(const std::string& store, const CheckpointRecord& record, CheckpointState& state) {
  const std::string path = store + "/" + record.file;
  MER_ASSIGN(const data::SafetensorsFile file, data::SafetensorsFile::open(path));
  MER_TRY(verify_bytes(path, record, file));
  MER_TRY(copy_tensors(path, file, state.tensors));
  try {
    const json parsed = json::parse(file.metadata().at("state"));
    std::vector<Best> best;
    for (const json& entry : parsed.at("best")) best.push_back(best_from(entry, file));
    state.epoch = parsed.at("epoch").get<int>();
    state.step = parsed.at("step").get<std::int64_t>();
    state.best = BestEpochs(std::move(best));
  } catch (const std::exception& error) {
    return corrupt(path, std::string("its state cannot be read: ") + error.what());
  }
  if (state.epoch != record.epoch) return corrupt(path, "holds another epoch than its row says");
  return {};
}

void remove_other_checkpoints(const std::string& store, const TrialId& trial, int attempt,
                              const std::vector<std::string>& keep) {
  std::error_code ignored;  // an old file that stays behind does no harm
  fs::directory_iterator entry(store + "/" + folder_of(trial), ignored);
  for (; entry != fs::directory_iterator(); entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    const auto owner = attempt_of(name);
    const bool kept = std::find(keep.begin(), keep.end(), folder_of(trial) + "/" + name) != keep.end();
    if (owner && *owner <= attempt && !kept) fs::remove(entry->path(), ignored);
  }
}

}  // namespace mer::trainer
