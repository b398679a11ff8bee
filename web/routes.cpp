#include "web/routes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "storage/control_target.hpp"
#include "storage/results_text.hpp"
#include "web/analysis_api.hpp"
#include "web/api.hpp"
#include "web/hyperparameters_api.hpp"
#include "web/openapi.hpp"
#include "web/representations_api.hpp"
#include "web/timeline_api.hpp"

namespace mer::web {
namespace {

using storage::ResultReader;
using Answer = Result<std::string>;

constexpr std::size_t kMostPlaced = 2000;  // utterances of a picture: about a second, and 1 MB of JSON
constexpr const char* kComponents = "2, 3";

Error not_found(const std::string& what) {
  return {ErrorCode::not_found, what};
}

// --- reads ---

Answer version(const Call& call) {
  return version_json(*call.reader, bool(call.controls.control));
}

Answer sweeps(const Call& call) {
  return sweeps_json(*call.reader, value_of(call.query, "tag"));
}

Answer results(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  ResultsQuery wanted{.rule = epoch.rule, .metric = epoch.metric};
  MER_ASSIGN(wanted.sort, optional_choice<Metric>(query, "sort", metric_from, kMetrics));
  MER_ASSIGN(wanted.page, page_asked(query));
  return results_json(reader, sweep.summary.id, wanted);
}

Answer trials(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  TrialsQuery wanted;
  MER_ASSIGN(wanted.state, optional_choice<TrialState>(query, "state", trial_state_from, kStates));
  wanted.tag = value_of(query, "tag");
  MER_ASSIGN(wanted.page, page_asked(query));
  return trials_json(reader, sweep.summary.id, wanted);
}

Answer comparison(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  const std::string baseline = value_of(query, "baseline");
  MER_ASSIGN(const Page page, page_asked(query));
  return comparison_json(reader, sweep.summary.id, epoch, baseline, page);
}

Answer confusion(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  const std::string configuration = value_of(query, "configuration");
  return confusion_json(reader, sweep.summary.id, epoch, configuration);
}

Answer audit(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const auto metric, choice<Metric>(query, "metric", metric_from, name_of(sweep.select.metric), kMetrics));
  MER_ASSIGN(const Page page, page_asked(query));
  return audit_json(reader, sweep.summary.id, metric, page);
}

Answer curves(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  CurvesQuery wanted;
  MER_ASSIGN(wanted.split, choice<Split>(query, "split", split_from, name_of(Split::test), kSplits));
  MER_ASSIGN(wanted.quantity,
             choice<Quantity>(query, "metric", quantity_from, name_of(sweep.select.metric), kQuantities));
  MER_ASSIGN(wanted.configurations, positions(query));
  return sweep_curves_json(reader, sweep.summary.id, wanted);
}

Answer utterances(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  MER_ASSIGN(const Page page, page_asked(query));
  return utterances_json(reader, sweep.summary.id, epoch, value_of(query, "baseline"), page);
}

Answer hyperparameters(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  return hyperparameters_json(reader, sweep, epoch);
}

Answer timeline(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const Page page, page_asked(query));
  return timeline_json(reader, sweep, page);
}

Result<SweepId> sweep_asked(const Call& call) {
  const auto number = whole_number(call.values.at(0));
  if (!number) return not_found("sweeps are numbered from 1");
  return SweepId{*number};
}

Answer sweep(const Call& call) {
  MER_ASSIGN(const SweepId id, sweep_asked(call));
  return sweep_json(*call.reader, id);
}

template <Answer (*part)(ResultReader&, const storage::SweepDetail&, const Query&)>
Answer of_sweep(const Call& call) {
  MER_ASSIGN(const SweepId id, sweep_asked(call));
  MER_ASSIGN(const storage::SweepDetail sweep, call.reader->sweep(id));
  return part(*call.reader, sweep, call.query);
}

Answer trial(const Call& call) {
  MER_ASSIGN(const TrialId id, call.reader->find_trial(call.values.at(0)));
  return trial_json(*call.reader, id);
}

Answer trial_curve(const Call& call) {
  MER_ASSIGN(const TrialId id, call.reader->find_trial(call.values.at(0)));
  MER_ASSIGN(const auto split, choice<Split>(call.query, "split", split_from, name_of(Split::test), kSplits));
  return trial_curve_json(*call.reader, id, split);
}

// Its offset and length are in bytes, of a text that may be cut within a character.
Answer trial_log(const Call& call) {
  MER_ASSIGN(const std::int64_t attempt, count_asked(call.query, "attempt"));
  MER_ASSIGN(const std::int64_t offset, count_asked(call.query, "offset"));
  if (attempt > std::numeric_limits<int>::max()) return not_found("no such attempt");
  MER_ASSIGN(const TrialId id, call.reader->find_trial(call.values.at(0)));
  MER_ASSIGN(const storage::TrialDetail detail, call.reader->trial(id));
  return call.controls.log(detail, int(attempt), offset);
}

