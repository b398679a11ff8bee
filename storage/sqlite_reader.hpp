// SqliteReader: the ResultReader over mer.db.
//
// Threads: one at a time. Errors: as result_store.hpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/store_dir.hpp"

namespace mer::storage {

class SqliteDb;
class SqliteStore;

// The way to read that fits the store's file system: a read-only connection of its own on a local disk; on a network
// file system the connection of `writer`, or with no writer an own one. REQUIRES: on a network file system without a
// writer the caller holds the store's lock while it reads.
Result<std::unique_ptr<ResultReader>> open_reader(const StoreDir& store, const SqliteStore* writer = nullptr);

class SqliteReader final : public ResultReader {
 public:
  explicit SqliteReader(std::shared_ptr<SqliteDb> db) : db_(std::move(db)) {}

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
  std::shared_ptr<SqliteDb> db_;
};

}  // namespace mer::storage
