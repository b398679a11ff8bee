// mer-gateway: rank 0 of an MPI job whose workers join the run that a coordinator elsewhere leads.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <thread>
#include <unistd.h>

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

constexpr std::chrono::seconds kFarewell{2};   // for the coordinator's answer to the last word
constexpr std::chrono::seconds kLookAfter{3};  // of silence: whether the coordinator still holds the store

Result<mer::storage::Endpoint> find_coordinator(const mer::storage::StoreDir& store) {
  MER_ASSIGN(const mer::storage::Endpoint endpoint, mer::storage::read_endpoint(store));
  if (endpoint.gateway) return endpoint;
  return mer::Error{mer::ErrorCode::unavailable, "the coordinator on " + endpoint.host + " takes no gateways"};
}

// Who holds the store is who coordinates; the kernel takes the lock from a process that ends.
bool holds(const mer::storage::StoreDir& store, const mer::storage::Endpoint& endpoint) {
  const auto holder = mer::storage::StoreLock::holder(store);
  if (!holder) return true;
  return *holder && mer::storage::belongs_to(endpoint, **holder);
}

void say_goodbye(mer::transport::GatewayLink& link) {
  const auto give_up = steady_clock::now() + kFarewell;
  while (!link.refused() && steady_clock::now() < give_up) {
    link.poll(steady_clock::now());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<mer::ExitCode> relay(const std::string& folder, mer::gateway::GatewayLimits limits,
                            mer::transport::Transport& group, const mer::PauseSignals& signals) {
  if (group.size() < 2) {
    return mer::invalid("no workers: start with `mpirun -n 1 mer-gateway ... : -n N mer-worker`, or `merctl work`");
  }
  MER_ASSIGN(const auto store, mer::storage::StoreDir::open(folder));
  MER_ASSIGN(const mer::storage::Endpoint endpoint, find_coordinator(store));
  const mer::storage::GatewayDoor& door = *endpoint.gateway;
  MER_ASSIGN(const auto port, mer::transport::ZmqClientPort::connect(door.address, door.port, door.server_key,
                                                                     {door.client_key, door.client_secret}));
  MER_ASSIGN(const std::string session, mer::storage::new_token());
  mer::transport::GatewayLink link(*port, session, group.size() - 1);
  spdlog::info("{} workers join the run of {} (process {}) at {}:{}", group.size() - 1, endpoint.host, endpoint.pid,
               door.address, door.port);
  mer::gateway::Gateway gateway(group, link, limits);
  auto looked = steady_clock::now();
  while (true) {
    const auto now = steady_clock::now();
    if (now - std::max(looked, link.heard().value_or(looked)) > kLookAfter) {
      looked = now;
      if (!holds(store, endpoint)) gateway.coordinator_has_gone();
    }
    if (signals.arrived()) {
      spdlog::info("leaving: running trials are checkpointed and handed back");
      gateway.request_leave();
    }
    if (const auto code = gateway.step(now)) {
      say_goodbye(link);
      if (*code == mer::ExitCode::idle)
        std::printf("{\"type\":\"idle\",\"seconds\":%ld}\n", long(limits.idle.count() / 1000));
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
  long idle_seconds = 0;
  app.add_option("--idle-seconds", idle_seconds, "workers that hold no trial for so long leave; default: they stay")
      ->check(CLI::NonNegativeNumber);
  app.set_version_flag("--version", "mer-gateway " + mer::code_version());
  CLI11_PARSE(app, argc, argv);
  mer::gateway::GatewayLimits limits;
  limits.idle = std::chrono::seconds(idle_seconds);
  return run(store, limits);
}
