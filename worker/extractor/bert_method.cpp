#include "worker/extractor/bert_method.hpp"

#include <utility>

#include "core/json.hpp"
#include "worker/extractor/bert_characters.hpp"
#include "worker/extractor/bert_encoder.hpp"

namespace mer::extractor {
namespace {

class Bert : public Method {
 public:
  Bert(bert::Folder folder, std::unique_ptr<const bert::Encoder> encoder)
      : config_(folder.config),
        tokenizer_(std::move(folder.tokenizer)),
        hash_(std::move(folder.hash)),
        encoder_(std::move(encoder)) {}

  int dim() const override { return int(config_.hidden); }
  nlohmann::json parameters() const override {
    return {{"model", hash_}, {"layer", config_.layers}, {"pooling", "mean"}, {"tokens", config_.positions}};
  }
  nlohmann::json versions() const override {
    const auto [name, version] = encoder_->library();
    return {{name, version}, {"utf8proc", bert::unicode_library()}};
  }

  std::size_t inputs_at_once() const override { return encoder_->texts_at_once(); }

  Result<std::vector<float>> features(std::string_view input) const override {
    const std::vector<bert::TokenId> ids = tokenizer_.ids(input);
    return encoder_->means({&ids, 1}).front();
  }

  std::vector<Result<std::vector<float>>> features_of(std::span<const std::string> inputs) const override {
    std::vector<std::vector<bert::TokenId>> texts;
    texts.reserve(inputs.size());
    for (const std::string& input : inputs) texts.push_back(tokenizer_.ids(input));
    std::vector<Result<std::vector<float>>> features;
    features.reserve(inputs.size());
    for (std::vector<float>& mean : encoder_->means(texts)) features.emplace_back(std::move(mean));
    return features;
  }

 private:
  bert::ModelConfig config_;
  bert::Tokenizer tokenizer_;
  std::string hash_;
  std::unique_ptr<const bert::Encoder> encoder_;
};

}  // namespace

Result<std::unique_ptr<const Method>> make_bert(const std::string& folder, std::shared_ptr<grid::Runtime> gpu) {
  MER_ASSIGN(bert::Folder opened, bert::open_folder(folder));
  MER_ASSIGN(std::unique_ptr<const bert::Encoder> encoder,
             gpu == nullptr ? bert::encoder_on_cpu(opened) : bert::encoder_on_grid(opened, std::move(gpu)));
  return std::unique_ptr<const Method>(std::make_unique<const Bert>(std::move(opened), std::move(encoder)));
}

}  // namespace mer::extractor
