// mer-gateway: rank 0 of an MPI job whose workers join the run that a coordinator elsewhere leads.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <thread>
#include <utility>

#include "core/pause_signals.hpp"
#include "core/version.hpp"
#include "storage/endpoint.hpp"
#include "storage/store_dir.hpp"
#include "transport/gateway_link.hpp"
#include "transport/rank_zero.hpp"
#include "transport/zmq_port.hpp"
#include "worker/gateway/gateway.hpp"

namespace {

using mer::Result;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kFarewell{2};  // for the coordinator's answer to the last word

Result<mer::gateway::Line> connect(const mer::storage::GatewayDoor& door) {
  MER_ASSIGN(auto port, mer::transport::ZmqClientPort::connect(door.address, door.port, door.server_key,
                                                               {door.client_key, door.client_secret}));
  return mer::gateway::Line{door.server_key, std::move(port)};
}

Result<mer::gateway::Line> first_line(const mer::storage::StoreDir& store, int workers) {
  MER_ASSIGN(const mer::storage::Endpoint endpoint, mer::storage::read_endpoint(store));
  if (!endpoint.gateway) {
    return mer::Error{mer::ErrorCode::unavailable, "the coordinator on " + endpoint.host + " takes no gateways"};
  }
  spdlog::info("{} workers join the run of {} (process {}) at {}:{}", workers, endpoint.host, endpoint.pid,
               endpoint.gateway->address, endpoint.gateway->port);
  return connect(*endpoint.gateway);
}

// Who holds the store is who coordinates, and has new keys; the kernel takes the lock from a process that ends.
std::optional<mer::gateway::Line> find_coordinator(const mer::storage::StoreDir& store, const std::string& known) {
  const auto holder = mer::storage::StoreLock::holder(store);
  if (!holder && !known.empty()) return mer::gateway::Line{known, nullptr};  // as far as anybody can tell
  const auto endpoint = mer::storage::read_endpoint(store);
  if (!holder || !*holder || !endpoint || !endpoint->gateway) return std::nullopt;
  if (!mer::storage::belongs_to(*endpoint, **holder)) return std::nullopt;
  if (endpoint->gateway->server_key == known) return mer::gateway::Line{known, nullptr};
  auto line = connect(*endpoint->gateway);
  if (!line) return std::nullopt;
  return std::move(*line);
}

void say_goodbye(mer::gateway::Gateway& gateway) {
  const auto give_up = steady_clock::now() + kFarewell;
  while (!gateway.said_goodbye(steady_clock::now()) && steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<mer::ExitCode> relay(const std::string& folder, mer::gateway::GatewayLimits limits,
                            mer::transport::Transport& group, const mer::PauseSignals& signals) {
  if (group.size() < 2) {
    return mer::invalid("no workers: start with `mpirun -n 1 mer-gateway ... : -n N mer-worker`, or `merctl work`");
  }
  MER_ASSIGN(const auto store, mer::storage::StoreDir::open(folder));
  MER_ASSIGN(mer::gateway::Line line, first_line(store, group.size() - 1));
  MER_ASSIGN(const std::string name, mer::storage::new_token());
  const auto find = [&](const std::string& known) { return find_coordinator(store, known); };
  mer::gateway::Gateway gateway(group, name, std::move(line), find, limits);
  while (true) {
    if (signals.arrived()) {
      spdlog::info("leaving: running trials are checkpointed and handed back");
      gateway.request_leave();
    }
    if (const auto code = gateway.step(steady_clock::now())) {
      say_goodbye(gateway);
      if (*code == mer::ExitCode::idle) {
        std::printf("{\"type\":\"idle\",\"seconds\":%ld}\n", long(limits.idle.count() / 1000));
      }
      return *code;
    }
    std::this_thread::sleep_for(gateway.pause());
  }
}

int run(const std::string& store, mer::gateway::GatewayLimits limits) {
  const mer::PauseSignals signals;
  return mer::transport::run_rank_zero(
      [&](mer::transport::Transport& group) { return relay(store, limits, group, signals); });
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("mer"));
  spdlog::set_pattern("%H:%M:%S gateway %l: %v");
  CLI::App app{"Rank 0 of workers that join a run, as `merctl work` starts them while another job leads it.",
               "mer-gateway"};
  std::string store;
  app.add_option("--store", store, "store folder of the run")->required();
  double patience = 600;
  app.add_option("--patience", patience, "seconds to train on without a coordinator until one takes over")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  long idle_seconds = 0;
  app.add_option("--idle-seconds", idle_seconds, "workers that hold no trial for so long leave; default: they stay")
      ->check(CLI::NonNegativeNumber);
  app.set_version_flag("--version", "mer-gateway " + mer::code_version());
  CLI11_PARSE(app, argc, argv);
  mer::gateway::GatewayLimits limits;
  limits.patience = std::chrono::milliseconds(std::llround(patience * 1000));
  limits.idle = std::chrono::seconds(idle_seconds);
  return run(store, limits);
}
