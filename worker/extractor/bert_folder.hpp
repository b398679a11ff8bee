// Folder: a BERT model as Hugging Face keeps one: config.json, vocab.txt, model.safetensors, and tokenizer_config.json
// where it has one.
//
// Nothing is loaded from pickled files (pytorch_model.bin, *.pt), which can run any code: an error says how to convert
// them. Threads: immutable. Errors: not_found, invalid, corrupt, io; with the file.
#pragma once

#include <string>

#include "core/result.hpp"
#include "data/safetensors.hpp"
#include "worker/extractor/bert_config.hpp"
#include "worker/extractor/bert_tokenizer.hpp"

namespace mer::extractor::bert {

struct Folder {
  ModelConfig config;
  Tokenizer tokenizer;  // gives at most as many tokens as the model has positions
  data::SafetensorsFile weights;
  std::string weights_path;  // for messages
  std::string hash;          // of all of them
};
Result<Folder> open_folder(const std::string& path);

}  // namespace mer::extractor::bert
