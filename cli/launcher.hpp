// Launcher: which program starts the ranks of a run.
//
// Threads: pure functions; choose_launcher() tries programs. Errors: invalid, with what MER_LAUNCHER may say.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"

namespace mer::cli {

enum class Launcher { mpirun, srun };
const char* name_of(Launcher launcher);

// "mpirun", "srun"; nullopt: "auto", or nothing.
Result<std::optional<Launcher>> launcher_from(const std::string& text);

// What MER_LAUNCHER says. Else mpirun; in a job of Slurm's srun where mpirun is missing, or where it cannot start its
// daemons on the job's nodes (`several` of them), which standard error then says.
Result<Launcher> choose_launcher(bool several);

}  // namespace mer::cli
