#include "cli/submit.hpp"

#include <cstdio>
#include <string>

#include "cli/store_access.hpp"
#include "cli/store_door.hpp"
#include "core/json.hpp"
#include "core/unix_time.hpp"

namespace mer::cli {
namespace {

std::string json_of(SweepId sweep) {
  return nlohmann::json{{"sweep", sweep.number}}.dump();
}

void set_options(storage::Submission& submission, const SubmitOptions& options) {
  submission.priority = options.priority;
  submission.fresh = options.fresh;
  submission.submitted_at = unix_time();
}

Result<std::string> hand_over(const CoordinatorClient& coordinator, Prepared& prepared,
                              const storage::StoreDir& store) {
  MER_TRY(materialise(prepared, store));
  MER_ASSIGN(const std::string name, leave_submission(store, prepared.plan.submission));
  return coordinator.post("/api/v1/submit", {{"file", name}});
}

}  // namespace

Result<SweepId> submit_here(Prepared& prepared, const storage::StoreDir& store, storage::SqliteStore& writer,
                            const SubmitOptions& options) {
  remove_leftovers(store);
  MER_TRY(materialise(prepared, store));
  MER_ASSIGN(const SweepId sweep, writer.submit(prepared.plan.submission));
  if (options.retry_failed) {
    MER_ASSIGN(const auto retried, writer.control({.verb = storage::ControlVerb::retry_failed, .sweep = sweep}));
    std::fprintf(stderr, "%zu failed trials are tried again\n", retried.trials.size());
  }
  return sweep;
}

Result<SweepId> submit(Prepared& prepared, const std::filesystem::path& folder, const SubmitOptions& options) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::create(folder));
  MER_ASSIGN(const storage::StoreLock lock, storage::StoreLock::acquire(store, kLockPatienceSeconds));
  MER_ASSIGN(const auto writer, storage::SqliteStore::open(store));
  set_options(prepared.plan.submission, options);
  return submit_here(prepared, store, *writer, options);
}

Result<Submitted> submit_anywhere(Prepared& prepared, const std::filesystem::path& folder,
                                  const SubmitOptions& options) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::create(folder));
  set_options(prepared.plan.submission, options);
  StoreAction action;
  action.here = [&](storage::SqliteStore& writer) -> Result<std::string> {
    MER_ASSIGN(const SweepId sweep, submit_here(prepared, store, writer, options));
    return json_of(sweep);
  };
  action.by_coordinator = [&](const CoordinatorClient& coordinator) { return hand_over(coordinator, prepared, store); };
  MER_ASSIGN(const StoreAnswer answer, at_store(store, action));
  const auto json = nlohmann::json::parse(answer.json, nullptr, false);
  if (!json.is_object() || !json.contains("sweep")) return Error{ErrorCode::internal, "answer: " + answer.json};
  return Submitted{SweepId{json["sweep"].get<std::int64_t>()}, answer.by_coordinator};
}

}  // namespace mer::cli
