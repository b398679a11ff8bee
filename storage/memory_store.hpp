// MemoryStore: ResultWriter and ResultReader without a disk, for tests. Same answers as SqliteStore and SqliteReader
// (tests/storage/conformance).
//
// Threads: any number; every call takes the store's mutex. Errors: as result_store.hpp, but never busy, io or no_space.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

class MemoryStore final : public ResultWriter, public ResultReader {
 public:
  MemoryStore();
  ~MemoryStore() override;

  // A second writer and reader of the same content, as a second process on the same folder would be.
  std::unique_ptr<MemoryStore> reopen() const;

  Result<SweepId> submit(const Submission& submission) override;
  Status begin_session(const std::string& host, std::int64_t pid, double at) override;
  Status beat(double at) override;
  Result<CommitOutcome> commit(std::span<const StoreWrite> writes) override;
  Result<Controlled> control(const Control& control) override;
  Status each_trial(SweepId sweep, const std::function<void(TrialProgress)>& take) override;

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
  struct Content;
  explicit MemoryStore(std::shared_ptr<Content> content);

  std::shared_ptr<Content> content_;
  std::int64_t lease_ = 0;
};

}  // namespace mer::storage
