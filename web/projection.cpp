#include "web/projection.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <utility>

#include "core/stats/pca.hpp"
#include "core/stats/separation.hpp"
#include "core/stats/tsne.hpp"

namespace mer::web {
namespace {

using storage::ResultReader;

// What is placed: some of the utterances, and their points in each group.
struct Sample {
  std::vector<PlacedUtterance> utterances;
  std::vector<RepresentationGroup> groups;
};

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

Result<int> attempt_of(const storage::TrialDetail& trial) {
  for (auto attempt = trial.attempts.rbegin(); attempt != trial.attempts.rend(); ++attempt) {
    if (attempt->outcome == "finished") return attempt->attempt;
  }
  return Error{ErrorCode::not_found, "trial " + trial.spec.id.hex + " is " + name_of(trial.row.state) +
                                         ": representations are kept when a trial is done"};
}

Result<std::vector<std::string>> labels_of(ResultReader& reader, const storage::TrialDetail& trial) {
  for (const SweepId id : trial.sweeps) {
    MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
    const auto corpus = std::ranges::find(sweep.corpora, trial.spec.corpus, &storage::CorpusRecord::id);
    if (corpus != sweep.corpora.end()) return corpus->labels;
  }
  return std::vector<std::string>();
}

// Which of `count` utterances: from the first to the last, as evenly as can be.
std::vector<std::size_t> rows_of(std::size_t count, std::size_t most) {
  const std::size_t taken = most == 0 ? count : std::min(count, most);
  std::vector<std::size_t> rows(taken);
  for (std::size_t i = 0; i < taken; ++i) rows[i] = i * count / taken;
  return rows;
}

stats::Points points_at(const stats::Points& points, const std::vector<std::size_t>& rows) {
  stats::Points some{.width = points.width};
  some.values.reserve(rows.size() * points.width);
  for (const std::size_t row : rows) {
    const auto begin = points.values.begin() + std::ptrdiff_t(row * points.width);
    some.values.insert(some.values.end(), begin, begin + std::ptrdiff_t(points.width));
  }
  return some;
}

Sample sample_of(const Representations& kept, const std::vector<storage::Prediction>& predictions, std::size_t most) {
  const std::vector<std::size_t> rows = rows_of(predictions.size(), most);
  Sample sample;
  for (const std::size_t row : rows) {
    const storage::Prediction& one = predictions[row];
    sample.utterances.push_back({one.utterance, one.truth, one.predicted});
  }
  for (const RepresentationGroup& group : kept.groups) {
    sample.groups.push_back({group.modality, group.space, points_at(group.points, rows)});
  }
  return sample;
}

stats::Points together(const std::vector<RepresentationGroup>& groups) {
  stats::Points all{.width = groups.empty() ? 0 : groups.front().points.width};
  for (const RepresentationGroup& group : groups) {
    all.values.insert(all.values.end(), group.points.values.begin(), group.points.values.end());
  }
  return all;
}

Status check_options(const ProjectionOptions& options, const stats::Points& points) {
  const std::size_t components = options.method == PlacedBy::pca ? options.components : 2;
  if (components < 2 || components > 3 || components > points.width) {
    return invalid("components: " + std::to_string(components) + ", expected 2 or 3, and no more than the " +
                   std::to_string(points.width) + " coordinates of the representations");
  }
  if (options.method == PlacedBy::pca) return {};
  const double most = stats::most_perplexity(points.count());
  if (options.perplexity > 0 && options.perplexity <= most) return {};
  return invalid("perplexity: " + number_text(options.perplexity) + ", expected more than 0 and at most " +
                 number_text(std::floor(most * 10) / 10) + ", a third of the " +
                 std::to_string(std::max<std::size_t>(points.count(), 1) - 1) + " other points");
}

// Where each point is, by the method.
stats::Points place(const stats::Points& points, const ProjectionOptions& options, Projection& projection) {
  if (options.method == PlacedBy::tsne) {
    stats::Tsne found = stats::tsne(points, stats::tsne_start(points), {.perplexity = options.perplexity});
    projection.divergence = found.divergence;
    return std::move(found.placed);
  }
  stats::Pca found = stats::principal_components(points, options.components);
  projection.explained = std::move(found.explained);
  return std::move(found.projected);
}

// One group after the other, as together() put them.
std::vector<PlacedGroup> placed_groups(const Sample& sample, const stats::Points& placed) {
  std::vector<int> truth;
  for (const PlacedUtterance& one : sample.utterances) truth.push_back(one.truth);
  std::vector<PlacedGroup> groups;
  auto next = placed.values.begin();
  for (const RepresentationGroup& group : sample.groups) {
    const auto end = next + std::ptrdiff_t(truth.size() * placed.width);
    groups.push_back({group.modality,
                      group.space,
                      {placed.width, std::vector<double>(next, end)},
                      stats::silhouette(group.points, truth)});
    next = end;
  }
  return groups;
}

PlacedSpace placed_space(const std::string& space, const std::vector<RepresentationGroup>& all) {
  std::vector<RepresentationGroup> groups;
  std::ranges::copy_if(all, std::back_inserter(groups), [&](const auto& group) { return group.space == space; });
  std::vector<int> modality;
  PlacedSpace placed{.space = space};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    modality.insert(modality.end(), groups[i].points.count(), int(i));
    for (std::size_t j = i + 1; j < groups.size(); ++j) {
      placed.gaps.push_back(
          {groups[i].modality, groups[j].modality, stats::gap_between(groups[i].points, groups[j].points)});
    }
  }
  placed.modality_silhouette = stats::silhouette(together(groups), modality);
  return placed;
}

std::vector<PlacedSpace> placed_spaces(const std::vector<RepresentationGroup>& groups) {
  std::vector<PlacedSpace> spaces;
  for (const RepresentationGroup& group : groups) {
    const bool known = std::ranges::find(spaces, group.space, &PlacedSpace::space) != spaces.end();
    if (!known) spaces.push_back(placed_space(group.space, groups));
  }
  return spaces;
}

}  // namespace

