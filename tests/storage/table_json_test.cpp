#include "storage/table_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace mer::storage {
namespace {

using testing::HasSubstr;

TEST(TableJson, NumbersStayNumbersAndStringsLoseTheirQuotes) {
  EXPECT_EQ(cell_of_json("\"gru\""), Cell(std::string("gru")));
  EXPECT_EQ(cell_of_json("3"), Cell(std::int64_t{3}));
  EXPECT_EQ(cell_of_json("0.5"), Cell(0.5));
  EXPECT_EQ(cell_of_json("[1,2]"), Cell(std::string("[1,2]")));
  EXPECT_EQ(cell_of_json("not JSON"), Cell(std::string("not JSON")));
  EXPECT_EQ(text_of_json("\"gru\""), "gru");
  EXPECT_EQ(text_of_json("0.50"), "0.50");
}

TEST(TableJson, FoldsInWords) {
  EXPECT_EQ(folds_sentence(R"({"folds":{"scheme":"speaker","validation":"partner"}})"),
            "Folds: speaker; validation: partner (shares dialogues with the test part).");
  EXPECT_EQ(folds_sentence(R"({"folds":{"scheme":"session-holdout","test":"5","validation":{"dialogues":0.1}}})"),
            "Folds: session-holdout (test: 5); validation: 0.1 of the training dialogues.");
  EXPECT_EQ(folds_sentence(R"({"folds":{"scheme":"speaker-pairs","context":"full"}})"),
            "Folds: speaker-pairs (each utterance is tested twice); validation: none; context: full (test contexts "
            "contain training speech).");
}

TEST(TableJson, FoldsOfATextThatMerDidNotWriteHaveNoWords) {
  for (const char* text :
       {"", "7", "{}", R"({"folds":7})", R"({"folds":{"scheme":7}})", R"({"folds":{"scheme":"speaker","test":7}})",
        R"({"folds":{"scheme":"speaker","validation":7}})", R"({"folds":{"scheme":"speaker","validation":{}}})",
        R"({"folds":{"scheme":"speaker","context":7}})"}) {
    EXPECT_EQ(folds_sentence(text), "") << text;
  }
}

TEST(TableJson, NumbersThatJsonLacksAreStrings) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Table table;
  table.columns = {"a", "b", "c", "d", "e"};
  table.rows = {{kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(), Spread{0.5, std::nullopt}, Spread{}}};

  const std::string text = to_json_text(table);

  for (const char* part : {R"("a": "Infinity")", R"("b": "-Infinity")", R"("c": "NaN")", R"("mean": 0.5)",
                           R"("sd": null)", R"("mean": null)"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace mer::storage
