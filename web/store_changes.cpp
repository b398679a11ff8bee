#include "web/store_changes.hpp"

#include <functional>
#include <string>
#include <utility>

#include "core/json.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;
using storage::SweepSummary;

bool same(const SweepSummary& left, const SweepSummary& right) {
  return left.counts == right.counts && left.activity == right.activity && left.priority == right.priority &&
         left.annotated == right.annotated;
}

// Kept in place of the annotation itself: it has to differ, not to be told.
std::size_t hash_of(const storage::Annotation& annotation) {
  return std::hash<std::string>()(storage::line_of(annotation.tags) + "\n" + annotation.note);
}

}  // namespace

Result<std::optional<StoreChanges::Look>> StoreChanges::look(storage::ResultReader& reader) {
  Look look;
  MER_ASSIGN(look.before, reader.data_version());
  if (version_ == look.before) return std::optional<Look>();
  MER_ASSIGN(const auto sweeps, reader.sweeps());
  std::vector<const SweepSummary*> changed;
  for (const SweepSummary& sweep : sweeps) {
    const auto known = sweeps_.find(sweep.id.number);
    const bool differs = known == sweeps_.end() || !same(known->second, sweep);
    if (differs) changed.push_back(&sweep);
    if (sweep.counts.running > 0 || differs) MER_TRY(look_at_trials(reader, sweep.id));
  }
  MER_ASSIGN(look.after, reader.data_version());
  const bool first = !version_;
  look.fields = take_fields(changed);
  if (first) look.fields.clear();
  version_ = look.before;
  for (const SweepSummary& sweep : sweeps) {
    sweeps_.insert_or_assign(sweep.id.number, sweep);
    if (sweep.counts.left() == 0) trials_.erase(sweep.id.number);
  }
  return std::optional(std::move(look));
}

Status StoreChanges::look_at_trials(storage::ResultReader& reader, SweepId sweep) {
  MER_ASSIGN(const auto rows, reader.trials(sweep));
  Trials& known = trials_[sweep.number];
  for (const storage::TrialRow& row : rows) {
    const Progress now{row.state, row.attempt, row.epoch, hash_of(row.annotation)};
    const auto [entry, is_new] = known.try_emplace(row.id.hex, now);
    if (!is_new && entry->second == now) continue;
    entry->second = now;
    too_many_ = too_many_ || listed_.size() >= kMostListed;
    if (!too_many_) listed_.push_back({row.id.hex, sweep, row.configuration, now});
  }
  return {};
}

std::string StoreChanges::take_fields(const std::vector<const SweepSummary*>& changed) {
  const std::vector<Listed> listed = std::exchange(listed_, {});
  const bool too_many = std::exchange(too_many_, false);
  if (changed.empty() && listed.empty()) return {};
  Json sweeps = Json::array();
  for (const SweepSummary* sweep : changed) sweeps.push_back(summary_value(*sweep));
  Json trials = Json::array();
  for (const auto& [id, sweep, configuration, progress] : listed) {
    trials.push_back({{"id", id},
                      {"sweep", sweep.number},
                      {"configuration", configuration},
                      {"state", name_of(progress.state)},
                      {"attempt", progress.attempt},
                      {"epoch", progress.epoch}});
  }
  return text_of({{"sweeps", std::move(sweeps)}, {"trials", too_many ? Json() : std::move(trials)}});
}

}  // namespace mer::web
