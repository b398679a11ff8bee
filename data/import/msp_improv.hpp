// The importer of MSP-IMPROV (docs/corpora.md).
//
// Threads: reads files, nothing shared. Errors: not_found: this is no MSP-IMPROV; all else becomes findings.
#pragma once

#include <string>

#include "core/result.hpp"
#include "data/import/imported.hpp"

namespace mer::data {

struct MspImprovOptions {
  std::string groups = "S";  // letters of R, T, S and P
  double min_seconds = 1;    // shorter turns are left out
};

Result<Imported> import_msp_improv(const std::string& folder, const MspImprovOptions& options);

}  // namespace mer::data
