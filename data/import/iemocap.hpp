// The importer of IEMOCAP (docs/corpora.md).
//
// Threads: reads files, nothing shared. Errors: not_found: this is no IEMOCAP; all else becomes findings.
#pragma once

#include <string>

#include "core/result.hpp"
#include "data/import/imported.hpp"

namespace mer::data {

struct IemocapOptions {
  std::string classes = "4";         // 4, 6, all
  std::string scenario = "all";      // improvised, scripted, all
  std::string context = "labelled";  // all: turns of no class stay, without a label
};

Result<Imported> import_iemocap(const std::string& folder, const IemocapOptions& options);

}  // namespace mer::data
