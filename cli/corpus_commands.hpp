// The commands of `merctl corpus`: one function each, as those of cli/commands.hpp.
//
// Threads: one. Errors: printed; the exit code says what kind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "core/exit_code.hpp"
#include "data/exchange/add_features.hpp"
#include "data/import/iemocap.hpp"
#include "data/import/msp_improv.hpp"

namespace mer::cli {

ExitCode corpus_check_command(const Context& context, const std::string& folder);
// Of an imported corpus without features, too.
ExitCode corpus_show_command(const Context& context, const std::string& folder);
ExitCode corpus_synth_command(const Context& context, const std::string& preset, const std::string& folder,
                              std::uint64_t seed);

ExitCode corpus_add_command(const Context& context, const data::FeaturesToAdd& wanted);

struct ExportOptions {
  std::string folder, out;
  std::string modality = {};  // empty: all
};
// Of an imported corpus without features, too.
ExitCode corpus_export_command(const Context& context, const ExportOptions& options);

struct ImportOptions {
  std::string folder;                 // of the raw corpus
  std::string out;                    // corpus folder to write
  bool strict = false;                // refuses what would be skipped
  data::IemocapOptions iemocap = {};  // of import_iemocap_command
  data::MspImprovOptions msp_improv = {};
  std::vector<std::string> groups = {"S"};  // of msp_improv
};
ExitCode import_iemocap_command(const Context& context, const ImportOptions& options);
ExitCode import_msp_improv_command(const Context& context, const ImportOptions& options);

}  // namespace mer::cli
