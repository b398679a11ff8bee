#include "worker/trainer/checkpointer.hpp"

#include <ATen/ops/empty.h>
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/check.hpp"
#include "model/device/device.hpp"

namespace mer::trainer {
namespace {

constexpr std::size_t kKept = 2;

// Between the live tensors, which may be on the device, and a state on the host.
void copy(const std::vector<NamedTensor>& from, const std::vector<NamedTensor>& to) {
  const auto on_device = [](const NamedTensor& entry) { return model::on_device(entry.tensor); };
  if (std::ranges::any_of(from, on_device) || std::ranges::any_of(to, on_device)) {
    std::vector<at::Tensor> sources, targets;
    for (const NamedTensor& entry : from) sources.push_back(entry.tensor);
    for (const NamedTensor& entry : to) targets.push_back(entry.tensor);
    model::copy_all(sources, targets);
    return;
  }
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::memcpy(to[i].tensor.mutable_data_ptr(), from[i].tensor.const_data_ptr(), from[i].tensor.nbytes());
  }
}

}  // namespace

Checkpointer::Checkpointer(const StackJob& stack, const TrialJob& trial, Environment environment,
                           std::vector<NamedTensor> live)
    : store_(stack.store),
      trial_(trial),
      environment_(std::move(environment)),
      live_(std::move(live)),
      pace_(CheckpointPace::Seconds(stack.checkpoint_seconds), Clock::now()) {}

std::shared_ptr<CheckpointState> Checkpointer::blank_state() const {
  auto state = std::make_shared<CheckpointState>();
  for (const NamedTensor& entry : live_) {
    state->tensors.push_back({entry.name, at::empty(entry.tensor.sizes(), entry.tensor.scalar_type())});
  }
  return state;
}

// Into the live tensors; a checkpoint that cannot be used leaves them as they are.
Status Checkpointer::read(const CheckpointRecord& record) {
  if (record.trial != trial_.spec.id) return invalid(record.file + ": the row belongs to another trial");
  if (record.epoch < 1 || record.epoch >= trial_.spec.train.epochs) {
    return invalid(record.file + ": epoch " + std::to_string(record.epoch) + " is not one to go on from");
  }
  auto state = blank_state();
  MER_TRY(read_checkpoint(store_, record, *state));
  copy(state->tensors, live_);
  remembered_ = std::move(state);
  saved_epoch_ = remembered_->epoch;
  usable_ = {record.file};
  return {};
}

Result<std::optional<CheckpointState>> Checkpointer::restore(std::vector<std::string>& refused, Gang* gang) {
  for (auto record = trial_.resume.begin(); leads(gang) && record != trial_.resume.end() && !remembered_; ++record) {
    if (const Status status = read(*record); !status) refused.push_back(status.error().message);
  }
  if (gang != nullptr) return restore_leaders(*gang);
  return remembered_ ? std::optional(*remembered_) : std::nullopt;
}

Result<std::optional<CheckpointState>> Checkpointer::restore_leaders(Gang& gang) {
  const std::string file = from_leader(gang, usable_.empty() ? "" : usable_.front());
  if (file.empty()) return std::optional<CheckpointState>();
  Status status;
  if (!leads(&gang)) status = read(*std::ranges::find(trial_.resume, file, &CheckpointRecord::file));
  MER_TRY(agreed(&gang, status));
  return std::optional(*remembered_);
}

void Checkpointer::remember(int epoch, std::int64_t step, const BestEpochs& best) {
  if (!remembered_ || (writing_ && writing_->state == remembered_)) remembered_ = blank_state();
  remembered_->epoch = epoch;
  remembered_->step = step;
  remembered_->best = best;
  copy(live_, remembered_->tensors);
}

bool Checkpointer::due() const {
  return pace_.due(Clock::now());
}

void Checkpointer::save(Background& writer) {
  MER_CHECK(remembered_epoch() > saved_epoch_, "this epoch is saved already");
  MER_CHECK(!writing_, "one file at a time");
  const Clock::time_point now = Clock::now();
  pace_.begun(now);  // also if it fails: a full disk is not tried again at once
  std::shared_ptr<const CheckpointState> state = remembered_;
  writing_ = Writing{
      state, now,
      writer.add([store = store_, trial = trial_.spec.id, attempt = trial_.attempt, environment = environment_, state] {
        Result<CheckpointRecord> record = write_checkpoint(store, trial, attempt, environment, *state);
        return Written{std::move(record), Clock::now()};
      })};
}

std::optional<Result<CheckpointRecord>> Checkpointer::take_saved(bool wait) {
  if (!writing_) return std::nullopt;
  if (!wait && writing_->file.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  auto [record, at] = writing_->file.get();
  pace_.written(at - writing_->begun);
  writing_.reset();
  if (record) {
    saved_epoch_ = record->epoch;
    usable_.push_back(record->file);
    if (usable_.size() > kKept) usable_.erase(usable_.begin());
  }
  return record;
}

void Checkpointer::remove_old(Background& writer) const {
  writer.add([store = store_, trial = trial_.spec.id, attempt = trial_.attempt, keep = usable_] {
    remove_other_checkpoints(store, trial, attempt, keep);
  });
}

}  // namespace mer::trainer
