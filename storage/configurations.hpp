// The configurations of a sweep as tables name them, and as people do.
//
// Threads: pure functions. Errors: not_found and invalid, with what there is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// Keys in which any configuration differs from another, in the order of their first appearance.
std::vector<std::string> differing_keys(const SweepDetail& detail);

// "alpha=0.1 beta=1" for each; a key keeps its section where two sections have one of that name.
std::vector<std::string> configuration_labels(const SweepDetail& detail);

// The position of the one that somebody names: by its label, its number (from 1, in the table's order), or its id's
// first digits (at least 4).
Result<std::size_t> find_configuration(const SweepDetail& detail, const std::string& name);

const Aggregate& aggregate_for(const ResultRow& row, Metric metric);

// The highest mean of the rows that have one; nullopt where there is nothing to choose from.
std::optional<double> best_mean(const std::vector<ResultRow>& rows, Metric metric);

// Without one no epoch is best on it.
bool has_validation_part(const SweepDetail& sweep);

}  // namespace mer::storage
