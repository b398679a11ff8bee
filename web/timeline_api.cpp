#include "web/timeline_api.hpp"

#include <utility>

#include "core/json.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;

Json entry_value(const storage::TimelineEntry& entry) {
  const bool placed = entry.attempt > 0;
  return {{"trial", entry.trial.hex},
          {"configuration", entry.configuration},
          {"fold", entry.fold},
          {"seed", entry.seed},
          {"attempt", entry.attempt},
          {"worker", placed ? Json(entry.worker) : Json()},
          {"host", entry.host},
          {"group", entry.group},
          {"queued_at", number(entry.queued_at)},
          {"started_at", number(entry.started_at)},
          {"ended_at", number(entry.ended_at)},
          {"outcome", entry.outcome},
          {"resumed_epoch", entry.resumed_epoch},
          {"message", entry.message}};
}

}  // namespace

Result<std::string> timeline_json(storage::ResultReader& reader, const storage::SweepDetail& sweep, const Page& page) {
  MER_ASSIGN(const storage::Timeline timeline, reader.timeline(sweep.summary.id, page.offset, page.limit));
  Json answer = envelope();
  answer["sweep"] = sweep.summary.id.number;
  answer["submitted_at"] = number(sweep.summary.submitted_at);
  answer["total"] = timeline.total;
  answer["entries"] = Json::array();
  for (const storage::TimelineEntry& entry : timeline.entries) answer["entries"].push_back(entry_value(entry));
  return text_of(answer);
}

}  // namespace mer::web
