// complete: whether every trial of a sweep has ended, as an exit code for scripts.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/status_text.hpp"
#include "cli/store_access.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

struct Completeness {
  std::string of;  // in words
  storage::StateCounts counts;
  std::vector<SweepId> sweeps = {};
  bool paused = false;

  bool complete() const { return counts.left() == 0; }
};

// Recorded: reads every trial.
Result<std::int64_t> epochs_of(storage::ResultReader& reader, const std::vector<SweepId>& sweeps) {
  std::int64_t epochs = 0;
  for (const SweepId sweep : sweeps) {
    MER_ASSIGN(const std::vector<storage::TrialRow> trials, reader.trials(sweep));
    for (const storage::TrialRow& trial : trials) epochs += trial.epoch;
  }
  return epochs;
}

Result<Completeness> of_sweep(storage::ResultReader& reader, const std::string& name) {
  MER_ASSIGN(const SweepId id, reader.find_sweep(name));
  MER_ASSIGN(const storage::SweepDetail detail, reader.sweep(id));
  const storage::SweepSummary& sweep = detail.summary;
  return Completeness{"sweep " + std::to_string(sweep.id.number) + " (" + sweep.name + ")",
                      sweep.counts,
                      {id},
                      sweep.activity == storage::SweepActivity::paused};
}

Result<Completeness> of_active_sweeps(storage::ResultReader& reader) {
  Completeness all{"every active sweep", {}};
  MER_ASSIGN(const auto sweeps, reader.sweeps());
  for (const storage::SweepSummary& sweep : sweeps) {
    if (sweep.activity != storage::SweepActivity::active) continue;
    all.counts += sweep.counts;
    all.sweeps.push_back(sweep.id);
  }
  return all;
}

Status print(const Context& context, storage::ResultReader& reader, const Completeness& found) {
  if (context.format == Format::json) {
    MER_ASSIGN(const std::int64_t epochs, epochs_of(reader, found.sweeps));
    const nlohmann::json document = {
        {"schema", 1}, {"complete", found.complete()}, {"left", found.counts.left()}, {"epochs", epochs}};
    return print_json(context, document.dump(2));
  }
  if (context.format == Format::table) {
    std::printf("%s %s: %s\n", found.of.c_str(), found.complete() ? "is complete" : "is not complete",
                counts_text(found.counts).c_str());
  }
  return {};
}

}  // namespace

ExitCode complete_command(const Context& context, const std::string& sweep) {
  if (!plain_format(context, "complete")) return ExitCode::usage;
  const auto found = [&]() -> Result<Completeness> {
    MER_ASSIGN(const OpenStore store, open_store(context));
    MER_ASSIGN(Completeness asked, sweep.empty() ? of_active_sweeps(*store.reader) : of_sweep(*store.reader, sweep));
    MER_TRY(print(context, *store.reader, asked));
    return asked;
  }();
  if (!found) return report(context, found.error());
  if (found->complete()) return ExitCode::done;
  return found->paused ? ExitCode::paused : ExitCode::some_failed;
}

}  // namespace mer::cli
