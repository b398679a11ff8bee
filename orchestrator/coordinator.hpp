// Coordinator: the driver around the scheduler. Polls the transport, feeds events, makes effects durable in one store
// transaction a round, and only then sends what depends on them.
//
// What people ask for (control, submit, explain) is durable when the call returns; what follows from it goes out with
// the next step(). An error that is not the asker's (invalid, not_found) leaves open what is durable: it ends the run
// with the next step(), and nothing more is taken up until then. Workers of other jobs come and go; what a lost one had
// is tried elsewhere, uncharged. Those of an earlier coordinator come back with what they have (scheduler.hpp).
// Threads: one. Errors: an error of the store, or a lost worker of this job, ends the run; the next coordinator resumes
// from the store. Workers of other jobs are not told to leave then: they wait for it.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/exit_code.hpp"
#include "core/idle_pause.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"
#include "core/unix_time.hpp"
#include "orchestrator/progress_meter.hpp"
#include "orchestrator/rate_meter.hpp"
#include "orchestrator/scheduler.hpp"
#include "orchestrator/sweep_to_run.hpp"
#include "storage/result_store.hpp"
#include "transport/transport.hpp"

namespace mer::orchestrator {

// The nodes that are excluded, as they are kept between runs; people change that while one goes on. Without them none
// is.
struct NodeBook {
  std::function<std::set<std::string>()> excluded;
  std::function<Status(const std::string& host, const std::string& why)> exclude;
  std::function<Status(const std::string& host)> include;
};

struct CoordinatorSettings {
  std::string store;  // folder, as trainers see it
  int gang = 1;  // workers that train a stack together: 1..gang, and so on; to the scheduler, the first is the worker
  double checkpoint_seconds = 20;
  std::string versions = "{}";  // JSON object: of the job's own libraries; recorded beside those of each trainer
  SchedulerOptions scheduler;
  std::function<Result<SweepToRun>(SweepId)> load_sweep;  // from the store, for one that comes while it runs
  NodeBook nodes = {};
  std::function<double()> unix_time = mer::unix_time;  // stands in records, and places the job's end
  double ends_at = 0;                                  // Unix time at which the job is killed; 0: no limit
  double job_seconds = 0;  // that a fresh job has; 0: what this one has left when its first worker joins
  std::chrono::milliseconds beat_every{1000};
  std::chrono::milliseconds lease_every{5000};
  std::chrono::milliseconds nodes_every{2000};      // looks into the book of nodes
  std::chrono::milliseconds silence_limit{30'000};  // a worker that sends nothing for so long is lost
};

class Coordinator {
 public:
  // `print` gets JSON lines for standard output (docs/protocol.md), those of a round together. REQUIRES:
  // begin_session() has been called.
  Coordinator(CoordinatorSettings settings, transport::Transport& transport, storage::ResultWriter& writer,
              std::vector<SweepToRun> sweeps, std::function<void(const std::string&)> print);

  // One round; nullopt: go on. `now` is the steady clock's.
  std::optional<ExitCode> step(TimePoint now);

  // Trials are stopped, checkpointed and handed back; step() answers paused when none is running any more.
  void request_pause() { pause_requested_ = true; }

  // Errors as ResultWriter::control.
  Result<storage::Controlled> control(const storage::Control& control, TimePoint now);

  // Takes the sweep up. Errors as ResultWriter::submit; invalid: its trials want gangs of another size.
  Result<SweepId> submit(const storage::Submission& submission, TimePoint now);

  // {"known": false}, or what holds the trial, or holds it up, as JSON (docs/http.md).
  std::string explain(const TrialId& trial, TimePoint now) const;

  // What it knows of its workers, as JSON (docs/http.md).
  std::string workers(TimePoint now) const;

  // How long the caller sleeps until the next round.
  std::chrono::milliseconds pause() const { return idle_.pause(); }

 private:
  struct Trial {
    TrialToRun trial;
    std::size_t sweep = 0;  // of sweeps_
    int epoch = 0;          // that its attempt has behind it
  };

  struct Rank {
    std::string host;
    std::string device;
    std::vector<int> cores;
    std::string group;     // of another job, that it belongs to
    bool here = false;     // it said Hello, and is not gone
    bool leaving = false;  // of a group that wants to be let go, or has been
    std::optional<TimePoint> heard;
    RateMeter epochs;
    ResourceUse use;                 // as it last said
    std::vector<ClaimedTrial> held;  // that it brought, and the scheduler does not know of yet
  };

  void take_up(SweepToRun sweep, TimePoint now);
  Result<storage::Controlled> try_control(const storage::Control& control, TimePoint now);
  Result<SweepId> try_submit(const storage::Submission& submission, TimePoint now);
  void note_error(const Error& error);
  Status follow(const storage::Control& control, const storage::Controlled& controlled, TimePoint now);
  Status take_up_if_missing(SweepId id, TimePoint now);
  bool has(SweepId sweep) const;
  void set_limit(TimePoint now);
  std::vector<transport::Envelope> hear(TimePoint now);
  void receive(const std::vector<transport::Envelope>& envelopes, TimePoint now);
  void welcome(const transport::Arrival& arrival, TimePoint now);
  void take(const Hello& hello, int rank, TimePoint now);
  bool gang_is_here(int leader) const;
  void see_off(const transport::Departures& departures, TimePoint now);
  std::vector<int> silent_workers(TimePoint now);
  void give_up(const std::vector<int>& silent, TimePoint now);
  void feed(const Event& event, TimePoint now);
  void carry_out(const ClaimAndAssign& effect);
  void carry_out(const Record& effect);
  void carry_out(const SendStop& effect);
  void carry_out(const LetGo& effect);
  void let_go(int rank);
  void carry_out(const JudgeNode& effect);
  void carry_out(const Idle& effect);
  void carry_out(const Ended& effect);
  void look_into_node_book(TimePoint now);
  void send_excluded_away(TimePoint now);
  std::string host_of(int leader) const;
  void send_job(int rank, StackJob job);
  StackJob job_of(const std::vector<ClaimedTrial>& claimed) const;
  std::string name_of_trial(const Trial& trial) const;
  nlohmann::json worker_value(int rank, TimePoint now) const;
  void take(const Report& report, int rank, TimePoint now);
  Status commit();
  void send_outbox();
  Status beat(TimePoint now);
  void print_progress(TimePoint now);
  ExitCode shut_down(ExitCode code, int ranks);
  ExitCode fail(const Error& error);

  CoordinatorSettings settings_;
  transport::Transport& transport_;
  storage::ResultWriter& writer_;
  std::function<void(const std::string&)> print_;
  std::vector<SweepToRun> sweeps_;  // their trials stand in trials_
  std::vector<Trial> trials_;
  std::unordered_map<TrialId, std::size_t> positions_;
  Scheduler scheduler_;
  ProgressMeter meter_;
  bool pause_requested_ = false;
  bool pausing_ = false;
  bool limited_ = false;  // the scheduler knows when the job ends

  std::vector<Rank> ranks_;  // that the transport had at its last poll
  std::optional<TimePoint> last_beat_, last_lease_, last_progress_, last_nodes_;
  std::set<std::string> excluded_;  // hosts
  IdlePause idle_;

  // Of this round: made durable by commit(), then sent or printed.
  std::vector<storage::StoreWrite> writes_;
  std::vector<std::pair<int, Message>> outbox_;
  std::vector<std::string> lines_;
  std::optional<Ended> ended_;
  std::optional<Error> broken_;  // what people asked for, and the store failed to do
};

}  // namespace mer::orchestrator
