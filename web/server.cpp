#include "web/server.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/control_target.hpp"
#include "web/analysis_api.hpp"
#include "web/api.hpp"
#include "web/static_files.hpp"

namespace mer::web {
namespace {

using storage::ResultReader;
using Answer = Result<std::string>;
using Query = std::map<std::string, std::string>;

constexpr std::string_view kRoot = "/api/v1/";

// "/api/v1/sweeps/1" -> {"sweeps", "1"}; empty: not of this API.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  if (!path.starts_with(kRoot)) return parts;
  path.remove_prefix(kRoot.size() - 1);  // but for its last /
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

Error not_found(const std::string& what) {
  return {ErrorCode::not_found, what};
}

// The query's value under `key` as `from` reads it, else `fallback`.
template <class T>
Result<T> choice(const Query& query, const std::string& key, std::optional<T> (*from)(const std::string&),
                 const std::string& fallback, const std::string& allowed) {
  const auto given = query.find(key);
  if (const std::optional<T> value = from(given == query.end() ? fallback : given->second)) return *value;
  return invalid("query parameter " + key + ": expected one of " + allowed);
}

constexpr const char* kRules = "last, best-validation, best-test";
constexpr const char* kMetrics = "wa, ua, macro_f1, weighted_f1";
constexpr const char* kSplits = "train, validation, test";
constexpr const char* kStates = "pending, running, done, failed, diverged, cancelled";

Result<std::vector<int>> positions(const Query& query) {
  std::vector<int> list;
  const auto given = query.find("configurations");
  if (given == query.end()) return list;
  std::string_view rest = given->second;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const auto position = whole_number(rest.substr(0, end));
    if (!position || *position > 1'000'000) return invalid("query parameter configurations: expected e.g. 0,1,2");
    list.push_back(static_cast<int>(*position));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return list;
}

std::string value_of(const Query& query, const std::string& key) {
  const auto given = query.find(key);
  return given == query.end() ? std::string() : given->second;
}

Result<EpochChoice> epoch_asked(const storage::SweepDetail& sweep, const Query& query) {
  EpochChoice epoch;
  MER_ASSIGN(epoch.rule,
             choice<SelectionRule>(query, "rule", selection_rule_from, name_of(sweep.select.epoch), kRules));
  MER_ASSIGN(epoch.metric, choice<Metric>(query, "metric", metric_from, name_of(sweep.select.metric), kMetrics));
  return epoch;
}

// A query's optional word; empty: it is not given.
template <class T>
Result<std::optional<T>> optional_choice(const Query& query, const std::string& key,
                                         std::optional<T> (*from)(const std::string&), const std::string& allowed) {
  if (value_of(query, key).empty()) return std::optional<T>();
  MER_ASSIGN(const T value, choice<T>(query, key, from, "", allowed));
  return std::optional<T>(value);
}

Result<std::int64_t> count_asked(const Query& query, const std::string& key) {
  const std::string text = value_of(query, key);
  if (text.empty()) return 0;
  if (const auto count = whole_number(text)) return *count;
  return invalid("query parameter " + key + ": expected a whole number");
}

Result<Page> page_asked(const Query& query) {
  Page page;
  MER_ASSIGN(page.offset, count_asked(query, "offset"));
  MER_ASSIGN(page.limit, count_asked(query, "limit"));
  return page;
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
  MER_ASSIGN(wanted.page, page_asked(query));
  return trials_json(reader, sweep.summary.id, wanted);
}

Answer comparison(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  const std::string baseline = value_of(query, "baseline");
  if (baseline.empty()) return invalid("query parameter baseline: expected a configuration");
  MER_ASSIGN(const Page page, page_asked(query));
  return comparison_json(reader, sweep.summary.id, epoch, baseline, page);
}

Answer utterances(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  MER_ASSIGN(const Page page, page_asked(query));
  return utterances_json(reader, sweep.summary.id, epoch, value_of(query, "baseline"), page);
}

Answer confusion(ResultReader& reader, const storage::SweepDetail& sweep, const Query& query) {
  MER_ASSIGN(const EpochChoice epoch, epoch_asked(sweep, query));
  const std::string configuration = value_of(query, "configuration");
  if (configuration.empty()) return invalid("query parameter configuration: expected a configuration");
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
             choice<Quantity>(query, "metric", quantity_from, name_of(sweep.select.metric),
                              std::string(kMetrics).append(", loss.total, loss.task, loss.auxiliary, loss.subspace, "
                                                           "loss.similarity, loss.difference, loss.reconstruction, "
                                                           "loss.cycle")));
  MER_ASSIGN(wanted.configurations, positions(query));
  return sweep_curves_json(reader, sweep.summary.id, wanted);
}

using SweepPart = Answer (*)(ResultReader&, const storage::SweepDetail&, const Query&);
const std::map<std::string, SweepPart> kSweepParts = {
    {"trials", trials},       {"results", results}, {"curves", curves},        {"comparison", comparison},
    {"confusion", confusion}, {"audit", audit},     {"utterances", utterances}};

Answer sweep_route(ResultReader& reader, const std::vector<std::string>& parts, const Query& query) {
  const auto number = whole_number(parts[1]);
  if (!number) return not_found("sweeps are numbered from 1");
  const SweepId id{*number};
  if (parts.size() == 2) return sweep_json(reader, id);
  const auto part = parts.size() == 3 ? kSweepParts.find(parts[2]) : kSweepParts.end();
  if (part == kSweepParts.end()) return not_found("no such resource");
  MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
  return part->second(reader, sweep, query);
}

Answer trial_route(ResultReader& reader, const std::vector<std::string>& parts, const Query& query) {
  MER_ASSIGN(const TrialId id, reader.find_trial(parts[1]));
  if (parts.size() == 2) return trial_json(reader, id);
  if (parts.size() == 3 && parts[2] == "curve") {
    MER_ASSIGN(const auto split, choice<Split>(query, "split", split_from, name_of(Split::test), kSplits));
    return trial_curve_json(reader, id, split);
  }
  return not_found("no such resource");
}

Answer api_route(ResultReader& reader, const HttpRequest& request) {
  const std::vector<std::string> parts = parts_of(request.path);
  if (parts.size() == 1 && parts[0] == "version") return version_json(reader);
  if (parts.size() == 1 && parts[0] == "sweeps") return sweeps_json(reader);
  if (parts.size() >= 2 && parts[0] == "sweeps") return sweep_route(reader, parts, request.query);
  if (parts.size() >= 2 && parts[0] == "trials") return trial_route(reader, parts, request.query);
  return not_found("no such resource");
}

bool is_explain(const std::vector<std::string>& parts) {
  return parts.size() == 3 && parts[0] == "trials" && parts[2] == "explain";
}

Result<storage::Control> control_asked(ResultReader& reader, const std::string& verb, const Query& query) {
  const auto known = storage::control_verb_from(verb);
  if (!known) return not_found("no such resource");
  const std::string target = value_of(query, "target");
  if (target.empty()) return invalid("query parameter target: expected a sweep or a trial");
  MER_ASSIGN(storage::Control control, storage::control_of(reader, *known, target));
  if (*known != storage::ControlVerb::priority) return control;
  MER_ASSIGN(control.priority, storage::priority_from(value_of(query, "priority")));
  return control;
}

// A name of submissions/, never a path.
Result<std::string> submission_asked(const Query& query) {
  const std::string file = value_of(query, "file");
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (file.size() == 64 && std::all_of(file.begin(), file.end(), is_hex)) return file;
  return invalid("query parameter file: expected the 64 hex digits of a file of submissions/");
}

HttpResponse json_response(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

// What a client may read of an error: its own mistakes in full, the machine's in general.
HttpResponse error_response(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found: return json_response(404, error_json(error));
    case ErrorCode::invalid: return json_response(400, error_json(error));
    case ErrorCode::unavailable: return json_response(503, error_json(error));
    case ErrorCode::busy:
    case ErrorCode::timeout:
      return json_response(503, error_json({error.code, "the store cannot be read at this moment; try again"}));
    default: return json_response(500, error_json({error.code, "the store cannot be read; see the server's log"}));
  }
}

HttpResponse file_response(const HttpRequest& request) {
  const auto files = static_files();
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const StaticFile& one) { return one.path == request.path; });
  if (file == files.end()) return {404, "text/plain; charset=utf-8", "not found\n", {}};
  const std::string etag(file->etag);
  if (request.if_none_match == etag) return {304, {}, {}, etag};
  return {200, std::string(file->content_type), std::string(file->content), etag};
}

}  // namespace

