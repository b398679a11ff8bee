// Between the schemes and a checked Fold. Used inside data/ only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/fold.hpp"

namespace mer::data {

using Rows = std::vector<std::uint32_t>;

// Where the rows of one fold go, not yet checked; rows in any order.
struct FoldParts {
  std::string name;
  Rows train, validation, test;
  bool may_share_speakers = false;  // the scheme says that a speaker may stand in two parts
};

// The fold with its hash and flags. Errors invalid: no training or test utterance, an utterance in two parts, a speaker
// in two parts that the scheme does not allow.
Result<Fold> checked_fold(const Corpus& corpus, FoldParts parts, FoldContext context);

// Folds of an explicit file (docs/folds.md): test and, where listed, validation and train; the rest of the corpus is
// train where it is not listed.
Result<std::vector<FoldParts>> read_fold_file(const Corpus& corpus, const std::string& path);

// Rows of the corpus, ascending, that are not in `taken`.
Rows rest_of(const Corpus& corpus, const Rows& taken);
// Removes from `rows` those in `taken`; keeps the order.
void remove_rows(const Corpus& corpus, Rows& rows, const Rows& taken);

}  // namespace mer::data
