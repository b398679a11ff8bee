// GangScenario: what a gang trains in a test: whole batches, and which member has which dialogues of them. The same in
// every process: all of it follows from the scenario's seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/device/stage.hpp"
#include "tests/device/random_batch.hpp"

namespace mer::model {

struct GangScenario {
  std::string name;
  int members = 1;
  Shape shape;
  double tolerance = 1e-9;
};

const std::vector<GangScenario>& gang_scenarios();
const GangScenario& gang_scenario(const std::string& name);

inline constexpr int kGangSlots = 3;
inline constexpr int kGangSteps = 8;

// One step of all members: a training step, or an evaluation.
struct GangStep {
  bool trains = true;
  Batch whole;
  std::vector<std::vector<std::int64_t>> bounds;  // of each slot: member m has the dialogues [bounds[m], bounds[m + 1])
  std::vector<SlotStep> steps;

  Batch part_of(int member) const;
  std::vector<std::int64_t> rows_of(int member) const;  // the rows of the whole batch that a member has
};

std::vector<GangStep> steps_of(const GangScenario& scenario);

}  // namespace mer::model
