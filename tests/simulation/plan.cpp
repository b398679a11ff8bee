#include "tests/simulation/plan.hpp"

#include <sstream>

#include "tests/storage/builders.hpp"

namespace mer::simulation {
namespace {

Fate draw_fate(Random& random) {
  Fate fate;
  if (random.chance(0.75)) return fate;
  fate.kind = Fate::Kind(random.pick(1, 4));
  fate.epoch = random.pick(1, 3);
  fate.attempts = random.chance(0.5) ? 1 : random.pick(2, 5);
  return fate;
}

storage::Submission draw_submission(Random& random) {
  storage::test::Shape shape;
  shape.configurations = random.pick(1, 3);
  shape.folds = random.pick(1, 4);
  if (random.chance(0.3)) shape.seeds = {0, 1};
  storage::Submission submission = storage::test::submission_of(shape);
  const bool shapes = random.chance(0.5);
  const int epochs = random.pick(1, 4);
  for (storage::PlannedTrial& trial : submission.trials) {
    trial.spec.train.epochs = epochs;
    if (shapes) trial.spec.model.hidden = 100 + 20 * (trial.configuration % 2);
  }
  return submission;
}

double drawn(Random& random, double most) {
  return random.chance(0.7) ? most * double(random.pick(0, 100)) / 100 : 0;
}

void draw_faults(Plan& plan, Random& random) {
  plan.trainer_faults = drawn(random, 0.7);
  plan.kills = drawn(random, 2);
  plan.node_losses = drawn(random, 0.5);
  plan.stalls = drawn(random, 2);
  plan.clock_jumps = drawn(random, 1);
  plan.disk_faults = drawn(random, 3);
  plan.pauses = drawn(random, 1);
  plan.zombies = drawn(random, 1);
  plan.leaks = drawn(random, 1);
  if (plan.mix == Mix::partitions) {
    plan.cuts = drawn(random, 1);
    plan.silences = drawn(random, 3);
  }
  if (plan.mix == Mix::unordered) {
    plan.repeats = drawn(random, 0.3);
    plan.overtakings = drawn(random, 0.3);
  }
}

}  // namespace

const char* name_of(Mix mix) {
  switch (mix) {
    case Mix::calm: return "calm";
    case Mix::processes: return "processes";
    case Mix::partitions: return "partitions";
    case Mix::unordered: return "unordered";
  }
  return "calm";
}

Plan plan_of(std::uint64_t seed) {
  Random random(seed);
  Plan plan;
  plan.seed = seed;
  const int mix = random.pick(0, 19);
  plan.mix = mix == 0 ? Mix::calm : mix < 11 ? Mix::processes : mix < 16 ? Mix::partitions : Mix::unordered;
  plan.sqlite = random.chance(0.05);
  plan.codec = random.chance(0.02);
  plan.batches = random.chance(0.5);
  plan.workers = random.pick(1, 4);
  if (random.chance(0.2)) plan.gang = random.pick(1, plan.workers);
  plan.stack = random.chance(0.5) ? 0 : random.pick(1, 4);
  plan.max_attempts = random.pick(1, 3);
  plan.submission = draw_submission(random);
  for (std::size_t i = 0; i < plan.submission.trials.size(); ++i) plan.fates.push_back(draw_fate(random));
  if (plan.mix != Mix::calm) draw_faults(plan, random);
  return plan;
}

std::string describe(const Plan& plan) {
  std::ostringstream text;
  text << "seed " << plan.seed << ": " << plan.submission.trials.size() << " trials of "
       << plan.submission.trials.front().spec.train.epochs << " epochs, " << plan.workers << " workers in gangs of "
       << plan.gang << ", stack " << plan.stack << ", at most " << plan.max_attempts
       << " crashes, faults: " << name_of(plan.mix) << ", store: " << (plan.sqlite ? "SQLite" : "memory")
       << (plan.batches ? "" : ", one message a round") << (plan.codec ? ", messages encoded" : "");
  return text.str();
}

}  // namespace mer::simulation
