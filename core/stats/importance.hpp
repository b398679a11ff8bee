// How much of the variance of configurations' scores each hyperparameter explains: the main effect of its levels (eta
// squared), and the same less what chance gives (epsilon squared). On complete grids the shares are those of a
// functional ANOVA, exactly (Hutter, Hoos and Leyton-Brown 2014), chance is what the main effects of all keys together
// leave over, and the interactions of two keys are told too. Elsewhere each key is taken alone, so that adjusted is the
// adjusted R squared: estimates, and keys that vary together share what they explain.
//
// Threads: pure functions. Errors: none; what cannot be told says why.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mer::stats {

constexpr std::size_t kFewestConfigurations = 4;
constexpr std::size_t kMostLevels = 8;  // numbers with more different values are put into bins

// A key's value in each configuration: its text, and the number that it is, if it is one.
struct KeyValue {
  std::string text;
  std::optional<double> number;
};
using KeyValues = std::vector<KeyValue>;

struct Importance {
  std::optional<double> share = {};     // of the sum of squares, in [0, 1]; nullopt: `why_not` says why
  std::optional<double> adjusted = {};  // around 0 where the key says nothing: may be negative
  std::size_t levels = 0;               // that the configurations are grouped into
  bool binned = false;                  // a level is a bin: of quantiles
  std::string why_not = {};
};

struct Interaction {
  std::size_t first = 0, second = 0;  // positions of the keys
  double share = 0;
};

struct Importances {
  std::string why_not = {};  // empty: there are some
  bool grid = false;         // every combination of values once
  std::vector<Importance> keys;
  std::vector<Interaction> interactions;  // of grids; empty elsewhere
};

// The levels of a key, from 0: one for each value; where these are many for so many configurations, numbers are put
// into bins of about equally many, so that equal numbers share one.
struct Levels {
  std::vector<std::size_t> of;  // each configuration's
  std::size_t count = 0;
  bool binned = false;
};
Levels levels_of(const KeyValues& values);

// REQUIRES: each key has as many values as there are scores; scores are finite.
Importances importances(std::span<const double> scores, const std::vector<KeyValues>& keys);

}  // namespace mer::stats
