// Runs tests/scenarios/*.txt against the scheduler: one line an event or an expected effect, in order. An effect that
// no line expects fails, as does an expectation that does not come.
//
//   options max_attempts=3 stack=1       trials t1 t2            trial t1 shape=a state=done attempt=1 crashes=0
//   trial t1 epochs=10 saved=4           epochs, and how many its newest checkpoint has
//   trial t1 state=running attempt=1 crashes=1 group=g     of a group of an earlier coordinator
//   group g returns with t1#1            the worker's group, and what it brings
//   worker 4 joins of g with t1#1
//   stays                                the coordinator does not end when nothing is left: expect idle
//   measured a 2.5                       seconds of an epoch of shape a in an earlier run (a line each)
//   sweep 2 priority=1 state=paused      the trials that follow are its own; it is added by the next event
//   cancel t1 t2 | retry t1 | pause sweep 1 | resume sweep 1 | sweep 1 has priority 5
//   worker 1 joins [n1] | worker 1 lost | worker 1 leaves | exclude n1 n2 (and no others)
//   pause | tick | wait 1.5 s | job ends in 60 s [of 3600 s]
//   w1 t1#1 started|epoch|checkpoint|finished|diverged|stopped|crashed|killed|memory|error [stack=2]
//   w1 t1#1 epoch seconds=2.5 | w1 t1#1 checkpoint epoch=4 | w1 t1#1 started epoch=4
//   w1 wants 4                           trials at once
//   expect assign t1#1 t2#1 -> w1 | record t1#1 crashed retry refund | stop w1 [t1] | let w1 go
//   expect exclude n1: WHY refund t1*2 t2*1 | include n1: WHY | idle | ended .. | paused .. | nothing
//   stale 2                              reports refused so far
//   standing t1 pending backoff=1 before=2 workers=1    what holds it up, zeros left out; or: standing t1 unknown
#include <algorithm>
#include <cmath>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "orchestrator/scheduler.hpp"

