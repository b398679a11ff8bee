// Where the dashboard of a running coordinator is, in words.
//
// Threads: pure, but for running_dashboard_text(), which reads the store's files. Errors: none.
#pragma once

#include <string>

#include "storage/store_dir.hpp"

namespace mer::cli {

struct Dashboard {
  std::string url;          // "https://n1:4711/"
  std::string fingerprint;  // of its certificate; empty: HTTP, on this machine alone
};
// Lines of at most 80 columns, the last without its end.
std::string dashboard_text(const Dashboard& dashboard);

// Of the coordinator that holds the store now, with a line end; empty: nobody does.
std::string running_dashboard_text(const storage::StoreDir& store);

}  // namespace mer::cli
