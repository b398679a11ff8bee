// The part of MemoryStore that reads timelines.
#include <algorithm>
#include <tuple>
#include <utility>

#include "storage/lookup.hpp"
#include "storage/memory_content.hpp"
#include "storage/memory_store.hpp"

namespace mer::storage {
namespace {

struct Placed {
  TimelineEntry entry;
  std::size_t position = 0;  // of its trial
};

TimelineEntry entry_of(const PlannedTrial& planned) {
  TimelineEntry entry;
  entry.trial = planned.spec.id;
  entry.configuration = planned.configuration;
  entry.fold = planned.fold;
  entry.seed = planned.spec.seed;
  return entry;
}

template <class Trial>
TimelineEntry entry_of(const PlannedTrial& planned, const Trial& trial, std::size_t index, double submitted_at) {
  const AttemptRow& row = trial.attempts[index];
  TimelineEntry entry = entry_of(planned);
  entry.attempt = row.attempt;
  entry.worker = row.worker;
  entry.host = row.host;
  entry.group = trial.groups[index];
  const double free_at = index == 0 ? submitted_at : trial.attempts[index - 1].ended_at.value_or(submitted_at);
  if (std::max(free_at, submitted_at) <= row.started_at) entry.queued_at = std::max(free_at, submitted_at);
  entry.started_at = row.started_at;
  entry.ended_at = row.ended_at;
  entry.outcome = row.outcome;
  entry.resumed_epoch = row.resumed_epoch;
  if (row.failure) {
    entry.message = row.failure->message;
  } else if (row.attempt == trial.facts.attempt) {
    entry.message = trial.message;
  }
  return entry;
}

// Of a trial that waits, or was cancelled.
template <class Trial>
TimelineEntry entry_without_attempt(const PlannedTrial& planned, const Trial& trial, double submitted_at) {
  TimelineEntry entry = entry_of(planned);
  const double free_at = trial.attempts.empty() ? 0 : trial.attempts.back().ended_at.value_or(0);
  entry.queued_at = std::max(free_at, submitted_at);
  entry.outcome = name_of(trial.facts.state);
  entry.message = trial.message;
  return entry;
}

bool comes_before(const Placed& a, const Placed& b) {
  const auto key = [](const Placed& one) {
    return std::tuple(!one.entry.started_at.has_value(), one.entry.started_at.value_or(0), one.position,
                      one.entry.attempt);
  };
  return key(a) < key(b);
}

template <class Content, class Sweep>
std::vector<Placed> all_entries(const Content& content, const Sweep& sweep) {
  const double submitted_at = sweep.submission.submitted_at;
  std::vector<Placed> placed;
  for (std::size_t position = 0; position < sweep.submission.trials.size(); ++position) {
    const PlannedTrial& planned = sweep.submission.trials[position];
    const auto& trial = content.trials.at(planned.spec.id);
    const bool reused = sweep.reused.contains(planned.spec.id);
    for (std::size_t i = 0; i < trial.attempts.size(); ++i) {
      if (reused && trial.attempts[i].started_at < submitted_at) continue;
      placed.push_back({entry_of(planned, trial, i, submitted_at), position});
    }
    const bool without = trial.facts.state == TrialState::pending || trial.facts.state == TrialState::cancelled;
    if (without) placed.push_back({entry_without_attempt(planned, trial, submitted_at), position});
  }
  std::ranges::sort(placed, comes_before);
  return placed;
}

}  // namespace

Result<Timeline> MemoryStore::timeline(SweepId id, std::int64_t offset, std::int64_t limit) {
  const std::scoped_lock lock(content_->mutex);
  const Content::Sweep* const sweep = content_->find(id);
  if (sweep == nullptr) return no_sweep(std::to_string(id.number), {});
  std::vector<Placed> placed = all_entries(*content_, *sweep);
  Timeline timeline;
  timeline.total = std::int64_t(placed.size());
  const std::int64_t first = std::min(offset, timeline.total);
  const std::int64_t last = limit == 0 ? timeline.total : std::min(timeline.total, first + limit);
  for (std::int64_t i = first; i < last; ++i) timeline.entries.push_back(std::move(placed[std::size_t(i)].entry));
  return timeline;
}

}  // namespace mer::storage
