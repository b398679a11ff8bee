#include "core/fields.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>

#include "core/enum_names.hpp"
#include "core/json.hpp"

namespace mer {

using nlohmann::json;

namespace {
constexpr double kMaxSeed = 9007199254740991;  // 2^53 - 1: exact in every JSON reader
constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxName = 64;
constexpr char kNamePattern[] = "^[A-Za-z0-9_-]{1,64}$";

Field boolean(const char* path, const char* fallback, const char* description) {
  Field field;
  field.path = path;
  field.type = FieldType::boolean;
  field.fallback = fallback;
  field.description = description;
  return field;
}

// A component that needs two modalities: "n/a" with one.
Field component(const char* path, const char* description) {
  Field field = boolean(path, "true", description);
  field.words = {"n/a"};
  return field;
}

Field ranged(FieldType type, const char* path, const char* fallback, double low, double high, const char* description) {
  Field field;
  field.path = path;
  field.type = type;
  field.fallback = fallback;
  field.low = low;
  field.high = high;
  field.description = description;
  return field;
}

Field integer(const char* path, const char* fallback, double low, double high, const char* description) {
  return ranged(FieldType::integer, path, fallback, low, high, description);
}

Field number(const char* path, const char* fallback, double low, double high, const char* description) {
  return ranged(FieldType::number, path, fallback, low, high, description);
}

Field names(const char* path, const char* fallback, double low, double high, const char* description) {
  return ranged(FieldType::names, path, fallback, low, high, description);
}

Field word(const char* path, const char* fallback, std::vector<std::string> words, const char* description) {
  Field field;
  field.path = path;
  field.type = FieldType::word;
  field.fallback = fallback;
  field.words = std::move(words);
  field.description = description;
  return field;
}

Field text(FieldType type, const char* path, const char* description) {
  Field field;
  field.path = path;
  field.type = type;
  field.description = description;
  return field;
}

void add_corpus_and_folds(std::vector<Field>& all) {
  all.push_back(text(FieldType::path, "corpus.path", "Corpus folder; relative to this file. Give path or synthetic."));
  all.push_back(word("corpus.synthetic", "", {"iemocap", "msp-improv"},
                     "Synthetic corpus with the shape of a real one. Give path or synthetic."));
  all.push_back(integer("corpus.seed", "0", 0, kMaxSeed, "Seed of the synthetic corpus."));

  all.push_back(word("folds.scheme", "", enum_names<FoldSchemeKind>(),
                     "How the corpus is cut: by session, speaker or pair of speakers, or by a file (docs/folds.md)."));
  all.back().required = true;
  all.push_back(text(FieldType::text, "folds.test", "session-holdout: the session to test; default: the last."));
  all.push_back(text(FieldType::path, "folds.file", "explicit: the file that lists the folds; relative to this file."));
  Field validation = word("folds.validation", "\"none\"", {"none", "partner", "next-session"},
                          "Validation part: none, the test speaker's partner, the next session, or a share of the "
                          "training dialogues as {\"dialogues\": 0.1}.");
  validation.type = FieldType::validation;
  all.push_back(validation);
  all.push_back(word("folds.context", "\"own\"", enum_names<FoldContext>(),
                     "own: a dialogue is cut to its part's utterances; full: whole dialogues are seen."));
  all.push_back(integer("folds.seed", "0", 0, kMaxSeed, "Seed of the draw of validation dialogues."));
}

void add_model(std::vector<Field>& all) {
  all.push_back(names("model.modalities", R"(["audio","text"])", 1, 2, "Modalities that the model sees."));
  all.push_back(integer("model.hidden", "100", 2, 4096, "Width d of every representation (Table 2)."));
  all.push_back(integer("model.heads", "4", 1, 256, "Attention heads h (Table 2); hidden is a multiple of it."));
  all.push_back(number("model.dropout", "0.2", 0, 1, "Dropout rate p after each attention layer (Table 2)."));
  all.back().below_high = true;
  all.push_back(word("model.recurrent", "\"bigru\"", enum_names<Recurrent>(), "Recurrent layer (section 3.3)."));
  all.push_back(boolean("model.self_attention", "true",
                        "Self-attention over a dialogue's turns (section 3.3); false: the recurrent baselines."));
  all.push_back(component("model.auxiliary_loss", "Unimodal auxiliary loss (eq 1-3)."));
  all.push_back(component("model.subspace", "Public and unique subspaces with their losses (eq 4-9)."));
  all.push_back(component("model.cross_attention", "Attention across the modalities (eq 10, 11)."));
  all.push_back(number("model.alpha", "0.1", 0, 1e6, "Weight of similarity and difference loss (eq 9)."));
  all.push_back(number("model.beta", "0.1", 0, 1e6, "Weight of the subspace loss (eq 13)."));
  all.push_back(word("model.recurrent_width", "\"split\"", enum_names<RecurrentWidth>(),
                     "split: hidden in all directions together; full: hidden per direction, then projected."));
  all.push_back(
      word("model.self_attention_form", "\"multi-head\"", enum_names<AttentionForm>(), "Form of the self-attention."));
  all.push_back(boolean("model.self_attention_residual", "false", "Residual connection around the self-attention."));
  all.push_back(word("model.encoder", "\"sigmoid\"", enum_names<EncoderForm>(), "Activation of the encoders (eq 4)."));
  all.push_back(word("model.similarity_norm", "\"l2\"", enum_names<SimilarityNorm>(),
                     "Norm of the similarity loss (eq 5): plain as in its authors' code, or squared."));
  all.push_back(integer("model.similarity_moments", "5", 1, 20, "Moments K of the similarity loss (eq 5)."));
  all.push_back(word("model.difference", "\"normalised\"", enum_names<DifferenceForm>(),
                     "Difference loss (eq 6): normalised as in its authors' code, or literal."));
  all.push_back(boolean("model.cross_attention_residual", "false", "Residual connection around the cross-attention."));
  all.push_back(
      boolean("model.cross_attention_feed_forward", "false", "Feed-forward layer after the cross-attention."));
  all.push_back(
      boolean("model.cross_attention_positions", "false", "Sinusoidal positions before the cross-attention."));
}

void add_train(std::vector<Field>& all) {
  all.push_back(integer("train.epochs", "150", 1, 1e6, "Passes over the training part (Table 2)."));
  all.push_back(integer("train.batch_dialogues", "20", 1, 1e6, "Dialogues in a batch (Table 2)."));
  all.push_back(word("train.optimizer", "\"adam\"", enum_names<OptimizerKind>(), "Optimizer."));
  all.push_back(number("train.learning_rate", "1e-4", 0, 100, "Learning rate."));
  all.back().above_low = true;
  all.push_back(number("train.weight_decay", "1e-5", 0, 100, "L2 regularization weight w (Table 2)."));
  all.push_back(
      names("train.standardise", R"(["audio"])", 0, 16,
            "Modalities scaled to mean 0 and sd 1 of the training part; others than the model's are ignored."));
  all.push_back(integer("train.evaluate_every", "1", 1, 1e6, "Epochs between evaluations; the last is always one."));
  all.push_back(word("train.dtype", "\"float32\"", enum_names<Dtype>(), "Number format of the training."));
}

void add_rest(std::vector<Field>& all) {
  all.push_back(word("select.epoch", "\"last\"", enum_names<SelectionRule>(),
                     "Which epoch stands for a trial; best-test looks at the test part and is marked oracle."));
  all.push_back(word("select.metric", "\"macro_f1\"", enum_names<Metric>(), "Metric that decides the best epoch."));
  all.push_back(word("resources.device", "\"auto\"", enum_names<DeviceChoice>(), "auto: a usable GPU, else the CPU."));
  all.push_back(integer("resources.stack", "\"auto\"", 1, 1e5,
                        "Trials trained together in one process; auto: as many as pay, within memory."));
  all.back().words = {"auto"};
  all.push_back(number("resources.gpu_fraction", "1", 0.01, 1,
                       "Part of a GPU, and of its memory, for each trainer: 0.5 puts two on a GPU."));
  all.push_back(integer("resources.gpus_per_trial", "1", 1, 64,
                        "Workers, each with its GPU or cores, that train a stack together, each on its dialogues of "
                        "every batch."));
  all.push_back(boolean("resources.broadcast_features", "false",
                        "Read the corpus once and pass it to the other machines, which keep copies (docs/corpus.md)."));
  all.push_back(integer("resources.threads", "1", 1, 1024, "Threads of a CPU trainer; part of the reproducibility."));
  all.push_back(integer("retry.max_attempts", "3", 1, 1000, "Crashes after which a trial has failed."));
  all.push_back(boolean("record.representations", "false",
                        "Keep the representations of the test part, in <store>/representations."));
}

std::vector<Field> make_fields() {
  std::vector<Field> all;
  add_corpus_and_folds(all);
  add_model(all);
  add_train(all);
  for (Field& field : all) field.may_vary = true;
  add_rest(all);
  return all;
}

bool is_name(const json& value) {
  if (!value.is_string()) return false;
  const auto& name = value.get_ref<const std::string&>();
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool is_text(const json& value) {
  if (!value.is_string()) return false;
  const auto& content = value.get_ref<const std::string&>();
  return !content.empty() && content.size() <= kMaxText &&
         std::none_of(content.begin(), content.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

bool in_range(const Field& field, double value) {
  return (field.above_low ? value > field.low : value >= field.low) &&
         (field.below_high ? value < field.high : value <= field.high);
}

bool is_share(const json& value) {
  return value.is_number() && value.get<double>() > 0 && value.get<double>() < 1;
}

bool are_names(const Field& field, const json& value) {
  if (!value.is_array() || !in_range(field, static_cast<double>(value.size()))) return false;
  const std::set<json> different(value.begin(), value.end());
  return different.size() == value.size() && std::all_of(value.begin(), value.end(), is_name);
}

std::string plain(double value) {
  return value == std::floor(value) && std::abs(value) < 1e16 ? std::to_string(static_cast<std::int64_t>(value))
                                                              : json(value).dump();
}

std::string quoted(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& entry : words) list += (list.empty() ? "\"" : ", \"") + entry + "\"";
  return list;
}

std::string type_text(const Field& field) {
  switch (field.type) {
    case FieldType::boolean: return "true or false";
    case FieldType::integer: return "an integer from " + plain(field.low) + " to " + plain(field.high);
    case FieldType::number:
      return std::string("a number ") + (field.above_low ? "above " : "from ") + plain(field.low) +
             (field.below_high ? " to below " : " to ") + plain(field.high);
    case FieldType::word: return "one of " + quoted(field.words);
    case FieldType::text: return "a text in quotes, not empty";
    case FieldType::path: return "a path in quotes, not empty";
    case FieldType::names:
      return "an array of " + plain(field.low) + " to " + plain(field.high) +
             " different names (letters, digits, - and _)";
    case FieldType::validation: return quoted(field.words) + " or {\"dialogues\": a number above 0 and below 1}";
  }
  return {};
}
}  // namespace

const std::vector<Field>& fields() {
  static const std::vector<Field> all = make_fields();
  return all;
}

const Field* find_field(std::string_view path) {
  static const auto by_path = [] {
    std::map<std::string, const Field*, std::less<>> index;
    for (const Field& field : fields()) index.emplace(field.path, &field);
    return index;
  }();
  const auto found = by_path.find(path);
  return found == by_path.end() ? nullptr : found->second;
}

const std::vector<std::string>& sections() {
  static const auto all = [] {
    std::vector<std::string> names_of_sections;
    for (const Field& field : fields()) {
      if (names_of_sections.empty() || names_of_sections.back() != field.section()) {
        names_of_sections.push_back(field.section());
      }
    }
    return names_of_sections;
  }();
  return all;
}

std::vector<std::string> keys_of(std::string_view section) {
  std::vector<std::string> keys;
  for (const Field& field : fields()) {
    if (field.section() == section) keys.push_back(field.key());
  }
  return keys;
}

std::vector<std::string> varying_paths() {
  std::vector<std::string> paths;
  for (const Field& field : fields()) {
    if (field.may_vary) paths.push_back(field.path);
  }
  return paths;
}

bool allows(const Field& field, const json& value) {
  if (value.is_string() && std::count(field.words.begin(), field.words.end(), value.get_ref<const std::string&>())) {
    return true;
  }
  switch (field.type) {
    case FieldType::boolean: return value.is_boolean();
    case FieldType::integer: return value.is_number_integer() && in_range(field, value.get<double>());
    case FieldType::number: return value.is_number() && in_range(field, value.get<double>());
    case FieldType::word: return false;
    case FieldType::text:
    case FieldType::path: return is_text(value);
    case FieldType::names: return are_names(field, value);
    case FieldType::validation:
      return value.is_object() && value.size() == 1 && is_share(value.value("dialogues", json()));
  }
  return false;
}

std::string allowed_text(const Field& field) {
  std::string allowed = type_text(field);
  const bool beside = field.type != FieldType::word && field.type != FieldType::validation;
  if (beside && !field.words.empty()) allowed += ", or " + quoted(field.words);
  return allowed;
}

json schema_of(const Field& field) {
  json schema;
  const json share = {
      {"type", "object"},
      {"properties", {{"dialogues", {{"type", "number"}, {"exclusiveMinimum", 0}, {"exclusiveMaximum", 1}}}}},
      {"required", {"dialogues"}},
      {"additionalProperties", false}};
  switch (field.type) {
    case FieldType::boolean: schema["type"] = "boolean"; break;
    case FieldType::integer:
    case FieldType::number:
      schema["type"] = field.type == FieldType::integer ? "integer" : "number";
      schema[field.above_low ? "exclusiveMinimum" : "minimum"] = json::parse(plain(field.low));
      schema[field.below_high ? "exclusiveMaximum" : "maximum"] = json::parse(plain(field.high));
      break;
    case FieldType::word: schema["enum"] = field.words; break;
    case FieldType::text:
    case FieldType::path: schema = {{"type", "string"}, {"minLength", 1}, {"maxLength", kMaxText}}; break;
    case FieldType::names:
      schema = {{"type", "array"},
                {"items", {{"type", "string"}, {"pattern", kNamePattern}}},
                {"minItems", static_cast<int>(field.low)},
                {"maxItems", static_cast<int>(field.high)},
                {"uniqueItems", true}};
      break;
    case FieldType::validation: schema["anyOf"] = {json{{"enum", field.words}}, share}; break;
  }
  const bool beside = field.type == FieldType::boolean || field.type == FieldType::integer;
  if (beside && !field.words.empty()) schema = {{"anyOf", {schema, json{{"enum", field.words}}}}};
  schema["description"] = field.description;
  if (!field.fallback.empty()) schema["default"] = json::parse(field.fallback);
  return schema;
}

}  // namespace mer
