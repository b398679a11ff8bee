// Codec: values of core/ as the bytes and JSON texts that stand in the database's columns, and back.
//
// Numbers in blobs are little-endian. Threads: pure functions. Errors: corrupt for a text or blob that was not written
// by these functions; invalid for a confusion matrix that is not one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/sweep.hpp"
#include "core/trial.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// classes * classes uint32, row-major [truth][prediction].
Result<std::string> pack_confusion(const ConfusionMatrix& matrix);
Result<ConfusionMatrix> unpack_confusion(std::string_view bytes);

std::string pack_floats(const std::vector<float>& values);
Result<std::vector<float>> unpack_floats(std::string_view bytes);

// {"total": "nan", ...}: numbers that a REAL column does not keep: "nan", "inf", "-inf", "-0".
std::string kinds_to_json(const std::map<std::string, double>& kinds);
Result<std::map<std::string, double>> kinds_from_json(const std::string& text);

// A JSON array of numbers, shortest form that reads back the same; "nan", "inf" and "-inf" as strings.
std::string doubles_to_json(const std::vector<double>& values);
Result<std::vector<double>> doubles_from_json(const std::string& text);

std::string strings_to_json(const std::vector<std::string>& values);
Result<std::vector<std::string>> strings_from_json(const std::string& text);
std::string integers_to_json(const std::vector<int>& values);
Result<std::vector<int>> integers_from_json(const std::string& text);
std::string seeds_to_json(const std::vector<std::uint64_t>& values);
Result<std::vector<std::uint64_t>> seeds_from_json(const std::string& text);

// [[key, JSON text], ...]
std::string differing_to_json(const std::vector<std::pair<std::string, std::string>>& values);
Result<std::vector<std::pair<std::string, std::string>>> differing_from_json(const std::string& text);

// [{"label", "metric", "value"}, ...]
std::string published_to_json(const std::vector<Published>& values);
Result<std::vector<Published>> published_from_json(const std::string& text);

// {"corpus", "folds", "model", "train"} as in a sweep file, every field written out.
std::string settings_to_json(const Configuration& configuration);

std::string model_to_json(const ModelSettings& model);
std::string train_to_json(const TrainSettings& train);
Result<ModelSettings> model_from_json(const std::string& text);
Result<TrainSettings> train_from_json(const std::string& text);

// {"steps", "gather", ...}; "{}" is a profile that was not recorded: all zero.
std::string profile_to_json(const Profile& profile);
Result<Profile> profile_from_json(const std::string& text);

// A printable form that keeps every bit: "0.1", "nan", "inf", "-inf", "-0".
std::string double_text(double value);

}  // namespace mer::storage
