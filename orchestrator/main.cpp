// mer-coordinator: rank 0 of an MPI job. Wires store, transport, scheduler and dashboard.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/host_name.hpp"
#include "core/json.hpp"
#include "core/pause_signals.hpp"
#include "core/unix_time.hpp"
#include "core/version.hpp"
#include "data/file_io.hpp"
#include "data/representations.hpp"
#include "orchestrator/coordinator.hpp"
#include "orchestrator/mailbox.hpp"
#include "storage/control.hpp"
#include "storage/control_target.hpp"
#include "storage/endpoint.hpp"
#include "storage/excluded_nodes.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"
#include "storage/submission_codec.hpp"
#include "storage/trial_log.hpp"
#include "transport/linked_transport.hpp"
#include "transport/mpi_transport.hpp"
#include "transport/rank_zero.hpp"
#include "transport/zmq_port.hpp"
#include "web/server.hpp"

namespace {

using mer::Error;
using mer::Result;
using std::chrono::steady_clock;

struct Options {
  std::string store;
  std::int64_t sweep = 0;
  std::string web_address;
  int web_port = 0;
  bool no_web = false;
  double checkpoint_seconds = 20;
  std::string gateway_address;
  double ends_at = 0, job_seconds = 0;
  bool alone = false;  // without workers of its own
  bool stay = false;
  double group_grace = 60;  // seconds
};

void print_line(const std::string& line) {
  std::fprintf(stdout, "%s\n", line.c_str());
  std::fflush(stdout);
}

constexpr std::chrono::seconds kPatience{20};  // of who asks; a submission of 100,000 trials takes some
constexpr std::chrono::seconds kGlance{2};     // of who looks at the workers, again and again
constexpr std::chrono::seconds kFarewell{3};   // until the groups of other jobs have heard that they may go

// Where the gateways of other jobs come in.
struct Gate {
  std::unique_ptr<mer::transport::ZmqServerPort> port;
  mer::storage::GatewayDoor door;
};

// Whether other machines are to reach it, unless someone says otherwise: other jobs of Slurm are on other nodes, and
// all workers of a coordinator without own ones may be.
bool is_for_others(const Options& options) {
  return options.alone || std::getenv("SLURM_JOB_ID") != nullptr;
}

Result<Gate> open_gate(const Options& options, const mer::ResourceSettings& resources) {
  std::string listen = options.gateway_address;
  if (listen.empty()) listen = is_for_others(options) ? "*" : "127.0.0.1";
  MER_ASSIGN(const auto server, mer::transport::new_curve_keys());
  MER_ASSIGN(const auto client, mer::transport::new_curve_keys());
  Gate gate;
  MER_ASSIGN(gate.port, mer::transport::ZmqServerPort::listen(listen, server, client.public_key));
  gate.door = {listen == "*" ? mer::host_name() : listen,
               gate.port->port(),
               server.public_key,
               client.public_key,
               client.secret_key,
               resources.device,
               resources.gpu_fraction,
               resources.gpus_per_trial,
               resources.threads};
  return gate;
}

// The dashboard, and the door for what people ask: its threads ask the mailbox.
class FrontDoor {
 public:
  FrontDoor(const mer::storage::StoreDir& store, const mer::storage::SqliteStore& writer) : store_(store) {
    controls_.control = [this](const mer::storage::Control& control) { return mailbox.ask(control, kPatience); };
    controls_.submit = [this](const std::string& file) { return submit(file); };
    controls_.explain = [this](const mer::TrialId& trial) {
      return mailbox.ask(mer::orchestrator::ExplainTrial{trial}, kPatience);
    };
    controls_.workers = [this] { return mailbox.ask(mer::orchestrator::ListWorkers{}, kGlance); };
    controls_.submission = [this](const std::string& file) { return submission(file); };
    controls_.log = [this](const mer::storage::TrialDetail& trial, int attempt, std::int64_t offset) {
      return mer::storage::log_part(store_, trial, attempt, offset, mer::web::kLogPart);
    };
    controls_.representations = [this](const mer::TrialId& trial, int attempt) {
      return mer::data::read_representations(store_.representations_file(trial, attempt).string(),
                                             mer::storage::without_number(trial), attempt);
    };
    new_reader_ = [this, &writer] { return mer::storage::open_reader(store_, &writer); };
  }
  FrontDoor(const FrontDoor&) = delete;
  FrontDoor& operator=(const FrontDoor&) = delete;
  ~FrontDoor() {
    mailbox.close();
    mer::storage::remove_endpoint(store_);
  }

