// Serves the demo store for the browser tests: prints "port N"; each line "advance" on standard input finishes one
// more epoch of the running trial; ends when standard input does. The arguments, each optional: the
// API's token (empty: none), the port.
#include <cstdio>
#include <iostream>
#include <string>

#include "tests/web/demo_store.hpp"
#include "web/server.hpp"

int main(int argc, char** argv) {
  const auto store = mer::web::test::make_demo_store();
  mer::web::HttpOptions options;
  if (argc > 1) options.token = argv[1];
  if (argc > 2) options.address.port = std::stoi(argv[2]);
  mer::web::Server server(options, [&]() -> mer::Result<std::unique_ptr<mer::storage::ResultReader>> {
    return std::unique_ptr<mer::storage::ResultReader>(store->reopen());
  });
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
