#include "worker/trainer/stack_trainer.hpp"

#include <ATen/Parallel.h>
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/unix_time.hpp"
#include "worker/trainer/batches.hpp"
#include "worker/trainer/device_features.hpp"
#include "worker/trainer/epoch_means.hpp"
#include "worker/trainer/evaluator.hpp"
#include "worker/trainer/memory_model.hpp"
#include "worker/trainer/process.hpp"
#include "worker/trainer/representations.hpp"

namespace mer::trainer {
namespace {

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

model::Shape shape_of(const TrialInput& trial, const data::Corpus& corpus) {
  model::Shape shape;
  shape.settings = trial.job.spec.model;
  for (const ModalityInput& modality : trial.modalities) shape.feature_dims.push_back(modality.features->dim);
  shape.classes = int(corpus.labels.size());
  shape.dtype = trial.job.spec.train.dtype;
  return shape;
}

// "cpu", "NVIDIA H100", in a gang "2 x cpu".
std::string device_name(const grid::Runtime* gpu, const Gang* gang) {
  const std::string name = gpu == nullptr ? "cpu" : gpu->name();
  return gang == nullptr ? name : std::to_string(gang->size()) + " x " + name;
}

// A GPU's batches are rounded up, and its pools keep blocks of several buckets' sizes.
constexpr std::int64_t kPaddingOfGpu = 2;

Report failed_report(const TrialId& trial, int attempt, const Error& error) {
  AttemptFailed failed;
  failed.failure.kind = Failure::Kind::error;
  failed.failure.message = error.message;
  return {trial, attempt, failed};
}

}  // namespace

StackTrainer::StackTrainer(const StackJob& job, JobInput& input, ReportSink& sink, Requests& requests,
                           std::atomic<std::uint64_t>& steps, std::shared_ptr<grid::Runtime> gpu, Gang* gang)
    : job_(job),
      input_(input),
      sink_(sink),
      requests_(requests),
      steps_(steps),
      gpu_(std::move(gpu)),
      gang_(gang),
      environment_(current_environment(job.threads, device_name(gpu_.get(), gang))),
      waiting_(job.trials.begin(), job.trials.end()) {}

Result<StackOutcome> StackTrainer::run() {
  for (;;) {
    MER_ASSIGN(const Round round, next_round());
    waiting_.insert(waiting_.end(), round.joining.begin(), round.joining.end());
    trials_ = round.trials.value_or(trials_);
    if (round.stops) MER_TRY(stop_trials(*round.stops));
    if (round.ends) return outcome_;
    MER_TRY(fill_slots());
    if (active() == 0) continue;
    MER_TRY(train_step());
    MER_TRY(end_epochs());
    for (Member& member : members_) {
      if (member.active) MER_TRY(report_checkpoint(member, /*wait=*/false));
    }
  }
}

Result<Round> StackTrainer::next_round() {
  return leaders_round(gang_, leads(gang_) ? own_round() : Round());
}

// Waits where there is nothing to do.
Round StackTrainer::own_round() {
  Round round;
  const bool idle = active() == 0 && waiting_.empty();
  round.ends = idle && (stop_signalled() || !requests_.wait());
  round.joining = requests_.take_joining();
  round.stops = requests_.take_stops();
  if (stop_signalled()) round.stops.emplace();
  if (size_) round.trials = size_->trials();
  if (round.trials == trials_) round.trials.reset();
  return round;
}

Status StackTrainer::fill_slots() {
  while (!waiting_.empty() && (!model_ || active() < trials_)) {
    const TrialJob trial = std::move(waiting_.front());
    waiting_.pop_front();
    Result<TrialInput> input = input_.load(trial);
    if (const Status all = agreed(gang_, input ? Status() : input.error()); all) {
      MER_TRY(start(std::move(input).value()));
    } else {
      ++outcome_.failed;
      MER_TRY(sink_.send(failed_report(trial.spec.id, trial.attempt, all.error())));
    }
  }
  return {};
}

// Slots that are never used cost address space only; on a GPU, the memory of their weights. Features that are kept
// there count as what is used of it.
void StackTrainer::open_stack(const TrialInput& first) {
  std::unique_ptr<model::FeatureTable> features;
  if (gpu_ != nullptr) {
    model::attach_device(gpu_);
    features = features_on_device(first, *gpu_);
  }
  const model::Shape shape = shape_of(first, input_.corpus());
  const std::int64_t bytes = slot_bytes(shape, first);
  int fitting = gpu_ == nullptr ? slots_that_fit(job_.memory, resident_memory(), bytes)
                                : slots_that_fit(std::int64_t(gpu_->memory_limit()),
                                                 std::int64_t(gpu_->reserved_bytes()), kPaddingOfGpu * bytes);
  if (gang_ != nullptr) fitting = int(smallest_of(*gang_, fitting));
  size_.emplace(job_.slots, fitting);
  trials_ = size_->trials();
  members_.resize(std::size_t(job_.slots > 0 ? job_.slots : fitting));
  model_.emplace(shape, int(members_.size()), gang_, gpu_ == nullptr ? at::Device(at::kCPU) : model::device());
  if (gpu_ != nullptr) device_ = std::make_unique<model::DeviceSteps>(*model_, std::move(features));
}

Status StackTrainer::start(TrialInput trial) {
  if (!model_) open_stack(trial);
  model_->use_slots(int(members_.size()));
  const auto free = std::ranges::find(members_, false, &Member::active);
  *free = Member();
  free->slot = std::make_unique<TrialSlot>(job_, std::move(trial), environment_, *model_, int(free - members_.begin()),
                                           device_.get(), gang_);
  free->active = true;
  free->started_at = monotonic_seconds();
  free->before = watch_.read();
  const Result<AttemptStarted> started = free->slot->start(environment_);
  if (started) return send(*free, *started);
  free->active = false;
  ++outcome_.failed;
  const TrialJob& job = free->slot->trial().job;
  return sink_.send(failed_report(job.spec.id, job.attempt, started.error()));
}

Status StackTrainer::stop_trials(const StopTrials& stops) {
  const auto wanted = [&](const TrialId& trial) {
    return stops.trials.empty() || std::ranges::find(stops.trials, trial) != stops.trials.end();
  };
  for (Member& member : members_) {
    if (member.active && wanted(member.slot->trial().job.spec.id)) MER_TRY(stop(member));
  }
  for (auto trial = waiting_.begin(); trial != waiting_.end();) {
    if (!wanted(trial->spec.id)) {
      ++trial;
      continue;
    }
    ++outcome_.stopped;
    MER_TRY(sink_.send(Report{trial->spec.id, trial->attempt, AttemptStopped{0}}));
    trial = waiting_.erase(trial);
  }
  return {};
}

Status StackTrainer::stop(Member& member) {
  Checkpointer& checkpointer = member.slot->checkpointer();
  MER_TRY(report_checkpoint(member, /*wait=*/true));
  if (leads(gang_) && checkpointer.remembered_epoch() > checkpointer.saved_epoch()) {
    checkpointer.save(writer_);
    MER_TRY(report_checkpoint(member, /*wait=*/true));
  }
  member.active = false;
  ++outcome_.stopped;
  return send(member, AttemptStopped{checkpointer.saved_epoch()});
}

// Up to the last active one; a GPU's steps come in few sizes.
std::size_t StackTrainer::slots_in_use() {
  const auto behind = std::find_if(members_.rbegin(), members_.rend(), [](const Member& m) { return m.active; });
  const auto slots = std::size_t(members_.rend() - behind);
  return device_ == nullptr ? slots : std::min(std::bit_ceil(slots), members_.size());
}

Status StackTrainer::train_step() {
  const double begin = monotonic_seconds();
  const std::size_t slots = slots_in_use();
  model_->use_slots(int(slots));
  const int trials = active();
  std::vector<SlotShare> shares(slots);
  for (std::size_t i = 0; i < slots; ++i) {
    if (members_[i].active) shares[i] = members_[i].slot->next_share();
  }
  watch_.enter(Work::gather);
  const StackBatch gathered = gather_batch(input_, shares, model_->shape().dtype, device_.get(), /*trains=*/true);
  std::int64_t rows = 0;
  for (const model::SlotRows& part : gathered.batch.layout->slots) rows += part.rows();
  MER_TRY(device_ == nullptr ? train_on_cpu(gathered) : train_on_gpu(gathered));
  watch_.count_step();
  watch_.enter(Work::other);
  steps_ += 1;
  const double seconds = monotonic_seconds() - begin;
  for (Member& member : members_) member.train_seconds += seconds;
  return size_->note(trials, rows, seconds) ? sink_.send(Capacity{size_->trials()}) : Status();
}

Status StackTrainer::train_on_cpu(const StackBatch& gathered) {
  std::vector<model::SlotSettings> settings(gathered.shares.size());
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (members_[i].active) settings[i] = members_[i].slot->settings();
  }
  watch_.enter(Work::forward);
  const model::Representations representations = model_->forward(gathered.batch, settings);
  watch_.enter(Work::losses);
  const model::Losses losses = model_->losses(gathered.batch, representations, settings);
  watch_.enter(Work::backward);
  model_->clear_gradients();
  model_->backward(losses);

