// StackSize: how many trials a trainer trains at once. Doubles from 1 as long as that makes a training step cheaper for
// each utterance by a measured amount, and stays where it was cheapest.
//
// Threads: one. Errors: none.
#pragma once

#include <cstdint>
#include <vector>

namespace mer::trainer {

class StackSize {
 public:
  // fixed > 0: that many, nothing is measured. Otherwise at most `most` (at least 1).
  StackSize(int fixed, int most);

  int trials() const { return trials_; }

  // A training step of `active` trials with `rows` utterances. True: trials() is another number now.
  bool note(int active, std::int64_t rows, double seconds);

 private:
  bool settle(int trials);

  int most_;
  int trials_;
  bool settled_;
  double cheapest_ = 0;        // seconds an utterance with half as many trials
  std::vector<double> costs_;  // the same of each step with all of trials_
};

}  // namespace mer::trainer
