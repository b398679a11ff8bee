// Probe of files: model/probe.hpp on a safetensors file, its answer in another.
//
// Threads: pure apart from the files. Errors: those of data/safetensors.hpp and of the probe.
#pragma once

#include <string>

#include "core/result.hpp"

namespace mer::trainer {

Status probe_file(const std::string& in, const std::string& out);

}  // namespace mer::trainer
