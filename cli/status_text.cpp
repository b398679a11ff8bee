#include "cli/status_text.hpp"

#include <algorithm>
#include <vector>

#include "cli/output.hpp"
#include "core/quoting.hpp"
#include "storage/text_layout.hpp"
#include "web/api.hpp"

namespace mer::cli {
namespace {

using storage::ResultReader;
using storage::StateCounts;

struct StateColumn {
  const char* name;
  std::int64_t StateCounts::*count;
  bool always;  // others show where a sweep has such trials
};
constexpr StateColumn kStateColumns[] = {
    {"done", &StateCounts::done, true},          {"running", &StateCounts::running, true},
    {"pending", &StateCounts::pending, true},    {"failed", &StateCounts::failed, false},
    {"diverged", &StateCounts::diverged, false}, {"cancelled", &StateCounts::cancelled, false}};

constexpr std::size_t kScreenWidth = 80;

bool fits(const std::vector<std::vector<std::string>>& rows) {
  std::size_t width = 0;
  for (std::size_t column = 0; column < rows[0].size(); ++column) {
    std::size_t widest = 0;
    for (const auto& row : rows) widest = std::max(widest, storage::width_of(row[column]));
    width += widest + (column == 0 ? 0 : 2);
  }
  return width <= kScreenWidth;
}

// The last column where there is room, else lines below the table.
std::string with_tags(std::vector<std::vector<std::string>> rows, const std::vector<storage::SweepSummary>& sweeps) {
  const auto has_tags = [](const storage::SweepSummary& sweep) { return !sweep.annotation.tags.empty(); };
  if (std::ranges::none_of(sweeps, has_tags)) return columns_text(rows);
  std::vector<std::vector<std::string>> wide = rows;
  wide[0].emplace_back("tags");
  std::vector<std::vector<std::string>> below;
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    const std::string tags = storage::line_of(sweeps[i].annotation.tags);
    wide[i + 1].push_back(tags);
    if (has_tags(sweeps[i])) below.push_back({std::to_string(sweeps[i].id.number), tags});
  }
  if (fits(wide)) return columns_text(wide);
  below.insert(below.begin(), {"sweep", "tags"});
  return columns_text(rows) + "\n" + columns_text(below);
}

std::string sweeps_table(const std::vector<storage::SweepSummary>& sweeps) {
  if (sweeps.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"sweep", "name", "submitted"}};
  for (const storage::SweepSummary& sweep : sweeps) {
    rows.push_back({std::to_string(sweep.id.number), sweep.name, time_text(sweep.submitted_at)});
  }
  for (const StateColumn& column : kStateColumns) {
    const auto has_some = [&](const storage::SweepSummary& sweep) { return sweep.counts.*column.count > 0; };
    if (!column.always && std::none_of(sweeps.begin(), sweeps.end(), has_some)) continue;
    rows[0].push_back(column.name);
    for (std::size_t i = 0; i < sweeps.size(); ++i) {
      rows[i + 1].push_back(std::to_string(sweeps[i].counts.*column.count));
    }
  }
  const auto add = [&](const char* name, auto text_of) {
    const auto has_text = [&](const storage::SweepSummary& sweep) { return !text_of(sweep).empty(); };
    if (std::ranges::none_of(sweeps, has_text)) return;
    rows[0].emplace_back(name);
    for (std::size_t i = 0; i < sweeps.size(); ++i) rows[i + 1].push_back(text_of(sweeps[i]));
  };
  add("reused", [](const auto& sweep) { return sweep.reused == 0 ? std::string() : std::to_string(sweep.reused); });
  add("priority",
      [](const auto& sweep) { return sweep.priority == 0 ? std::string() : std::to_string(sweep.priority); });
  add("", [](const auto& sweep) {
    return sweep.activity == storage::SweepActivity::active ? std::string() : name_of(sweep.activity);
  });
  return with_tags(std::move(rows), sweeps);
}

std::string short_id(const TrialId& id) {
  return id.hex.substr(0, 8);
}

// Those with the tag; without one, those that run or ended badly.
std::string trials_table(const storage::SweepDetail& sweep, const std::vector<storage::TrialRow>& trials,
                         const std::string& tag) {
  std::vector<std::vector<std::string>> rows = {{"trial", "fold", "seed", "state", "attempt", "epoch", "why"}};
  for (const storage::TrialRow& trial : trials) {
    const bool is_plain = trial.state == TrialState::done || trial.state == TrialState::pending;
    if (tag.empty() ? is_plain : !storage::has_tag(trial.annotation, tag)) continue;
    rows.push_back({short_id(trial.id), sweep.folds[std::size_t(trial.fold)].name, std::to_string(trial.seed),
                    name_of(trial.state), std::to_string(trial.attempt),
                    std::to_string(trial.epoch) + "/" + std::to_string(trial.epochs), trial.message});
  }
  return rows.size() == 1 ? "" : "\n" + columns_text(rows);
}

Result<StatusText> all_sweeps(ResultReader& reader, const std::string& tag, Format format) {
  if (format == Format::json) {
    MER_ASSIGN(const std::string document, web::sweeps_json(reader, tag));
    return StatusText{document};
  }
  MER_ASSIGN(auto sweeps, reader.sweeps());
  std::erase_if(sweeps, [&](const auto& sweep) { return !tag.empty() && !storage::has_tag(sweep.annotation, tag); });
  if (format == Format::table) return StatusText{.text = sweeps_table(sweeps), .empty = sweeps.empty()};
  StatusText numbers;
  for (const auto& sweep : sweeps) numbers.text += std::to_string(sweep.id.number) + "\n";
  return numbers;
}

}  // namespace

std::string none_text(const StatusOptions& options) {
  if (options.tag.empty()) return "no sweeps yet; start one with `merctl run SWEEP.json`\n";
  return "no sweep has the tag " + quote(options.tag) + "\n";
}

Result<StatusText> status_text(ResultReader& reader, const StatusOptions& options, Format format) {
  if (options.sweep.empty()) return all_sweeps(reader, options.tag, format);
  MER_ASSIGN(const SweepId id, reader.find_sweep(options.sweep));
  MER_ASSIGN(std::vector<storage::SweepSummary> sweeps, reader.sweeps());
  std::erase_if(sweeps, [&](const storage::SweepSummary& other) { return other.id != id; });
  const StateCounts& counts = sweeps.at(0).counts;
  StatusText status{.text = {}, .ended = counts.left() == 0};
  if (format == Format::json) {
    MER_ASSIGN(status.text,
               options.tag.empty() ? web::sweep_json(reader, id) : web::trials_json(reader, id, {.tag = options.tag}));
  } else if (format == Format::quiet) {
    status.text = std::to_string(counts.done) + "/" + std::to_string(counts.total()) + "\n";
  } else {
    status.text = sweeps_table(sweeps);
    const bool all_plain = counts.done + counts.pending == counts.total();
    if (options.tag.empty() && all_plain) return status;  // nothing to tell of single trials
    MER_ASSIGN(const storage::SweepDetail detail, reader.sweep(id));
    MER_ASSIGN(const auto trials, reader.trials(id));
    status.text += trials_table(detail, trials, options.tag);
  }
  return status;
}

std::string counts_text(const StateCounts& counts) {
  std::string text;
  for (const StateColumn& column : kStateColumns) {
    if (counts.*column.count == 0) continue;
    text += (text.empty() ? ": " : ", ") + std::to_string(counts.*column.count) + " " + column.name;
  }
  return std::to_string(counts.total()) + (counts.total() == 1 ? " trial" : " trials") + text;
}

}  // namespace mer::cli
