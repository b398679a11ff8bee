#include "worker/extractor/bert_method.hpp"

#include <torch/headeronly/version.h>
#include <utility>

#include "core/json.hpp"
#include "worker/extractor/bert_characters.hpp"
#include "worker/extractor/bert_encoder.hpp"

namespace mer::extractor {
namespace {

constexpr std::size_t kTextsAtOnce = 32;

class Bert : public Method {
 public:
  Bert(bert::Folder folder, bert::Encoder encoder)
      : config_(folder.config),
        tokenizer_(std::move(folder.tokenizer)),
        hash_(std::move(folder.hash)),
        encoder_(std::move(encoder)) {}

  int dim() const override { return int(config_.hidden); }
  nlohmann::json parameters() const override {
    return {{"model", hash_}, {"layer", config_.layers}, {"pooling", "mean"}, {"tokens", config_.positions}};
  }
  nlohmann::json versions() const override {
    return {{"libtorch", TORCH_VERSION}, {"utf8proc", bert::unicode_library()}};
  }

  std::size_t inputs_at_once() const override { return kTextsAtOnce; }

  Result<std::vector<float>> features(std::string_view input) const override {
    const std::vector<bert::TokenId> ids = tokenizer_.ids(input);
    return encoder_.means({&ids, 1}).front();
  }

  std::vector<Result<std::vector<float>>> features_of(std::span<const std::string> inputs) const override {
    std::vector<std::vector<bert::TokenId>> texts;
    texts.reserve(inputs.size());
    for (const std::string& input : inputs) texts.push_back(tokenizer_.ids(input));
    std::vector<Result<std::vector<float>>> features;
    features.reserve(inputs.size());
    for (std::vector<float>& mean : encoder_.means(texts)) features.emplace_back(std::move(mean));
    return features;
  }

 private:
  bert::ModelConfig config_;
  bert::Tokenizer tokenizer_;
  std::string hash_;
  bert::Encoder encoder_;
};

}  // namespace

Result<std::unique_ptr<const Method>> make_bert(const std::string& folder) {
  MER_ASSIGN(bert::Folder opened, bert::open_folder(folder));
  MER_ASSIGN(bert::Encoder encoder, bert::Encoder::load(opened));
  return std::unique_ptr<const Method>(std::make_unique<const Bert>(std::move(opened), std::move(encoder)));
}

}  // namespace mer::extractor
