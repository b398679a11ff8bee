// complete: whether every trial of a sweep has ended, as an exit code for scripts.
#include <cstdio>
#include <string>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/status_text.hpp"
#include "cli/store_access.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

constexpr double kLockPatienceSeconds = 15;  // ranks outlive a killed mpirun by about 2 s

void print_standing(const Context& context, const storage::SweepSummary& sweep) {
  const bool complete = sweep.counts.left() == 0;
  if (context.format == Format::json) {
    const nlohmann::json document = {
        {"schema", 1}, {"sweep", sweep.id.number}, {"complete", complete}, {"left", sweep.counts.left()}};
    std::printf("%s\n", document.dump(2).c_str());
  } else if (context.format == Format::table) {
    std::printf("sweep %ld (%s) %s: %s\n", long(sweep.id.number), sweep.name.c_str(),
                complete ? "is complete" : "is not complete", counts_text(sweep.counts).c_str());
  }
}

}  // namespace

ExitCode complete_command(const Context& context, const std::string& sweep) {
  if (!plain_format(context, "complete")) return ExitCode::usage;
  const auto summary = [&]() -> Result<storage::SweepSummary> {
    MER_ASSIGN(const OpenStore store, open_store(context, kLockPatienceSeconds));
    MER_ASSIGN(const SweepId id, store.reader->find_sweep(sweep));
    MER_ASSIGN(const storage::SweepDetail detail, store.reader->sweep(id));
    return detail.summary;
  }();
  if (!summary) return report(context, summary.error());
  print_standing(context, *summary);
  if (summary->counts.left() == 0) return ExitCode::done;
  return summary->activity == storage::SweepActivity::paused ? ExitCode::paused : ExitCode::some_failed;
}

}  // namespace mer::cli
