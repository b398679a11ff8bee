// Mutated sweep files: whatever the bytes, parse_sweep answers, and what it accepts reads back.
#include <ctime>
#include <gtest/gtest.h>
#include <random>

#include "core/sweep_file.hpp"

namespace mer {
namespace {

constexpr char kSeedText[] =
    R"({"name": "x", "corpus": {"path": "c"}, "folds": {"scheme": "speaker", "validation": "partner"},
 "seeds": [0, 1], "model": {"alpha": 0.1, "modalities": ["audio"]}, "train": {"epochs": 5, "dtype": "float64"},
 "grid": {"model.beta": [0, 1]}, "zip": {"model.heads": [1, 2]}, "list": [{}, {"model.dropout": 0.5}],
 "random": {"count": 3, "seed": 1, "train.learning_rate": {"log": [1e-5, 1e-2]}}, "resources": {"stack": "auto"},
 "published": [{"label": "P", "metric": "wa", "value": 0.5}]})";

const std::string kTokens[] = {
    "{",  "}",       "[",   "]",        ",",  ":",    "\"",    "null", "-1",       "1e400", "\"model.alpha\"",
    "/*", "\\u0000", "0.5", "[[[[[[[[", "{}", "\xff", "99999", "true", "\"grid\":"};

std::string mutated(std::string text, std::mt19937& random) {
  const int changes = 1 + int(random() % 4);
  for (int i = 0; i < changes; ++i) {
    const std::size_t at = random() % text.size();
    const std::string& token = kTokens[random() % std::size(kTokens)];
    switch (random() % 4) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.insert(at, token); break;
      case 2: text.erase(at, 1 + random() % 8); break;
      default: text.replace(at, token.size(), token); break;
    }
    if (text.empty()) text = "{";
  }
  return text;
}

TEST(SweepFuzzTest, MutatedFilesGetAnAnswer) {
  const std::clock_t end = std::clock() + 2 * CLOCKS_PER_SEC;  // CPU time: a loaded machine changes nothing
  std::mt19937 random(20240501);
  int refused = 0;
  int accepted = 0;
  for (int round = 0; round < 3000 && std::clock() < end; ++round) {
    const std::string text = mutated(kSeedText, random);
    SCOPED_TRACE(text);
    const auto sweep = parse_sweep(text, "f.json", "/base");
    if (!sweep) {
      ++refused;
      ASSERT_EQ(sweep.error().code, ErrorCode::invalid) << sweep.error().message;
      ASSERT_FALSE(sweep.error().message.empty());
      ASSERT_LT(sweep.error().message.size(), 1000U);
    } else if (++accepted % 5 == 0) {
      const auto back = sweep_from_resolved(sweep->resolved_json);
      ASSERT_TRUE(back.ok()) << back.error().message;
      ASSERT_EQ(back->resolved_json, sweep->resolved_json);
    }
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(accepted, 5);
}

}  // namespace
}  // namespace mer
