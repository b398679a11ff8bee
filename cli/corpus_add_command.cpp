// corpus add: features of another tool become a modality of a corpus folder.
#include <filesystem>
#include <string>

#include "cli/corpus_commands.hpp"
#include "cli/output.hpp"
#include "core/json.hpp"
#include "data/exchange/add_features.hpp"

namespace mer::cli {

ExitCode corpus_add_command(const Context& context, const data::FeaturesToAdd& wanted) {
  if (!plain_format(context, "corpus add")) return ExitCode::usage;
  const Result<data::AddedFeatures> added = data::add_features(wanted);
  if (!added) return report(context, added.error());
  if (context.format == Format::json) {
    return end_with_document(context, {{"schema", 1},
                                       {"modality", wanted.modality},
                                       {"dim", added->dim},
                                       {"utterances", added->utterances},
                                       {"sha256", added->sha256},
                                       {"id", added->id.hex}});
  }
  if (context.format == Format::table) {
    print_fact(wanted.modality, std::to_string(added->dim) + " features of each of " +
                                    std::to_string(added->utterances) + " utterances, of " +
                                    std::filesystem::path(wanted.file).filename().string());
    print_fact("content", added->id.hex);
  }
  return ExitCode::done;
}

}  // namespace mer::cli