std::optional<std::size_t> components_from(const std::string& text) {
  if (text == "2") return 2;
  if (text == "3") return 3;
  return std::nullopt;
}

Result<std::size_t> utterances_asked(const Query& query) {
  const std::string text = value_of(query, "utterances");
  if (text.empty()) return kMostPlaced;
  const auto count = whole_number(text);
  if (count && *count > 0 && *count <= std::int64_t(kMostPlaced)) return std::size_t(*count);
  return invalid("query parameter utterances: expected a whole number from 1 to " + std::to_string(kMostPlaced));
}

Answer representations(const Call& call) {
  MER_ASSIGN(const TrialId id, call.reader->find_trial(call.values.at(0)));
  ProjectionOptions wanted;
  MER_ASSIGN(wanted.components, choice<std::size_t>(call.query, "components", components_from, "2", kComponents));
  MER_ASSIGN(wanted.utterances, utterances_asked(call.query));
  return representations_json(*call.reader, call.controls.representations, id, wanted);
}

Answer document(const Call&) {
  return openapi_json(routes());
}

Answer health(const Call&) {
  return std::string("ok\n");
}

// --- tables as files, as merctl prints them ---

using storage::TableFormat;
enum class TableKind { results, comparison, utterances, audit };

template <TableKind kind, TableFormat format>
Answer table_file(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  return storage::results_text(reader,
                               {.sweep = sweep.summary.id,
                                .rule = epoch.rule,
                                .metric = epoch.metric,
                                .baseline = value_of(query, "baseline"),
                                .audit = kind == TableKind::audit,
                                .utterances = kind == TableKind::utterances},
                               format);
}

// --- what a coordinator answers ---

Result<storage::Control> control_asked(ResultReader& reader, const std::string& verb, const Query& query) {
  const auto known = storage::control_verb_from(verb);
  if (!known) return not_found("no such resource");
  storage::Control control{
      .verb = *known, .note = value_of(query, "note"), .tags = storage::words_of(value_of(query, "tags"))};
  if (*known == storage::ControlVerb::note && !query.contains("note")) {
    return invalid("query parameter note: expected the note; an empty one removes it");
  }
  if (*known == storage::ControlVerb::priority) {
    MER_ASSIGN(control.priority, storage::priority_from(value_of(query, "priority")));
  }
  return storage::control_of(reader, std::move(control), value_of(query, "target"));
}

// A name of submissions/, never a path.
Result<std::string> submission_asked(const Query& query) {
  const std::string file = value_of(query, "file");
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (file.size() == 64 && std::all_of(file.begin(), file.end(), is_hex)) return file;
  return invalid("query parameter file: expected the 64 hex digits of a file of submissions/");
}

Answer explain(const Call& call) {
  MER_ASSIGN(const TrialId id, call.reader->find_trial(call.values.at(0)));
  return call.controls.explain(id);
}

// Where nobody is asked, no coordinator runs, or another program than this one is it.
Answer workers(const Call& call) {
  if (call.controls.workers) return call.controls.workers();
  return std::string(R"({"schema":1,"coordinator":false,"workers":[]})");
}

Answer control(const Call& call) {
  MER_ASSIGN(const storage::Control control, control_asked(*call.reader, call.values.at(0), call.query));
  return call.controls.control(control);
}

Answer submit(const Call& call) {
  MER_ASSIGN(const std::string file, submission_asked(call.query));
  return call.controls.submit(file);
}

// For a merctl that cannot read the store itself.
Answer reader_call(const Call& call) {
  const auto submission = [&](const std::string& file) -> Result<storage::Submission> {
    MER_TRY(submission_asked({{"file", file}}));
    return call.controls.submission(file);
  };
  auto answer = storage::answer_call(*call.reader, {call.values.at(0), call.query}, submission);
  if (!answer) return not_found("no such resource");
  return *std::move(answer);
}

// --- parameters ---

using Type = Parameter::Type;
constexpr const char* kSweepsOwn = "the sweep's own";

const Parameter kAfter = {.name = "after",
                          .meaning = "the cursor of an event, or the ETag of an answer without its quotes",
                          .fallback = "none: a reset comes first"};
