#include "core/fields.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "core/json.hpp"
#include "core/sweep_file.hpp"
#include "core/sweep_schema.hpp"

namespace mer {
namespace {

using nlohmann::json;

// The section's defaults by the table.
json defaults_of(const std::string& section) {
  json defaults = json::object();
  for (const Field& field : fields()) {
    if (field.section() == section && !field.fallback.empty()) defaults[field.key()] = json::parse(field.fallback);
  }
  return defaults;
}

TEST(FieldsTest, DefaultsEqualThoseOfTheStructs) {
  EXPECT_EQ(defaults_of("model"), json(ModelSettings()));
  EXPECT_EQ(defaults_of("train"), json(TrainSettings()));
}

TEST(FieldsTest, DefaultsOfTheOtherSectionsEqualThoseOfTheStructs) {
  const auto sweep =
      parse_sweep(R"({"name": "x", "corpus": {"path": "c"}, "folds": {"scheme": "session"}})", "file.json", "/base");
  ASSERT_TRUE(sweep.ok()) << sweep.error().message;
  FoldSettings folds;
  folds.scheme = FoldSchemeKind::session;

  EXPECT_EQ(sweep->configurations[0].folds, folds);
  EXPECT_EQ(sweep->select, SelectSettings());
  EXPECT_EQ(sweep->resources, ResourceSettings());
  EXPECT_EQ(sweep->max_attempts, Sweep().max_attempts);
  EXPECT_EQ(sweep->record_representations, Sweep().record_representations);
  EXPECT_EQ(sweep->seeds, Sweep().seeds);
}

TEST(FieldsTest, EveryDefaultIsAllowedByItsField) {
  for (const Field& field : fields()) {
    if (field.fallback.empty()) continue;
    EXPECT_TRUE(allows(field, json::parse(field.fallback))) << field.path;
  }
}

TEST(FieldsTest, EveryFieldIsDescribedAndFound) {
  std::set<std::string> paths;
  for (const Field& field : fields()) {
    EXPECT_TRUE(paths.insert(field.path).second) << field.path;
    EXPECT_FALSE(field.description.empty()) << field.path;
    EXPECT_FALSE(allowed_text(field).empty()) << field.path;
    EXPECT_EQ(find_field(field.path), &field);
  }
  EXPECT_EQ(find_field("model.gamma"), nullptr);
}

// Table 2 of the paper.
TEST(FieldsTest, TheDefaultsAreThoseOfTable2) {
  const std::pair<const char*, const char*> table[] = {
      {"train.batch_dialogues", "20"}, {"train.epochs", "150"}, {"model.dropout", "0.2"},
      {"model.hidden", "100"},         {"model.heads", "4"},    {"train.weight_decay", "1e-5"},
      {"model.alpha", "0.1"},          {"model.beta", "0.1"}};
  for (const auto& [path, value] : table) {
    ASSERT_NE(find_field(path), nullptr) << path;
    EXPECT_EQ(find_field(path)->fallback, value) << path;
  }
}

TEST(FieldsTest, RangesEndWhereTheTableSays) {
  const Field& dropout = *find_field("model.dropout");
  EXPECT_TRUE(allows(dropout, 0));
  EXPECT_TRUE(allows(dropout, 0.999));
  EXPECT_FALSE(allows(dropout, 1));
  EXPECT_FALSE(allows(dropout, -0.001));
  const Field& rate = *find_field("train.learning_rate");
  EXPECT_FALSE(allows(rate, 0));
  EXPECT_TRUE(allows(rate, 100));
  EXPECT_EQ(allowed_text(dropout), "a number from 0 to below 1");
  EXPECT_EQ(allowed_text(rate), "a number above 0 to 100");
}

TEST(FieldsTest, TypesAreNotMixed) {
  EXPECT_FALSE(allows(*find_field("train.epochs"), 5.0));
  EXPECT_FALSE(allows(*find_field("train.epochs"), "5"));
  EXPECT_FALSE(allows(*find_field("train.epochs"), true));
  EXPECT_FALSE(allows(*find_field("model.self_attention"), 1));
  EXPECT_TRUE(allows(*find_field("resources.stack"), "auto"));
  EXPECT_TRUE(allows(*find_field("resources.stack"), 8));
  EXPECT_TRUE(allows(*find_field("folds.validation"), json{{"dialogues", 0.1}}));
  EXPECT_FALSE(allows(*find_field("folds.validation"), json{{"dialogues", 1}}));
  EXPECT_FALSE(allows(*find_field("folds.validation"), json{{"dialogues", 0.1}, {"seed", 1}}));
  EXPECT_FALSE(allows(*find_field("model.modalities"), json{"audio", "audio"}));
  EXPECT_FALSE(allows(*find_field("model.modalities"), json{"../audio"}));
  EXPECT_FALSE(allows(*find_field("corpus.path"), std::string("a\0b", 3)));
}

// The committed file is what editors read: make it again with the test's output when the table changes.
TEST(FieldsTest, TheCommittedSchemaIsTheTables) {
  std::ifstream file(MER_SOURCE_DIR "/configs/sweep.schema.json");
  std::stringstream text;
  text << file.rdbuf();
  const std::string expected = sweep_json_schema();
  const std::string made = ::testing::TempDir() + "/sweep.schema.json";
  std::ofstream(made) << expected;

  EXPECT_TRUE(text.str() == expected) << "configs/sweep.schema.json is out of date; the new one is in " << made;
}

TEST(FieldsTest, TheSchemaKnowsEveryPathInTheGrid) {
  const json schema = json::parse(sweep_json_schema());

  for (const Field& field : fields()) {
    EXPECT_EQ(schema["properties"]["grid"]["properties"].contains(field.path), field.may_vary) << field.path;
    EXPECT_TRUE(schema["properties"][field.section()]["properties"].contains(field.key())) << field.path;
    EXPECT_TRUE(schema["$defs"].contains(field.path)) << field.path;
  }
}

}  // namespace
}  // namespace mer
