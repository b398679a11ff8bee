// History: all that happened to the sweeps and trials of a simulated world, as the store acknowledged it, and the
// checker over it.
//
// It keeps a book of its own, written from what the store accepted, and compares: each event with what may follow (an
// attempt's number is new, a trial is leased once, counted once, charged rightly, given out in order, and only for a
// sweep that is active), and the book with the store whenever a session begins and at the end (nothing that was
// acknowledged is lost). Threads: one. Errors: the first breach is kept as a sentence.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/exit_code.hpp"
#include "orchestrator/events.hpp"
#include "orchestrator/time_left.hpp"
#include "storage/result_store.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/trace.hpp"
#include "transport/transport.hpp"

namespace mer::simulation {

using orchestrator::TimePoint;

// What an epoch's rows of an attempt say, so that the store's rows tell whose they are.
double loss_of(int attempt, int epoch);
// The same of a result.
std::string weights_of(int attempt);

class History {
 public:
  History(const Plan& plan, Trace& trace);

  // --- the store; session 0: nobody's, while no coordinator runs ---
  int begin_session();  // succeeded; its number
  void commit(int session, std::span<const storage::StoreWrite> writes, const storage::CommitOutcome& outcome);
  void submitted(int session, const storage::Submission& submission, SweepId id);
  void controlled(int session, const storage::Control& control, const storage::Controlled& controlled);
  void compare(storage::ResultReader& reader, storage::ResultWriter& writer);
  // Every trial has ended, with all that belongs to it.
  void compare_end(storage::ResultReader& reader);

  // --- the coordinator of a session ---
  void takes_up(int session, const orchestrator::ScheduledSweep& sweep);
  void limited(int session, std::chrono::duration<double> left);  // its job ends then
  void begin_step(int session, TimePoint now);
  void heard(int session, int from, const Message& message);
  void sends(int to, const Message& message);
  void arrives(int session, const transport::Arrival& arrival);
  void excludes(int session, const std::set<std::string>& hosts);  // these, as the coordinator knows
  void departs(int session, const transport::Departures& departures);
  void paused(int session);
  void end_step(int session, bool goes_on);
  void left(int session, ExitCode code);

  // --- trainers, of a job ---
  void begins(int job, const TrialJob& trial);
  void ends(int job, const TrialJob& trial);
  // A member of gang `number` of that worker begins.
  void joins_gang(const std::string& worker, std::int64_t number);

  const TrialNames& names() const { return names_; }
  std::size_t sweeps() const { return sweeps_.size(); }
  const std::vector<TrialId>& trials() const { return ids_; }  // all that were ever submitted
  const std::optional<std::string>& breach() const { return breach_; }

 private:
  struct Trial {
    TrialId id;  // with its number, once it is superseded
    std::string name;
    std::set<int> sweeps;  // that have it: positions in sweeps_
    TrialState state = TrialState::pending;
    int first = 0;  // attempts of the trial that it superseded
    int attempt = 0;
    int worker = 0;                             // in the newest session; 0: none
    std::string group;                          // of another job, that has the attempt which runs
    bool leaving = false;                       // cancelled, and its worker has not let it go
    int crashes = 0;                            // charged
    int shape = 0;                              // of those of the session
    int saved = 0;                              // epochs that its trainer need not train again
    TimePoint ready_at{};                       // after a back-off
    int finished_by = 0;                        // attempt
    std::string code;                           // of the newest attempt
    std::vector<int> epoch_rows;                // by epoch - 1: the attempt of the newest row
    std::vector<CheckpointRecord> checkpoints;  // newest first
    std::set<std::string> files;                // of all checkpoints
  };
  struct Sweep {
    std::string name;
    storage::SweepActivity activity = storage::SweepActivity::active;
    int priority = 0;
    std::vector<int> trials;  // positions in trials_, in submission order
    std::set<int> reused;     // of these
  };
  struct Given {
    int position = 0, worker = 0;
    bool was_empty = false;  // the worker, before it got its first trial of this round
  };
  // A sweep whose first trial waits for a place.
  struct Waiting {
    int trial = -1;
    bool is_next = false;      // nobody comes before it
    int turns = 0;             // of other sweeps since, on workers that were not empty
    int passed_over = 0;       // empty workers that went to other sweeps since
    std::set<int> overtaking;  // workers that went on with others after these turns
  };
  // A round begins where the last step ended: what people ask for comes before the step.
  using Attempt = std::pair<TrialId, int>;
  struct Session {
    TimePoint now{};
    std::map<int, std::string> hosts;                 // of ranks
    std::set<std::string> excluded, excluded_before;  // now, and when the round began
    bool excludes = false;                            // a host, in this round
    bool pausing = false;
    int events = 0;        // of the round: messages that are no beats, and what people asked for
    bool changed = false;  // in this round: workers, sweeps
    std::vector<Given> given;
    std::set<int> here, gone;                  // ranks
    std::set<int> going;                       // of the latter, in this round, before anybody could know
    std::map<int, std::set<Attempt>> brought;  // by workers of a group that has come, who have not said Hello
    std::map<int, std::set<Attempt>> stale;    // by workers: what they brought and had no use for, and still have
    std::set<int> loaded;                      // sweeps that it has taken up
    std::map<int, int> places;                 // of trials in the order in which they are given out
    std::map<int, Waiting> waiting;            // by sweep
    std::map<std::string, int> shapes;
    orchestrator::TimeLeft time;
  };

