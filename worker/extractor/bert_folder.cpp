#include "worker/extractor/bert_folder.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "core/quoting.hpp"
#include "data/content_hash.hpp"
#include "data/file_io.hpp"

namespace mer::extractor::bert {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostText = std::size_t{1} << 26;
constexpr const char* kWeights = "model.safetensors";
constexpr const char* kTokenizerConfig = "tokenizer_config.json";

// The file whose weights are not read; empty: there is none.
std::string unread_weights(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path& name = entry.path().filename();
    if (name == "model.safetensors.index.json") return name.string();
    for (const char* extension : {".bin", ".pt", ".pth", ".ckpt"}) {
      if (name.extension() == extension) return name.string();
    }
  }
  return "";
}

Status check_weights(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / kWeights, ignored)) return {};
  const std::string there = unread_weights(folder);
  const std::string without = folder.string() + ": has no " + kWeights;
  if (there.empty()) return Error{ErrorCode::not_found, without + ", the weights of a BERT model of Hugging Face"};
  return invalid(without + ", and mer reads no " + quote(there) +
                 ". To convert it, in Python: import transformers; transformers.BertModel.from_pretrained(DIR)"
                 ".save_pretrained(DIR, max_shard_size='100GB')");
}

Result<std::string> read(const fs::path& folder, const char* name) {
  Result<std::string> text = data::read_file((folder / name).string(), kMostText);
  if (text || text.error().code != ErrorCode::not_found) return text;
  return Error{ErrorCode::not_found,
               folder.string() + ": has no " + name + ", expected the folder of a BERT model as Hugging Face keeps it"};
}

// "{}" where there is none.
Result<std::string> tokenizer_config_text(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / kTokenizerConfig, ignored)) return std::string("{}");
  return read(folder, kTokenizerConfig);
}

std::string hash_of(std::initializer_list<std::string_view> texts, const data::SafetensorsFile& weights) {
  data::ContentHash hash("mer bert 1");
  for (const std::string_view text : texts) hash.text(text);
  for (const auto& [name, view] : weights.tensors()) {
    hash.text(name);
    hash.number(std::uint64_t(view.type));
    for (const std::int64_t extent : view.shape) hash.number(std::uint64_t(extent));
    hash.text({reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size()});
  }
  return hash.hex();
}

}  // namespace

Result<Folder> open_folder(const std::string& path) {
  const fs::path folder(path);
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return Error{ErrorCode::not_found, path +
                                           ": is no folder, expected that of a BERT model as Hugging Face keeps it "
                                           "(mer downloads none: docs/features.md)"};
  }
  const std::string config_path = (folder / "config.json").string();
  MER_ASSIGN(const std::string config_text, read(folder, "config.json"));
  MER_ASSIGN(const ModelConfig config, parse_model_config(config_text, config_path));

  const std::string vocabulary_path = (folder / "vocab.txt").string();
  MER_ASSIGN(const std::string vocabulary_text, read(folder, "vocab.txt"));
  MER_ASSIGN(Vocabulary vocabulary, Vocabulary::parse(vocabulary_text, vocabulary_path));
  if (std::int64_t(vocabulary.size()) > config.vocabulary) {
    return invalid(vocabulary_path + ": has " + std::to_string(vocabulary.size()) + " tokens, but " + config_path +
                   " says \"vocab_size\": " + std::to_string(config.vocabulary));
  }
  MER_ASSIGN(const std::string tokenizer_text, tokenizer_config_text(folder));
  MER_ASSIGN(TokenizerConfig tokenizer_config,
             parse_tokenizer_config(tokenizer_text, (folder / kTokenizerConfig).string()));
  MER_ASSIGN(Tokenizer tokenizer, Tokenizer::make(std::move(vocabulary), std::move(tokenizer_config),
                                                  std::size_t(config.positions), vocabulary_path));

  MER_TRY(check_weights(folder));
  const std::string weights_path = (folder / kWeights).string();
  MER_ASSIGN(data::SafetensorsFile weights, data::SafetensorsFile::open(weights_path));
  std::string hash = hash_of({config_text, vocabulary_text, tokenizer_text}, weights);
  return Folder{config, std::move(tokenizer), std::move(weights), weights_path, std::move(hash)};
}

}  // namespace mer::extractor::bert
