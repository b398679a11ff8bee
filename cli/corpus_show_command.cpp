#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string>

#include "cli/corpus_commands.hpp"
#include "cli/corpus_tables.hpp"
#include "cli/output.hpp"
#include "core/json.hpp"
#include "data/corpus_header.hpp"
#include "data/corpus_summary.hpp"
#include "data/feature_names.hpp"
#include "data/recordings.hpp"
#include "data/utterance_table.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kColumnsShown = 12;
constexpr std::size_t kOutliersShown = 5;

Result<data::Corpus> load(const std::string& folder) {
  MER_ASSIGN(data::Corpus corpus, data::load_imported(folder));
  MER_ASSIGN(corpus.seconds, data::recorded_seconds(folder));
  return corpus;
}

std::string number(double value, const char* format = "%.4g") {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string spread_text(const json& spread) {
  return number(spread.at("least")) + " to " + number(spread.at("most")) + ", median " + number(spread.at("median"));
}

std::string columns_list(const json& columns) {
  if (columns.empty()) return "none";
  std::string text = std::to_string(columns.size()) + ": ";
  for (std::size_t i = 0; i < columns.size() && i < kColumnsShown; ++i) {
    text += (i == 0 ? "" : ", ") + columns[i].dump();
  }
  return text + (columns.size() > kColumnsShown ? ", ..." : "");
}

void print_outliers(const json& outliers) {
  const std::size_t count = outliers.at("count");
  print_fact("  outliers", count == 0 ? "none" : std::to_string(count) + " values over 10 sd from their column's mean");
  std::vector<std::vector<std::string>> rows = {{"  utterance", "column", "value", "z"}};
  for (const json& outlier : outliers.at("first")) {
    if (rows.size() > kOutliersShown) break;
    rows.push_back({"  " + outlier.at("utterance").get<std::string>(), outlier.at("column").dump(),
                    number(outlier.at("value")), number(outlier.at("z"), "%.1f")});
  }
  if (count > 0) print_columns(rows);
}

// Of the columns that are named above it.
void print_names(const json& features) {
  std::set<int> columns;
  for (const char* kind : {"zero_columns", "constant_columns"}) {
    const auto all = features.at(kind).get<std::vector<int>>();
    columns.insert(all.begin(), all.begin() + std::ptrdiff_t(std::min(all.size(), kColumnsShown)));
  }
  for (const json& outlier : features.at("outliers").at("first")) columns.insert(outlier.at("column").get<int>());
  std::vector<std::vector<std::string>> rows = {{"  column", "feature"}};
  for (const int column : columns) {
    rows.push_back({"  " + std::to_string(column), features.at("names")[std::size_t(column)].get<std::string>()});
  }
  if (!columns.empty()) print_columns(rows);
}

void print_features(const std::string& modality, const json& features) {
  std::printf("\n%s: %s features an utterance\n", modality.c_str(), features.at("dim").dump().c_str());
  print_fact("  values", number(features.at("range")[0]) + " to " + number(features.at("range")[1]));
  print_fact("  column means", spread_text(features.at("column_means")));
  print_fact("  column sds", spread_text(features.at("column_sds")));
  print_fact("  all zero", columns_list(features.at("zero_columns")));
  print_fact("  constant", columns_list(features.at("constant_columns")));
  print_outliers(features.at("outliers"));
  if (features.contains("names")) print_names(features);
}

void print_summary(const data::Corpus& corpus, const json& summary) {
  print_fact("corpus", corpus.name);
  print_fact("content", corpus.id.hex.empty() ? "no features yet" : corpus.id.hex);
  const auto print_groups = [&corpus](const std::string& heading, std::string data::Utterance::*group) {
    std::printf("\n");
    print_columns(class_rows(corpus, heading, group));
  };
  print_groups("session", &data::Utterance::session);
  print_groups("speaker", &data::Utterance::speaker);
  const json& dialogues = summary.at("dialogues");
  std::printf("\n");
  print_fact("dialogues", dialogues.at("count").dump() + " of " + dialogues.at("fewest_turns").dump() + " to " +
                              dialogues.at("most_turns").dump() + " turns, median " +
                              number(dialogues.at("median_turns")) + ", mean " + number(dialogues.at("mean_turns")));
  if (summary.contains("seconds")) {
    const json& seconds = summary.at("seconds");
    print_fact("speech", number(seconds.at("total").get<double>() / 3600, "%.2f") + " hours; turns of " +
                             number(seconds.at("shortest")) + " to " + number(seconds.at("longest")) + " s, median " +
                             number(seconds.at("median")) + ", mean " + number(seconds.at("mean")));
  }
  for (const data::FeatureMatrix& features : corpus.features) {
    print_features(features.modality, summary.at("features").at(features.modality));
  }
}

// What the columns are, where their file names them all.
Status add_names(const std::string& folder, json& summary) {
  MER_ASSIGN(const data::CorpusHeader header, data::read_corpus_header(folder));
  for (const data::ModalityEntry& entry : header.modalities) {
    MER_ASSIGN(const std::vector<std::string> names, data::feature_names(folder + "/" + entry.file));
    if (names.size() == std::size_t(entry.dim)) summary["features"][entry.name]["names"] = names;
  }
  return {};
}

}  // namespace

ExitCode corpus_show_command(const Context& context, const std::string& folder) {
  if (!plain_format(context, "corpus show")) return ExitCode::usage;
  const Result<data::Corpus> shown = load(folder);
  if (!shown) return report(context, shown.error());
  json summary = json::parse(data::corpus_summary(*shown));
  if (const Status named = add_names(folder, summary); !named) return report(context, named.error());
  if (context.format == Format::json) {
    summary["schema"] = 1;
    summary["name"] = shown->name;
    summary["id"] = shown->id.hex.empty() ? json() : json(shown->id.hex);
    return end_with_document(context, summary);
  }
  if (context.format == Format::table) print_summary(*shown, summary);
  return ExitCode::done;
}

}  // namespace mer::cli
