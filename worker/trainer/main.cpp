// mer-trainer: trains one stack of trials. Spawned by the agent (commands on descriptor 0, reports on descriptor 3),
// or started by hand with --job.
//
// stdout and stderr are the attempt's log. SIGTERM and SIGUSR1 stop every trial with a checkpoint. Ends with code 75
// when the agent is gone.
#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "core/exit_code.hpp"
#include "core/gpu.hpp"
#include "core/gpu_meter.hpp"
#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/messages.hpp"
#include "core/version.hpp"
#include "data/file_io.hpp"
#include "worker/trainer/probe_file.hpp"
#include "worker/trainer/process.hpp"
#include "worker/trainer/process_gang.hpp"
#include "worker/trainer/report_sink.hpp"
#include "worker/trainer/requests.hpp"
#include "worker/trainer/stack_trainer.hpp"

namespace mer::trainer {
namespace {

constexpr int kCommands = 0, kReports = 3, kGangMemory = 4;
constexpr std::size_t kMaxJobBytes = std::size_t{256} << 20;

ExitCode complain(const Error& error) {
  std::fprintf(stderr, "mer-trainer: %s\n", error.message.c_str());
  return exit_code_of(error.code);
}

// The other side is gone: nothing that this process could still do would reach anyone.
[[noreturn]] void leave_orphaned(const Error& error) {
  std::fprintf(stderr, "mer-trainer: %s; ending\n", error.message.c_str());
  std::fflush(nullptr);
  _exit(int(ExitCode::orphaned));
}

// Reports to the agent; the log gets them as lines.
class AgentSink : public ReportSink {
 public:
  Status send(const Message& message) override {
    if (const Status sent = frames_.send(message); !sent) leave_orphaned(sent.error());
    return log_.send(message);
  }

 private:
  FrameSink frames_{kReports};
  ProgressSink log_;
};

// A trainer's signs of life, with what is known of its GPU. Threads: one.
class Beats {
 public:
  explicit Beats(DeviceChoice device) {
    const auto visible = visible_gpus();
    if (device == DeviceChoice::cpu || !visible) return;
    const auto gpus = usable_gpus(visible, 0);
    if (!gpus.empty()) gpu_ = gpus.front();
  }

  // The driver is asked at every third, one a second. It is opened here, since that may take long.
  Beat next(std::uint64_t steps) {
    if (!gpu_.empty() && count_++ % 3 == 0) {
      if (!meter_) meter_.emplace(gpu_);
      use_ = meter_->measure();
    }
    return {steps, use_};
  }

