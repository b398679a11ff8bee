// mer-coordinator: rank 0 of an MPI job. Wires store, transport, scheduler and dashboard.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/host_name.hpp"
#include "core/json.hpp"
#include "core/unix_time.hpp"
#include "core/version.hpp"
#include "data/file_io.hpp"
#include "orchestrator/coordinator.hpp"
#include "orchestrator/mailbox.hpp"
#include "storage/control_target.hpp"
#include "storage/endpoint.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"
#include "storage/submission_codec.hpp"
#include "transport/mpi_transport.hpp"
#include "web/server.hpp"

namespace {

using mer::Result;
using std::chrono::steady_clock;

struct Options {
  std::string store;
  std::int64_t sweep = 0;
  std::string web_address = "127.0.0.1";
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

void print_line(const std::string& line) {
  std::fprintf(stdout, "%s\n", line.c_str());
  std::fflush(stdout);
}

constexpr std::chrono::seconds kPatience{20};  // of who asks; a submission of 100,000 trials takes some

// The dashboard, and the door for what people ask: its threads ask the mailbox.
class FrontDoor {
 public:
  FrontDoor(const mer::storage::StoreDir& store, const mer::storage::SqliteStore& writer) : store_(store) {
    controls_.control = [this](const mer::storage::Control& control) { return mailbox.ask(control, kPatience); };
    controls_.submit = [this](const std::string& file) { return submit(file); };
    controls_.explain = [this](const mer::TrialId& trial) {
      return mailbox.ask(mer::orchestrator::ExplainTrial{trial}, kPatience);
    };
    new_reader_ = [this, &writer] { return mer::storage::open_reader(store_, &writer); };
  }
  FrontDoor(const FrontDoor&) = delete;
  FrontDoor& operator=(const FrontDoor&) = delete;
  ~FrontDoor() {
    mailbox.close();
    mer::storage::remove_endpoint(store_);
  }

  mer::Status open(const mer::web::ListenAddress& address, bool with_pages) {
    mer::web::HttpOptions http;
    http.address = address;
    MER_ASSIGN(http.control_token, mer::storage::new_token());
    mer::storage::Endpoint endpoint{mer::host_name(), ::getpid(), http.address.host, 0, http.control_token};
    MER_ASSIGN(const bool loopback, mer::web::is_loopback(http.address.host));
    if (!loopback) MER_TRY(encrypt(http, endpoint));
    server_ = std::make_unique<mer::web::Server>(http, new_reader_, controls_, with_pages);
    MER_ASSIGN(endpoint.port, server_->start());
    MER_TRY(mer::storage::write_endpoint(store_, endpoint));
    const std::string url =
        (loopback ? "http://" : "https://") + http.address.host + ":" + std::to_string(endpoint.port) + "/";
    if (with_pages)
      print_line(nlohmann::json{{"type", "web"}, {"url", url}, {"fingerprint", endpoint.fingerprint}}.dump());
    return {};
  }

  mer::orchestrator::Mailbox mailbox;

 private:
  // Other machines can reach it: HTTPS, and who reads needs the token too.
  static mer::Status encrypt(mer::web::HttpOptions& http, mer::storage::Endpoint& endpoint) {
    MER_ASSIGN(const mer::web::TlsIdentity identity, mer::web::new_identity(http.address.host));
    MER_ASSIGN(http.tls, mer::web::TlsContext::make(identity));
    http.token = http.control_token;
    endpoint.certificate = identity.certificate;
    endpoint.fingerprint = identity.fingerprint;
    return {};
  }

  Result<std::string> submit(const std::string& name) {
    const std::string file = (store_.submissions() / name).string();
    MER_ASSIGN(const std::string bytes, mer::data::read_file(file, kLongestSubmission));
    MER_ASSIGN(mer::storage::Submission submission, mer::storage::submission_from(bytes));
    MER_ASSIGN(std::string answer, mailbox.ask(std::move(submission), kPatience));
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    return answer;
  }

  static constexpr std::size_t kLongestSubmission = std::size_t{1} << 30;