  watch_.enter(Work::optimizer);
  const std::vector<LossComponents> components = components_by_slot(losses, model_->slots());
  const HostLogits logits(representations.logits);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (!members_[i].active) continue;
    MER_TRY(take_step(i, members_[i].slot->learn(components[i], gathered.shares[i], input_.labels(), logits,
                                                 gathered.batch.layout->slots[i].begin)));
  }
  return {};
}

// The whole step counts as `forward`: its parts are one piece of work.
Status StackTrainer::train_on_gpu(const StackBatch& gathered) {
  std::vector<model::SlotStep> steps(gathered.shares.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (members_[i].active) steps[i] = members_[i].slot->device_step();
  }
  watch_.enter(Work::forward);
  const model::StepOutcome outcome = device_->train(gathered.batch, steps);
  watch_.enter(Work::optimizer);
  const std::vector<LossComponents> components = components_by_slot(outcome.losses, model_->slots());
  const HostLogits logits(outcome.logits);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!members_[i].active) continue;
    MER_TRY(take_step(i, members_[i].slot->learnt(components[i], outcome.norms[i], gathered.shares[i], input_.labels(),
                                                  logits, gathered.batch.layout->slots[i].begin)));
  }
  return {};
}

Status StackTrainer::take_step(std::size_t slot, const std::optional<AttemptDiverged>& diverged) {
  if (!diverged) return {};
  Member& member = members_[slot];
  MER_TRY(report_checkpoint(member, /*wait=*/true));
  member.active = false;
  ++outcome_.diverged;
  return send(member, *diverged);
}

