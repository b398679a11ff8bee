#include "storage/utterance_tests.hpp"

#include <algorithm>
#include <utility>

#include "core/stats/bootstrap.hpp"
#include "storage/configurations.hpp"
#include "storage/tested_utterances.hpp"

namespace mer::storage {
namespace {

// A configuration, read and drawn.
struct Drawn {
  TestedUtterances tested;
  Scores scores;
  std::vector<Scores> draws;
};

std::vector<double> column_of(const std::vector<Scores>& draws, Metric metric) {
  std::vector<double> column;
  for (const Scores& scores : draws) column.push_back(value_of(scores, metric));
  return column;
}

UtteranceRow row_of(std::size_t configuration, const Drawn& own) {
  UtteranceRow row{.configuration = configuration, .why = own.tested.why};
  if (!row.why.empty()) return row;
  row.utterances = own.tested.utterances.size();
  row.dialogues = own.tested.by_dialogue.front().size();
  for (const Metric metric : kUtteranceMetrics) {
    row.scores.push_back({value_of(own.scores, metric), stats::percentile_interval(column_of(own.draws, metric))});
  }
  return row;
}

std::string why_no_test(const Drawn& own, const Drawn& baseline) {
  if (!own.tested.why.empty()) return own.tested.why;
  if (!baseline.tested.why.empty()) return "of the baseline: " + baseline.tested.why;
  if (own.tested.utterances != baseline.tested.utterances) return "it was tested on other utterances than the baseline";
  if (own.tested.predicted.size() != baseline.tested.predicted.size()) return "it has other seeds than the baseline";
  return "";
}

stats::TestOutcome mcnemar_of(const TestedUtterances& own, const TestedUtterances& baseline) {
  if (own.predicted.size() > 1) {
    stats::TestOutcome none;
    none.smallest_p = 1;
    none.why = "with several seeds McNemar's counts are not independent";
    return none;
  }
  std::int64_t only_own = 0, only_baseline = 0;
  for (std::size_t i = 0; i < own.utterances.size(); ++i) {
    const int truth = own.utterances[i].truth;
    const bool own_right = own.predicted.front()[i] == truth, baseline_right = baseline.predicted.front()[i] == truth;
    only_own += own_right && !baseline_right ? 1 : 0;
    only_baseline += baseline_right && !own_right ? 1 : 0;
  }
  return stats::mcnemar(only_own, only_baseline);
}

void add_tests(UtteranceRow& row, const Drawn& own, const Drawn& baseline) {
  row.why_no_test = why_no_test(own, baseline);
  if (!row.why_no_test.empty()) return;
  for (const Metric metric : kUtteranceMetrics) {
    std::vector<double> differences = column_of(own.draws, metric);
    const std::vector<double> others = column_of(baseline.draws, metric);
    for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= others[i];
    UtteranceDifference difference{.value = value_of(own.scores, metric) - value_of(baseline.scores, metric)};
    difference.p = stats::bootstrap_p(differences);
    difference.interval = stats::percentile_interval(std::move(differences));
    row.differences.push_back(difference);
  }
  row.mcnemar = mcnemar_of(own.tested, baseline.tested);
}

// Holm's correction over the rows that have differences, each score for itself.
void correct(std::vector<UtteranceRow>& rows) {
  for (std::size_t metric = 0; metric < kUtteranceMetrics.size(); ++metric) {
    std::vector<double> p;
    for (const UtteranceRow& row : rows) {
      if (!row.differences.empty()) p.push_back(row.differences[metric].p);
    }
    std::size_t next = 0;
    const std::vector<double> holm = stats::holm(p);
    for (UtteranceRow& row : rows) {
      if (!row.differences.empty()) row.differences[metric].p_holm = holm[next++];
    }
  }
}

void correct_mcnemar(std::vector<UtteranceRow>& rows) {
  std::vector<double> p;
  for (const UtteranceRow& row : rows) {
    if (row.mcnemar.p) p.push_back(*row.mcnemar.p);
  }
  std::size_t next = 0;
  const std::vector<double> holm = stats::holm(p);
  for (UtteranceRow& row : rows) {
    if (row.mcnemar.p) row.mcnemar_holm = holm[next++];
  }
}

}  // namespace

Result<UtteranceTests> utterance_tests(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                                       const std::string& baseline) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const std::vector<TrialRow> trials, reader.trials(sweep));
  UtteranceTests tests;
  if (!baseline.empty()) {
    MER_ASSIGN(tests.baseline, find_configuration(detail, baseline));
  }
  const auto drawn = [&](std::size_t configuration) -> Result<Drawn> {
    Drawn own;
    MER_ASSIGN(own.tested, tested_utterances(reader, trials, configuration, rule, metric));
    if (!own.tested.why.empty()) return own;
    own.scores = stats::pooled_scores(own.tested.by_dialogue);
    own.draws = stats::bootstrap_scores(own.tested.by_dialogue);
    return own;
  };
  Drawn base;
  if (tests.baseline) {
    MER_ASSIGN(base, drawn(*tests.baseline));
  }
  for (std::size_t i = 0; i < detail.configurations.size(); ++i) {
    if (tests.baseline == i) {
      tests.rows.push_back(row_of(i, base));
      continue;
    }
    MER_ASSIGN(const Drawn own, drawn(i));
    tests.rows.push_back(row_of(i, own));
    if (tests.baseline) add_tests(tests.rows.back(), own, base);
  }
  correct(tests.rows);
  correct_mcnemar(tests.rows);
  return tests;
}

}  // namespace mer::storage
