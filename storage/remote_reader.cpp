#include "storage/remote_reader.hpp"

#include <cstddef>
#include <utility>
#include <vector>

#include "storage/codec.hpp"
#include "storage/lookup.hpp"
#include "storage/reader_codec.hpp"

namespace mer::storage {
namespace {

std::string text_of(SweepId id) {
  return std::to_string(id.number);
}

ReaderCall about(const char* call, const TrialId& id, SelectionRule rule, Metric metric) {
  return {call, {{"trial", id.hex}, {"rule", name_of(rule)}, {"metric", name_of(metric)}}};
}

// As a parameter: a query has a limit (docs/http.md). What was not asked for is left out of the answer here.
std::string text_of(const Configurations& only) {
  constexpr std::size_t kMostAsked = 500;
  return integers_to_json(only.size() <= kMostAsked ? only : Configurations());
}

template <class Row>
std::vector<Row> among(std::vector<Row> rows, const Configurations& only) {
  std::erase_if(rows, [&](const Row& row) { return !is_among(row.configuration, only); });
  return rows;
}

ReaderCall about(const char* call, SweepId id, SelectionRule rule, Metric metric, const Configurations& only) {
  return {call,
          {{"sweep", text_of(id)},
           {"rule", name_of(rule)},
           {"metric", name_of(metric)},
           {"configurations", text_of(only)}}};
}

}  // namespace

Result<std::vector<SweepSummary>> RemoteReader::sweeps() {
  MER_ASSIGN(const std::string answer, line_.ask({"sweeps", {}}));
  return values_in<SweepSummary>(answer);
}

Result<SweepId> RemoteReader::find_sweep(const std::string& name_or_number) {
  MER_ASSIGN(const std::string answer, line_.ask({"find-sweep", {{"name", name_or_number}}}));
  return value_in<SweepId>(answer);
}

Result<SweepDetail> RemoteReader::sweep(SweepId id) {
  MER_ASSIGN(const std::string answer, line_.ask({"sweep", {{"sweep", text_of(id)}}}));
  return value_in<SweepDetail>(answer);
}

Result<std::vector<TrialRow>> RemoteReader::trials(SweepId id, const Configurations& only) {
  MER_ASSIGN(const std::string answer,
             line_.ask({"trials", {{"sweep", text_of(id)}, {"configurations", text_of(only)}}}));
  MER_ASSIGN(std::vector<TrialRow> rows, values_in<TrialRow>(answer));
  return among(std::move(rows), only);
}

Result<Timeline> RemoteReader::timeline(SweepId id, std::int64_t offset, std::int64_t limit) {
  const ReaderCall call = {
      "timeline", {{"sweep", text_of(id)}, {"offset", std::to_string(offset)}, {"limit", std::to_string(limit)}}};
  MER_ASSIGN(const std::string answer, line_.ask(call));
  return value_in<Timeline>(answer);
}

Result<TrialId> RemoteReader::find_trial(const std::string& prefix) {
  MER_ASSIGN(const std::string answer, line_.ask({"find-trial", {{"prefix", prefix}}}));
  return value_in<TrialId>(answer);
}

Result<TrialDetail> RemoteReader::trial(const TrialId& id) {
  MER_ASSIGN(const std::string answer, line_.ask({"trial", {{"trial", id.hex}}}));
  return value_in<TrialDetail>(answer);
}

Result<std::vector<EpochRow>> RemoteReader::curve(const TrialId& id, Split split) {
  MER_ASSIGN(const std::string answer, line_.ask({"curve", {{"trial", id.hex}, {"split", name_of(split)}}}));
  return values_in<EpochRow>(answer);
}

Result<std::vector<ResultRow>> RemoteReader::results(SweepId id, SelectionRule rule, Metric metric,
                                                     const Configurations& only) {
  MER_ASSIGN(const std::string answer, line_.ask(about("results", id, rule, metric, only)));
  MER_ASSIGN(std::vector<ResultRow> rows, values_in<ResultRow>(answer));
  return among(std::move(rows), only);
}

Result<std::vector<TrialConfusion>> RemoteReader::confusions(SweepId id, SelectionRule rule, Metric metric,
                                                             const Configurations& only) {
  MER_ASSIGN(const std::string answer, line_.ask(about("confusions", id, rule, metric, only)));
  MER_ASSIGN(std::vector<TrialConfusion> rows, values_in<TrialConfusion>(answer));
  return among(std::move(rows), only);
}

Result<Selected> RemoteReader::selected(const TrialId& id, SelectionRule rule, Metric metric) {
  MER_ASSIGN(const std::string answer, line_.ask(about("selected", id, rule, metric)));
  return value_in<Selected>(answer);
}

Result<std::vector<Prediction>> RemoteReader::predictions(const TrialId& id, SelectionRule rule, Metric metric) {
  MER_ASSIGN(const std::string answer, line_.ask(about("predictions", id, rule, metric)));
  return values_in<Prediction>(answer);
}

Result<std::int64_t> RemoteReader::count_reusable(const Submission& submission) {
  MER_ASSIGN(const std::string answer, line_.ask_reusable(submission));
  return value_in<std::int64_t>(answer);
}

Result<std::int64_t> RemoteReader::data_version() {
  MER_ASSIGN(const std::string answer, line_.ask({"version", {}}));
  return value_in<std::int64_t>(answer);
}

}  // namespace mer::storage
