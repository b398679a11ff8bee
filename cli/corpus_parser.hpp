// The words of `merctl corpus`.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/corpus_commands.hpp"

namespace CLI {
class App;
}

namespace mer::cli {

struct CorpusArguments {
  const Context& context;
  std::function<ExitCode()>& chosen;
  std::string folder = {}, preset = {}, synth_folder = {};
  std::uint64_t seed = 1;
  ImportOptions import = {};
  data::FeaturesToAdd add = {};
  ExportOptions exported = {};
};

// `arguments` must live as long as the parser.
void add_corpus_commands(CLI::App& app, CorpusArguments& arguments);

}  // namespace mer::cli
