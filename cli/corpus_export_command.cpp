// corpus export: a corpus folder as NumPy arrays or CSV.
#include <string>

#include "cli/corpus_commands.hpp"
#include "cli/output.hpp"
#include "core/joined.hpp"
#include "core/json.hpp"
#include "data/exchange/corpus_export.hpp"

namespace mer::cli {
ExitCode corpus_export_command(const Context& context, const ExportOptions& options) {
  if (!plain_format(context, "corpus export")) return ExitCode::usage;
  const Result<data::ExportedCorpus> exported = data::export_corpus(options.folder, options.out, options.modality);
  if (!exported) return report(context, exported.error());
  if (context.format == Format::json) {
    return end_with_document(context,
                             {{"schema", 1},
                              {"out", options.out},
                              {"utterances", exported->utterances},
                              {"modalities", exported->modalities},
                              {"arrays", exported->arrays},
                              {"id", exported->id.hex.empty() ? nlohmann::json() : nlohmann::json(exported->id.hex)}});
  }
  if (context.format == Format::table) {
    print_fact("written", options.out + ", " + std::to_string(exported->utterances) + " utterances");
    print_fact("modalities", exported->modalities.empty() ? "none yet" : joined(exported->modalities, ", "));
    if (!exported->arrays.empty()) print_fact("arrays", joined(exported->arrays, ", "));
    print_fact("content", exported->id.hex.empty() ? "no features yet" : exported->id.hex);
  }
  return ExitCode::done;
}

}  // namespace mer::cli
