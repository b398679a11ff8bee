#include "tests/simulation/disk.hpp"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "storage/sqlite_db.hpp"
#include "storage/sqlite_reader.hpp"

namespace mer::simulation {
namespace {

std::string new_folder() {
  std::error_code ignored;
  const std::filesystem::path memory = "/dev/shm";
  const bool there = std::filesystem::is_directory(memory, ignored);
  std::string pattern = ((there ? memory : std::filesystem::temp_directory_path()) / "mer-simulation-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  return pattern;
}

}  // namespace

StoreBox::Folder::Folder() : path(new_folder()) {}

StoreBox::Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

StoreBox::StoreBox(bool sqlite) {
  if (!sqlite) return;
  folder_.emplace();
  dir_ = storage::StoreDir::create(folder_->path).value();
}

std::unique_ptr<storage::ResultWriter> StoreBox::open() {
  if (dir_) return storage::SqliteStore::open(*dir_).value();
  return memory_.reopen();
}

std::unique_ptr<storage::ResultReader> StoreBox::reader() {
  if (dir_) return storage::open_reader(*dir_).value();
  return memory_.reopen();
}

void StoreBox::overwrite_superseded_results() {
  const auto db = storage::SqliteDb::open(dir_->database(), {}).value();
  (void)db->execute(
      "UPDATE trial_results SET weights_sha256 = '0' WHERE trial IN "
      "(SELECT trial FROM trials WHERE id LIKE '%.%')");
}

int favouring(SweepId sweep, int priority) {
  return 1000 * priority - int(sweep.number);
}

const char* name_of(DiskFault fault) {
  switch (fault) {
    case DiskFault::none: return "works";
    case DiskFault::fails_before: return "fails the next commit";
    case DiskFault::fails_after: return "fails the next commit once it is durable";
    case DiskFault::killed_before: return "sees its coordinator killed before the next commit";
    case DiskFault::killed_after: return "sees its coordinator killed after the next commit";
    case DiskFault::slow: return "takes long over the next commit";
  }
  return "works";
}

Status SimWriter::check_space() const {
  if (queue_.now() >= disk_.full_until) return {};
  return Error{ErrorCode::no_space, "mer.db: database or disk is full"};
}

Status SimWriter::begin_session(const std::string& host, std::int64_t pid, double at) {
  MER_TRY(check_space());
  MER_TRY(store_->begin_session(host, pid, at));
  session_ = history_.begin_session();
  return {};
}

Status SimWriter::beat(double at) {
  MER_TRY(check_space());
  return mutation_ == Mutation::no_fence ? Status() : store_->beat(at);
}

template <class Write>
auto SimWriter::faulty(const Write& write) -> decltype(write()) {
  const DiskFault fault = std::exchange(disk_.next, DiskFault::none);
  MER_TRY(check_space());
  if (fault == DiskFault::killed_before) throw Killed();
  if (fault == DiskFault::fails_before) return Error{ErrorCode::io, "mer.db: disk I/O error"};
  if (fault == DiskFault::slow && on_slow) on_slow(disk_.slowness);
  auto outcome = write();
  if (fault == DiskFault::killed_after) throw Killed();
  if (fault == DiskFault::fails_after) return Error{ErrorCode::io, "mer.db: disk I/O error"};
  return outcome;
}

Result<storage::CommitOutcome> SimWriter::commit(std::span<const storage::StoreWrite> writes) {
  if (mutation_ == Mutation::sends_first && disk_.next == DiskFault::fails_before) return storage::CommitOutcome();
  return faulty([&] { return write(writes); });
}

Result<SweepId> SimWriter::submit(const storage::Submission& submission) {
  return faulty([&]() -> Result<SweepId> {
    storage::Submission written = submission;
    if (mutation_ == Mutation::ignores_fresh) written.fresh = false;
    MER_ASSIGN(const SweepId id, store_->submit(written));
    history_.submitted(session_, submission, id);
    return id;
  });
}

Result<storage::Controlled> SimWriter::control(const storage::Control& control) {
  return faulty([&]() -> Result<storage::Controlled> {
    MER_ASSIGN(storage::Controlled controlled, store_->control(control));
    history_.controlled(session_, control, controlled);
    if (mutation_ != Mutation::none) MER_TRY(distort(control, controlled));
    return controlled;
  });
}

// What the store keeps, or what the coordinator is told.
Status SimWriter::distort(const storage::Control& control, storage::Controlled& controlled) {
  using storage::ControlVerb;
  storage::Control undo = control;
  undo.verb = control.verb == ControlVerb::pause ? ControlVerb::resume : control.verb;
  undo.priority = control.priority + 1;
  const bool is_undone = control.verb == ControlVerb::pause || control.verb == ControlVerb::priority;
  if (mutation_ == Mutation::forgets_control && is_undone) MER_TRY(store_->control(undo));
  if (mutation_ == Mutation::hides_cancels && control.verb == ControlVerb::cancel) controlled.trials.clear();
  if (mutation_ == Mutation::ignores_pauses) controlled.activity = storage::SweepActivity::active;
  if (mutation_ == Mutation::ignores_priority) controlled.priority = 0;
  if (mutation_ == Mutation::favours_the_first && control.sweep) {
    controlled.priority = favouring(*control.sweep, controlled.priority);
  }
  return {};
}

Result<storage::CommitOutcome> SimWriter::write(std::span<const storage::StoreWrite> writes) {
  if (mutation_ == Mutation::none) {
    Result<storage::CommitOutcome> outcome = store_->commit(writes);
    if (outcome) history_.commit(session_, writes, *outcome);
    return outcome;
  }
  std::vector<storage::StoreWrite> kept;
  for (const storage::StoreWrite& write : writes) {
    if (forgets(write)) continue;
    kept.push_back(write);
    const auto* recorded = std::get_if<storage::Recorded>(&write);
    const bool result = recorded != nullptr && std::holds_alternative<AttemptFinished>(recorded->report.event);
    if (result && mutation_ == Mutation::counts_twice) kept.push_back(write);
  }
  Result<storage::CommitOutcome> outcome = store_->commit(kept);
  if (!outcome && mutation_ == Mutation::no_fence) outcome = storage::CommitOutcome();
  if (outcome)
    history_.commit(session_, kept.size() < writes.size() ? writes : std::span(std::as_const(kept)), *outcome);
  return outcome;
}

bool SimWriter::forgets(const storage::StoreWrite& write) const {
  const auto* recorded = std::get_if<storage::Recorded>(&write);
  if (recorded == nullptr) {
    return mutation_ == Mutation::forgets_refunds && std::holds_alternative<storage::Refunded>(write);
  }
  const AttemptEvent& event = recorded->report.event;
  return (mutation_ == Mutation::forgets_results && std::holds_alternative<AttemptFinished>(event)) ||
         (mutation_ == Mutation::forgets_checkpoints && std::holds_alternative<CheckpointSaved>(event));
}

}  // namespace mer::simulation
