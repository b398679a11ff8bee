// Workers of several machines and the one that reads the corpus, with real files and the fake trainer: what their
// coordinator hears, and where their trainers find the corpus.
#include "worker/corpus_share.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "data/corpus.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tiny_sweep.hpp"
#include "tests/support/wait_until.hpp"
#include "transport/loopback_transport.hpp"
#include "worker/agent_loop.hpp"

namespace mer::worker {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing_support::wait_until;

// Notes what the workers ask of each other.
class CountingTransport : public transport::LoopbackTransport {
 public:
  using LoopbackTransport::LoopbackTransport;

  std::vector<transport::Envelope> poll() override {
    auto arrived = LoopbackTransport::poll();
    for (const transport::Envelope& envelope : arrived) {
      const auto* request = std::get_if<CorpusRequest>(&*envelope.message);
      if (request != nullptr && request->file.empty()) began.insert(envelope.from);
    }
    return arrived;
  }

  std::multiset<int> began;  // workers that asked for the list of files
};

class CorpusShareTest : public ::testing::Test {
 protected:
  static constexpr int kWorkers = 4;  // ranks 1 (the source), 2 and 3 (machine "b"), 4 (machine "c")

  CorpusShareTest() : hub_(std::make_shared<transport::LoopbackHub>(kWorkers + 1)), coordinator_(hub_, 0) {
    data::Corpus corpus = testing_support::tiny_corpus();
    testing_support::add_features(corpus, "video", 50'000);  // several parts
    id_ = corpus.id = data::corpus_id_of(corpus);
    EXPECT_TRUE(data::write_corpus(corpus, shared_));
    start_workers(60s);
  }
  ~CorpusShareTest() override { ::unsetenv("MER_FAKE_EPOCH_MS"); }

  void start_workers(std::chrono::milliseconds patience) {
    for (int rank = 1; rank <= kWorkers; ++rank) {
      loops_[rank].reset();
      endpoints_[rank] = std::make_unique<CountingTransport>(hub_, rank);
      AgentLoopOptions options{MER_FAKE_TRAINER, {}, 0, {}};
      options.corpora.local = local_of(rank);
      options.corpora.patience = patience;
      loops_[rank] = std::make_unique<AgentLoop>(*endpoints_[rank], Hello{}, options);
    }
  }

  std::string local_of(int rank) const {
    if (rank == 1) return "";
    return (folder_.path() / (rank == 4 ? "c" : "b")).string();
  }
  std::string copy_of(int rank) const { return local_of(rank) + "/corpora/" + id_.hex; }

  StackJob job(const std::string& trial, int epochs = 2) const {
    StackJob job;
    job.store = (folder_.path() / "store").string();
    job.corpus_path = shared_;
    job.broadcast_features = broadcast_;
    job.trials.resize(1);
    job.trials[0].spec.id.hex = trial;
    job.trials[0].spec.corpus = id_;
    job.trials[0].spec.seed = 1;
    job.trials[0].spec.train.epochs = epochs;
    return job;
  }
  void assign(int rank, const std::string& trial) { coordinator_.send(rank, Assign{job(trial)}); }

  void step(const std::set<int>& ranks) {
    for (const int rank : ranks) {
      coordinator_.send(rank, Beat{});
      exits_[rank] = loops_[rank]->step(std::chrono::steady_clock::now());
    }
    hear();
  }
  void hear() {
    for (const auto& envelope : coordinator_.poll()) {
      if (const auto* report = std::get_if<Report>(&*envelope.message)) {
        if (ends_attempt(report->event)) ends_[report->trial.hex].push_back(report->event);
      } else if (std::holds_alternative<Beat>(*envelope.message)) {
        ++beats_[envelope.from];
      }
    }
  }
  // Rounds of these workers until so many trials have ended.
  void run_until_ended(std::size_t trials, const std::set<int>& ranks = {1, 2, 3, 4}) {
    EXPECT_TRUE(wait_until([&] {
      step(ranks);
      return ends_.size() == trials;
    }));
  }
  // Rounds of all workers but the source: nobody answers.
  void run_without_source(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    wait_until([&] {
      step({2, 3, 4});
      return std::chrono::steady_clock::now() >= end;
    });
  }
  template <class Event>
  Event end_of(const std::string& trial) {
    if (ends_[trial].size() != 1 || !std::holds_alternative<Event>(ends_[trial][0])) {
      ADD_FAILURE() << trial << " ended " << ends_[trial].size() << " times, or otherwise";
      return {};
    }
    return std::get<Event>(ends_[trial][0]);
  }
  std::string log_of(const std::string& trial) const {
    std::stringstream text;
    text << std::ifstream(folder_.path() / "store/logs" / trial / "1.log").rdbuf();
    return text.str();
  }
  void expect_trained_from(const std::string& trial, const std::string& folder) {
    end_of<AttemptFinished>(trial);
    EXPECT_THAT(log_of(trial), HasSubstr("\ncorpus " + folder + "\n"));
  }

  testing_support::TempDir folder_;
  std::string shared_ = (folder_.path() / "shared").string();
  CorpusId id_;
  bool broadcast_ = true;
  std::shared_ptr<transport::LoopbackHub> hub_;
  transport::LoopbackTransport coordinator_;
  std::map<int, std::unique_ptr<CountingTransport>> endpoints_;
  std::map<int, std::unique_ptr<AgentLoop>> loops_;
  std::map<int, std::optional<ExitCode>> exits_;
  std::map<std::string, std::vector<AttemptEvent>> ends_;
  std::map<int, int> beats_;
};

TEST_F(CorpusShareTest, EachOtherMachineFetchesOnce) {
  for (int rank = 1; rank <= kWorkers; ++rank) assign(rank, "t" + std::to_string(rank));

  run_until_ended(4);

  expect_trained_from("t1", shared_);
  expect_trained_from("t2", copy_of(2));
  expect_trained_from("t3", copy_of(2));
  expect_trained_from("t4", copy_of(4));
  EXPECT_EQ(endpoints_[1]->began.size(), 2U) << "machines b and c, once each";
  EXPECT_EQ(endpoints_[1]->began.count(4), 1U);
  EXPECT_EQ(data::load_corpus(copy_of(2))->id, id_);
  EXPECT_EQ(data::load_corpus(copy_of(4))->id, id_);
  EXPECT_THAT(log_of("t2"), HasSubstr("corpus: " + copy_of(2) + ", a copy of " + shared_ + "\n"));
  EXPECT_EQ(log_of("t1").find("corpus: "), std::string::npos);
}

// Workers 1 and 2: the leader reads the shared folder, the member a copy.
TEST_F(CorpusShareTest, AMemberOfAGangWaitsForItsCorpus) {
  StackJob of_gang = job("t");
  of_gang.gang = 2;
  coordinator_.send(1, Assign{of_gang});

  run_until_ended(1, {1, 2});

  expect_trained_from("t", shared_);
  std::stringstream log;
  log << std::ifstream(folder_.path() / "store/logs/t/1.member-1.log").rdbuf();
  EXPECT_THAT(log.str(), HasSubstr("\ncorpus " + copy_of(2) + "\n"));
}

TEST_F(CorpusShareTest, AMemberWithoutACorpusEndsItsGang) {
  std::filesystem::remove_all(shared_);
  StackJob of_gang = job("t");
  of_gang.gang = 2;
  coordinator_.send(1, Assign{of_gang});

  run_until_ended(1, {1, 2});

  const auto failed = end_of<AttemptFailed>("t");
  EXPECT_THAT(failed.failure.message, HasSubstr("worker 2 of the gang: no copy of the corpus"));
  EXPECT_EQ(failed.failure.kind, Failure::Kind::start);
}

TEST_F(CorpusShareTest, NothingIsCopiedUnlessTheSweepAsks) {
  broadcast_ = false;
  assign(2, "t");

  run_until_ended(1);

  expect_trained_from("t", shared_);
  EXPECT_TRUE(endpoints_[1]->began.empty());
  EXPECT_FALSE(fs::exists(local_of(2)));
}

TEST_F(CorpusShareTest, TrialsThatComeMeanwhileWaitToo) {
  assign(2, "t0");
  run_without_source(50ms);
  assign(2, "t1");
  run_without_source(50ms);
  EXPECT_TRUE(ends_.empty());

  run_until_ended(2);
  assign(2, "t2");
  run_until_ended(3);

  expect_trained_from("t0", copy_of(2));
  end_of<AttemptFinished>("t1");
  end_of<AttemptFinished>("t2");
  EXPECT_THAT(log_of("t1") + log_of("t2"), HasSubstr("see logs/t0/1.log\ntrained in one stack: see logs/t0/1.log"))
      << "they join the trainer, whose job the coordinator sent with the shared folder";
}

TEST_F(CorpusShareTest, BeatsGoOnMeanwhile) {
  assign(2, "t");
  auto now = std::chrono::steady_clock::now();
  for (int round = 0; round < 20; ++round, now += 1s) {
    coordinator_.send(2, Beat{});
    EXPECT_EQ(loops_[2]->step(now), std::nullopt);
  }
  hear();

  EXPECT_EQ(beats_[2], 20);
  EXPECT_TRUE(ends_.empty());
}

TEST_F(CorpusShareTest, StoppedTrialsAreHandedBackAtOnce) {
  assign(2, "t0");
  assign(2, "t1");
  run_without_source(50ms);

  coordinator_.send(2, StopTrials{{{"t1"}}});
  step({2});

  EXPECT_EQ(end_of<AttemptStopped>("t1").epoch, 0);
  EXPECT_EQ(ends_.count("t0"), 0U);
  run_until_ended(2);
  expect_trained_from("t0", copy_of(2));
}

TEST_F(CorpusShareTest, StoppedWorkerGoesOnLater) {
  assign(2, "t0");
  run_without_source(50ms);
  coordinator_.send(2, StopTrials{});
  step({2});
  EXPECT_EQ(end_of<AttemptStopped>("t0").epoch, 0);

  assign(2, "t1");
  run_until_ended(2);

  expect_trained_from("t1", copy_of(2));
  EXPECT_EQ(endpoints_[1]->began.size(), 1U);
}

TEST_F(CorpusShareTest, ShutdownEndsTheWorkerAndTheNextOneFetches) {
  assign(2, "t0");
  run_without_source(50ms);
  coordinator_.send(2, Shutdown{});
  step({2});

  EXPECT_EQ(exits_[2], ExitCode::done);
  EXPECT_TRUE(wait_until([&] { return !loops_[2]->helpers_run(); }));
  EXPECT_FALSE(fs::exists(copy_of(2)));
  assign(3, "t1");
  run_until_ended(1, {1, 3, 4});
  expect_trained_from("t1", copy_of(3));
}

TEST_F(CorpusShareTest, SilentSourceIsNotWaitedForEndlessly) {
  start_workers(500ms);
  assign(2, "t");

  run_until_ended(1, {2, 3, 4});

  expect_trained_from("t", shared_);
  EXPECT_THAT(log_of("t"), HasSubstr("corpus: " + shared_ +
                                     " itself, not a copy: worker 1, which reads the corpus for "
                                     "all, did not answer within 500 ms\n"));
  EXPECT_FALSE(fs::exists(copy_of(2) + ".part"));
}

TEST_F(CorpusShareTest, LateAnswersBelongToNoLaterCopy) {
  start_workers(2s);
  assign(2, "t0");
  run_until_ended(1, {2});  // gave up; the source has yet to answer
  fs::remove(shared_ + "/features/video.safetensors");
  StackJob other = job("t1");
  data::Corpus corpus = testing_support::tiny_corpus();
  other.corpus_path = (folder_.path() / "other").string();
  other.trials[0].spec.corpus = corpus.id;
  ASSERT_TRUE(data::write_corpus(corpus, other.corpus_path));
  coordinator_.send(2, Assign{other});

  run_until_ended(2);

  expect_trained_from("t1", local_of(2) + "/corpora/" + corpus.id.hex);
}

TEST_F(CorpusShareTest, ChangedCorpusIsReadWhereItIs) {
  id_.hex = std::string(32, 'a');  // that of the plan
  assign(2, "t");

  run_until_ended(1);

  expect_trained_from("t", shared_);  // a real trainer says that the hash differs
  EXPECT_THAT(log_of("t"), HasSubstr("did the corpus change after the sweep was planned?"));
  EXPECT_FALSE(fs::exists(copy_of(2)));
}

TEST_F(CorpusShareTest, NoPlaceForACopyMeansReadingWhereItIs) {
  fs::create_directory(local_of(2));
  fs::permissions(local_of(2), fs::perms(0755));
  assign(2, "t");

  run_until_ended(1);

  expect_trained_from("t", shared_);
  EXPECT_THAT(log_of("t"), HasSubstr("not a copy: " + local_of(2) + ": expected a folder of this user"));
}

TEST_F(CorpusShareTest, CorpusThatNobodyCanReadFailsTheAttempts) {
  fs::rename(shared_, shared_ + "-away");
  assign(2, "t0");
  assign(2, "t1");
  run_until_ended(2);

  const Failure failure = end_of<AttemptFailed>("t0").failure;
  EXPECT_EQ(failure.kind, Failure::Kind::start);
  EXPECT_THAT(failure.message, HasSubstr("worker 1, which reads the corpus for all: " + shared_ + "/corpus.json: No"));
  EXPECT_THAT(failure.message, HasSubstr("nor can it be read here"));
  EXPECT_EQ(end_of<AttemptFailed>("t1").stack, 1);

  fs::rename(shared_ + "-away", shared_);
  assign(2, "t2");
  run_until_ended(3);
  expect_trained_from("t2", copy_of(2));
}

}  // namespace
}  // namespace mer::worker