namespace mer::orchestrator {
namespace {

using Words = std::vector<std::string>;

Words words_of(const std::string& line) {
  std::istringstream stream(line.substr(0, line.find("  #")));
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::pair<std::string, std::string> split(const std::string& word, char at) {
  const std::size_t position = word.find(at);
  return {word.substr(0, position), position == std::string::npos ? "" : word.substr(position + 1)};
}

// What stands behind a report's name.
struct Details {
  int stack = 1;  // trials that the trainer had; of failures only
  int epoch = 0;
  double seconds = 0;  // of the epoch
};

AttemptEvent event_named(const std::string& name, const Details& details) {
  const int stack = details.stack;
  if (name == "started") return AttemptStarted{{}, details.epoch, {}};
  if (name == "epoch") return EpochDone{{}, {0, details.seconds, 0, 0}};
  if (name == "checkpoint") return CheckpointSaved{{{}, 0, details.epoch, "", "", 0}};
  if (name == "finished") return AttemptFinished{};
  if (name == "diverged") return AttemptDiverged{};
  if (name == "stopped") return AttemptStopped{};
  if (name == "crashed") return AttemptFailed{{Failure::Kind::signal, SIGSEGV, "", ""}, stack};
  if (name == "killed") return AttemptFailed{{Failure::Kind::signal, SIGKILL, "", ""}, stack};
  if (name == "memory") return AttemptFailed{{Failure::Kind::memory, 0, "", ""}, stack};
  if (name == "error") return AttemptFailed{{Failure::Kind::error, 0, "", ""}, stack};
  throw std::runtime_error("no such report: " + name);
}

struct NameOf {
  std::string operator()(const AttemptStarted&) const { return "started"; }
  std::string operator()(const EpochDone&) const { return "epoch"; }
  std::string operator()(const CheckpointSaved&) const { return "checkpoint"; }
  std::string operator()(const AttemptFinished&) const { return "finished"; }
  std::string operator()(const AttemptDiverged&) const { return "diverged"; }
  std::string operator()(const AttemptStopped&) const { return "stopped"; }
  std::string operator()(const AttemptFailed& failed) const {
    const bool blamed = failed.failure.kind == Failure::Kind::error && failed.failure.message.empty();
    return blamed ? "error" : "crashed";
  }
};

std::string name_of(const TrialId& trial, int attempt) {
  return trial.hex + "#" + std::to_string(attempt);
}

std::vector<ClaimedTrial> claimed_from(const Words& words, std::size_t begin) {
  std::vector<ClaimedTrial> claimed;
  for (std::size_t i = begin; i < words.size(); ++i) {
    const auto [trial, attempt] = split(words[i], '#');
    claimed.push_back({{trial}, std::stoi(attempt)});
  }
  return claimed;
}

struct TextOf {
  std::string operator()(const ClaimAndAssign& effect) const {
    std::string text = "assign";
    for (const ClaimedTrial& claimed : effect.trials) text += " " + name_of(claimed.trial, claimed.attempt);
    return text + " -> w" + std::to_string(effect.worker.rank);
  }
  std::string operator()(const Record& effect) const {
    std::string text = "record " + name_of(effect.report.trial, effect.report.attempt) + " " +
                       std::visit(NameOf{}, effect.report.event);
    if (std::holds_alternative<AttemptFailed>(effect.report.event)) {
      text += effect.after_failure == TrialState::failed ? " final" : " retry";
      if (effect.refund) text += " refund";
    }
    return text;
  }
  std::string operator()(const SendStop& effect) const {
    std::string text = "stop w" + std::to_string(effect.worker.rank);
    for (const TrialId& trial : effect.trials) text += " " + trial.hex;
    return text;
  }
  std::string operator()(const LetGo& effect) const { return "let w" + std::to_string(effect.worker.rank) + " go"; }
  std::string operator()(const JudgeNode& effect) const {
    const NodeVerdict& verdict = effect.verdict;
    std::string text = (verdict.excluded ? "exclude " : "include ") + verdict.host + ": " + verdict.why;
    if (!verdict.refunds.empty()) text += " refund";
    for (const NodeCrash& crash : verdict.refunds) text += " " + crash.trial.hex + "*" + std::to_string(crash.times);
    return text;
  }
  std::string operator()(const Idle&) const { return "idle"; }
  std::string operator()(const Ended& effect) const {
    std::ostringstream text;
    text << (effect.paused ? "paused" : "ended") << " done=" << effect.done << " failed=" << effect.failed
         << " diverged=" << effect.diverged;
    if (effect.cancelled > 0) text << " cancelled=" << effect.cancelled;
    text << " pending=" << effect.pending;
    return text.str();
  }
};

std::string text_of(const std::optional<TrialStanding>& standing) {
  if (!standing) return "unknown";
  std::ostringstream text;
  text << mer::name_of(standing->state);
  if (standing->leaving) text << " leaving";
  if (standing->absent) text << " absent";
  if (standing->worker) text << " w" << standing->worker->rank;
  if (!standing->of_active_sweep) text << " inactive";
  if (standing->backoff) text << " backoff=" << *standing->backoff;
  if (standing->before_it > 0) text << " before=" << standing->before_it;
  if (standing->of_higher_priority > 0) text << " higher=" << standing->of_higher_priority;
  text << " workers=" << standing->workers;
  if (standing->full > 0) text << " full=" << standing->full;
  if (standing->emptied > 0) text << " emptied=" << standing->emptied;
  if (standing->needs) text << " needs=" << *standing->needs << " of " << *standing->job_ends_in << " s";
  return text.str();
}

class ScenarioRunner {
 public:
  void run(const std::filesystem::path& file) {
    std::ifstream stream(file);
    ASSERT_TRUE(stream) << file;
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
      ++number;
      if (line.empty() || line.front() == '#') continue;
      SCOPED_TRACE(file.filename().string() + ":" + std::to_string(number) + ": " + line);
      run_line(line);
      if (::testing::Test::HasFailure()) return;
    }
    expect_nothing();
    ASSERT_GT(expectations_, 0) << "a scenario without an expectation";
  }

 private:
  void run_line(const std::string& line) {
    const Words words = words_of(line);
    if (words[0] == "options") return set_options(words);
    if (words[0] == "stays") {
      SchedulerOptions staying;
      staying.stay = true;
      scheduler_ = Scheduler(staying);
      return;
    }
    if (words[0] == "trials") {
      for (std::size_t i = 1; i < words.size(); ++i) current().trials.push_back({{words[i]}, "", {}, 0, 0});
      return;
    }
    if (words[0] == "trial") return add_trial(words);
    if (words[0] == "measured") return current().measured.push_back({words[1], std::stod(words[2])});
    if (words[0] == "sweep" && (words.size() < 3 || words[2] != "has")) return add_sweep(words);
    if (words[0] == "expect") return expect(line.substr(line.find(' ') + 1));
    if (words[0] == "standing") {
      ++expectations_;
      EXPECT_EQ(line.substr(words[0].size() + words[1].size() + 2), text_of(scheduler_.standing({words[1]}, now_)));
      return;
    }
    if (words[0] == "stale") {
      EXPECT_EQ(std::stoll(words[1]), scheduler_.stale_reports());
      return;
    }
    expect_nothing();
    while (added_ < sweeps_.size()) feed(SweepAdded{sweeps_[added_++]});
    feed(event_of(words));
  }

  void feed(const Event& event) {
    for (const Effect& effect : scheduler_.on(event, now_)) effects_.push_back(std::visit(TextOf{}, effect));
  }

  // The sweep that trials are added to.
  ScheduledSweep& current() {
    if (sweeps_.empty()) sweeps_.push_back({SweepId{1}, 0, true, 3, 1, {}});
    return sweeps_.back();
  }

  void set_options(const Words& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto [key, value] = split(words[i], '=');
      (key == "stack" ? current().stack : current().max_attempts) = std::stoi(value);
    }
  }