Status StackTrainer::end_epochs() {
  std::vector<Member*> ended;
  for (Member& member : members_) {
    if (member.active && member.slot->epoch_ended()) ended.push_back(&member);
  }
  if (ended.empty()) return {};

  const double begin = monotonic_seconds();
  watch_.enter(Work::evaluation);
  std::vector<EvaluationTask> tests, validations;
  for (const Member* member : ended) {
    if (!member->slot->evaluates()) continue;
    const TrialInput& trial = member->slot->trial();
    tests.push_back({member->slot->slot(), &trial, &trial.fold->test});
    if (!trial.fold->validation.empty()) {
      validations.push_back({member->slot->slot(), &trial, &trial.fold->validation});
    }
  }
  const std::vector<Evaluation> test_results = evaluate(*model_, input_, tests, device_.get(), gang_);
  const std::vector<Evaluation> validation_results = evaluate(*model_, input_, validations, device_.get(), gang_);
  const double seconds = monotonic_seconds() - begin;
  watch_.enter(Work::other);

  const auto result_for = [](int slot, const auto& tasks, const auto& results) -> const Evaluation* {
    const auto task = std::find_if(tasks.begin(), tasks.end(), [slot](const auto& t) { return t.slot == slot; });
    return task == tasks.end() ? nullptr : &results[std::size_t(task - tasks.begin())];
  };
  for (Member* member : ended) {
    TrialSlot& slot = *member->slot;
    EpochDone done;
    watch_.enter(Work::checkpoint);
    done.rows = slot.end_epoch(result_for(slot.slot(), validations, validation_results),
                               result_for(slot.slot(), tests, test_results));
    watch_.enter(Work::other);
    done.timing = {slot.epoch(), member->train_seconds, seconds, unix_time()};
    member->train_seconds = 0;
    if (!done.rows.empty()) MER_TRY(send(*member, std::move(done)));
    if (slot.finished()) {
      MER_TRY(finish(*member));
    } else if (leads(gang_) && slot.checkpointer().due()) {
      MER_TRY(save_checkpoint(*member));
    }
  }
  return {};
}

