// Published numbers beside a sweep's own: a number belongs to the configuration that has its label.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "storage/result_store.hpp"

namespace mer::storage {

// The position of the configuration that the number is of; nullopt: none has its label.
std::optional<std::size_t> configuration_of(const Published& published, const std::vector<std::string>& labels);

// Its configuration's mean less the published number; nullopt: it has no configuration, or that has no mean.
// results: as ResultReader::results().
std::optional<double> difference_from(const Published& published, const std::vector<std::string>& labels,
                                      const std::vector<ResultRow>& results);

// Where the numbers are from, each source once.
std::vector<std::string> sources_of(const std::vector<Published>& published);

// Its label, and the number of its source among these: "MMIN [2]".
std::string cited(const Published& published, const std::vector<std::string>& sources);

}  // namespace mer::storage
