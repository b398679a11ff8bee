// Context: the global options of merctl, as every command gets them.
//
// Threads: plain values.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mer::cli {

enum class Format { table, json, quiet, csv, latex, markdown };

struct Context {
  Format format = Format::table;
  std::vector<std::string> fields = {};       // --json: of the answer, these alone; empty: all
  std::filesystem::path store = "mer-store";  // --store, else MER_STORE, else this
  bool colour = false;                        // standard output is a terminal and NO_COLOR is not set
};

}  // namespace mer::cli
