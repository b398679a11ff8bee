#include "cli/work.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/allocated_nodes.hpp"
#include "cli/node_gpus.hpp"
#include "cli/nodes_text.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "cli/store_door.hpp"
#include "cli/sweep_run.hpp"
#include "cli/usable_nodes.hpp"
#include "core/host_name.hpp"
#include "core/sweep_file.hpp"
#include "storage/excluded_nodes.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

std::string name_of(const storage::SweepSummary& sweep) {
  return "sweep " + std::to_string(sweep.id.number) + " (" + sweep.name + ")";
}

// This sweep, and the others that the same workers will work on.
Status say_what_runs(const Context& context, SweepId id) {
  MER_ASSIGN(const OpenStore store, open_store(context));
  MER_ASSIGN(const auto sweeps, store.reader->sweeps());
  for (const storage::SweepSummary& sweep : sweeps) {
    const std::int64_t left = sweep.counts.left();
    if (sweep.id == id) {
      std::fprintf(stderr, "%s: %ld trials, store %s\n", name_of(sweep).c_str(), long(sweep.counts.total()),
                   context.store.c_str());
      if (sweep.reused > 0) {
        std::fprintf(stderr, "%ld of them had their results in the store; --fresh trains them again\n",
                     long(sweep.reused));
      }
    } else if (left > 0 && sweep.activity == storage::SweepActivity::active) {
      std::fprintf(stderr, "also %s, which has %ld trials left; `merctl pause %ld` lets it wait\n",
                   name_of(sweep).c_str(), long(left), long(sweep.id.number));
    }
  }
  return {};
}

// A store that is not there yet, or cannot be opened, is the next step's concern.
std::vector<storage::ExcludedNode> excluded_from(const Context& context) {
  const Result<storage::StoreDir> store = storage::StoreDir::open(context.store);
  return store ? storage::excluded_nodes(*store) : std::vector<storage::ExcludedNode>();
}

// Those of Slurm's job, if it has several, or this machine.
UsableNodes usable(const std::vector<Node>& allocated, const std::vector<storage::ExcludedNode>& excluded) {
  return usable_nodes(allocated.empty() ? std::vector<Node>{{host_name()}} : allocated, excluded);
}

void say_left_out(const std::vector<storage::ExcludedNode>& nodes) {
  for (const storage::ExcludedNode& node : nodes) {
    std::fprintf(stderr, "%s; `merctl node include %s` takes it back\n", sentence_of(node).c_str(), node.host.c_str());
  }
}

// Those of Slurm's job, if it has several, with room for what the GPUs of each feed.
Result<std::vector<Node>> nodes_to_use(std::vector<Node> allocated, const std::vector<storage::ExcludedNode>& excluded,
                                       const TrainingPlace& place) {
  if (allocated.empty()) return allocated;
  if (place.workers > 0) MER_TRY(make_room_for_gpus(allocated, gpus_by_node(), place.workers));
  UsableNodes others = usable_nodes(allocated, excluded);
  return others.nodes.empty() ? allocated : std::move(others.nodes);
}

// A person has stopped this sweep: the next run of another one leaves it alone.
Status pause(const Context& context, SweepId sweep) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::open(context.store));
  StoreAction action;
  action.here = [&](storage::SqliteStore& writer) -> Result<std::string> {
    MER_TRY(writer.control({.verb = storage::ControlVerb::pause, .sweep = sweep}));
    return std::string();
  };
  action.by_coordinator = [&](const CoordinatorClient& coordinator) {  // of a job that has taken the run over
    return coordinator.post("/api/v1/control/pause", {{"target", std::to_string(sweep.number)}});
  };
  MER_TRY(at_store(store, action));
  return {};
}

// Of the active sweeps with trials left the one that goes first: of the highest priority the oldest.
Result<std::optional<SweepId>> first_active(storage::ResultReader& reader) {
  std::optional<storage::SweepSummary> first;
  MER_ASSIGN(const auto sweeps, reader.sweeps());  // newest first
  for (const storage::SweepSummary& sweep : sweeps) {
    if (sweep.activity != storage::SweepActivity::active || sweep.counts.left() == 0) continue;
    if (!first || sweep.priority >= first->priority) first = sweep;
  }
  return first ? std::optional(first->id) : std::nullopt;
}

}  // namespace

