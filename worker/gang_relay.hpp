// GangRelay: carries the sums of one gang (core/gang.hpp) between its trainers: a trainer hands its values to its agent
// in memory that both share, a member's agent sends them to the leader's, which adds them up and sends the sums back.
//
// A trainer waits for each sum, so there is never more than one under way. Threads: one. Errors: corrupt: a message
// that does not fit what the others sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/messages.hpp"
#include "core/result.hpp"
#include "core/shared_memory.hpp"

namespace mer::worker {

// The most values, in bytes, that one sum takes: trainers cut longer ones.
inline constexpr std::size_t kGangMemory = std::size_t{4} << 20;

class GangRelay {
 public:
  struct ToTrainer {
    GangSum sum;
  };
  struct ToMember {
    int rank = 0;  // in the gang
    GangSum sum;
  };
  using Output = std::vector<std::variant<ToTrainer, ToMember>>;

  // rank: in the gang of `size` members, the `number`-th of its leader.
  static Result<GangRelay> make(int rank, int size, std::int64_t number);

  int descriptor() const { return memory_.descriptor(); }  // of the memory, for the trainer to inherit
  bool sum_under_way() const { return asked_; }            // the trainer waits

  // The trainer's values are in the memory.
  Result<Output> from_trainer(const GangSum& sum);
  // From the agent of member `rank`. Sums of earlier gangs are let go.
  Result<Output> from_member(int rank, GangSum sum);

 private:
  GangRelay(int rank, int size, std::int64_t number, SharedMemory memory);
  Result<Output> add_up();
  void answer(const GangSum& sums, Output& output);

  int rank_;
  std::int64_t number_;
  SharedMemory memory_;
  bool asked_ = false;
  std::vector<std::optional<GangSum>> parts_;  // leader: of each member, of the sum under way
};

}  // namespace mer::worker
