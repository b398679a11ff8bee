// From a sweep file's sections to a Configuration and back: defaults, structs, checks across fields, hash.
//
// Threads: pure functions. Errors: invalid (see core/sweep_check.hpp).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "core/sweep.hpp"
#include "core/sweep_check.hpp"

namespace mer {

// REQUIRES: the sections corpus, folds, model and train of `document`, where they are there, and the point's values
// have passed check_value.
Result<Configuration> resolve(const SweepOrigin& origin, const nlohmann::json& document, const nlohmann::json& point);

// The hash of a configuration's content: its settings, its corpus and its folds, never where their files are.
ConfigurationId configuration_id_of(const Configuration& configuration, const CorpusId& corpus,
                                    const std::vector<FoldId>& folds);

// The sections select, resources, retry and record, checked like those.
void resolve_rest(const nlohmann::json& document, Sweep& sweep);

// {"corpus": {...}, "folds": {...}, "model": {...}, "train": {...}}, complete: resolve() reads it back.
nlohmann::json json_of(const Configuration& configuration);

// The whole sweep but for the configurations' differing keys; `varied`: the paths that its points set.
nlohmann::json json_of(const Sweep& sweep, const std::vector<std::string>& varied);

}  // namespace mer
