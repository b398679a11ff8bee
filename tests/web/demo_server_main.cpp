// Serves the demo store for the browser tests: prints "port N"; each line "advance" on standard input finishes one
// more epoch of the running trial, and "print TEXT" adds a line to every log; ends when standard input does.
// Arguments, each optional: the token of reads, empty: none; the token of controls, which change the demo store alone,
// empty: no controls; the port.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>

#include "storage/control_target.hpp"
#include "storage/trial_log.hpp"
#include "tests/web/demo_store.hpp"
#include "web/server.hpp"

namespace {

// Of every trial: its attempt's number, what a page must not act on, and the lines that were added.
class DemoLog {
 public:
  void print(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_ += line + "\n";
  }

  mer::Result<std::string> part(const mer::storage::TrialDetail& trial, int number, std::int64_t offset) {
    MER_ASSIGN(const auto attempt, mer::storage::attempt_of(trial, number));
    const std::lock_guard lock(mutex_);
    const std::string text = "attempt " + std::to_string(attempt.attempt) + "\n" + kHostile + lines_;
    return text.substr(std::min(std::size_t(offset), text.size()), mer::web::kLogPart);
  }

 private:
  static constexpr const char* kHostile =
      "\x1b[31mred\x1b[0m \x1b]0;title\x07"
      "<script>alert(5)</script><img src=x onerror=alert(6)> \xe2\x80\xaereversed\a\b\n";

  std::mutex mutex_;
  std::string lines_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto store = mer::web::test::make_demo_store();
  DemoLog log;
  mer::web::HttpOptions options;
  if (argc > 1) options.token = argv[1];
  mer::web::ServerControls controls;
  controls.log = [&](const mer::storage::TrialDetail& trial, int attempt, std::int64_t offset) {
    return log.part(trial, attempt, offset);
  };
  if (argc > 3) options.address.port = std::stoi(argv[3]);
  if (argc > 2 && *argv[2] != 0) {
    options.control_token = argv[2];
    controls.control = [&](const mer::storage::Control& control) -> mer::Result<std::string> {
      MER_ASSIGN(const auto controlled, store->control(control));
      return mer::storage::control_json(control, controlled);
    };
  }
  const auto new_reader = [&]() -> mer::Result<std::unique_ptr<mer::storage::ResultReader>> {
    return std::unique_ptr<mer::storage::ResultReader>(store->reopen());
  };
  mer::web::Server server(options, new_reader, controls);
  const auto port = server.start();
  if (!port) {
    std::fprintf(stderr, "%s\n", port.error().message.c_str());
    return 1;
  }
  std::printf("port %d\n", *port);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "advance") mer::web::test::advance(*store);
    if (line.starts_with("print ")) log.print(line.substr(6));
  }
  return 0;
}
