#include <cstdio>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "core/json.hpp"
#include "data/corpus_facts.hpp"
#include "data/synthetic_corpus.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

void print_facts(const data::Corpus& corpus, const json& facts) {
  std::printf("%s\n%s\n\n", corpus.name.c_str(), corpus.id.hex.c_str());
  std::vector<std::vector<std::string>> rows = {{"speaker", "utterances"}};
  for (const std::string& label : corpus.labels) rows.front().push_back(label);
  std::vector<std::vector<std::int64_t>> counts;
  std::vector<std::string> speakers;
  for (const data::Utterance& utterance : corpus.utterances) {
    const auto found = std::find(speakers.begin(), speakers.end(), utterance.speaker);
    const auto at = std::size_t(found - speakers.begin());
    if (found == speakers.end()) {
      speakers.push_back(utterance.speaker);
      counts.emplace_back(corpus.labels.size());
    }
    ++counts[at][std::size_t(utterance.label)];
  }
  std::vector<std::int64_t> totals(corpus.labels.size() + 1);
  for (std::size_t i = 0; i < speakers.size(); ++i) {
    std::vector<std::string> row = {speakers[i], ""};
    std::int64_t sum = 0;
    for (std::size_t label = 0; label < counts[i].size(); ++label) {
      sum += counts[i][label];
      totals[label + 1] += counts[i][label];
      row.push_back(std::to_string(counts[i][label]));
    }
    row[1] = std::to_string(sum);
    totals[0] += sum;
    rows.push_back(std::move(row));
  }
  rows.push_back({"all"});
  for (std::int64_t total : totals) rows.back().push_back(std::to_string(total));
  print_columns(rows);
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
