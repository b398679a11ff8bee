#include "storage/codec.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/enum_names.hpp"
#include "core/json.hpp"

namespace mer::storage {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "blobs are written as they stand in memory");

// A string that is not UTF-8 keeps its place with U+FFFD instead of throwing.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// read(json) of a text of ours; whatever nlohmann throws means that it is not.
template <class T, class Read>
Result<T> parse(const std::string& text, const char* what, Read read) {
  try {
    return T(read(Json::parse(text)));
  } catch (const std::exception& error) {
    return Error{ErrorCode::corrupt, std::string(what) + " in the database cannot be read: " + error.what()};
  }
}

template <class T>
Result<std::vector<T>> parse_array(const std::string& text, const char* what) {
  return parse<std::vector<T>>(text, what, [](const Json& json) { return json.get<std::vector<T>>(); });
}

// Of a name that double_text() gives to a number that JSON lacks. Throws for any other.
double double_named(const std::string& name) {
  static const std::map<std::string, double> kNamed = {{"nan", std::numeric_limits<double>::quiet_NaN()},
                                                       {"inf", std::numeric_limits<double>::infinity()},
                                                       {"-inf", -std::numeric_limits<double>::infinity()},
                                                       {"-0", -0.0}};
  return kNamed.at(name);
}

double double_of(const Json& json) {
  return json.is_number() ? json.get<double>() : double_named(json.get<std::string>());
}

Json corpus_json(const CorpusSource& corpus) {
  Json json;
  if (corpus.synthetic.empty()) {
    json["path"] = corpus.path;
  } else {
    json["synthetic"] = corpus.synthetic;
    json["seed"] = corpus.seed;
  }
  return json;
}

Json folds_json(const FoldSettings& folds) {
  Json json;
  json["scheme"] = to_string(folds.scheme);
  json["context"] = to_string(folds.context);
  if (folds.validation == ValidationKind::dialogues) {
    json["validation"]["dialogues"] = folds.validation_fraction;
    json["seed"] = folds.seed;
  } else {
    json["validation"] = to_string(folds.validation);
  }
  if (!folds.test.empty()) json["test"] = folds.test;
  if (!folds.file.empty()) json["file"] = folds.file;
  return json;
}

}  // namespace

Result<std::string> pack_confusion(const ConfusionMatrix& matrix) {
  const auto classes = static_cast<std::size_t>(matrix.classes);
  if (matrix.classes < 0 || matrix.counts.size() != classes * classes) {
    return invalid("a confusion matrix of " + std::to_string(matrix.classes) + " classes has " +
                   std::to_string(matrix.counts.size()) + " counts");
  }
  std::string bytes(matrix.counts.size() * sizeof(std::uint32_t), '\0');
  for (std::size_t i = 0; i < matrix.counts.size(); ++i) {
    const std::int64_t count = matrix.counts[i];
    if (count < 0 || count > std::numeric_limits<std::uint32_t>::max()) {
      return invalid("a confusion matrix holds the count " + std::to_string(count) + "; 0 to 4294967295 can be kept");
    }
    const auto narrow = static_cast<std::uint32_t>(count);
    std::memcpy(bytes.data() + i * sizeof narrow, &narrow, sizeof narrow);
  }
  return bytes;
}

Result<ConfusionMatrix> unpack_confusion(std::string_view bytes) {
  const std::size_t cells = bytes.size() / sizeof(std::uint32_t);
  const auto classes = static_cast<int>(std::lround(std::sqrt(static_cast<double>(cells))));
  ConfusionMatrix matrix(classes);
  if (bytes.size() % sizeof(std::uint32_t) != 0 || matrix.counts.size() != cells) {
    return Error{ErrorCode::corrupt, "a confusion matrix in the database has " + std::to_string(bytes.size()) +
                                         " bytes: not 4 times a square number"};
  }
  for (std::size_t i = 0; i < cells; ++i) {
    std::uint32_t count = 0;
    std::memcpy(&count, bytes.data() + i * sizeof count, sizeof count);
    matrix.counts[i] = count;
  }
  return matrix;
}

