// What corpus.json says of how features were made, and how it comes to name them. Format: docs/features.md.
//
// Threads: pure apart from the file. Errors: as those of data/corpus_header.hpp; no_space, io.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace mer::data {

// Of one modality that was extracted.
struct Provenance {
  std::string method;
  std::string parameters;  // JSON, as Method::parameters()
  std::string versions;    // JSON, of mer and of the libraries that compute
  std::string inputs;      // hash of every utterance's id and input
  std::string extracted;   // when, UTC: "2026-01-31T13:05:00Z"
};

// As it stands in corpus.json: a JSON object.
std::string record_of(const Provenance& made);

struct Published {
  bool named = false;                   // the corpus has features of this modality
  std::optional<Provenance> made = {};  // by a method with a name; nullopt: nothing is known
};
Result<Published> published(const std::string& folder, const std::string& modality);

struct PublishedFeatures {
  std::string modality;
  int dim = 0;
  std::string record;  // a JSON object with its "method"
};
// Calls `put_file`, by which features/<modality>.safetensors appears, and has corpus.json name it; everything else in
// that stays. Features that it names already are withdrawn first: at no moment does it name a file of other dimensions.
// REQUIRES: a FeatureLock on the folder.
Status publish(const std::string& folder, const PublishedFeatures& features, const std::function<Status()>& put_file);

std::string feature_file(const std::string& modality);  // relative to the corpus folder

std::string utc_text(double unix_seconds);

}  // namespace mer::data