Result<std::optional<Chosen>> choose(const Context& context, const std::string& name) {
  MER_ASSIGN(const OpenStore store, open_store(context));
  std::optional<SweepId> id;
  if (name.empty()) {
    MER_ASSIGN(id, first_active(*store.reader));
  } else {
    MER_ASSIGN(id, store.reader->find_sweep(name));
  }
  if (!id) return std::optional<Chosen>();
  MER_ASSIGN(const storage::SweepDetail detail, store.reader->sweep(*id));
  MER_ASSIGN(const Sweep sweep, sweep_frame_from_resolved(detail.resolved_json));
  return std::optional(Chosen{*id, sweep.resources});
}

bool is_excluded(const Context& context) {
  const Result<std::vector<Node>> allocated = allocated_nodes();
  if (!allocated) return false;
  const UsableNodes use = usable(*allocated, excluded_from(context));
  if (use.nodes.empty()) say_left_out(use.left_out);
  return use.nodes.empty();
}

// This node is the one that is asked for GPUs: what it says counts for nothing when it is an excluded one without any.
Result<Workplace> workplace_of(const Context& context, const ResourceSettings& resources, int asked,
                               IfExcluded if_excluded) {
  Workplace workplace;
  MER_ASSIGN(const std::vector<Node> allocated, allocated_nodes());
  const std::vector<storage::ExcludedNode> excluded = excluded_from(context);
  const UsableNodes use = usable(allocated, excluded);
  const bool leave = if_excluded == IfExcluded::leave;
  if (leave || !use.nodes.empty()) say_left_out(use.left_out);
  workplace.excluded = leave && use.nodes.empty();
  if (workplace.excluded) return workplace;
  Result<TrainingPlace> place = training_place(resources, look_around(program_folder()));
  workplace.excluded = leave && !place && usable({}, excluded).nodes.empty();
  if (workplace.excluded) return workplace;
  MER_ASSIGN(workplace.place, std::move(place));
  MER_ASSIGN(workplace.nodes, nodes_to_use(allocated, excluded, workplace.place));
  MER_ASSIGN(workplace.workers, workers_of(resources, workplace.place, asked, allocated_cores(), workplace.nodes));
  return workplace;
}

ExitCode show_end(const Context& context, SweepId sweep, const storage::StateCounts& counts) {
  const ExitCode shown = results_command(context, {.sweep = std::to_string(sweep.number)});
  if (shown != ExitCode::done) return shown;
  if (counts.failed > 0) {
    std::fprintf(stderr,
                 "%ld trials failed: `merctl explain TRIAL` says why; `merctl retry %ld --failed` tries them again\n",
                 long(counts.failed), long(sweep.number));
  }
  if (counts.cancelled > 0) {
    std::fprintf(stderr, "%ld trials are cancelled: `merctl retry %ld` brings them back\n", long(counts.cancelled),
                 long(sweep.number));
  }
  if (counts.pending > 0) {  // another process has paused it
    std::fputs("paused; the same command resumes\n", stderr);
    return ExitCode::paused;
  }
  return counts.done == counts.total() ? ExitCode::done : ExitCode::some_failed;
}

ExitCode work_on(const Context& context, SweepId sweep, const ResourceSettings& resources, const Workplace& workplace,
                 bool web) {
  if (const Status said = say_what_runs(context, sweep); !said) return report(context, said.error());
  std::fprintf(stderr, "training on %s\n", workplace.place.text.c_str());

  const LocalRun run{.sweep = sweep,
                     .workers = workplace.workers,
                     .nodes = workplace.nodes,
                     .gang = resources.gpus_per_trial,
                     .web = web};
  const Result<LaunchEnd> end = run_to_the_end(context, run);
  if (!end) return report(context, end.error());
  if (*end != LaunchEnd::ended) {
    if (*end == LaunchEnd::interrupted) {
      if (const Status paused = pause(context, sweep); !paused) return report(context, paused.error());
    }
    std::fputs("paused; the same command resumes\n", stderr);
    return ExitCode::paused;
  }
  const Result<Standing> standing = standing_of(context, run);
  if (!standing) return report(context, standing.error());
  return show_end(context, sweep, standing->counts);
}

}  // namespace mer::cli