std::string pack_floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Result<std::vector<float>> unpack_floats(std::string_view bytes) {
  if (bytes.size() % sizeof(float) != 0) {
    return Error{ErrorCode::corrupt,
                 "probabilities in the database have " + std::to_string(bytes.size()) + " bytes: not a multiple of 4"};
  }
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::string double_text(double value) {
  if (std::isnan(value)) return "nan";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string doubles_to_json(const std::vector<double>& values) {
  std::string text = "[";
  for (const double value : values) {
    if (text.size() > 1) text += ',';
    text += std::isfinite(value) ? double_text(value) : '"' + double_text(value) + '"';
    if (value == 0 && std::signbit(value)) text += ".0";  // "-0" would be read as an integer, without its sign
  }
  return text + ']';
}

Result<std::vector<double>> doubles_from_json(const std::string& text) {
  return parse<std::vector<double>>(text, "an array of numbers", [](const Json& json) {
    std::vector<double> values;
    for (const Json& item : json) values.push_back(double_of(item));
    return values;
  });
}

std::string kinds_to_json(const std::map<std::string, double>& kinds) {
  Json json = Json::object();
  for (const auto& [name, value] : kinds) json[name] = double_text(value);
  return text_of(json);
}

Result<std::map<std::string, double>> kinds_from_json(const std::string& text) {
  return parse<std::map<std::string, double>>(text, "the kinds of an epoch's numbers", [](const Json& json) {
    std::map<std::string, double> kinds;
    for (const auto& [name, kind] : json.get<std::map<std::string, std::string>>()) kinds[name] = double_named(kind);
    return kinds;
  });
}

std::string strings_to_json(const std::vector<std::string>& values) {
  return text_of(Json(values));
}
Result<std::vector<std::string>> strings_from_json(const std::string& text) {
  return parse_array<std::string>(text, "an array of strings");
}
std::string integers_to_json(const std::vector<int>& values) {
  return text_of(Json(values));
}
Result<std::vector<int>> integers_from_json(const std::string& text) {
  return parse_array<int>(text, "an array of integers");
}
std::string seeds_to_json(const std::vector<std::uint64_t>& values) {
  return text_of(Json(values));
}
Result<std::vector<std::uint64_t>> seeds_from_json(const std::string& text) {
  return parse_array<std::uint64_t>(text, "an array of seeds");
}

std::string differing_to_json(const std::vector<std::pair<std::string, std::string>>& values) {
  Json json = Json::array();
  for (const auto& [key, value] : values) json.push_back(Json::array({key, value}));
  return text_of(json);
}

Result<std::vector<std::pair<std::string, std::string>>> differing_from_json(const std::string& text) {
  return parse_array<std::pair<std::string, std::string>>(text, "the keys of a configuration");
}

std::string published_to_json(const std::vector<Published>& values) {
  Json json = Json::array();
  for (const Published& row : values) {
    Json one;
    one["label"] = row.label;
    one["metric"] = name_of(row.metric);
    one["value"] = row.value;
    if (!row.source.empty()) one["source"] = row.source;
    json.push_back(std::move(one));
  }
  return text_of(json);
}

Result<std::vector<Published>> published_from_json(const std::string& text) {
  return parse<std::vector<Published>>(text, "the published numbers", [](const Json& json) {
    std::vector<Published> values;
    for (const Json& row : json) {
      values.push_back({row.at("label").get<std::string>(), metric_from(row.at("metric").get<std::string>()).value(),
                        row.at("value").get<double>(), row.value("source", std::string())});
    }
    return values;
  });
}

std::string settings_to_json(const Configuration& configuration) {
  return text_of({{"corpus", corpus_json(configuration.corpus)},
                  {"folds", folds_json(configuration.folds)},
                  {"model", configuration.model},
                  {"train", configuration.train}});
}

std::string model_to_json(const ModelSettings& model) {
  return text_of(Json(model));
}
std::string train_to_json(const TrainSettings& train) {
  return text_of(Json(train));
}

Result<ModelSettings> model_from_json(const std::string& text) {
  return parse<ModelSettings>(text, "model settings", [](const Json& json) { return json.get<ModelSettings>(); });
}

Result<TrainSettings> train_from_json(const std::string& text) {
  return parse<TrainSettings>(text, "train settings", [](const Json& json) { return json.get<TrainSettings>(); });
}

std::string profile_to_json(const Profile& profile) {
  Json json;
  json["steps"] = profile.steps;
  for (const auto& [work, name] : EnumNames<Work>::all) json[name] = profile.of(work);
  return text_of(json);
}

Result<Profile> profile_from_json(const std::string& text) {
  return parse<Profile>(text, "a profile", [](const Json& json) {
    Profile profile;
    profile.steps = json.value("steps", std::int64_t{0});
    for (const auto& [work, name] : EnumNames<Work>::all) profile.seconds[std::size_t(work)] = json.value(name, 0.0);
    return profile;
  });
}

}  // namespace mer::storage
