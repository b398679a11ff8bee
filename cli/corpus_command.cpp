#include <cstdio>

#include "cli/corpus_commands.hpp"
#include "cli/corpus_tables.hpp"
#include "cli/output.hpp"
#include "core/json.hpp"
#include "data/corpus_facts.hpp"
#include "data/synthetic_corpus.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

void print_facts(const data::Corpus& corpus, const json& facts) {
  std::printf("%s\n%s\n\n", corpus.name.c_str(), corpus.id.hex.c_str());
  print_columns(class_rows(corpus, "speaker", &data::Utterance::speaker));
  std::printf("\n");
  for (const data::FeatureMatrix& features : corpus.features) {
    std::printf("%-10s %d features an utterance\n", features.modality.c_str(), features.dim);
  }
  const json& dialogues = facts.at("dialogues");
  std::printf("%-10s %s\n", "dialogues", dialogues.dump().c_str());
}

}  // namespace

ExitCode corpus_check_command(const Context& context, const std::string& folder) {
  if (!plain_format(context, "corpus check")) return ExitCode::usage;
  const Result<data::Corpus> corpus = data::load_corpus(folder);
  if (!corpus) return report(context, corpus.error());
  json facts = json::parse(data::corpus_facts(*corpus));
  if (context.format == Format::json) {
    facts["schema"] = 1;
    facts["id"] = corpus->id.hex;
    return end_with_document(context, facts);
  }
  if (context.format == Format::table) print_facts(*corpus, facts);
  return ExitCode::done;
}

ExitCode corpus_synth_command(const Context& context, const std::string& preset, const std::string& folder,
                              std::uint64_t seed) {
  if (!plain_format(context, "corpus synth")) return ExitCode::usage;
  const Result<data::Corpus> corpus = data::make_synthetic(preset, seed);
  if (!corpus) return report(context, corpus.error());
  const Status written = data::write_corpus(*corpus, folder);
  if (!written) return report(context, written.error());
  return corpus_check_command(context, folder);
}

}  // namespace mer::cli
