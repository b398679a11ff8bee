#include "storage/results_text.hpp"

#include <gtest/gtest.h>
#include <string>

#include "storage/audit.hpp"
#include "storage/comparison.hpp"
#include "storage/memory_store.hpp"
#include "storage/results_summary.hpp"
#include "storage/utterance_tests.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

class ResultsTextTest : public testing::Test {
 protected:
  void SetUp() override { sweep_ = store_.submit(submission_of({.folds = 3})).value(); }

  std::string text(const ResultsChoice& choice, TableFormat format) {
    return results_text(store_, choice, format).value();
  }
  Table summary(const std::string& baseline) {
    return results_summary(store_, sweep_, SelectionRule::last, Metric::ua, baseline).value();
  }

  MemoryStore store_;
  SweepId sweep_;
};

TEST_F(ResultsTextTest, ProgramsGetOneTableAndReadersAllThatBelongTogether) {
  const ResultsChoice choice{.sweep = sweep_, .metric = Metric::ua, .baseline = "1"};
  const Table long_form = comparison_table(store_, sweep_, SelectionRule::last, Metric::ua, "1").value();
  const Table differences = comparison_summary(store_, sweep_, SelectionRule::last, Metric::ua, "1").value();

  EXPECT_EQ(text(choice, TableFormat::csv), format_table(long_form, TableFormat::csv));
  EXPECT_EQ(text(choice, TableFormat::latex),
            format_table(summary("1"), TableFormat::latex) + "\n" + format_table(differences, TableFormat::latex));
}

TEST_F(ResultsTextTest, WithoutABaselineThereAreNoTests) {
  const ResultsChoice choice{.sweep = sweep_, .metric = Metric::ua};
  const Table long_form = results_table(store_, sweep_, SelectionRule::last, Metric::ua).value();

  EXPECT_EQ(text(choice, TableFormat::csv), format_table(long_form, TableFormat::csv));
  EXPECT_EQ(text(choice, TableFormat::markdown), format_table(summary(""), TableFormat::markdown));
}

TEST_F(ResultsTextTest, TheAuditIsTheSameTableForAll) {
  const ResultsChoice choice{.sweep = sweep_, .metric = Metric::ua, .audit = true};
  const Table audited = audit_table(store_, sweep_, Metric::ua).value();

  EXPECT_EQ(text(choice, TableFormat::csv), format_table(audited, TableFormat::csv));
  EXPECT_EQ(text(choice, TableFormat::latex), format_table(audited, TableFormat::latex));
}

TEST_F(ResultsTextTest, AnUnknownBaselineIsNotFound) {
  const ResultsChoice choice{.sweep = sweep_, .baseline = "9"};

  for (const TableFormat format : {TableFormat::csv, TableFormat::markdown}) {
    EXPECT_EQ(results_text(store_, choice, format).error().code, ErrorCode::not_found);
  }
}

}  // namespace
}  // namespace mer::storage::test
