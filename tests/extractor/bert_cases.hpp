// What transformers makes of texts (tools/oracles/make_bert.py), and what is made of them here.
//
// Threads: pure functions apart from the files.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "worker/extractor/bert_tokenizer.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor::bert {

nlohmann::json json_of(const std::string& path);
std::string text_of(const std::string& path);

// Of a folder's vocab.txt, by these settings.
Tokenizer tokenizer_of(const std::string& vocabulary, const nlohmann::json& settings, std::size_t most);

// `expected`: {"ids": [...], "words": [...]}, of each text.
void expect_tokens(const Tokenizer& tokenizer, const nlohmann::json& texts, const nlohmann::json& expected);

// `expected`: {"texts": [...], "means": [[...], ...]}. All texts at once, and each alone.
void expect_features(const Method& method, const nlohmann::json& expected);

}  // namespace mer::extractor::bert