const char* name_of(PlacedBy method) {
  return method == PlacedBy::pca ? "pca" : "tsne";
}

Result<Projection> projection_of(ResultReader& reader, const RepresentationsOf& source, const TrialId& trial,
                                 const ProjectionOptions& options) {
  MER_ASSIGN(const storage::TrialDetail detail, reader.trial(trial));
  Projection projection{.trial = trial, .method = options.method};
  MER_ASSIGN(projection.attempt, attempt_of(detail));
  MER_ASSIGN(const Representations kept, source(trial, projection.attempt));
  MER_ASSIGN(const auto predictions, reader.predictions(trial, SelectionRule::last, Metric::macro_f1));
  if (kept.utterances.size() != predictions.size()) {
    return Error{ErrorCode::corrupt, "trial " + trial.hex + " has kept representations of " +
                                         std::to_string(kept.utterances.size()) + " utterances, but predictions of " +
                                         std::to_string(predictions.size())};
  }
  MER_ASSIGN(projection.labels, labels_of(reader, detail));
  projection.epoch = kept.epoch;
  projection.total = predictions.size();
  Sample sample = sample_of(kept, predictions, options.utterances);
  const stats::Points points = together(sample.groups);
  MER_TRY(check_options(options, points));
  const stats::Points placed = place(points, options, projection);
  projection.groups = placed_groups(sample, placed);
  projection.spaces = placed_spaces(sample.groups);
  projection.utterances = std::move(sample.utterances);
  return projection;
}

std::string caption_of(const Projection& projection) {
  const std::string shown = std::to_string(projection.utterances.size()), total = std::to_string(projection.total);
  std::string text = projection.method == PlacedBy::pca ? "Principal components" : "t-SNE";
  text += " of the public and unique representations of all modalities together, under the weights of epoch " +
          std::to_string(projection.epoch) + ". ";
  if (projection.method == PlacedBy::tsne) {
    text += "It keeps who is near whom; distances between clusters and their sizes say nothing. ";
  }
  text += shown == total ? "All " + total + " utterances of the test part. "
                         : shown + " of the " + total + " utterances of the test part, taken evenly. ";
  return text +
         "Silhouettes and gaps are of the representations themselves, not of the picture. Silhouette: 1 where groups "
         "lie apart, 0 where they overlap, below 0 where points are nearer to another group. Gap: the distance "
         "between two modalities' centres over the root mean square distance of a point from its centre.";
}

}  // namespace mer::web
