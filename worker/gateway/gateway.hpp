// Gateway: rank 0 of an MPI job whose workers joined a run that another job coordinates. To its workers it is the
// coordinator: it passes on what they and the real one say, beats to them, and watches them.
//
// The loss of the coordinator ends nothing here: workers train on, what they say is kept, and the gateway looks for the
// one that takes the store over, tells it who they are and what they have, and goes on with it. When none has come in
// time, or the run wants no more of them, the workers are told to leave, all at once: an MPI job whose ranks leave one
// by one is ended by mpirun. Threads: one. Errors: logged; the exit code says what kind.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/exit_code.hpp"
#include "core/idle_pause.hpp"
#include "transport/gateway_link.hpp"
#include "transport/transport.hpp"
#include "worker/gateway/idle_watch.hpp"
#include "worker/gateway/ledger.hpp"

namespace mer::gateway {

using TimePoint = std::chrono::steady_clock::time_point;

// A line to a coordinator.
struct Line {
  std::string coordinator;  // no other one has the same name
  std::unique_ptr<transport::FramePort> port;
};
// Looks for the coordinator that holds the store now; nullopt: there is none, or none that takes gateways. Without a
// port: it is the one of that name.
using FindCoordinator = std::function<std::optional<Line>(const std::string& known)>;

struct GatewayLimits {
  std::chrono::milliseconds beat_every{1000};
  std::chrono::milliseconds worker_silence{30'000};
  std::chrono::milliseconds coordinator_silence{30'000};
  std::chrono::milliseconds idle{0};           // workers that hold nothing for so long leave; 0: they stay
  std::chrono::milliseconds look_after{3000};  // of the coordinator's silence: whether it still holds the store
  std::chrono::milliseconds look_every{1000};
  std::chrono::milliseconds patience{600'000};  // without a coordinator
};

class Gateway {
 public:
  // `group`: rank 0 of the workers' job. `name`: of the group; no other one has the same. `line`: to the coordinator.
  Gateway(transport::Transport& group, std::string name, Line line, FindCoordinator find, GatewayLimits limits = {});

  // One round; nullopt: go on. done: the coordinator has no more work. paused: the workers' trials are handed back, as
  // request_leave() wanted. idle: they had none for too long, and have left. orphaned: there has been no coordinator
  // for too long, or the first one never answered. internal: a worker is lost. Before any of these the workers have
  // been told to leave.
  std::optional<ExitCode> step(TimePoint now);

  // The coordinator hands nothing more to this group, has its trials stopped and checkpointed, and lets it go.
  void request_leave();

  // After the end: true once the coordinator knows that the group is gone.
  bool said_goodbye(TimePoint now);

  // How long the caller sleeps until the next round.
  std::chrono::milliseconds pause() const { return idle_.pause(); }

 private:
  // With one coordinator.
  struct Connection {
    Line line;
    transport::GatewayLink link;
  };

  std::unique_ptr<Connection> connect(Line line);
  bool pass_up(TimePoint now);
  bool pass_down(TimePoint now);
  void beat(TimePoint now);
  void leave_if_idle(TimePoint now);
  void watch_coordinator(TimePoint now);
  void note_loss(TimePoint now, const char* why);
  void go_over_to(Line line);
  std::optional<ExitCode> end_of_group(TimePoint now) const;
  bool worker_is_lost(TimePoint now) const;
  void dismiss();

  transport::Transport& group_;
  std::string name_;
  FindCoordinator find_;
  GatewayLimits limits_;
  int connections_ = 0;  // so far
  std::unique_ptr<Connection> coordinator_;
  Ledger ledger_;
  std::optional<TimePoint> begun_, last_beat_, looked_;
  std::optional<TimePoint> lost_;                // since then there is no coordinator
  std::optional<TimePoint> leaving_since_;       // as far as step() knows
  std::vector<std::optional<TimePoint>> heard_;  // of each rank
  std::set<int> dismissed_;                      // workers that are to leave
  bool joined_ = false;                          // a coordinator has taken the group
  bool leaving_ = false;
  IdleWatch idle_watch_;
  bool idled_ = false;  // why it leaves
  IdlePause idle_;
};

}  // namespace mer::gateway
