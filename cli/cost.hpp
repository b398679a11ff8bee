// What a submission will cost, by what trials of its shape have cost in the store.
//
// Threads: one. Errors: the reader's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::cli {

struct Cost {
  std::int64_t trials = 0;  // to train: those whose results are in the store are left out
  std::int64_t reused = 0;
  double epochs = 0;  // of these trials
  // Of a worker (a GPU, or a core) for an epoch of a trial; nullopt: none of this shape has been trained here.
  std::optional<double> seconds_per_epoch = {};
  std::string device = {};  // on which that was measured

  std::optional<double> worker_hours() const;
};

Result<Cost> cost_of(const Context& context, const storage::Submission& submission);

// "12 trials, 1,800 epochs; about 0.7 GPU hours (NVIDIA H200)".
std::string cost_text(const Cost& cost);

// One attempt of a finished trial on a worker.
struct MeasuredAttempt {
  std::string worker;  // different for each worker of each job
  double begin = 0, end = 0;
  int epochs = 0;
};
// Workers' time (trials that trained together count once) over epochs; nullopt: nothing was measured.
std::optional<double> seconds_per_epoch(std::vector<MeasuredAttempt> attempts);

}  // namespace mer::cli