HttpResponse respond_api(const HttpRequest& request, ResultReader& reader, const std::string& instance) {
  // Read before the answer: data that arrives in between is fetched again, never missed.
  const auto version = reader.data_version();
  if (!version) return error_response(version.error());
  const std::string etag = "\"" + instance + "-" + std::to_string(*version) + "\"";
  if (request.if_none_match == etag) return {304, {}, {}, etag};
  Answer answer = api_route(reader, request);
  if (!answer) return error_response(answer.error());
  HttpResponse response = json_response(200, std::move(answer).value());
  response.etag = etag;
  return response;
}

namespace {

// POST /api/v1/reader/CALL?...: for a merctl that cannot read the store itself.
HttpResponse respond_reader(const HttpRequest& request, const std::string& call, ResultReader& reader,
                            const ServerControls& controls) {
  const auto submission = [&](const std::string& file) -> Result<storage::Submission> {
    MER_TRY(submission_asked({{"file", file}}));
    return controls.submission(file);
  };
  auto answer = storage::answer_call(reader, {call, request.query}, submission);
  if (!answer) return error_response(not_found("no such resource"));
  return {200, "application/octet-stream", *std::move(answer), {}};
}

// POST /api/v1/control/VERB?target=SWEEP-OR-TRIAL[&priority=N], POST /api/v1/submit?file=NAME, GET
// /api/v1/trials/ID/explain.
HttpResponse respond_control(const HttpRequest& request, ResultReader& reader, const ServerControls& controls) {
  const std::vector<std::string> parts = parts_of(request.path);
  if (request.post && parts.size() == 2 && parts[0] == "reader" && controls.submission) {
    return respond_reader(request, parts[1], reader, controls);
  }
  const auto answer = [&]() -> Answer {
    if (parts.size() == 2 && parts[0] == "control") {
      MER_ASSIGN(const storage::Control control, control_asked(reader, parts[1], request.query));
      return controls.control(control);
    }
    if (parts.size() == 1 && parts[0] == "submit") {
      MER_ASSIGN(const std::string file, submission_asked(request.query));
      return controls.submit(file);
    }
    if (is_explain(parts)) {
      MER_ASSIGN(const TrialId trial, reader.find_trial(parts[1]));
      return controls.explain(trial);
    }
    return not_found("no such resource");
  }();
  return answer ? json_response(200, *answer) : error_response(answer.error());
}

}  // namespace

