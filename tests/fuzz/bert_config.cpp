#include "worker/extractor/bert_config.hpp"

#include "tests/fuzz/fuzz.hpp"

// Settings that are taken are ones that a model can have.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mer::fuzz::require;
  namespace bert = mer::extractor::bert;
  const std::string_view text = mer::fuzz::text_of(data, size);
  const auto is_sound = [](const mer::Error& error) {
    return error.message.starts_with("file:") && mer::is_utf8(error.message);
  };
  if (const auto model = bert::parse_model_config(text, "file")) {
    for (const std::int64_t number : {model->hidden, model->layers, model->heads, model->intermediate,
                                      model->vocabulary, model->token_types, model->positions}) {
      require(number >= 1);
    }
    require(model->hidden % model->heads == 0 && model->epsilon > 0 && model->epsilon < 1);
  } else {
    require(is_sound(model.error()));
  }
  if (const auto tokenizer = bert::parse_tokenizer_config(text, "file")) {
    for (const std::string& token : tokenizer->special()) require(!token.empty());
  } else {
    require(is_sound(tokenizer.error()));
  }
  return 0;
}
