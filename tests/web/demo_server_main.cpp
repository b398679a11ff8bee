// Serves the demo store for the browser tests: prints "port N"; each line "advance" on standard input finishes one
// more epoch of the running trial; ends when standard input does. Arguments: the token of reads, empty: none; the token
// of controls, which change the demo store alone.
#include <cstdio>
#include <iostream>
#include <string>

#include "storage/control_target.hpp"
#include "tests/web/demo_store.hpp"
#include "web/server.hpp"

int main(int argc, char** argv) {
  const auto store = mer::web::test::make_demo_store();
  mer::web::HttpOptions options;
  if (argc > 1) options.token = argv[1];
  mer::web::ServerControls controls;
  if (argc > 2) {
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
  }
  return 0;
}
