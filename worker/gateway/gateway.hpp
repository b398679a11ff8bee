// Gateway: rank 0 of an MPI job whose workers joined a run that another job coordinates. To its workers it is the
// coordinator: it passes on what they and the real one say, beats to them, and watches them.
//
// When every worker has been told to leave, they all are at once: an MPI job whose ranks leave one by one is ended by
// mpirun. Threads: one. Errors: logged; the exit code says what kind.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <vector>

#include "core/exit_code.hpp"
#include "core/idle_pause.hpp"
#include "transport/gateway_link.hpp"
#include "transport/transport.hpp"
#include "worker/gateway/idle_watch.hpp"

namespace mer::gateway {

using TimePoint = std::chrono::steady_clock::time_point;

struct GatewayLimits {
  std::chrono::milliseconds beat_every{1000};
  std::chrono::milliseconds worker_silence{30'000};
  std::chrono::milliseconds coordinator_silence{30'000};
  std::chrono::milliseconds idle{0};  // workers that hold nothing for so long leave; 0: they stay
};

class Gateway {
 public:
  // `group`: rank 0 of the workers' job. `link`: to the coordinator.
  Gateway(transport::Transport& group, transport::GatewayLink& link, GatewayLimits limits = {});

  // One round; nullopt: go on. done: the coordinator has no more work. paused: the workers' trials are handed back, as
  // request_leave() wanted. idle: they had none for too long, and have left. orphaned: the coordinator is silent, or
  // wants nothing of this group. internal: a worker is lost. Before any of these the workers have been told to leave,
  // and the coordinator that they are gone.
  std::optional<ExitCode> step(TimePoint now);

  // The coordinator hands nothing more to this group, has its trials stopped and checkpointed, and lets it go.
  void request_leave();

  // The coordinator's process has ended: so does the group, with the next step.
  void coordinator_has_gone() { coordinator_gone_ = true; }

  // How long the caller sleeps until the next round.
  std::chrono::milliseconds pause() const { return idle_.pause(); }

 private:
  bool pass_up(TimePoint now);
  bool pass_down(TimePoint now);
  void beat(TimePoint now);
  void leave_if_idle(TimePoint now);
  std::optional<ExitCode> end_of_group(TimePoint now) const;
  bool worker_is_lost(TimePoint now) const;
  void dismiss();

  transport::Transport& group_;
  transport::GatewayLink& link_;
  GatewayLimits limits_;
  std::optional<TimePoint> begun_, last_beat_;
  std::vector<std::optional<TimePoint>> heard_;  // of each rank
  std::set<int> dismissed_;                      // workers that are to leave
  bool leaving_ = false;
  IdleWatch idle_watch_;
  bool idled_ = false;  // why it leaves
  bool coordinator_gone_ = false;
  IdlePause idle_;
};

}  // namespace mer::gateway
