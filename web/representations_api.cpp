#include "web/representations_api.hpp"

#include <cstddef>
#include <utility>

#include "core/json.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;

Json points_value(const stats::Points& points) {
  Json rows = Json::array();
  for (std::size_t row = 0; row < points.count(); ++row) {
    Json coordinates = Json::array();
    for (std::size_t column = 0; column < points.width; ++column) coordinates.push_back(number(points.at(row, column)));
    rows.push_back(std::move(coordinates));
  }
  return rows;
}

Json group_value(const PlacedGroup& group) {
  return {{"modality", group.modality},
          {"space", group.space},
          {"class_silhouette", number(group.class_silhouette)},
          {"points", points_value(group.placed)}};
}

Json space_value(const PlacedSpace& space) {
  Json gaps = Json::array();
  for (const ModalityGap& gap : space.gaps) {
    gaps.push_back({{"modalities", {gap.first, gap.second}}, {"gap", number(gap.gap)}});
  }
  return {
      {"space", space.space}, {"modality_silhouette", number(space.modality_silhouette)}, {"gaps", std::move(gaps)}};
}

}  // namespace

std::string projection_json(const Projection& projection, const std::string& why_not) {
  Json answer = envelope();
  answer["trial"] = projection.trial.hex;
  answer["why_not"] = why_not;
  answer["method"] = name_of(projection.method);
  answer["caption"] = why_not.empty() ? caption_of(projection) : "";
  answer["attempt"] = projection.attempt;
  answer["epoch"] = projection.epoch;
  answer["labels"] = projection.labels;
  answer["total"] = projection.total;
  answer["explained"] = Json::array();
  for (const double share : projection.explained) answer["explained"].push_back(number(share));
  answer["divergence"] = number(projection.divergence);
  answer["utterances"] = Json::array();
  for (const PlacedUtterance& one : projection.utterances) {
    answer["utterances"].push_back({{"name", one.name}, {"truth", one.truth}, {"predicted", one.predicted}});
  }
  answer["groups"] = Json::array();
  for (const PlacedGroup& group : projection.groups) answer["groups"].push_back(group_value(group));
  answer["spaces"] = Json::array();
  for (const PlacedSpace& space : projection.spaces) answer["spaces"].push_back(space_value(space));
  return text_of(answer);
}

Result<std::string> representations_json(storage::ResultReader& reader, const RepresentationsOf& source,
                                         const TrialId& trial, const ProjectionOptions& options) {
  const Result<Projection> found = projection_of(reader, source, trial, options);
  if (found) return projection_json(*found);
  if (found.error().code != ErrorCode::not_found) return found.error();
  return projection_json({.trial = trial, .method = options.method}, found.error().message);
}

}  // namespace mer::web
