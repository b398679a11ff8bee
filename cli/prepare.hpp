// prepare: from a sweep file to a checked submission; the work that `run` and `plan` share.
//
// Reads the sweep file, loads or generates its corpora, materialises and checks the folds, expands the trials. Writes
// nothing. Threads: one. Errors: invalid and corrupt, as the readers of core/ and data/ word them.
#pragma once

#include <memory>

#include "cli/commands.hpp"
#include "core/result.hpp"
#include "orchestrator/sweep_plan.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {

struct Prepared {
  std::unique_ptr<const orchestrator::Corpora> corpora;  // the plan points into it
  orchestrator::SweepPlan plan;
};

Result<Prepared> prepare(const SweepFileOptions& options);

// Writes what the trainers read: folds/<hash>.json, and a synthetic corpus into corpora/<hash>/, whose path it sets in
// the submission. Idempotent; others may do the same at the same time.
Status materialise(Prepared& prepared, const storage::StoreDir& store);

// Removes what processes that were killed while they did so have left. REQUIRES: the store's lock is held.
void remove_leftovers(const storage::StoreDir& store);

}  // namespace mer::cli