class Server::Impl {
 public:
  Impl(HttpOptions options, ReaderFactory reader_factory, ServerControls controls, bool with_pages)
      : reader_factory_(std::move(reader_factory)),
        controls_(std::move(controls)),
        with_pages_(with_pages),
        instance_(std::to_string(std::chrono::system_clock::now().time_since_epoch().count())),
        http_(std::move(options), [this](const HttpRequest& request) { return handle(request); }) {}

  Result<int> start() {
    MER_ASSIGN(auto reader, take_reader());
    give_back(std::move(reader));
    return http_.start();
  }

  void stop() { http_.stop(); }

 private:
  using Reader = std::unique_ptr<ResultReader>;

  HttpResponse handle(const HttpRequest& request) {
    if (!request.post && !request.path.starts_with("/api/")) {
      return with_pages_ ? file_response(request) : error_response(not_found("no pages here: --no-web"));
    }
    Result<Reader> reader = take_reader();
    if (!reader) return error_response(reader.error());
    const bool of_coordinator = request.post || (controls_.explain && is_explain(parts_of(request.path)));
    HttpResponse response =
        of_coordinator ? respond_control(request, **reader, controls_) : respond_api(request, **reader, instance_);
    give_back(std::move(*reader));
    return response;
  }

  Result<Reader> take_reader() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return reader_factory_();
    Reader reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }

  void give_back(Reader reader) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
  }

  const ReaderFactory reader_factory_;
  const ServerControls controls_;
  const bool with_pages_;
  const std::string instance_;
  std::mutex mutex_;  // of idle_ and reader_factory_
  std::vector<Reader> idle_;
  HttpServer http_;  // last: its threads use the rest
};

Server::Server(HttpOptions options, ReaderFactory reader_factory, ServerControls controls, bool with_pages)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(reader_factory), std::move(controls), with_pages)) {}
Server::~Server() = default;
Result<int> Server::start() {
  return impl_->start();
}
void Server::stop() {
  impl_->stop();
}

}  // namespace mer::web
