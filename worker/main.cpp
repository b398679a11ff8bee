// mer-worker: one MPI rank that runs trainers as child processes. Wires transport, agent and child.
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <unistd.h>

#include "core/gpu.hpp"
#include "core/host_name.hpp"
#include "core/version.hpp"
#include "transport/mpi_transport.hpp"
#include "worker/agent_loop.hpp"
#include "worker/cores.hpp"
#include "worker/corpus_copy.hpp"
#include "worker/memory.hpp"
#include "worker/no_op_trainer.hpp"
#include "worker/use_meter.hpp"

namespace {

// The driver is asked only where nobody chose.
std::vector<std::string> gpus_of_this_machine() {
  const auto visible = mer::visible_gpus();
  return mer::usable_gpus(visible, visible ? 0 : mer::survey_gpus().gpus.size());
}

// "n2, core 3, GPU 1, 3.5 GiB of memory": where this worker's trainers run.
std::string place_text(const mer::Hello& hello, const mer::worker::AgentLoopOptions& options) {
  std::string text = hello.host + (hello.cores.size() > 1 ? ", cores" : ", core");
  for (const int core : hello.cores) text += (core == hello.cores.front() ? " " : ",") + std::to_string(core);
  text += options.gpu.name.empty() ? ", no GPU" : ", GPU " + options.gpu.name;
  if (options.gpu.workers > 1) text += " (1 of " + std::to_string(options.gpu.workers) + " workers)";
  if (options.memory > 0) text += ", " + std::to_string(options.memory >> 20) + " MiB of memory";
  return text;
}

struct Options {
  std::string trainer;  // program
  std::size_t log_mebibytes = mer::worker::LogLimits{}.beginning >> 20;
  int no_op = 0;  // trials that are answered at once instead of trained; 0: they are trained
};

int run(const Options& chosen) {
  // mpirun forwards SIGUSR1 and SIGTERM to every rank; the coordinator alone answers them, with StopTrials.
  for (const int signal : {SIGUSR1, SIGTERM}) std::signal(signal, SIG_IGN);
  auto transport = mer::transport::MpiTransport::open();
  if (!transport) {
    spdlog::error("{}", transport.error().message);
    ::_exit(int(mer::ExitCode::internal));
  }
  const int rank = (*transport)->rank();
  spdlog::set_pattern("%H:%M:%S worker " + std::to_string(rank) + " %l: %v");

  if (rank == 0) {
    spdlog::error("a worker is rank 1 or higher of an MPI job: start it with `merctl run`");
    ::_exit(int(mer::ExitCode::usage));
  }
  const auto place = (*transport)->local_workers();
  mer::worker::AgentLoopOptions options;
  options.trainer = chosen.trainer;
  options.log.beginning = chosen.log_mebibytes << 20;
  if (chosen.no_op > 0) {
    options.start_child = [&](const mer::worker::ChildCommand&) {
      return std::unique_ptr<mer::worker::ChildProcess>(std::make_unique<mer::worker::NoOpTrainer>(chosen.no_op));
    };
  }
  const auto allowed = mer::worker::allowed_cores();
  if (!allowed.empty()) options.cores = mer::worker::share_of_cores(allowed, place.index, place.count);

  options.memory = (mer::worker::usable_memory() + place.count - 1) / place.count;
  options.gpu = mer::gpu_of_worker(gpus_of_this_machine(), place.index, place.count);
  if (!(*transport)->same_host(options.corpora.source)) options.corpora.local = mer::worker::local_folder();

  mer::worker::UseMeter meter;
  options.measure_use = [&meter](mer::worker::TimePoint now) { return meter.measure(now); };

  std::string device = options.gpu.name.empty() ? "cpu" : options.gpu.name;
  if (chosen.no_op > 0) device = mer::worker::kNoOpDevice;
  const mer::Hello hello{mer::host_name(), ::getpid(), options.cores, device};
  spdlog::info("{}", place_text(hello, options));
  mer::worker::AgentLoop loop(**transport, hello, options);
  const mer::ExitCode code = loop.run();
  if (code == mer::ExitCode::orphaned) spdlog::error("the coordinator is silent: leaving");
  const bool polite = code == mer::ExitCode::done && (*transport)->close(std::chrono::seconds(10));
  if (!polite || loop.helpers_run()) ::_exit(int(code));
  return int(code);
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("mer"));
  CLI::App app{"A worker of mer: rank 1 or higher of an MPI job that `merctl run` starts.", "mer-worker"};
  Options options;
  options.trainer = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "mer-trainer").string();
  app.add_option("--trainer", options.trainer,
                 "program that trains a stack (default: mer-trainer beside this program)");
  app.add_option("--no-op", options.no_op,
                 "train nothing: answer trials at once, N together; only in a store with a file named no-op")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--log-mebibytes", options.log_mebibytes,
                 "MiB of a trainer's log that are kept, besides its last lines")
      ->envname("MER_LOG_MEBIBYTES")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.set_version_flag("--version", "mer-worker " + mer::code_version());
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
