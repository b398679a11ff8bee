#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/dashboard_text.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/store_dir.hpp"
#include "storage/trial_log.hpp"
#include "web/server.hpp"

namespace mer::cli {
namespace {

void wait_for_end() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  int signal = 0;
  ::sigwait(&set, &signal);
}

void block_end_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

// With the dashboard of the coordinator that has the store, where there is one.
Error with_dashboard(Error error, const storage::StoreDir& store) {
  const std::string dashboard = running_dashboard_text(store);
  if (error.code == ErrorCode::busy && !dashboard.empty()) {
    error.message = store.path().string() + ": a coordinator has this store, and shows it; its " + dashboard;
    error.message.pop_back();
  }
  return error;
}

}  // namespace

ExitCode serve_command(const Context& context, int port) {
  if (!plain_format(context, "serve")) return ExitCode::usage;
  const Result<storage::StoreDir> store = storage::StoreDir::open(context.store);
  if (!store) return report(context, store.error());
  const auto lock = lock_for_reading(*store, 0);  // held while it serves
  if (!lock) return report(context, with_dashboard(lock.error(), *store));
  block_end_signals();  // before the server's threads start, so that they inherit it
  web::HttpOptions options;
  options.address.port = port;
  web::ServerControls controls;
  controls.log = [&](const storage::TrialDetail& trial, int attempt, std::int64_t offset) {
    return storage::log_part(*store, trial, attempt, offset, web::kLogPart);
  };
  controls.representations = representations_in(*store);
  web::Server server(
      options, [&] { return storage::open_reader(*store); }, controls);
  const Result<int> bound = server.start();
  if (!bound) return report(context, bound.error());
  if (context.format == Format::json) {
    std::printf("{\"schema\": 1, \"url\": \"http://127.0.0.1:%d/\"}\n", *bound);
  } else {
    std::printf("http://127.0.0.1:%d/\n", *bound);
    std::fputs("serving the dashboard, read-only; Ctrl-C ends it\n", stderr);
  }
  std::fflush(stdout);
  wait_for_end();
  server.stop();
  return ExitCode::done;
}

}  // namespace mer::cli
