#include "cli/alloc.hpp"

#include <algorithm>
#include <utility>

#include "core/json.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

constexpr double kFirstPause = 30, kLongestPause = 1800;  // seconds

std::string counted(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

Alloc without_failures(Alloc alloc) {
  alloc.failures = 0;
  alloc.next_try = 0;
  return alloc;
}

}  // namespace

AllocDecision decide(const Alloc& alloc, const AllocSituation& situation) {
  const AllocSettings& settings = alloc.settings;
  if (!alloc.paused.empty()) return {0, "paused: " + alloc.paused};
  if (situation.waiting == 0) return {0, "no trial waits"};
  if (situation.now < alloc.next_try) {
    const auto seconds = std::int64_t(alloc.next_try - situation.now) + 1;
    return {0, counted(alloc.failures, "submission") + " failed; the next try in " + counted(seconds, "second")};
  }
  const int room = settings.max_nodes / situation.nodes_per_job - situation.queued - situation.running;
  if (room <= 0) return {0, "its jobs have the " + counted(settings.max_nodes, "node") + " that they may have"};
  const int wanted = settings.backlog - situation.queued;
  if (wanted <= 0) return {0, counted(situation.queued, "job") + " in the queue already"};
  const int jobs = int(std::min<std::int64_t>(std::min(room, wanted), situation.waiting));
  return {jobs, counted(situation.waiting, "trial") + " without a worker: " + counted(jobs, "job")};
}

Alloc after_look(Alloc alloc, const AllocSituation& situation) {
  if (situation.progress > alloc.progress) alloc.barren = 0;
  std::erase_if(alloc.jobs, [&](const auto& job) {
    const bool ended = !situation.jobs.contains(job.first);
    if (ended && situation.progress <= job.second) ++alloc.barren;
    return ended;
  });
  alloc.progress = std::max(alloc.progress, situation.progress);
  for (const std::string& job : situation.jobs) alloc.jobs.emplace(job, alloc.progress);  // not written down
  if (alloc.barren >= kMostBarren && alloc.paused.empty()) {
    alloc.paused = counted(alloc.barren, "job") + " in a row ended without a new epoch";
  }
  return alloc;
}

Alloc after_success(Alloc alloc, const std::string& job) {
  alloc.jobs.emplace(job, alloc.progress);
  return without_failures(std::move(alloc));
}

Alloc after_failure(Alloc alloc, const std::string& error, double now) {
  double pause = kFirstPause;
  for (int i = 0; i < alloc.failures && pause < kLongestPause; ++i) pause *= 2;
  ++alloc.failures;
  alloc.next_try = now + std::min(pause, kLongestPause);
  if (alloc.failures >= kMostFailures) {
    alloc.paused = counted(alloc.failures, "submission") + " failed in a row, the last with: " + error;
  }
  return alloc;
}

Alloc resumed(Alloc alloc) {
  alloc.paused.clear();
  alloc.barren = 0;
  return without_failures(std::move(alloc));
}

std::string alloc_to_json(const Alloc& alloc) {
  const json value = {{"format", 1},
                      {"max_nodes", alloc.settings.max_nodes},
                      {"backlog", alloc.settings.backlog},
                      {"request", alloc.settings.request},
                      {"site", alloc.settings.site},
                      {"idle_timeout", alloc.settings.idle_timeout},
                      {"failures", alloc.failures},
                      {"next_try", alloc.next_try},
                      {"barren", alloc.barren},
                      {"progress", alloc.progress},
                      {"paused", alloc.paused},
                      {"jobs", alloc.jobs}};
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Alloc> alloc_from_json(const std::string& text, const std::string& name) {
  try {
    const json value = json::parse(text);
    if (value.at("format") == 1) {
      return Alloc{{value.at("max_nodes"), value.at("backlog"), value.at("request"), value.at("site"),
                    value.value("idle_timeout", std::string())},
                   value.at("failures"),
                   value.at("next_try"),
                   value.at("barren"),
                   value.at("progress"),
                   value.at("paused"),
                   value.value("jobs", std::map<std::string, std::int64_t>())};
    }
  } catch (const json::exception&) {  // said below
  }
  return Error{ErrorCode::corrupt,
               name + ": not an allocation of this version of mer; `merctl alloc remove` removes it"};
}

}  // namespace mer::cli