// Representations that cannot be kept fail the attempt: it is trained again from its last checkpoint.
Status StackTrainer::finish(Member& member) {
  MER_TRY(report_checkpoint(member, /*wait=*/true));
  if (job_.record_representations) {
    const TrialInput& trial = member.slot->trial();
    const EvaluationTask task{member.slot->slot(), &trial, &trial.fold->test};
    const model::NamedTensors tensors = representations_of(*model_, input_, task, device_.get(), gang_);
    const Status written = leads(gang_) ? write_representations(job_.store, trial.job, tensors) : Status();
    if (!written) {
      member.active = false;
      ++outcome_.failed;
      return sink_.send(failed_report(trial.job.spec.id, trial.job.attempt, written.error()));
    }
  }
  AttemptFinished finished;
  finished.result = member.slot->result();
  finished.result.wall_seconds = monotonic_seconds() - member.started_at;
  finished.result.peak_memory = peak_memory();
  finished.result.profile = watch_.read();
  finished.result.profile -= member.before;
  member.active = false;
  ++outcome_.finished;
  return send(member, std::move(finished));
}

// Training waits only for a checkpoint of the same trial that is not written yet.
Status StackTrainer::save_checkpoint(Member& member) {
  MER_TRY(report_checkpoint(member, /*wait=*/true));
  member.slot->checkpointer().save(writer_);
  return {};
}

// A checkpoint that cannot be written costs the trial its way back, not its training: the log says so, and the next
// one is tried in time.
Status StackTrainer::report_checkpoint(Member& member, bool wait) {
  watch_.enter(Work::checkpoint);
  const std::optional<Result<CheckpointRecord>> record = member.slot->checkpointer().take_saved(wait);
  watch_.enter(Work::other);
  if (!record) return {};
  if (!record->ok()) {
    std::fprintf(stderr, "mer-trainer: no checkpoint was written: %s\n", record->error().message.c_str());
    return {};
  }
  MER_TRY(send(member, CheckpointSaved{record->value()}));
  member.slot->checkpointer().remove_old(writer_);
  return {};
}

Status StackTrainer::send(const Member& member, AttemptEvent event) {
  const TrialJob& job = member.slot->trial().job;
  return sink_.send(Report{job.spec.id, job.attempt, std::move(event)});
}

int StackTrainer::active() const {
  return int(std::ranges::count(members_, true, &Member::active));
}

namespace {

// A member's: what its leader says is enough.
class Unheard : public ReportSink {
 public:
  Status send(const Message& /*message*/) override { return {}; }
};

// Of one kind in all members, and, on GPUs, ready to add up over them.
Status share_device(const DeviceOfJob& device, Gang* gang) {
  if (gang == nullptr) return {};
  double gpus = device.gpu == nullptr ? 0 : 1;
  gang->sum(std::span(&gpus, 1));
  if (gpus > 0 && gpus < gang->size()) {
    return invalid("of a gang's " + std::to_string(gang->size()) + " workers " + std::to_string(int(gpus)) +
                   " found a GPU: let resources.device be \"cpu\", or \"cuda\" to learn what the others lack");
  }
  if (device.gpu == nullptr) return {};
  try {
    device.gpu->join(*gang);
    return {};
  } catch (const std::exception& error) {
    return Error{ErrorCode::unavailable, error.what()};
  }
}

Result<StackOutcome> fail_all(const StackJob& job, ReportSink& sink, const Error& error) {
  StackOutcome outcome;
  for (const TrialJob& trial : job.trials) {
    MER_TRY(sink.send(failed_report(trial.spec.id, trial.attempt, error)));
    ++outcome.failed;
  }
  return outcome;
}

}  // namespace

Result<StackOutcome> run_job(const StackJob& job, ReportSink& sink, Requests& requests,
                             std::atomic<std::uint64_t>& steps, const OpenGpu& open_gpu, Gang* gang) {
  at::set_num_threads(job.threads);
  Unheard unheard;
  ReportSink& heard = leads(gang) ? sink : unheard;
  const Result<DeviceOfJob> device = choose_device(job, open_gpu);
  if (const Status all = agreed(gang, device ? Status() : device.error()); !all) {
    return fail_all(job, heard, all.error());
  }
  if (const Status all = agreed(gang, share_device(*device, gang)); !all) return fail_all(job, heard, all.error());
  if (!device->reason.empty()) {
    std::fprintf(stderr, "mer-trainer: training on the CPU: %s\n", device->reason.c_str());
  }
  const Result<std::unique_ptr<JobInput>> input = JobInput::open(job);
  if (const Status all = agreed(gang, input ? Status() : input.error()); !all) return fail_all(job, heard, all.error());
  return StackTrainer(job, **input, heard, requests, steps, device->gpu, gang).run();
}

}  // namespace mer::trainer