 private:
  std::string gpu_;  // empty: none
  std::optional<GpuMeter> meter_;
  ResourceUse use_;
  std::uint64_t count_ = 0;
};

// nullptr: the job is for this trainer alone.
Result<std::unique_ptr<Gang>> gang_of(const StackJob& job, AgentSink& sink, Requests& requests) {
  if (job.gang == 1) return std::unique_ptr<Gang>();
  MER_ASSIGN(SharedMemory memory, SharedMemory::open(Descriptor(kGangMemory)));
  const auto ask = [&sink](const GangSum& sum) { (void)sink.send(sum); };
  return std::unique_ptr<Gang>(
      std::make_unique<ProcessGang>(job.gang_rank, job.gang, std::move(memory), ask, requests));
}

ExitCode run_for_agent() {
  set_up_signals(false);
  if (!die_with_parent()) leave_orphaned({ErrorCode::unavailable, "the agent died before the trainer started"});
  AgentSink sink;
  Requests requests;
  std::atomic<std::uint64_t> steps = 0;
  std::atomic<bool> ended = false;

  CommandReader commands(kCommands);
  const Result<std::optional<Message>> first = commands.read();
  if (!first) leave_orphaned(first.error());
  const auto* assign = std::get_if<Assign>(&first->value());
  if (assign == nullptr) return complain(invalid("the first frame must be an Assign"));
  commands.start(requests, [&](const Error& error) {
    if (!ended) leave_orphaned(error);
  });
  const Result<std::unique_ptr<Gang>> gang = gang_of(assign->job, sink, requests);
  if (!gang) return complain(gang.error());
  Beats beats(assign->job.device);
  const Heartbeat heartbeat([&] { (void)sink.send(beats.next(steps)); });
  const Result<StackOutcome> outcome = run_job(assign->job, sink, requests, steps, gpu_of_this_process(), gang->get());
  ended = true;  // the agent may close its pipe now
  return outcome ? ExitCode::done : complain(outcome.error());
}

// Keys that are left out stand at their defaults.
Result<StackJob> read_job(const std::string& path) {
  MER_ASSIGN(const std::string text, data::read_file(path, kMaxJobBytes));
  MER_ASSIGN(const nlohmann::json parsed, parse_json_text(text, path));
  nlohmann::json complete = StackJob();
  for (const auto& [key, value] : parsed.items()) {
    if (!complete.contains(key))
      return invalid(path + ": \"" + key + "\" is no key of a job (StackJob of core/trial.hpp)");
  }
  try {
    complete.update(parsed);
    return complete.get<StackJob>();
  } catch (const std::exception& error) {
    return invalid(path + ": is not a job: " + error.what());
  }
}

ExitCode run_job_file(const std::string& path, const std::string& out) {
  set_up_signals(true);
  const Result<StackJob> job = read_job(path);
  if (!job) return complain(job.error());
  if (job->gang != 1)
    return complain(invalid(path + ": a gang is started by agents: let \"gang\" be 1, or use merctl run"));
  const Descriptor file(out.empty() ? -1 : open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!out.empty() && file.get() < 0) return complain(system_error(errno, out + ": cannot be written"));
  FrameSink frames(file.get());
  ProgressSink progress;
  ReportSink& sink = out.empty() ? static_cast<ReportSink&>(progress) : frames;

  std::atomic<std::uint64_t> steps = 0;
  Requests requests;
  requests.add(Shutdown());
  const Result<StackOutcome> outcome = run_job(*job, sink, requests, steps);
  if (!outcome) return complain(outcome.error());
  if (outcome->failed + outcome->diverged > 0) return ExitCode::some_failed;
  return outcome->stopped > 0 ? ExitCode::paused : ExitCode::done;
}

ExitCode show_gpu() {
  const Result<std::shared_ptr<grid::Runtime>> gpu = gpu_of_this_process()(1);
  if (!gpu) return complain(gpu.error());
  std::printf("%s, %.0f GiB\n", (*gpu)->name().c_str(), double((*gpu)->memory_limit()) / double(1 << 30));
  return ExitCode::done;
}

int run(int argc, char** argv) {
  CLI::App app("mer-trainer: trains one stack of trials. mer-worker starts it; by hand: mer-trainer --job job.json");
  app.set_version_flag("--version", "mer-trainer " + code_version());
  std::string job, out;
  std::vector<std::string> probe;
  app.add_option("--job", job, "a stack job as JSON: store, corpus_path, trials, ... (StackJob of core/trial.hpp)");
  app.add_option("--out", out, "with --job: write the reports as frames into this file instead of text to stdout")
      ->needs("--job");
  app.add_option(
         "--probe", probe,
         "IN.safetensors OUT.safetensors: run given weights on a given batch and write every representation and "
         "loss (docs/paper_map.md)")
      ->expected(2)
      ->excludes("--job");
  bool gpu = false;
  app.add_flag("--gpu", gpu, "open the GPU that trials would train on, and name it or what is missing")
      ->excludes("--job")
      ->excludes("--probe");
  CLI11_PARSE(app, argc, argv);
  if (gpu) return int(show_gpu());
  if (!probe.empty()) {
    const Status probed = probe_file(probe[0], probe[1]);
    return int(probed ? ExitCode::done : complain(probed.error()));
  }
  return int(job.empty() ? run_for_agent() : run_job_file(job, out));
}

}  // namespace
}  // namespace mer::trainer

int main(int argc, char** argv) {
  try {
    mer::trainer::keep_freed_memory();
    at::set_num_interop_threads(1);
    return mer::trainer::run(argc, argv);
  } catch (const std::exception& error) {  // LibTorch's, mostly
    std::fprintf(stderr, "mer-trainer: %s\n", error.what());
    return int(mer::trainer::is_out_of_memory(error) ? mer::ExitCode::no_memory : mer::ExitCode::internal);
  }
}
