// Submission codec: a submission as bytes, for one that goes to a running coordinator: CBOR, in a file of the store's
// folder submissions/.
//
// What follows from the resolved sweep is not written: a trial is its id and four numbers. Threads: pure functions.
// Errors: corrupt for bytes that submission_from() cannot have got from bytes_of().
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

std::string bytes_of(const Submission& submission);
Result<Submission> submission_from(std::string_view bytes);

}  // namespace mer::storage