const Parameter kRule = {"rule", Type::word, "which epoch stands for a trial", kRules, kSweepsOwn};
const Parameter kMetric = {"metric", Type::word, "by which the best rules choose the epoch", kMetrics, kSweepsOwn};
const Parameter kOffset = {"offset", Type::whole_number, "so many rows are left out", {}, "0"};
const Parameter kLimit = {"limit", Type::whole_number, "the most rows; 0: all", {}, "0"};
const Parameter kAttempt = {"attempt", Type::whole_number, "its number", {}, "the newest"};
const Parameter kLogOffset = {"offset", Type::whole_number, "so many bytes are left out", {}, "0"};
const Parameter kSplit = {"split", Type::word, "which part of the fold", kSplits, "test"};
const Parameter kSort = {"sort", Type::word, "best first by its mean", kMetrics, "in order of submission"};
const Parameter kState = {"state", Type::word, "only trials in it", kStates, "any"};
const Parameter kQuantity = {"metric", Type::word, "what the curves show", kQuantities, kSweepsOwn};
const Parameter kConfigurations = {"configurations", Type::positions, "positions, as in 0,2", {}, "all"};
const Parameter kBaseline = {.name = "baseline",
                             .meaning =
                                 "a configuration by its name in the table, its number from 1, or the "
                                 "beginning of its id",
                             .required = true};
const Parameter kOptionalBaseline = {.name = "baseline", .meaning = kBaseline.meaning, .fallback = "none: no tests"};
const Parameter kConfiguration = {.name = "configuration", .meaning = kBaseline.meaning, .required = true};
const Parameter kDimensions = {"components", Type::word, "how many coordinates", kComponents, "2"};
const Parameter kUtterances = {
    "utterances", Type::whole_number, "the most, from 1 to 2000, taken evenly from the test part", {}, "2000"};
const Parameter kTarget = {.name = "target",
                           .meaning = "a sweep by name or number, else a trial by the beginning of its id",
                           .required = true};
const Parameter kPriority = {"priority", Type::integer, "of the verb priority, which needs it", {}, "none"};
const Parameter kNote = {.name = "note",
                         .meaning = "of the verb note, which needs it: at most 2000 bytes of UTF-8; empty: none",
                         .fallback = "none"};
const Parameter kTags = {.name = "tags",
                         .meaning = "of the verbs tag and untag, which need it: words with blanks or commas between",
                         .fallback = "none"};
const Parameter kTag = {.name = "tag", .meaning = "only those that have it", .fallback = "any"};
const Parameter kFile = {.name = "file", .meaning = "64 hex digits: a file of submissions/", .required = true};

template <TableKind kind, TableFormat format>
Route file_route(const std::string& path, const std::string& content_type, const std::vector<Parameter>& parameters,
                 const std::string& summary) {
  return {.method = "GET",
          .path = path,
          .schema = "TableText",
          .answer = of_sweep<table_file<kind, format>>,
          .parameters = parameters,
          .summary = summary,
          .content_type = content_type};
}

// One route for each format; `options` are merctl's.
template <TableKind kind>
void add_files(std::vector<Route>& table, const std::string& name, const std::vector<Parameter>& parameters,
               const std::string& options) {
  const std::string path = "/api/v1/sweeps/{sweep}/" + name;
  const std::string summary = "What merctl results" + options + " --format ";
  table.push_back(
      file_route<kind, TableFormat::csv>(path + ".csv", "text/csv; charset=utf-8", parameters, summary + "csv prints"));
  table.push_back(file_route<kind, TableFormat::latex>(path + ".tex", "text/x-tex; charset=utf-8", parameters,
                                                       summary + "latex prints"));
  table.push_back(file_route<kind, TableFormat::markdown>(path + ".md", "text/markdown; charset=utf-8", parameters,
                                                          summary + "md prints"));
}

std::vector<Route> with_files(std::vector<Route> table) {
  add_files<TableKind::results>(table, "results", {kRule, kMetric}, "");
  add_files<TableKind::comparison>(table, "comparison", {kBaseline, kRule, kMetric}, " --baseline");
  add_files<TableKind::utterances>(table, "utterances", {kOptionalBaseline, kRule, kMetric}, " --utterances");
  add_files<TableKind::audit>(table, "audit", {kMetric}, " --audit");
  return table;
}

std::vector<Route> reads_of_store() {
  return {
      {"GET", "/healthz", "HealthText", Needs::nothing, health, {}, "The server answers", "text/plain; charset=utf-8"},
      {"GET", "/api/v1/openapi.json", "Document", Needs::nothing, document, {}, "This document"},
      {"GET", "/api/v1/version", "Version", Needs::reader, version, {}, "Rises with every commit"},
      {"GET",
       "/api/v1/events",
       "Events",
       Needs::feed,
       nullptr,
       {kAfter},
       "What changes, as it does",
       "text/event-stream"},
      {"GET", "/api/v1/sweeps", "Sweeps", Needs::reader, sweeps, {kTag}, "The sweeps, newest first"},
      {"GET", "/api/v1/workers", "Workers", Needs::coordinator, workers, {}, "The workers of the coordinator"},
  };
}