  mer::Status open(const mer::web::ListenAddress& address, bool with_pages, const mer::storage::GatewayDoor& gateway) {
    mer::web::HttpOptions http;
    http.address = address;
    MER_ASSIGN(http.control_token, mer::storage::new_token());
    mer::storage::Endpoint endpoint{mer::host_name(), ::getpid(), http.address.host, 0, http.control_token};
    MER_ASSIGN(const bool loopback, mer::web::is_loopback(http.address.host));
    if (!loopback) MER_TRY(encrypt(http, endpoint));
    endpoint.gateway = gateway;
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

  Result<mer::storage::Submission> submission(const std::string& name) const {
    MER_ASSIGN(const std::string bytes,
               mer::data::read_file((store_.submissions() / name).string(), kLongestSubmission));
    return mer::storage::submission_from(bytes);
  }

  Result<std::string> submit(const std::string& name) {
    MER_ASSIGN(mer::storage::Submission given, submission(name));
    MER_ASSIGN(std::string answer, mailbox.ask(std::move(given), kPatience));
    std::error_code ignored;
    std::filesystem::remove(store_.submissions() / name, ignored);
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
  if (std::holds_alternative<mer::orchestrator::ListWorkers>(request)) return coordinator.workers(now);
  return coordinator.explain(std::get<mer::orchestrator::ExplainTrial>(request).trial, now);
}

mer::orchestrator::NodeBook node_book(const mer::storage::StoreDir& store) {
  mer::orchestrator::NodeBook book;
  book.excluded = [&store] {
    std::set<std::string> hosts;
    for (auto& node : mer::storage::excluded_nodes(store)) hosts.insert(std::move(node.host));
    return hosts;
  };
  book.exclude = [&store](const std::string& host, const std::string& why) {
    return mer::storage::exclude_node(store, {host, mer::unix_time(), why});
  };
  book.include = [&store](const std::string& host) -> mer::Status {
    MER_TRY(mer::storage::include_node(store, host));
    return {};
  };
  return book;
}

void settle(mer::transport::Transport& transport) {
  const auto give_up = steady_clock::now() + kFarewell;
  while (!transport.flushed() && steady_clock::now() < give_up) {
    transport.poll();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

using Sweeps = std::vector<mer::orchestrator::SweepToRun>;

Result<Sweeps> find_work(const Options& options, mer::storage::ResultReader& reader,
                         mer::storage::SqliteStore& writer) {
  const auto named = options.sweep > 0 ? std::optional(mer::SweepId{options.sweep}) : std::nullopt;
  MER_ASSIGN(Sweeps sweeps, mer::orchestrator::sweeps_to_run(reader, writer, named));
  MER_TRY(mer::orchestrator::hand_back_others(reader, writer, sweeps, mer::unix_time()));
  return sweeps;
}

mer::Status check_workers(const Options& options, int workers, int gang) {
  if (options.alone) return {};
  if (workers == 0) {
    return mer::invalid(
        "no workers: start with `mpirun -n 1 mer-coordinator ... : -n N mer-worker`, or `merctl run`; "
        "--alone waits for those of other jobs");
  }
  if (workers < gang) {
    return mer::invalid("resources.gpus_per_trial is " + std::to_string(gang) + ", but there are only " +
                        std::to_string(workers) + " workers: start more, or lower it");
  }
  return {};
}

Result<mer::ExitCode> coordinate(const Options& options, mer::transport::Transport& own_ranks,
                                 const mer::PauseSignals& signals) {
  const int workers = own_ranks.size() - 1;
  MER_TRY(check_workers(options, workers, 1));
  MER_ASSIGN(const auto store, mer::storage::StoreDir::open(options.store));
  MER_ASSIGN(const auto lock, mer::storage::StoreLock::acquire(store));
  MER_ASSIGN(const auto writer, mer::storage::SqliteStore::open(store));
  MER_TRY(writer->begin_session(mer::host_name(), ::getpid(), mer::unix_time()));
  MER_ASSIGN(const auto reader, mer::storage::open_reader(store, writer.get()));
  MER_ASSIGN(Sweeps sweeps, find_work(options, *reader, *writer));
  const mer::ResourceSettings resources = sweeps.empty() ? mer::ResourceSettings() : sweeps.front().resources;
  const int gang = resources.gpus_per_trial;
  MER_TRY(check_workers(options, workers, gang));
  MER_ASSIGN(const Gate gate, open_gate(options, resources));
  MER_ASSIGN(const std::string session, mer::storage::new_token());
  mer::transport::LinkedTransport transport(own_ranks, *gate.port, {.session = session, .gang = gang});
  mer::orchestrator::CoordinatorSettings settings;
  settings.store = store.path().string();
  settings.gang = gang;
  settings.checkpoint_seconds = options.checkpoint_seconds;
  settings.versions =
      nlohmann::json{{"mpi", mer::transport::mpi_version()}, {"sqlite", mer::storage::sqlite_version()}}.dump();
  settings.scheduler.grace = std::chrono::milliseconds(std::llround(options.group_grace * 1000));
  settings.scheduler.stay = options.stay;
  settings.ends_at = options.ends_at;
  settings.job_seconds = options.job_seconds;
  settings.nodes = node_book(store);
  const auto with_epoch_times = [&](mer::orchestrator::SweepToRun sweep) -> Result<mer::orchestrator::SweepToRun> {
    if (options.ends_at > 0) MER_TRY(mer::orchestrator::read_epoch_times(*reader, sweep));
    return sweep;
  };
  settings.load_sweep = [&](mer::SweepId id) -> Result<mer::orchestrator::SweepToRun> {
    MER_ASSIGN(auto sweep, mer::orchestrator::load_sweep(*reader, *writer, id));
    return with_epoch_times(std::move(sweep));
  };
  for (auto& sweep : sweeps) {
    MER_ASSIGN(sweep, with_epoch_times(std::move(sweep)));
  }
  mer::orchestrator::Coordinator coordinator(settings, transport, *writer, std::move(sweeps), print_line);
  FrontDoor door(store, *writer);
  MER_TRY(door.open({options.web_address, options.web_port}, !options.no_web, gate.door));
  while (true) {
    if (signals.arrived()) coordinator.request_pause();
    door.mailbox.serve([&](const auto& request) { return answer_to(request, coordinator); });
    if (const auto code = coordinator.step(steady_clock::now())) {
      settle(transport);
      return *code;
    }
    std::this_thread::sleep_for(coordinator.pause());
  }
}

// A job of Slurm is looked at from the login node.
std::string usual_address(const Options& options) {
  const std::string host = mer::host_name();
  return is_for_others(options) && mer::web::is_loopback(host).ok() ? host : "127.0.0.1";
}

int run(const Options& options) {
  const mer::PauseSignals signals;
  const auto work = [&](mer::transport::Transport& ranks) { return coordinate(options, ranks, signals); };
  return options.alone ? mer::transport::run_alone(work) : mer::transport::run_rank_zero(work);
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("mer"));
  spdlog::set_pattern("%H:%M:%S coordinator %l: %v");
  CLI::App app{
      "The coordinator of a store: rank 0 of an MPI job that `merctl run` starts, or without workers of its own.",
      "mer-coordinator"};
  Options options;
  app.add_option("--store", options.store, "store folder")->required();
  app.add_option("--sweep", options.sweep, "number of the sweep in the store (default: every active one)");
  app.add_flag("--alone", options.alone, "no MPI and no workers of its own: those of other jobs join it");
  app.add_flag("--stay", options.stay, "goes on when nothing is left to do, until it is told to end");
  app.add_option("--group-grace", options.group_grace,
                 "seconds for groups of an earlier coordinator to come back with their trials")
      ->envname("MER_GROUP_GRACE")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--web-address", options.web_address,
                 "address of the dashboard: HTTPS, unless it is a loopback one (default: 127.0.0.1; alone, or in a "
                 "Slurm job, this machine's)")
      ->envname("MER_WEB_ADDRESS");
  app.add_option("--web-port", options.web_port, "port of the dashboard (default: any free one)");
  app.add_flag("--no-web", options.no_web, "no dashboard, only what merctl asks");
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds, "least time between two checkpoints of a trial")
      ->envname("MER_CHECKPOINT_SECONDS")
      ->capture_default_str();
  app.add_option("--gateway-address", options.gateway_address,
                 "address or interface on which workers of other jobs may join; * for all (default: 127.0.0.1; alone, "
                 "or in a Slurm job, all)")
      ->envname("MER_GATEWAY_ADDRESS");
  app.add_option("--ends-at", options.ends_at, "Unix time at which the job is killed: trials that need longer wait")
      ->envname("MER_JOB_ENDS_AT")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--job-seconds", options.job_seconds, "how long a fresh job lasts")
      ->envname("MER_JOB_SECONDS")
      ->check(CLI::NonNegativeNumber);
  app.set_version_flag("--version", "mer-coordinator " + mer::code_version());
  CLI11_PARSE(app, argc, argv);
  if (options.web_address.empty()) options.web_address = usual_address(options);
  return run(options);
}
