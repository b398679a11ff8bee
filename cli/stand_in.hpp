// StandIn: the coordinator that this job starts when the run that its workers joined has lost its own, and no other one
// comes (succession.hpp). Gateways of all jobs find it by the store's endpoint, and go on with what they have.
//
// It runs beside the workers of the job, outlives their launches, and ends with this object, at once: workers then wait
// for the next one. Threads: one. Errors: printed; one that cannot be started is tried again.
#pragma once

#include <chrono>
#include <optional>

#include "cli/context.hpp"
#include "cli/mpirun.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signals.hpp"
#include "cli/succession.hpp"
#include "storage/endpoint.hpp"

namespace mer::cli {

class StandIn {
 public:
  StandIn(Context context, bool web);

  // The run that the workers join: what leads it next trains on gangs of its size, and lets in no more machines.
  void follow(const storage::Endpoint& run);

  // To be called every so often: passes on what the coordinator says, and starts one when it is time. True: nothing is
  // left that the workers could train.
  bool look();

  // There is no run that workers could join: starts one at once, and waits until somebody leads. False: nothing is
  // left, or none could be started.
  bool begin();

  bool leads() const { return leads_; }              // has the store, as the latest look() found it
  bool out_of_time() const { return out_of_time_; }  // it ended since the job is too short for all that is left

  // It stops what trains, and ends; none is started any more.
  void request_pause();
  void kill();  // it ends at once

  // After the workers' end: waits some seconds for a coordinator that has let them go since nothing is left.
  void settle();
  // Until it has ended, however long it leads, or a signal pauses it; true: one did, now or before.
  bool wait_for_end();

 private:
  struct Coordinator {
    Mpirun process;
    ProgressView view;
  };

  Succession::Step lead_if_wanted();
  void start(SweepId sweep);
  void take_output(int milliseconds);

  Context context_;
  bool web_;
  int gang_ = 1;
  bool this_machine_ = true;
  Succession succession_;
  std::chrono::steady_clock::time_point next_look_;
  std::optional<Coordinator> coordinator_;
  bool leads_ = false;
  bool stopping_ = false;
  bool out_of_time_ = false;
};

}  // namespace mer::cli
