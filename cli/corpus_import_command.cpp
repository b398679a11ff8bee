#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>

#include "cli/corpus_commands.hpp"
#include "cli/output.hpp"
#include "core/json.hpp"
#include "data/import/imported.hpp"
#include "data/whole_folder.hpp"
#include "storage/text_layout.hpp"

namespace mer::cli {
namespace {

constexpr std::size_t kShownOfAKind = 3;
constexpr std::size_t kScreen = 80;

// "label  turns  paper", and what the difference is.
std::string counts_text(const data::Imported& imported) {
  const std::vector<std::size_t> counts = data::label_counts(imported.corpus);
  std::vector<std::vector<std::string>> rows = {{"class", "turns", "Table 1", "difference"}};
  std::size_t paper_total = 0;
  const auto row = [](const std::string& name, std::size_t turns, std::size_t paper) {
    const auto difference = std::int64_t(turns) - std::int64_t(paper);
    return std::vector<std::string>{name, std::to_string(turns), std::to_string(paper),
                                    (difference > 0 ? "+" : "") + std::to_string(difference)};
  };
  for (std::size_t label = 0; label < counts.size(); ++label) {
    const std::string& name = imported.corpus.labels[label];
    const auto paper = std::ranges::find(imported.paper.counts, name, &std::pair<std::string, std::size_t>::first);
    if (paper == imported.paper.counts.end() || !imported.paper.same_options) {
      rows.push_back({name, std::to_string(counts[label])});
    } else {
      rows.push_back(row(name, counts[label], paper->second));
      paper_total += paper->second;
    }
  }
  const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  if (imported.paper.same_options) {
    rows.push_back(row("all", total, paper_total));
  } else {
    rows.front().resize(2);
    rows.push_back({"all", std::to_string(total)});
  }
  if (const std::size_t context = imported.corpus.utterances.size() - total; context > 0) {
    rows.push_back({"context alone", std::to_string(context)});
  }
  return columns_text(rows);
}

// By kind: how many, and the first of them.
std::string findings_text(const data::Findings& findings) {
  std::string text;
  for (std::size_t i = 0; i < data::kFindingKinds; ++i) {
    const auto kind = data::FindingKind(i);
    const std::size_t count = data::count_of(findings, kind);
    if (count == 0) continue;
    text +=
        "\n" + std::to_string(count) + "  " + data::title_of(kind) + (data::loses(kind) ? "" : " (harmless)") + "\n";
    std::size_t shown = 0;
    for (const data::Finding& finding : findings) {
      if (finding.kind != kind || shown == kShownOfAKind) continue;
      ++shown;
      for (const std::string& line : storage::wrapped(data::text_of(finding), kScreen - 6)) {
        text += "      " + line + "\n";
      }
    }
    if (count > shown) text += "      and " + std::to_string(count - shown) + " more\n";
  }
  return text;
}

void print_import(const data::Imported& imported, const std::string& out) {
  print_fact("corpus", imported.corpus.name + ", " + imported.root);
  print_fact("written", out);
  print_fact("dialogues", std::to_string(imported.corpus.dialogues.size()));
  if (!imported.left_out.empty()) print_fact("left out", data::left_out_text(imported));
  std::printf("\n%s\n", counts_text(imported).c_str());
  print_fact("paper", data::remark_on_paper(imported));
  std::fputs(findings_text(imported.findings).c_str(), stdout);
  std::printf("\n");
  for (const std::string& line : storage::wrapped(
           "All of this is in " + out + "/import.json. Next: merctl extract " + out + " --audio mfcc --text hash",
           kScreen)) {
    std::printf("%s\n", line.c_str());
  }
}

ExitCode finish(const Context& context, const Result<data::Imported>& imported, const ImportOptions& options) {
  if (!imported) return report(context, imported.error());
  if (options.strict) {
    const Status refused = data::refuse_losses(*imported);
    if (!refused && context.format == Format::table) {
      std::fprintf(stderr, "%s\n", findings_text(imported->findings).c_str() + 1);
    }
    if (!refused) return report(context, refused.error());
  }
  const Status written = data::write_imported(*imported, options.out);
  if (!written && context.format == Format::table && !imported->findings.empty()) {
    std::fprintf(stderr, "%s\n", findings_text(imported->findings).c_str() + 1);
  }
  if (!written) return report(context, written.error());
  if (context.format == Format::json) {
    nlohmann::json document = nlohmann::json::parse(data::import_json(*imported));
    document["schema"] = 1;
    document["folder"] = options.out;
    return end_with_document(context, document);
  }
  if (context.format == Format::table) print_import(*imported, options.out);
  return ExitCode::done;
}

}  // namespace

ExitCode import_iemocap_command(const Context& context, const ImportOptions& options) {
  if (!plain_format(context, "corpus import")) return ExitCode::usage;
  if (const Status free = data::check_new_folder(options.out); !free) return report(context, free.error());
  return finish(context, data::import_iemocap(options.folder, options.iemocap), options);
}

ExitCode import_msp_improv_command(const Context& context, const ImportOptions& options) {
  if (!plain_format(context, "corpus import")) return ExitCode::usage;
  if (const Status free = data::check_new_folder(options.out); !free) return report(context, free.error());
  data::MspImprovOptions msp_improv = options.msp_improv;
  msp_improv.groups.clear();
  for (const char group : {'R', 'T', 'S', 'P'}) {
    if (std::ranges::find(options.groups, std::string(1, group)) != options.groups.end()) msp_improv.groups += group;
  }
  return finish(context, data::import_msp_improv(options.folder, msp_improv), options);
}

}  // namespace mer::cli