  void add_sweep(const Words& words) {
    ScheduledSweep sweep{SweepId{std::stoi(words[1])}, 0, true, 3, 1, {}};
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto [key, value] = split(words[i], '=');
      if (key == "priority") sweep.priority = std::stoi(value);
      if (key == "state") sweep.active = value == "active";
      if (key == "stack") sweep.stack = std::stoi(value);
    }
    sweeps_.push_back(sweep);
  }

  Event change_of(int number, std::optional<bool> active, std::optional<int> priority) {
    const SweepId id{number};
    ScheduledSweep& sweep = *std::ranges::find(sweeps_, id, &ScheduledSweep::id);
    sweep.active = active.value_or(sweep.active);
    sweep.priority = priority.value_or(sweep.priority);
    return SweepChanged{id, sweep.priority, sweep.active};
  }

  static std::vector<TrialId> trials_of(const Words& words) {
    std::vector<TrialId> trials;
    for (std::size_t i = 1; i < words.size(); ++i) trials.push_back({words[i]});
    return trials;
  }

  void add_trial(const Words& words) {
    ScheduledTrial trial{{words[1]}, "", TrialState::pending, 0, 0};
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto [key, value] = split(words[i], '=');
      if (key == "shape") trial.shape = value;
      if (key == "state") trial.state = *trial_state_from(value);
      if (key == "attempt") trial.attempt = std::stoi(value);
      if (key == "crashes") trial.crashes = std::stoi(value);
      if (key == "epochs") trial.epochs = std::stoi(value);
      if (key == "saved") trial.saved = std::stoi(value);
      if (key == "group") trial.group = value;
    }
    current().trials.push_back(trial);
  }

  Event event_of(const Words& words) {
    if (words[0] == "tick") return Tick{};
    if (words[0] == "exclude") return NodesExcluded{{words.begin() + 1, words.end()}};
    if (words[0] == "cancel") return TrialsCancelled{trials_of(words)};
    if (words[0] == "retry") return TrialsRetried{trials_of(words)};
    if (words[0] == "sweep") return change_of(std::stoi(words[1]), {}, std::stoi(words[4]));
    if (words[0] == "resume" || (words.size() == 3 && words[0] == "pause")) {
      return change_of(std::stoi(words[2]), words[0] == "resume", {});
    }
    if (words[0] == "pause") return PauseRequested{};
    if (words[0] == "job") {
      const std::chrono::duration<double> whole(words.size() > 6 ? std::stod(words[6]) : 0);
      return JobLimit{now_ + std::chrono::milliseconds(std::lround(std::stod(words[3]) * 1000)), whole};
    }
    if (words[0] == "wait") {
      now_ += std::chrono::milliseconds(std::lround(std::stod(words[1]) * 1000));
      return Tick{};
    }
    if (words[0] == "group") return GroupReturned{words[1], claimed_from(words, 4)};
    if (words[0] == "worker") {
      const WorkerId worker{std::stoi(words[1])};
      if (words[2] == "leaves") return WorkerLeaving{worker};
      if (words[2] == "lost") return WorkerLost{worker};
      if (words.size() > 4) return WorkerJoined{worker, "", words[4], claimed_from(words, 6)};
      return WorkerJoined{worker, words.size() > 3 ? words[3] : ""};
    }
    const WorkerId worker{std::stoi(words[0].substr(1))};
    if (words.at(1) == "wants") return WorkerCapacity{worker, std::stoi(words.at(2))};
    const auto [trial, attempt] = split(words.at(1), '#');
    Details details;
    if (words.size() > 3) {
      const auto [key, value] = split(words[3], '=');
      if (key == "stack") details.stack = std::stoi(value);
      if (key == "epoch") details.epoch = std::stoi(value);
      if (key == "seconds") details.seconds = std::stod(value);
    }
    return WorkerReport{worker, {{trial}, std::stoi(attempt), event_named(words.at(2), details)}};
  }

  void expect(const std::string& text) {
    ++expectations_;
    if (text == "nothing") return expect_nothing();
    ASSERT_FALSE(effects_.empty()) << "expected, but did not come: " << text;
    EXPECT_EQ(text, effects_.front());
    effects_.pop_front();
  }

  void expect_nothing() const { EXPECT_EQ(effects_, std::deque<std::string>()) << "effects that no line expected"; }

  std::vector<ScheduledSweep> sweeps_;
  std::size_t added_ = 0;  // of them, to the scheduler
  Scheduler scheduler_{{}};
  TimePoint now_{};
  std::deque<std::string> effects_;
  int expectations_ = 0;
};

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(MER_SOURCE_DIR "/tests/scenarios")) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class SchedulerScenario : public ::testing::TestWithParam<std::string> {};

TEST_P(SchedulerScenario, HoldsLineByLine) {
  ScenarioRunner().run(std::filesystem::path(MER_SOURCE_DIR "/tests/scenarios") / (GetParam() + ".txt"));
}

INSTANTIATE_TEST_SUITE_P(Scenarios, SchedulerScenario, ::testing::ValuesIn(scenario_names()),
                         [](const auto& scenario) { return scenario.param; });

}  // namespace
}  // namespace mer::orchestrator
