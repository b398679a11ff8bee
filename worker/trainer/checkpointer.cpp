#include "worker/trainer/checkpointer.hpp"

#include <ATen/ops/empty_like.h>
#include <cstring>
#include <utility>

#include "core/check.hpp"

namespace mer::trainer {
namespace {

constexpr std::size_t kKept = 2;

void copy(const std::vector<NamedTensor>& from, const std::vector<NamedTensor>& to) {
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
      interval_(stack.checkpoint_seconds),
      live_(std::move(live)) {
  for (const NamedTensor& entry : live_) {
    remembered_.tensors.push_back({entry.name, at::empty_like(entry.tensor, at::MemoryFormat::Contiguous)});
  }
}

std::optional<CheckpointState> Checkpointer::restore(std::vector<std::string>& refused) {
  for (const CheckpointRecord& record : trial_.resume) {
    Status status = record.trial == trial_.spec.id ? read_checkpoint(store_, record, remembered_)
                                                   : invalid(record.file + ": the row belongs to another trial");
    if (status && (record.epoch < 1 || record.epoch >= trial_.spec.train.epochs)) {
      status = invalid(record.file + ": epoch " + std::to_string(record.epoch) + " is not one to go on from");
    }
    if (status) {
      copy(remembered_.tensors, live_);
      saved_epoch_ = remembered_.epoch;
      usable_ = {record.file};
      return remembered_;
    }
    refused.push_back(status.error().message);
  }
  remembered_.epoch = 0;
  return std::nullopt;
}

void Checkpointer::remember(int epoch, std::int64_t step, const BestEpochs& best) {
  remembered_.epoch = epoch;
  remembered_.step = step;
  remembered_.best = best;
  copy(live_, remembered_.tensors);
}

bool Checkpointer::due() const {
  return Clock::now() - saved_at_ >= interval_;
}

Result<CheckpointRecord> Checkpointer::save() {
  MER_CHECK(remembered_.epoch > saved_epoch_, "this epoch is saved already");
  saved_at_ = Clock::now();  // also after a failure: a full disk is not tried again at once
  MER_ASSIGN(CheckpointRecord record,
             write_checkpoint(store_, trial_.spec.id, trial_.attempt, environment_, remembered_));
  saved_epoch_ = record.epoch;
  usable_.push_back(record.file);
  if (usable_.size() > kKept) usable_.erase(usable_.begin());
  return record;
}

void Checkpointer::remove_old() const {
  remove_other_checkpoints(store_, trial_.spec.id, trial_.attempt, usable_);
}

}  // namespace mer::trainer
