// What corpus.json says of extracted features, and how it comes to name them. Format: docs/features.md.
//
// Threads: pure apart from the file. Errors: as those of data/corpus_header.hpp; no_space, io.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"

namespace mer::extractor {

// Of one modality.
struct Provenance {
  std::string method;
  std::string parameters;  // JSON, as Method::parameters()
  std::string versions;    // JSON, of mer and of the libraries that compute
  std::string inputs;      // hash of every utterance's id and input
  std::string extracted;   // when, UTC: "2026-01-31T13:05:00Z"
};

struct Published {
  bool named = false;                   // the corpus has features of this modality
  std::optional<Provenance> made = {};  // by mer; nullopt: somebody else's
};
Result<Published> published(const std::string& folder, const std::string& modality);

// corpus.json names features/<modality>.safetensors from then on; everything else in it stays.
Status publish(const std::string& folder, const std::string& modality, int dim, const Provenance& provenance);
// And from then on it does not.
Status withdraw(const std::string& folder, const std::string& modality);

std::string feature_file(const std::string& modality);  // relative to the corpus folder

std::string utc_text(double unix_seconds);

}  // namespace mer::extractor
