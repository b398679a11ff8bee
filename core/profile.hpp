// Profile: where a trainer's time went.
//
// Threads: plain values. Units: wall seconds of the thread that trains.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mer {

// The parts of a trainer's work. losses: eq 1 to 13 from the representations; optimizer: reading the losses, the
// gradients' norm and the update; evaluation: of the other parts of the fold, gathering included; checkpoint: keeping
// the epoch's end in memory and in files; other: reports, commands, slots that are filled.
enum class Work { gather, forward, losses, backward, optimizer, evaluation, checkpoint, other };
constexpr std::size_t kWorks = 8;
const char* name_of(Work work);

struct Profile {
  std::int64_t steps = 0;                // of training
  std::array<double, kWorks> seconds{};  // by Work

  double of(Work work) const { return seconds[std::size_t(work)]; }
  double total() const;
  double training() const;  // gather to optimizer

  Profile& operator+=(const Profile& more);
  Profile& operator-=(const Profile& less);
  bool operator==(const Profile&) const = default;
};

}  // namespace mer
