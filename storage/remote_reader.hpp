// RemoteReader: the ResultReader over another process that reads the store (storage/reader_call.hpp).
//
// Each call is one question. Threads: one at a time. Errors: those of the reader over there, and those of the way to
// it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "storage/reader_call.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

struct ReaderLine {
  std::function<Result<std::string>(const ReaderCall&)> ask;  // the answer's bytes
  // Asks `reusable` of this submission, which has to lie where the other side finds it.
  std::function<Result<std::string>(const Submission&)> ask_reusable;
};

class RemoteReader final : public ResultReader {
 public:
  explicit RemoteReader(ReaderLine line) : line_(std::move(line)) {}

  using ResultReader::confusions;
  using ResultReader::results;
  using ResultReader::trials;
  Result<std::vector<SweepSummary>> sweeps() override;
  Result<SweepId> find_sweep(const std::string& name_or_number) override;
  Result<SweepDetail> sweep(SweepId id) override;
  Result<std::vector<TrialRow>> trials(SweepId id, const Configurations& only) override;
  Result<Timeline> timeline(SweepId id, std::int64_t offset, std::int64_t limit) override;
  Result<TrialId> find_trial(const std::string& prefix) override;
  Result<TrialDetail> trial(const TrialId& id) override;
  Result<std::vector<EpochRow>> curve(const TrialId& id, Split split) override;
  Result<std::vector<ResultRow>> results(SweepId id, SelectionRule rule, Metric metric,
                                         const Configurations& only) override;
  Result<std::vector<TrialConfusion>> confusions(SweepId id, SelectionRule rule, Metric metric,
                                                 const Configurations& only) override;
  Result<Selected> selected(const TrialId& id, SelectionRule rule, Metric metric) override;
  Result<std::vector<Prediction>> predictions(const TrialId& id, SelectionRule rule, Metric metric) override;
  Result<std::int64_t> count_reusable(const Submission& submission) override;
  Result<std::int64_t> data_version() override;

 private:
  ReaderLine line_;
};

}  // namespace mer::storage
