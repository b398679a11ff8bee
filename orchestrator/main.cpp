// mer-coordinator: rank 0 of an MPI job. Wires store, transport, scheduler and dashboard.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/json.hpp"
#include "core/sweep_file.hpp"
#include "core/version.hpp"
#include "orchestrator/coordinator.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"
#include "transport/mpi_transport.hpp"
#include "web/server.hpp"

namespace {

using mer::Result;
using std::chrono::steady_clock;

struct Options {
  std::string store;
  std::int64_t sweep = 0;
  int web_port = 0;
  bool no_web = false;
  double checkpoint_seconds = 20;
};

// SIGUSR1 and SIGTERM ask for a pause. They are blocked before any thread starts, and polled.
class PauseSignals {
 public:
  PauseSignals() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGUSR1);
    ::sigaddset(&set_, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  bool arrived() const {
    const timespec at_once{0, 0};
    return ::sigtimedwait(&set_, nullptr, &at_once) > 0;
  }

 private:
  sigset_t set_;
};

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

void print_line(const std::string& line) {
  std::fprintf(stdout, "%s\n", line.c_str());
  std::fflush(stdout);
}

mer::orchestrator::CoordinatorSettings settings_of(const Options& options, const mer::storage::StoreDir& store,
                                                   const mer::storage::SweepDetail& detail, const mer::Sweep& sweep) {
  mer::orchestrator::CoordinatorSettings settings;
  settings.sweep = detail.summary.id;
  settings.store = store.path().string();
  for (const auto& corpus : detail.corpora) settings.corpora[corpus.id] = corpus.path;
  for (const auto& configuration : sweep.configurations) {
    std::string& name = settings.names[configuration.id];
    for (const auto& [key, value] : configuration.differing) name += (name.empty() ? "" : " ") + key + "=" + value;
  }
  settings.device = sweep.resources.device;
  settings.gpu_fraction = sweep.resources.gpu_fraction;
  settings.gang = sweep.resources.gpus_per_trial;
  settings.broadcast_features = sweep.resources.broadcast_features;
  settings.threads = sweep.resources.threads;
  settings.checkpoint_seconds = options.checkpoint_seconds;
  settings.record_representations = sweep.record_representations;
  settings.scheduler.max_attempts = sweep.max_attempts;
  settings.stack = sweep.resources.stack;
  settings.scheduler.stack = std::max(1, sweep.resources.stack);
  return settings;
}

Result<std::unique_ptr<mer::web::Server>> start_web(const Options& options, const mer::storage::StoreDir& store,
                                                    const mer::storage::SqliteStore& writer) {
  if (options.no_web) return std::unique_ptr<mer::web::Server>();
  mer::web::HttpOptions http;
  http.address.port = options.web_port;
  auto server =
      std::make_unique<mer::web::Server>(http, [&store, &writer] { return mer::storage::open_reader(store, &writer); });
  MER_ASSIGN(const int port, server->start());
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
  print_line(nlohmann::json{{"type", "web"}, {"url", url}}.dump());
  return server;
}

Result<mer::ExitCode> coordinate(const Options& options, mer::transport::Transport& transport,
                                 const PauseSignals& signals) {
  if (transport.size() < 2) {
    return mer::invalid("no workers: start with `mpirun -n 1 mer-coordinator ... : -n N mer-worker`, or `merctl run`");
  }
  MER_ASSIGN(const auto store, mer::storage::StoreDir::open(options.store));
  MER_ASSIGN(const auto lock, mer::storage::StoreLock::acquire(store));
  MER_ASSIGN(const auto writer, mer::storage::SqliteStore::open(store));
  MER_TRY(writer->begin_session(host_name(), ::getpid(), mer::orchestrator::unix_time()));
  MER_ASSIGN(const auto reader, mer::storage::open_reader(store, writer.get()));
  MER_ASSIGN(auto detail, reader->sweep(mer::SweepId{options.sweep}));
  MER_ASSIGN(auto sweep, mer::sweep_from_resolved(detail.resolved_json));
  auto settings = settings_of(options, store, detail, sweep);
  detail = {};  // thousands of configurations, before the trials need room
  sweep = {};
  MER_ASSIGN(auto trials, writer->progress(mer::SweepId{options.sweep}));
  if (const int gang = settings.gang; transport.size() - 1 < gang) {
    return mer::invalid("resources.gpus_per_trial is " + std::to_string(gang) + ", but there are only " +
                        std::to_string(transport.size() - 1) + " workers: start more, or lower it");
  }
  mer::orchestrator::Coordinator coordinator(std::move(settings), transport, *writer, std::move(trials), print_line);
  MER_ASSIGN(const auto web, start_web(options, store, *writer));
  while (true) {
    if (signals.arrived()) coordinator.request_pause();
    if (const auto code = coordinator.step(steady_clock::now())) return *code;
    std::this_thread::sleep_for(coordinator.pause());
  }
}

int run(const Options& options) {
  const PauseSignals signals;
  auto transport = mer::transport::MpiTransport::open();
  if (!transport) {
    spdlog::error("{}", transport.error().message);
    ::_exit(int(mer::ExitCode::internal));
  }
  const Result<mer::ExitCode> ended = coordinate(options, **transport, signals);
  mer::ExitCode code = mer::ExitCode::internal;
  if (ended) {
    code = *ended;
  } else {
    spdlog::error("{}", ended.error().message);
    code = mer::exit_code_of(ended.error().code);
    for (int rank = 1; rank < (*transport)->size(); ++rank) (*transport)->send(rank, mer::Shutdown{});
  }
  const bool lost_a_worker = code == mer::ExitCode::internal;
  if (!(*transport)->close(std::chrono::seconds(lost_a_worker ? 2 : 10))) ::_exit(int(code));
  return int(code);
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("mer"));
  spdlog::set_pattern("%H:%M:%S coordinator %l: %v");
  CLI::App app{"The coordinator of a sweep: rank 0 of an MPI job that `merctl run` starts.", "mer-coordinator"};
  Options options;
  app.add_option("--store", options.store, "store folder")->required();
  app.add_option("--sweep", options.sweep, "number of the sweep in the store")->required();
  app.add_option("--web-port", options.web_port, "port of the dashboard (default: any free one)");
  app.add_flag("--no-web", options.no_web, "no dashboard");
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds, "least time between two checkpoints of a trial")
      ->envname("MER_CHECKPOINT_SECONDS")
      ->capture_default_str();
  app.set_version_flag("--version", "mer-coordinator " + mer::code_version());
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
