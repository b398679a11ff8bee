// representations: where a trial's public and unique representations are in a plane, and how far apart.
#include <cstdio>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "core/joined.hpp"
#include "storage/tables.hpp"
#include "web/projection.hpp"
#include "web/representations_api.hpp"

namespace mer::cli {
namespace {

using storage::ResultReader;
using web::Projection;

std::string decimal(const std::optional<double>& value) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", *value);
  return text;
}

std::string label_of(const Projection& projection, int label) {
  const auto& labels = projection.labels;
  return std::size_t(label) < labels.size() ? labels[std::size_t(label)] : std::to_string(label);
}

// A row for each point.
storage::Table points_table(const Projection& projection) {
  storage::Table table;
  table.columns = {"utterance", "modality", "space", "truth", "predicted", "right"};
  const std::size_t width = projection.groups.empty() ? 0 : projection.groups.front().placed.width;
  for (std::size_t column = 0; column < width; ++column) table.columns.emplace_back(1, "xyz"[column]);
  for (const web::PlacedGroup& group : projection.groups) {
    for (std::size_t i = 0; i < projection.utterances.size(); ++i) {
      const web::PlacedUtterance& one = projection.utterances[i];
      std::vector<storage::Cell> row = {one.name,
                                        group.modality,
                                        group.space,
                                        label_of(projection, one.truth),
                                        label_of(projection, one.predicted),
                                        std::int64_t(one.truth == one.predicted)};
      for (std::size_t column = 0; column < width; ++column) row.emplace_back(group.placed.at(i, column));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

void print_classes(const Projection& projection) {
  std::vector<std::vector<std::string>> rows = {{"space", "modality", "silhouette of the classes"}};
  for (const web::PlacedGroup& group : projection.groups) {
    rows.push_back({group.space, group.modality, decimal(group.class_silhouette)});
  }
  print_columns(rows);
}

void print_modalities(const Projection& projection) {
  std::vector<std::vector<std::string>> rows = {{"space", "silhouette of the modalities", "between", "gap"}};
  for (const web::PlacedSpace& space : projection.spaces) {
    for (const web::ModalityGap& gap : space.gaps) {
      rows.push_back(
          {space.space, decimal(space.modality_silhouette), gap.first + " and " + gap.second, decimal(gap.gap)});
    }
  }
  print_columns(rows);
}

void print_measures(const Projection& projection) {
  print_fact("trial", projection.trial.hex);
  print_fact("what", web::caption_of(projection));
  const std::string explained = joined(projection.explained, ", ", [](double share) { return percent(share) + " %"; });
  if (!explained.empty()) print_fact("explained", explained + " of the variance");
  if (projection.divergence) print_fact("divergence", decimal(projection.divergence));
  std::printf("\n");
  print_classes(projection);
  std::printf("\n");
  print_modalities(projection);
  std::printf("\n--format csv has every point.\n");
}

Status print(const Context& context, const Projection& projection) {
  switch (context.format) {
    case Format::json: return print_json(context, web::projection_json(projection));
    case Format::csv:
      std::fputs(storage::format_table(points_table(projection), storage::TableFormat::csv).c_str(), stdout);
      return {};
    case Format::quiet: return {};
    default: print_measures(projection); return {};
  }
}

}  // namespace

ExitCode representations_command(const Context& context, const RepresentationsOptions& options) {
  if (context.format == Format::latex || context.format == Format::markdown) {
    return report(context, invalid("merctl representations: --format can be table, json, csv or quiet here"));
  }
  const auto store = storage::StoreDir::open(context.store);
  if (!store) return report(context, store.error());
  const web::ProjectionOptions wanted{.method = options.tsne ? web::PlacedBy::tsne : web::PlacedBy::pca,
                                      .components = std::size_t(options.components),
                                      .perplexity = options.perplexity,
                                      .utterances = std::size_t(options.utterances)};
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const TrialId trial, reader.find_trial(options.trial));
    MER_ASSIGN(const Projection projection, web::projection_of(reader, representations_in(*store), trial, wanted));
    return print(context, projection);
  });
}

}  // namespace mer::cli