  const mer::storage::StoreDir& store_;
  mer::web::ServerControls controls_;
  mer::web::ReaderFactory new_reader_;
  std::unique_ptr<mer::web::Server> server_;  // last: its threads use the rest
};

// One thing that was asked, carried out.
Result<std::string> answer_to(const mer::orchestrator::Request& request, mer::orchestrator::Coordinator& coordinator) {
  const auto now = steady_clock::now();
  if (const auto* asked = std::get_if<mer::storage::Control>(&request)) {
    mer::storage::Control control = *asked;
    control.at = mer::unix_time();
    MER_ASSIGN(const auto controlled, coordinator.control(control, now));
    return mer::storage::control_json(control, controlled);
  }
  if (const auto* submission = std::get_if<mer::storage::Submission>(&request)) {
    MER_ASSIGN(const mer::SweepId sweep, coordinator.submit(*submission, now));
    return nlohmann::json{{"schema", 1}, {"sweep", sweep.number}}.dump();
  }
  return coordinator.explain(std::get<mer::orchestrator::ExplainTrial>(request).trial, now);
}

Result<mer::ExitCode> coordinate(const Options& options, mer::transport::Transport& transport,
                                 const PauseSignals& signals) {
  if (transport.size() < 2) {
    return mer::invalid("no workers: start with `mpirun -n 1 mer-coordinator ... : -n N mer-worker`, or `merctl run`");
  }
  MER_ASSIGN(const auto store, mer::storage::StoreDir::open(options.store));
  MER_ASSIGN(const auto lock, mer::storage::StoreLock::acquire(store));
  MER_ASSIGN(const auto writer, mer::storage::SqliteStore::open(store));
  MER_TRY(writer->begin_session(mer::host_name(), ::getpid(), mer::unix_time()));
  MER_ASSIGN(const auto reader, mer::storage::open_reader(store, writer.get()));
  MER_ASSIGN(auto sweeps, mer::orchestrator::sweeps_to_run(*reader, *writer, mer::SweepId{options.sweep}));
  const int gang = sweeps.front().resources.gpus_per_trial;
  if (transport.size() - 1 < gang) {
    return mer::invalid("resources.gpus_per_trial is " + std::to_string(gang) + ", but there are only " +
                        std::to_string(transport.size() - 1) + " workers: start more, or lower it");
  }
  mer::orchestrator::CoordinatorSettings settings;
  settings.store = store.path().string();
  settings.gang = gang;
  settings.checkpoint_seconds = options.checkpoint_seconds;
  settings.versions =
      nlohmann::json{{"mpi", mer::transport::mpi_version()}, {"sqlite", mer::storage::sqlite_version()}}.dump();
  settings.load_sweep = [&](mer::SweepId id) { return mer::orchestrator::load_sweep(*reader, *writer, id); };
  mer::orchestrator::Coordinator coordinator(settings, transport, *writer, std::move(sweeps), print_line);
  FrontDoor door(store, *writer);
  MER_TRY(door.open({options.web_address, options.web_port}, !options.no_web));
  while (true) {
    if (signals.arrived()) coordinator.request_pause();
    door.mailbox.serve([&](const auto& request) { return answer_to(request, coordinator); });
    if (const auto code = coordinator.step(steady_clock::now())) return *code;
    std::this_thread::sleep_for(coordinator.pause());
  }
}

// A job of Slurm is looked at from the login node.
std::string usual_address() {
  const std::string host = mer::host_name();
  return std::getenv("SLURM_JOB_ID") != nullptr && mer::web::is_loopback(host).ok() ? host : "127.0.0.1";
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
  options.web_address = usual_address();
  app.add_option("--web-address", options.web_address, "address of the dashboard: HTTPS, unless it is a loopback one")
      ->envname("MER_WEB_ADDRESS")
      ->capture_default_str();
  app.add_option("--web-port", options.web_port, "port of the dashboard (default: any free one)");
  app.add_flag("--no-web", options.no_web, "no dashboard, only what merctl asks");
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds, "least time between two checkpoints of a trial")
      ->envname("MER_CHECKPOINT_SECONDS")
      ->capture_default_str();
  app.set_version_flag("--version", "mer-coordinator " + mer::code_version());
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
