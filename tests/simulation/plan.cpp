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

// What load_sweep() reads of it.
std::string resolved_text(const Plan& plan, const std::string& name, int stack) {
  return R"({"name":")" + name + R"(","configurations":[{"corpus":{"path":"/corpora/small"},)" +
         R"("folds":{"scheme":"speaker"}}],"resources":{"stack":)" + (stack == 0 ? "\"auto\"" : std::to_string(stack)) +
         R"(,"gpus_per_trial":)" + std::to_string(plan.gang) + R"(},"retry":{"max_attempts":)" +
         std::to_string(plan.max_attempts) + "}}";
}

// All sweeps draw from one grid, so that they share trials.
struct Grid {
  bool shapes = false;
  int epochs = 1;
};

storage::Submission draw_submission(const Plan& plan, const Grid& grid, int number, int sweeps, Random& random) {
  storage::test::Shape shape;
  shape.name = "study" + std::to_string(number);
  shape.configurations = random.pick(1, sweeps == 1 ? 3 : 2);
  shape.folds = random.pick(1, sweeps == 1 ? 4 : 3);
  if (random.chance(sweeps == 1 ? 0.25 : 0.1)) shape.seeds = {0, 1};
  storage::Submission submission = storage::test::submission_of(shape);
  submission.sweep.resources.gpus_per_trial = plan.gang;
  const int stack = sweeps > 1 && random.chance(0.2) ? random.pick(0, 3) : plan.stack;
  submission.sweep.resources.stack = stack;
  submission.sweep.resolved_json = resolved_text(plan, shape.name, stack);
  for (storage::PlannedTrial& trial : submission.trials) {
    trial.spec.train.epochs = grid.epochs;
    if (grid.shapes) trial.spec.model.hidden = 100 + 20 * (trial.configuration % 2);
  }
  const auto left_out = [&](const storage::PlannedTrial&) { return sweeps > 1 && random.chance(0.2); };
  const storage::PlannedTrial first = submission.trials.front();
  std::erase_if(submission.trials, left_out);
  if (submission.trials.empty()) submission.trials.push_back(first);
  submission.code_version = number == 1 || random.chance(0.7) ? kCode : kOtherCode;
  if (number > 1) submission.fresh = random.chance(0.15);
  if (sweeps > 1 && random.chance(0.5)) submission.priority = random.pick(-1, 2);
  return submission;
}

void draw_sweeps(Plan& plan, Random& random) {
  const Grid grid{random.chance(0.5), random.pick(1, 4)};
  const int sweeps = random.chance(0.5) ? 1 : random.pick(2, 3);
  for (int number = 1; number <= sweeps; ++number) {
    plan.sweeps.push_back({draw_submission(plan, grid, number, sweeps, random), number > 1 && random.chance(0.6)});
    for (const auto& trial : plan.sweeps.back().submission.trials) {
      plan.fates.try_emplace(trial.spec.id, draw_fate(random));
    }
  }
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

void draw_groups(Plan& plan, Random& random) {
  plan.groups = random.pick(1, 3);
  plan.alone = drawn(random, 1);
  plan.patience = std::chrono::seconds(random.chance(0.3) ? 0 : random.pick(10, 200));
  if (plan.mix != Mix::calm) plan.group_troubles = drawn(random, 3);
}

void draw_nodes(Plan& plan, Random& random) {
  plan.node_crashes = random.pick(1, 3);
  plan.node_asks = drawn(random, 1);
  if (random.chance(0.7)) plan.bad_host = "node" + std::to_string(random.pick(1, plan.workers));
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
  draw_sweeps(plan, random);
  plan.asks = drawn(random, 4);
  if (plan.mix != Mix::calm) plan.asks_with_fault = drawn(random, 0.3);
  if (plan.mix != Mix::calm) draw_faults(plan, random);
  if (random.chance(0.2)) plan.job_seconds = random.pick(10, 60);
  if (plan.mix != Mix::unordered && random.chance(0.3)) draw_groups(plan, random);
  if (random.chance(0.3)) draw_nodes(plan, random);
  return plan;
}

std::string describe(const Plan& plan) {
  std::ostringstream text;
  text << "seed " << plan.seed << ": " << plan.sweeps.size() << " sweeps of";
  for (const PlannedSweep& sweep : plan.sweeps) {
    const storage::Submission& submission = sweep.submission;
    text << " " << submission.trials.size() << " trials (code " << submission.code_version << ", priority "
         << submission.priority << (submission.fresh ? ", fresh" : "") << (sweep.late ? ", late" : "") << "),";
  }
  text << " " << plan.workers << " workers in gangs of " << plan.gang << ", stack " << plan.stack << ", at most "
       << plan.max_attempts << " crashes, faults: " << name_of(plan.mix)
       << ", store: " << (plan.sqlite ? "SQLite" : "memory") << (plan.batches ? "" : ", one message a round")
       << (plan.codec ? ", messages encoded" : "");
  if (plan.job_seconds > 0) text << ", jobs of " << plan.job_seconds << " s";
  if (plan.node_crashes > 0) text << ", hosts excluded after " << plan.node_crashes << " trials";
  if (!plan.bad_host.empty()) text << ", " << plan.bad_host << " is bad";
  if (plan.groups > 0) text << ", groups of other jobs with a patience of " << plan.patience.count() << " s";
  return text.str();
}

}  // namespace mer::simulation