  // The book: history.cpp, history_control.cpp.
  void apply(Session& session, const storage::Claim& claim);
  void apply(Session& session, const storage::Recorded& recorded);
  void apply(Session& session, const storage::Refunded& refunded);
  void end_attempt(Session& session, Trial& trial, const storage::Recorded& recorded);
  void fail_attempt(Session& session, Trial& trial, const storage::Recorded& recorded);
  void save(Trial& trial, const CheckpointRecord& checkpoint);
  int add_trial(Sweep& sweep, const TrialSpec& spec, const storage::Submission& submission);
  int supersede(int old);
  std::set<SweepId> revive(const std::vector<int>& trials);
  std::vector<int> change_trials(const storage::Control& control, const std::vector<int>& candidates, bool runs);
  void note_control(int session, const storage::Control& control);
  bool wanted(const Trial& trial) const;  // by a sweep that is not cancelled
  bool wanted_now(const Trial& trial) const;
  void compare(const Sweep& sweep, const storage::SweepSummary& summary,
               const std::vector<storage::TrialProgress>& stored);
  void compare_results(storage::ResultReader& reader, const Trial& trial);

  // The order of things: history_order.cpp.
  bool ready(const Session& session, const Trial& trial) const;
  bool has_room(const Session& session, const Trial& trial) const;  // before its job ends
  void check_time(const Session& session);
  std::vector<int> ready_trials(const Session& session) const;
  int first_ready(const Session& session, int sweep) const;  // position; -1: none
  bool holds(const Trial& trial, int worker) const;
  int held(int worker) const;
  bool is_active(int sweep) const;
  int priority_of(const Trial& trial) const;           // of the active sweeps that have it
  std::set<int> joined(const Session& session) const;  // leaders
  std::string host_of(const Session& session, int leader) const;
  bool may_be_shut_out(const Session& session, int leader) const;
  bool is_shut_out(const Session& session, int leader) const;
  bool has_stale(const Session& session, int worker) const;
  void take_over(Session& session, int leader);
  std::pair<double, double> share_of(int sweep, int but) const;
  void check_idle(const Session& session);
  void check_order(const Session& session);
  void check_first(const Session& session, const Given& given, const std::vector<int>& left);
  void check_share(const Session& session, const Given& given, const std::vector<int>& left);
  void check_starvation(Session& session);
  void note_overtaking(const Session& session, int sweep, Waiting& waiting, bool alone);
  bool alone(const Session& session, int sweep) const;
  bool first_without_share(const Session& session, int sweep) const;

  Trial* find(const TrialId& id);
  Trial* find(const TrialId& id, int attempt);
  void expect(bool holds, const std::string& sentence);

  const Plan& plan_;
  Trace& trace_;
  TrialNames names_;
  std::vector<TrialId> ids_;
  std::unordered_map<TrialId, int> positions_;  // of the newest trial of that id
  std::vector<Trial> trials_;
  std::vector<Sweep> sweeps_;  // sweep n at n - 1
  std::map<int, Session> sessions_;
  int session_ = 0;                                 // the newest
  std::map<std::pair<TrialId, int>, int> claimed_;  // (trial, attempt) -> worker
  std::set<std::pair<TrialId, int>> trained_;
  std::map<std::pair<int, TrialId>, int> running_;  // (job, trial) -> attempt that a living trainer trains
  std::map<std::string, std::int64_t> gangs_;       // worker -> number of its newest
  std::optional<std::string> breach_;
};

// E.g. "pause sweep 2", "cancel t1 t3".
std::string text_of(const storage::Control& control, const TrialNames& names);

}  // namespace mer::simulation
