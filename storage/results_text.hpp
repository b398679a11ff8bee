// What `merctl results` prints, as one text: merctl's and the HTTP API's, byte for byte the same.
//
// Threads: pure functions over the reader. Errors: those of the reader; not_found: no such baseline.
#pragma once

#include <string>

#include "core/ids.hpp"
#include "core/records.hpp"
#include "core/result.hpp"
#include "storage/tables.hpp"

namespace mer::storage {

struct ResultsChoice {
  SweepId sweep;
  SelectionRule rule = SelectionRule::last;
  Metric metric = Metric::macro_f1;
  std::string baseline = {};   // a configuration's name, number or id; empty: no tests
  bool audit = false;          // under every rule, instead
  bool utterances = false;     // over utterances instead of folds
  Beside beside = Beside::sd;  // of the results over folds
};

// For programs (csv, json) one table: of the differences, where there is a baseline. For readers all that belong
// together, with an empty line between.
Result<std::string> results_text(ResultReader& reader, const ResultsChoice& choice, TableFormat format,
                                 TextStyle style = {});

}  // namespace mer::storage
