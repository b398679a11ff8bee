// Bad sweep files: each with the exact message.
#include <ctime>
#include <fstream>
#include <gtest/gtest.h>

#include "core/sweep_file.hpp"

namespace mer {
namespace {

struct BadFile {
  const char* name;
  std::string text;
  std::string message;
};

// A good file with `more` in it.
std::string with(const std::string& more) {
  return R"({"name": "x", "corpus": {"path": "c"}, "folds": {"scheme": "speaker"}, )" + more + "}";
}
std::string with_corpus(const std::string& corpus) {
  return R"({"name": "x", "folds": {"scheme": "speaker"}, "corpus": )" + corpus + "}";
}
std::string with_folds(const std::string& folds) {
  return R"({"name": "x", "corpus": {"path": "c"}, "folds": )" + folds + "}";
}
std::string with_name(const std::string& name) {
  return R"({"corpus": {"path": "c"}, "folds": {"scheme": "speaker"}, "name": )" + name + "}";
}

constexpr char kNameRule[] = " is not allowed; allowed: letters, digits, - and _, at most 100, beginning with a letter";

std::vector<BadFile> not_json() {
  return {
      {"Empty", "",
       "f.json:1:1: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal"},
      {"NotAnObject", "[1]", "f.json: /: [1] is not allowed; allowed: an object {...}"},
      {"DuplicateKey", "{\"name\": \"x\",\n \"name\": \"y\"}",
       "f.json:2:7: /name: the key \"name\" stands twice in one object"},
      {"DeepBrackets", std::string(100'000, '['), "f.json:1:65: nested deeper than 64 brackets"},
      {"DeepBracketsInside", with("\"grid\": {\"model.alpha\": " + std::string(100'000, '[')),
       "f.json:1:158: nested deeper than 64 brackets"},
  };
}

std::vector<BadFile> with_bad_keys() {
  return {
      {"NameMissing", R"({"corpus": {"path": "c"}, "folds": {"scheme": "speaker"}})", "f.json: /: \"name\" is missing"},
      {"CorpusMissing", R"({"name": "x", "folds": {"scheme": "speaker"}})", "f.json: /: \"corpus\" is missing"},
      {"FoldsMissing", R"({"name": "x", "corpus": {"path": "c"}})", "f.json: /: \"folds\" is missing"},
      {"SchemeMissing", with_folds("{}"),
       "f.json: /folds: \"scheme\" is missing; one of \"session-holdout\", \"session\", \"speaker\", "
       "\"speaker-pairs\", \"explicit\""},
      {"UnknownSection", with(R"("modle": {})"),
       "f.json: /modle: unknown key \"modle\" (did you mean \"model\"?); allowed: name, corpus, folds, $schema, seeds, "
       "model, train, select, "
       "grid, "
       "zip, random, list, resources, retry, record, published"},
      {"UnknownKey", with(R"("train": {"learning_rat": 1})"),
       "f.json: /train/learning_rat: unknown key \"learning_rat\" (did you mean \"learning_rate\"?); allowed: "
       "epochs, batch_dialogues, optimizer, learning_rate, weight_decay, standardise, evaluate_every, dtype"},
      {"UnknownKeyFarFromAll", with(R"("retry": {"temperature": 1})"),
       "f.json: /retry/temperature: unknown key \"temperature\"; allowed: max_attempts"},
      {"KeyIsEscapedInThePointer", with(R"("retry": {"a/b~c": 1})"),
       "f.json: /retry/a~1b~0c: unknown key \"a/b~c\"; allowed: max_attempts"},
  };
}

std::vector<BadFile> with_bad_values() {
  return {
      {"NameBeginsWithADigit", with_name("\"1x\""), std::string("f.json: /name: \"1x\"") + kNameRule},
      {"NameWithASlash", with_name("\"a/b\""), std::string("f.json: /name: \"a/b\"") + kNameRule},
      {"NameIsANumber", with_name("3"), std::string("f.json: /name: 3") + kNameRule},
      {"SectionIsNotAnObject", with(R"("model": 5)"), "f.json: /model: 5 is not allowed; allowed: an object {...}"},
      {"EpochsZero", with(R"("train": {"epochs": 0})"),
       "f.json: /train/epochs: 0 is not allowed; allowed: an integer from 1 to 1000000"},
      {"EpochsFraction", with(R"("train": {"epochs": 1.5})"),
       "f.json: /train/epochs: 1.5 is not allowed; allowed: an integer from 1 to 1000000"},
      {"EpochsText", with(R"("train": {"epochs": "5"})"),
       "f.json: /train/epochs: \"5\" is not allowed; allowed: an integer from 1 to 1000000"},
      {"DropoutOne", with(R"("model": {"dropout": 1})"),
       "f.json: /model/dropout: 1 is not allowed; allowed: a number from 0 to below 1"},
      {"LearningRateZero", with(R"("train": {"learning_rate": 0})"),
       "f.json: /train/learning_rate: 0 is not allowed; allowed: a number above 0 to 100"},
      {"AlphaNull", with(R"("model": {"alpha": null})"),
       "f.json: /model/alpha: null is not allowed; allowed: a number from 0 to 1000000"},
      {"MisspeltWord", with(R"("model": {"recurrent": "bi-gru"})"),
       "f.json: /model/recurrent: \"bi-gru\" is not allowed (did you mean \"bigru\"?); allowed: one of \"gru\", "
       "\"bigru\", \"lstm\", \"bilstm\""},
      {"SelfAttentionNotABoolean", with(R"("model": {"self_attention": 1})"),
       "f.json: /model/self_attention: 1 is not allowed; allowed: true or false"},
      {"SubspaceText", with(R"("model": {"subspace": "na"})"),
       "f.json: /model/subspace: \"na\" is not allowed (did you mean \"n/a\"?); allowed: true or false, or "
       "\"n/a\""},
      {"NoModality", with(R"("model": {"modalities": []})"),
       "f.json: /model/modalities: [] is not allowed; allowed: an array of 1 to 2 different names (letters, digits, - "
       "and _)"},
      {"ThreeModalities", with(R"("model": {"modalities": ["a", "b", "c"]})"),
       "f.json: /model/modalities: [\"a\",\"b\",\"c\"] is not allowed; allowed: an array of 1 to 2 different names "
       "(letters, digits, - and _)"},
      {"StandardisesAModalityThatNoConfigurationHas", with(R"("train": {"standardise": ["audio", "txet"]})"),
       "f.json: /train/standardise/1: \"txet\" is a modality of no configuration; allowed: names of "
       "/model/modalities"},
      {"StackZero", with(R"("resources": {"stack": 0})"),
       "f.json: /resources/stack: 0 is not allowed; allowed: an integer from 1 to 100000, or \"auto\""},
      {"UnknownPreset", with_corpus(R"({"synthetic": "iemocab"})"),
       "f.json: /corpus/synthetic: \"iemocab\" is not allowed (did you mean \"iemocap\"?); allowed: one of "
       "\"iemocap\", \"msp-improv\""},
      {"ValidationShareTooLarge", with_folds(R"({"scheme": "speaker", "validation": {"dialogues": 1}})"),
       "f.json: /folds/validation: {\"dialogues\":1} is not allowed; allowed: \"none\", \"partner\", \"next-session\" "
       "or "
       "{\"dialogues\": a number above 0 and below 1}"},
      {"SeedsEmpty", with(R"("seeds": [])"),
       "f.json: /seeds: [] is not allowed; allowed: an array of 1 to 10000 integers, or {\"count\": 3} for 0, 1, 2"},
      {"SeedTwice", with(R"("seeds": [1, 2, 1])"), "f.json: /seeds/2: 1 stands twice; allowed: different seeds"},
      {"SeedNegative", with(R"("seeds": [-1])"),
       "f.json: /seeds/0: -1 is not allowed; allowed: an integer from 0 to 9007199254740991"},
      {"SeedCountZero", with(R"("seeds": {"count": 0})"),
       "f.json: /seeds/count: 0 is not allowed; allowed: an integer from 1 to 10000"},
      {"PublishedPercent", with(R"("published": [{"label": "P", "metric": "wa", "value": 85.9}])"),
       "f.json: /published/0/value: 85.9 is not allowed; allowed: a number from 0 to 1"},
      {"PublishedWithoutMetric", with(R"("published": [{"label": "P", "value": 0.8}])"),
       "f.json: /published/0: \"metric\" is missing"},
      {"PublishedSource", with(R"("published": [{"label": "P", "metric": "wa", "value": 0.8, "source": 2020}])"),
       "f.json: /published/0/source: 2020 is not allowed; allowed: a text in quotes, not empty"},
      {"PublishedMisspelled", with(R"("published": [{"label": "P", "metric": "wa", "value": 0.8, "sorce": "x"}])"),
       "f.json: /published/0/sorce: unknown key \"sorce\" (did you mean \"source\"?); allowed: label, metric, value, "
       "source"},
      {"PublishedUnknownMetric", with(R"("published": [{"label": "P", "metric": "wua", "value": 0.8}])"),
       "f.json: /published/0/metric: \"wua\" is not allowed (did you mean \"wa\"?); allowed: one of \"wa\", "
       "\"ua\", \"macro_f1\", \"weighted_f1\""},
  };
}

std::vector<BadFile> with_bad_combinations() {
  return {
      {"CorpusOfTwoKinds", with_corpus(R"({"path": "/c", "synthetic": "iemocap"})"),
       "f.json: /corpus: {\"path\":\"/c\",\"seed\":0,\"synthetic\":\"iemocap\"} is not allowed; allowed: exactly one "
       "of "
       "\"path\" and \"synthetic\""},
      {"CorpusOfNoKind", with_corpus("{}"),
       "f.json: /corpus: {\"seed\":0} is not allowed; allowed: exactly one of \"path\" and \"synthetic\""},
      {"SeedOfARealCorpus", with_corpus(R"({"path": "c", "seed": 1})"),
       "f.json: /corpus/seed: only a synthetic corpus has a seed; leave it out"},
      {"HeadsDoNotDivideHidden", with(R"("model": {"heads": 3})"),
       "f.json: /model/heads: 3 is not allowed: hidden is 100; allowed: a divisor of hidden"},
      {"HiddenIsOdd", with(R"("model": {"hidden": 25, "heads": 5})"),
       "f.json: /model/hidden: 25 is not allowed: \"bigru\" gives half of it to each direction; allowed: an even "
       "number"},
      {"NotApplicableWithTwoModalities", with(R"("model": {"subspace": "n/a"})"),
       "f.json: /model/subspace: \"n/a\" is not allowed with two modalities; allowed: true or false"},
      {"BestValidationWithoutValidation", with(R"("select": {"epoch": "best-validation"})"),
       "f.json: /select/epoch: \"best-validation\" is not allowed: folds.validation is \"none\"; allowed: \"last\", "
       "\"best-test\", or a validation part"},
      {"TestSessionOfAnotherScheme", with_folds(R"({"scheme": "speaker", "test": "5"})"),
       "f.json: /folds/test: the scheme is \"speaker\"; only \"session-holdout\" has a test session: leave it out"},
      {"ExplicitWithoutFile", with_folds(R"({"scheme": "explicit"})"),
       "f.json: /folds/file: the scheme is \"explicit\", so the file that lists the folds must be given"},
      {"FileOfAnotherScheme", with_folds(R"({"scheme": "session", "file": "x"})"),
       "f.json: /folds/file: the scheme is \"session\"; only \"explicit\" reads a file: leave it out"},
  };
}

std::vector<BadFile> with_bad_groups() {
  return {
      {"GridEmpty", with(R"("grid": {})"),
       "f.json: /grid: {} is not allowed; allowed: at least one field, such as \"model.alpha\": [0, 0.1]"},
      {"GridOfNoValues", with(R"("grid": {"model.alpha": []})"),
       "f.json: /grid/model.alpha: [] is not allowed; allowed: an array of at least one value"},
      {"GridOfOneValue", with(R"("grid": {"model.alpha": 0.1})"),
       "f.json: /grid/model.alpha: 0.1 is not allowed; allowed: an array of at least one value"},
      {"GridValue", with(R"("grid": {"model.alpha": [0, -1]})"),
       "f.json: /grid/model.alpha/1: -1 is not allowed; allowed: a number from 0 to 1000000"},
      {"GridUnknownField", with(R"("grid": {"model.alhpa": [0]})"),
       "f.json: /grid/model.alhpa: unknown field \"model.alhpa\" (did you mean \"model.alpha\"?); allowed: paths such "
       "as "
       "\"model.alpha\" of corpus, folds, model and train"},
      {"GridFieldThatCannotVary", with(R"("grid": {"resources.threads": [1, 2]})"),
       "f.json: /grid/resources.threads: \"resources.threads\" cannot vary; allowed: fields of corpus, folds, model "
       "and "
       "train"},
      {"GridOfModalitiesNotNested", with(R"("grid": {"model.modalities": ["audio", "text"]})"),
       "f.json: /grid/model.modalities/0: \"audio\" is not allowed; allowed: an array of 1 to 2 different names "
       "(letters, digits, - and _)"},
      {"GridPointAcrossFields", with(R"("grid": {"model.heads": [4, 8]})"),
       "f.json: /model/heads: 8 is not allowed: hidden is 100; allowed: a divisor of hidden (in the configuration "
       "model.heads = 8)"},
      {"GridTooLarge", with(R"("grid": {"model.alpha": [1,2,3,4,5,6,7,8,9,10], "model.beta": [1,2,3,4,5,6,7,8,9,10],
                        "train.epochs": [1,2,3,4,5,6,7,8,9,10], "train.weight_decay": [1,2,3,4,5,6,7,8,9,10],
                        "train.learning_rate": [1,2,3,4,5,6,7,8,9,10], "train.evaluate_every": [1,2]})"),
       "f.json: /grid/train.weight_decay: too many configurations; allowed: up to 100000"},
      {"ZipOfUnequalLengths", with(R"("zip": {"model.alpha": [1, 2], "model.beta": [1]})"),
       "f.json: /zip/model.beta: 1 values, but \"model.alpha\" has 2; allowed: lists of equal length"},
      {"FieldInTwoGroups", with(R"("grid": {"model.alpha": [1]}, "list": [{"model.alpha": 2}])"),
       "f.json: /list: \"model.alpha\" stands in two of grid, zip, random and list; allowed: one of them"},
      {"ListEmpty", with(R"("list": [])"), "f.json: /list: [] is not allowed; allowed: an array of at least one value"},
      {"ListEntry", with(R"("list": [{}, {"train.epochs": 0}])"),
       "f.json: /list/1/train.epochs: 0 is not allowed; allowed: an integer from 1 to 1000000"},
      {"RandomWithoutCount", with(R"("random": {"model.alpha": {"log": [1, 2]}})"),
       "f.json: /random: \"count\" is missing: how many points to draw, such as \"count\": 20"},
      {"RandomWithoutField", with(R"("random": {"count": 3})"),
       "f.json: /random: no field to draw; allowed: at least one, such as \"train.learning_rate\": {\"log\": [1e-5, "
       "1e-2]}"},
      {"RandomUnknownRange", with(R"("random": {"count": 3, "model.alpha": {"lgo": [1, 2]}})"),
       "f.json: /random/model.alpha/lgo: unknown key \"lgo\" (did you mean \"log\"?); allowed: log, linear, int, "
       "choice"},
      {"RandomLogOfZero", with(R"("random": {"count": 3, "model.alpha": {"log": [0, 2]}})"),
       "f.json: /random/model.alpha/log/0: 0 is not allowed; allowed: a number above 0 for log"},
      {"RandomBackwards", with(R"("random": {"count": 3, "model.alpha": {"linear": [2, 1]}})"),
       "f.json: /random/model.alpha/linear: [2,1] is not allowed; allowed: [low, high] with low < high"},
      {"RandomOutOfRange", with(R"("random": {"count": 3, "model.dropout": {"linear": [0, 1]}})"),
       "f.json: /random/model.dropout/linear/1: 1 is not allowed; allowed: a number from 0 to below 1"},
      {"RandomLogOfAnInteger", with(R"("random": {"count": 3, "train.epochs": {"log": [1, 10]}})"),
       "f.json: /random/train.epochs/log: \"log\" does not suit train.epochs, which is an integer from 1 to 1000000; "
       "allowed: int, choice"},
  };
}

std::vector<BadFile> bad_files() {
  std::vector<BadFile> all;
  for (const auto& files :
       {not_json(), with_bad_keys(), with_bad_values(), with_bad_combinations(), with_bad_groups()}) {
    all.insert(all.end(), files.begin(), files.end());
  }
  return all;
}

class SweepErrorsTest : public ::testing::TestWithParam<BadFile> {};

TEST_P(SweepErrorsTest, SaysWhereWhatAndWhatIsAllowed) {
  const auto sweep = parse_sweep(GetParam().text, "f.json", "/base");

  ASSERT_FALSE(sweep.ok());
  EXPECT_EQ(sweep.error().message, GetParam().message);
  EXPECT_EQ(sweep.error().code, ErrorCode::invalid);
}

INSTANTIATE_TEST_SUITE_P(Files, SweepErrorsTest, ::testing::ValuesIn(bad_files()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

std::string error_with(const std::vector<std::string>& overrides, const std::string& more = "\"seeds\": [0]") {
  const auto sweep = parse_sweep(with(more), "f.json", "/base", overrides);
  return sweep ? "no error" : sweep.error().message;
}

TEST(SweepOverrideErrorsTest, TheArgumentIsNamed) {
  EXPECT_EQ(error_with({"train.epochs=0"}),
            "--set train.epochs=0: /train/epochs: 0 is not allowed; allowed: an integer from 1 to 1000000");
  EXPECT_EQ(error_with({"train.epoch=5"}),
            "--set train.epoch=5: /train/epoch: unknown key \"epoch\" (did you mean \"epochs\"?); allowed: epochs, "
            "batch_dialogues, optimizer, learning_rate, weight_decay, standardise, evaluate_every, dtype");
  EXPECT_EQ(error_with({"grid.model.alpha=[-1]"}),
            "--set grid.model.alpha=[-1]: /grid/model.alpha/0: -1 is not allowed; allowed: a number from 0 to 1000000");
}

TEST(SweepOverrideErrorsTest, MalformedArgumentsAreErrors) {
  EXPECT_EQ(error_with({"epochs"}), "--set epochs: expected PATH=VALUE, such as train.epochs=5");
  EXPECT_EQ(error_with({"=5"}), "--set =5: expected PATH=VALUE, such as train.epochs=5");
  EXPECT_EQ(error_with({"train.=5"}), "--set train.=5: expected PATH=VALUE, such as train.epochs=5");
  EXPECT_EQ(error_with({"seeds.count=5"}), "--set seeds.count=5: \"seeds\" of f.json is not an object");
}

TEST(SweepOverrideErrorsTest, AnArgumentWithoutEffectIsAnError) {
  EXPECT_EQ(error_with({"model.alpha=1"}, "\"grid\": {\"model.alpha\": [0, 1]}"),
            "--set model.alpha=1: has no effect, grid, zip, random or list of f.json varies \"model.alpha\"; set that "
            "instead, such as --set 'grid.model.alpha=[...]'");
}

TEST(SweepFileErrorsTest, AMissingFileIsNotFound) {
  const auto sweep = load_sweep("/no/such/sweep.json");

  EXPECT_EQ(sweep.error().code, ErrorCode::not_found);
  EXPECT_EQ(sweep.error().message,
            "/no/such/sweep.json: cannot be read; expected a sweep file, such as configs/quickstart.json");
}

TEST(SweepFileErrorsTest, AFolderIsRefused) {
  EXPECT_EQ(load_sweep("/tmp").error().message, "/tmp: is a folder; expected a sweep file");
}

TEST(SweepFileErrorsTest, AnEndlessFileIsRefused) {
  EXPECT_EQ(load_sweep("/dev/zero").error().message, "/dev/zero: larger than 16 MiB; expected a sweep file");
}

TEST(SweepFileErrorsTest, HostileSizesAreRefusedQuickly) {
  const std::clock_t start = std::clock();  // CPU time: a loaded machine is no fault
  std::string wide = "[0";
  for (int i = 0; i < 200'000; ++i) wide += ",0";

  EXPECT_FALSE(parse_sweep(std::string(1'000'000, '['), "f.json", "/base").ok());
  EXPECT_FALSE(parse_sweep(with("\"seeds\": " + wide + "]"), "f.json", "/base").ok());
  EXPECT_FALSE(parse_sweep(with("\"" + std::string(1'000'000, 'k') + "\": 1"), "f.json", "/base").ok());

  EXPECT_LT(std::clock() - start, 5 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace mer
