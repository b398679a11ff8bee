// Inputs: what features are computed of, utterance by utterance: the bytes of its audio file, or its transcript.
//
// Threads: any. Errors: those of the file, naming it.
#pragma once

#include <cstddef>
#include <string>

#include "core/result.hpp"
#include "data/recordings.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor {

class Inputs {
 public:
  // `recordings` are those of the corpus in `folder`, to which a relative root belongs. They outlive the Inputs.
  Inputs(const std::string& folder, const data::Recordings& recordings, Method::Input kind);

  // Error not_found: audio is wanted, and the raw corpus is not where corpus.json has it.
  Status check_root() const;
  std::size_t rows() const { return recordings_.rows.size(); }
  const std::string& utterance(std::size_t row) const { return recordings_.rows[row].utterance; }
  Result<std::string> read(std::size_t row) const;
  std::string where(std::size_t row) const;  // the file, or "transcript"

 private:
  std::string folder_;
  const data::Recordings& recordings_;
  Method::Input kind_;
  std::string root_;
};

}  // namespace mer::extractor
