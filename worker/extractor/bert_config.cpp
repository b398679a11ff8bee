#include "worker/extractor/bert_config.hpp"

#include <algorithm>
#include <utility>

#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"

namespace mer::extractor::bert {
namespace {

using nlohmann::json;

constexpr std::int64_t kMost = 1 << 24;  // of anything that is counted

Error unexpected(const std::string& name, const std::string& key, const json& found, const std::string& expected) {
  return invalid(name + ": " + quote(key) + " is " + shown(found) + ", expected " + expected);
}

Result<json> parse_object(std::string_view text, const std::string& name) {
  MER_ASSIGN(json object, parse_json_text(text, name));
  if (!object.is_object()) return invalid(name + ": is " + shown(object) + ", expected an object");
  return object;
}

Status read_size(const json& object, const std::string& name, const std::string& key, std::int64_t& value) {
  const std::string expected = "an integer from 1 to " + std::to_string(kMost);
  if (!object.contains(key)) return invalid(name + ": has no " + quote(key) + ", expected " + expected);
  const json& found = object[key];
  if (!found.is_number_integer() || found < 1 || found > kMost) return unexpected(name, key, found, expected);
  value = found.get<std::int64_t>();
  return {};
}

// Where the key is there, its value is this one.
Status check_value(const json& object, const std::string& name, const std::string& key, const json& expected) {
  if (!object.contains(key) || object[key] == expected) return {};
  return unexpected(name, key, object[key], expected.dump());
}

Result<Activation> activation_of(const json& object, const std::string& name) {
  const std::string key = "hidden_act";
  if (!object.contains(key) || object[key] == "gelu") return Activation::gelu;
  if (object[key] == "gelu_new") return Activation::gelu_new;
  if (object[key] == "relu") return Activation::relu;
  return unexpected(name, key, object[key], R"("gelu", "gelu_new" or "relu")");
}

// Absent or null: as it is.
Status read_flag(const json& object, const std::string& name, const std::string& key, bool& value) {
  if (!object.contains(key) || object[key].is_null()) return {};
  if (!object[key].is_boolean()) return unexpected(name, key, object[key], "true, false or null");
  value = object[key].get<bool>();
  return {};
}

// A token stands there as its text, or as {"content": text, ...}.
Result<std::string> token_of(const json& found, const std::string& name, const std::string& key) {
  const json& text = found.is_object() && found.contains("content") ? found["content"] : found;
  if (!text.is_string() || text == "") return unexpected(name, key, found, "the text of a token");
  return text.get<std::string>();
}

Status check_added(const json& object, const std::string& name, const TokenizerConfig& config) {
  const std::string key = "added_tokens_decoder";
  if (!object.contains(key)) return {};
  if (!object[key].is_object()) return unexpected(name, key, object[key], "an object");
  for (const auto& [id, added] : object[key].items()) {
    MER_ASSIGN(const std::string token, token_of(added, name, key + "/" + id));
    const auto special = config.special();
    if (std::ranges::find(special, token) != special.end()) continue;
    return invalid(name + ": " + quote(key) + " adds the token " + quote(token) +
                   ", expected none but those for unknown words, begin, end, padding and mask");
  }
  return {};
}

}  // namespace

Result<ModelConfig> parse_model_config(std::string_view text, const std::string& name) {
  MER_ASSIGN(const json object, parse_object(text, name));
  if (!object.contains("model_type")) return invalid(name + ": has no \"model_type\", expected \"bert\"");
  MER_TRY(check_value(object, name, "model_type", "bert"));
  MER_TRY(check_value(object, name, "position_embedding_type", "absolute"));
  MER_TRY(check_value(object, name, "is_decoder", false));
  ModelConfig config;
  const std::pair<const char*, std::int64_t*> sizes[] = {{"hidden_size", &config.hidden},
                                                         {"num_hidden_layers", &config.layers},
                                                         {"num_attention_heads", &config.heads},
                                                         {"intermediate_size", &config.intermediate},
                                                         {"vocab_size", &config.vocabulary},
                                                         {"type_vocab_size", &config.token_types},
                                                         {"max_position_embeddings", &config.positions}};
  for (const auto& [key, value] : sizes) MER_TRY(read_size(object, name, key, *value));
  if (config.hidden % config.heads != 0) {
    return unexpected(name, "num_attention_heads", config.heads,
                      "a divisor of \"hidden_size\", " + std::to_string(config.hidden));
  }
  if (config.positions < 3) return unexpected(name, "max_position_embeddings", config.positions, "3 or more");
  MER_ASSIGN(config.activation, activation_of(object, name));
  const json epsilon = object.value("layer_norm_eps", json(1e-12));
  if (!epsilon.is_number() || !(epsilon > 0) || !(epsilon < 1)) {
    return unexpected(name, "layer_norm_eps", epsilon, "a number between 0 and 1");
  }
  config.epsilon = epsilon.get<double>();
  return config;
}

Result<TokenizerConfig> parse_tokenizer_config(std::string_view text, const std::string& name) {
  MER_ASSIGN(const json object, parse_object(text, name));
  const std::string kind = "tokenizer_class";
  if (object.contains(kind) && object[kind] != "BertTokenizer" && object[kind] != "BertTokenizerFast") {
    return unexpected(name, kind, object[kind], R"("BertTokenizer" or "BertTokenizerFast")");
  }
  TokenizerConfig config;
  Normalisation& normalisation = config.normalisation;
  MER_TRY(read_flag(object, name, "do_lower_case", normalisation.lower_case));
  normalisation.strip_accents = normalisation.lower_case;
  MER_TRY(read_flag(object, name, "strip_accents", normalisation.strip_accents));
  MER_TRY(read_flag(object, name, "tokenize_chinese_chars", normalisation.split_chinese));
  const std::pair<const char*, std::string*> tokens[] = {{"unk_token", &config.unknown},
                                                         {"cls_token", &config.begin},
                                                         {"sep_token", &config.end},
                                                         {"pad_token", &config.padding},
                                                         {"mask_token", &config.mask}};
  for (const auto& [key, value] : tokens) {
    if (!object.contains(key)) continue;
    MER_ASSIGN(*value, token_of(object[key], name, key));
  }
  MER_TRY(check_added(object, name, config));
  return config;
}

}  // namespace mer::extractor::bert