std::vector<Route> reads_of_a_sweep() {
  return {
      {"GET", "/api/v1/sweeps/{sweep}", "Sweep", Needs::reader, sweep, {}, "A sweep, its configurations and folds"},
      {"GET",
       "/api/v1/sweeps/{sweep}/trials",
       "Trials",
       Needs::reader,
       of_sweep<trials>,
       {kState, kTag, kOffset, kLimit},
       "Its trials in order of submission"},
      {"GET",
       "/api/v1/sweeps/{sweep}/results",
       "Results",
       Needs::reader,
       of_sweep<results>,
       {kRule, kMetric, kSort, kOffset, kLimit},
       "Scores by configuration"},
      {"GET",
       "/api/v1/sweeps/{sweep}/comparison",
       "Comparison",
       Needs::reader,
       of_sweep<comparison>,
       {kBaseline, kRule, kMetric, kOffset, kLimit},
       "Tests against a baseline"},
      {"GET",
       "/api/v1/sweeps/{sweep}/utterances",
       "UtteranceTests",
       Needs::reader,
       of_sweep<utterances>,
       {kOptionalBaseline, kRule, kMetric, kOffset, kLimit},
       "Intervals, and tests against a baseline, over utterances"},
      {"GET",
       "/api/v1/sweeps/{sweep}/confusion",
       "Confusion",
       Needs::reader,
       of_sweep<confusion>,
       {kConfiguration, kRule, kMetric},
       "Confusion matrices of a configuration"},
      {"GET",
       "/api/v1/sweeps/{sweep}/audit",
       "Audit",
       Needs::reader,
       of_sweep<audit>,
       {kMetric, kOffset, kLimit},
       "What the choice of the epoch does to the scores"},
      {"GET",
       "/api/v1/sweeps/{sweep}/hyperparameters",
       "Hyperparameters",
       Needs::reader,
       of_sweep<hyperparameters>,
       {kRule, kMetric},
       "What each hyperparameter explains of the scores"},
      {"GET",
       "/api/v1/sweeps/{sweep}/curves",
       "Curves",
       Needs::reader,
       of_sweep<curves>,
       {kSplit, kQuantity, kConfigurations},
       "A quantity over the epochs"},
      {"GET",
       "/api/v1/sweeps/{sweep}/timeline",
       "Timeline",
       Needs::reader,
       of_sweep<timeline>,
       {kOffset, kLimit},
       "Its attempts by their start, and what waits"},
  };
}

std::vector<Route> reads_of_a_trial() {
  return {
      {"GET", "/api/v1/trials/{trial}", "Trial", Needs::reader, trial, {}, "A trial, its attempts and its result"},
      {"GET", "/api/v1/trials/{trial}/curve", "TrialCurve", Needs::reader, trial_curve, {kSplit}, "A trial's epochs"},
      {"GET",
       "/api/v1/trials/{trial}/representations",
       "Representations",
       Needs::representations,
       representations,
       {kDimensions, kUtterances},
       "Its test part's public and unique representations, by principal components"},
      {"GET",
       "/api/v1/trials/{trial}/explain",
       "Explanation",
       Needs::explain,
       explain,
       {},
       "Why a trial waits or runs"},
      {"GET",
       "/api/v1/trials/{trial}/log",
       "LogText",
       Needs::log,
       trial_log,
       {kAttempt, kLogOffset},
       "What its trainer printed",
       "text/plain; charset=utf-8"},
  };
}

std::vector<Route> posts() {
  return {
      {"POST",
       "/api/v1/control/{verb}",
       "Controlled",
       Needs::control,
       control,
       {kTarget, kPriority, kNote, kTags},
       "Cancels, pauses, resumes, retries, sets the priority, writes a note or tags"},
      {"POST", "/api/v1/submit", "Submitted", Needs::submit, submit, {kFile}, "Takes up a submission"},
      {.method = "POST",
       .path = "/api/v1/reader/{call}",
       .schema = "Frames",
       .needs = Needs::submission,
       .answer = reader_call,
       .summary = "For a merctl of the same version, on network file systems",
       .content_type = "application/octet-stream",
       .any_query = true},
  };
}

std::vector<Route> joined(std::vector<std::vector<Route>> parts) {
  std::vector<Route> whole;
  for (std::vector<Route>& part : parts) std::ranges::move(part, std::back_inserter(whole));
  return whole;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> table =
      joined({reads_of_store(), with_files(reads_of_a_sweep()), reads_of_a_trial(), posts()});
  return table;
}

}  // namespace mer::web
