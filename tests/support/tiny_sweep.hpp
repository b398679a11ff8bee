// A corpus of 24 utterances and sweeps over it: enough for everything that does not train.
//
// Threads: pure functions.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "core/sweep_file.hpp"
#include "data/corpus.hpp"
#include "orchestrator/sweep_plan.hpp"

namespace mer::testing_support {

inline void add_features(data::Corpus& corpus, const std::string& modality, int dim) {
  auto values = std::make_shared<std::vector<float>>(corpus.utterances.size() * std::size_t(dim));
  for (std::size_t i = 0; i < values->size(); ++i) (*values)[i] = float(i % 7);
  corpus.features.push_back({modality, dim, *values, values});
}

// 3 sessions of 2 speakers and 2 dialogues of 4 turns each; labels by turn, so that every part has both.
inline data::Corpus tiny_corpus() {
  data::Corpus corpus;
  corpus.name = "tiny";
  corpus.path = "/corpora/tiny";
  corpus.labels = {"happy", "sad"};
  for (int session = 1; session <= 3; ++session) {
    for (int number = 1; number <= 2; ++number) {
      const std::string dialogue = "s" + std::to_string(session) + "d" + std::to_string(number);
      data::Dialogue rows{dialogue, {}};
      for (int turn = 0; turn < 4; ++turn) {
        rows.rows.push_back(std::uint32_t(corpus.utterances.size()));
        corpus.utterances.push_back({dialogue + "t" + std::to_string(turn), dialogue, turn,
                                     "session" + std::to_string(session),
                                     "S" + std::to_string(session) + (turn % 2 == 0 ? "F" : "M"), turn / 2});
      }
      corpus.dialogues.push_back(rows);
    }
  }
  add_features(corpus, "audio", 3);
  add_features(corpus, "text", 2);
  corpus.id = data::corpus_id_of(corpus);
  return corpus;
}

struct PlannedSweep {
  Sweep sweep;
  std::unique_ptr<orchestrator::Corpora> corpora;  // stays where it is: the plan points into it
  Result<orchestrator::SweepPlan> plan;
};

// `fields` goes into the sweep file, e.g. R"("seeds": [0, 1])"; `path` is where the corpus is said to be.
inline PlannedSweep plan_tiny_sweep(const std::string& fields = "", const std::string& path = "/corpora/tiny") {
  const std::string text = R"({"name": "tiny", "corpus": {"path": ")" + path + R"("}, "folds": {"scheme": "session"})" +
                           (fields.empty() ? "" : ", " + fields) + "}";
  auto sweep = parse_sweep(text, "tiny.json", "/");
  if (!sweep) ADD_FAILURE() << sweep.error().message;
  auto corpora = std::make_unique<orchestrator::Corpora>();
  for (const Configuration& configuration : sweep->configurations)
    corpora->emplace(configuration.corpus, tiny_corpus());
  auto plan = orchestrator::plan_sweep(*sweep, *corpora, "test");
  return {std::move(sweep).value(), std::move(corpora), std::move(plan)};
}

}  // namespace mer::testing_support
