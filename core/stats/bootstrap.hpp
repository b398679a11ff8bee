// Bootstrap over dialogues: utterances of one dialogue depend on each other, so whole dialogues are drawn, with
// replacement, as many as there are. Random numbers are Philox's (purpose bootstrap; counter: draw, position), so a
// seed gives the same interval everywhere.
//
// Threads: pure functions. Errors: none; fewer than two dialogues have no interval.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "core/scores.hpp"
#include "core/stats/summary.hpp"

namespace mer::stats {

using Score = std::function<double(const ConfusionMatrix&)>;

struct BootstrapOptions {
  int draws = 2000;
  std::uint64_t seed = 0;
  double level = 0.95;
};

// Percentile interval of the score of all dialogues' utterances together. dialogues: one matrix each, all of one size.
std::optional<Interval> bootstrap_interval(std::span<const ConfusionMatrix> dialogues, const Score& score,
                                           const BootstrapOptions& options = {});

struct PairedBootstrap {
  double difference = 0;  // first minus second, of all utterances
  Interval interval;      // percentile, of the difference
  double p = 1;           // two-sided: twice the smaller share of draws on one side of 0, draws + 1 counted, at most 1
};
// first[i] and second[i]: the same dialogue's utterances as two systems classified them.
std::optional<PairedBootstrap> paired_bootstrap(std::span<const ConfusionMatrix> first,
                                                std::span<const ConfusionMatrix> second, const Score& score,
                                                const BootstrapOptions& options = {});

}  // namespace mer::stats
