// Reader calls: a call of a ResultReader by its name and parameters, as another process asks for it.
//
// call         parameters             answers
// sweeps                              SweepSummary, each
// find-sweep   name                   SweepId
// sweep        sweep                  SweepDetail
// trials       sweep                  TrialRow, each
// timeline     sweep, offset, limit   Timeline
// find-trial   prefix                 TrialId
// trial        trial                  TrialDetail
// curve        trial, split           EpochRow, each
// results      sweep, rule, metric    ResultRow, each
// confusions   sweep, rule, metric    TrialConfusion, each
// selected     trial, rule, metric    Selected
// predictions  trial, rule, metric    Prediction, each
// reusable     file                   how many: of a submission in the store's folder submissions/
// version                             the data's
// Threads: as the reader's. Errors: they are in the answer (storage/reader_codec.hpp).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

struct ReaderCall {
  std::string name;
  std::map<std::string, std::string> parameters;
};

using SubmissionOf = std::function<Result<Submission>(const std::string& file)>;

// The answer's bytes; nullopt: there is no such call.
std::optional<std::string> answer_call(ResultReader& reader, const ReaderCall& call, const SubmissionOf& submission);

}  // namespace mer::storage
