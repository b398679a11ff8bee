// Reader codec: what a ResultReader answers, or its error, as bytes for another process.
//
// An answer is frames of CBOR (core/frame.hpp): {"format", "code", "message"} first, code empty where there was no
// error, then one frame for each value, so that neither side holds more than one value as a tree. Threads: pure
// functions. Errors: the answer's own; corrupt for bytes that answer_of() of this version cannot have made.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// A longer answer is an error instead: about a million trials, or 30 million probabilities of one trial.
constexpr std::size_t kLongestAnswer = std::size_t{256} << 20;

// T: SweepSummary, SweepId, SweepDetail, TrialRow, Timeline, TrialId, TrialDetail, EpochRow, ResultRow, TrialConfusion,
// Selected, Prediction, std::int64_t.
template <class T>
std::string answer_of(const Result<std::vector<T>>& values, std::size_t longest = kLongestAnswer);
template <class T>
std::string answer_of(const Result<T>& value);

template <class T>
Result<std::vector<T>> values_in(std::string_view answer);
template <class T>
Result<T> value_in(std::string_view answer);

}  // namespace mer::storage
