// Bootstrap over dialogues: utterances of one dialogue depend on each other, so whole dialogues are drawn, with
// replacement, as many as there are. Random numbers are Philox's (purpose bootstrap; counter: draw, position / 4), so a
// seed gives the same interval everywhere, and two systems' i-th draws are of the same dialogues: they are pairs.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/scores.hpp"
#include "core/stats/summary.hpp"

namespace mer::stats {

struct BootstrapOptions {
  int draws = 2000;
  std::uint64_t seed = 0;
};

// One matrix for each dialogue, all of one size, none empty.
using DialogueMatrices = std::vector<ConfusionMatrix>;

// The scores of all dialogues' utterances together, mean over the runs (a system's seeds). REQUIRES: a run or more, as
// many dialogues in each, at least one.
Scores pooled_scores(std::span<const DialogueMatrices> runs);

// The same of each draw; all runs of a draw have the same dialogues.
std::vector<Scores> bootstrap_scores(std::span<const DialogueMatrices> runs, const BootstrapOptions& options = {});

// Percentile interval, linear between the order statistics. REQUIRES: a draw or more.
Interval percentile_interval(std::vector<double> draws, double level = 0.95);

// Of the hypothesis that a difference is 0, two-sided: twice the smaller share of its draws on one side of 0, with one
// more on each side, at most 1.
double bootstrap_p(std::span<const double> differences);

}  // namespace mer::stats
