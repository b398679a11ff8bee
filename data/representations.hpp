// Reads the public and unique representations that a trial has kept (worker/trainer/representations.hpp writes them).
//
// Threads: pure function but for the file. Errors: not_found: there is no such file, or the model has no subspaces;
// corrupt: it is of another trial or attempt, or a tensor is not what it should be; io.
#pragma once

#include <string>

#include "core/ids.hpp"
#include "core/representations.hpp"
#include "core/result.hpp"

namespace mer::data {

Result<Representations> read_representations(const std::string& path, const TrialId& trial, int attempt);

}  // namespace mer::data
