// simulate: runs seeds of the simulation, and prints the trace of the first one that fails (docs/failure.md).
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>

#include "tests/simulation/world.hpp"

namespace {

constexpr int kUsage = 2;

struct Options {
  std::uint64_t first = 1, seeds = 1000;
  bool trace = false;
};

int usage() {
  std::fputs(
      "simulate --seeds N [--first SEED] | --seed SEED [--trace]\n"
      "  --seeds N      run N seeds (default 1000), from --first SEED (default 1)\n"
      "  --seed SEED    run this one\n"
      "  --trace        print what happens\n",
      stderr);
  return kUsage;
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--trace") == 0) {
      options.trace = true;
      continue;
    }
    const char* const value = ++i < argc ? argv[i] : "";
    std::uint64_t number = 0;
    const char* const end = value + std::strlen(value);
    const auto [stop, error] = std::from_chars(value, end, number);
    if (value == end || stop != end || error != std::errc()) return std::nullopt;
    if (std::strcmp(argv[i - 1], "--seeds") == 0) {
      options.seeds = number;
    } else if (std::strcmp(argv[i - 1], "--first") == 0) {
      options.first = number;
    } else if (std::strcmp(argv[i - 1], "--seed") == 0) {
      options.first = number;
      options.seeds = 1;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  using mer::simulation::Outcome;
  using mer::simulation::simulate;
  using mer::simulation::Time;
  const std::optional<Options> options = parse(argc, argv);
  if (!options) return usage();
  mer::simulation::silence_logs();
  std::int64_t jobs = 0;
  double hours = 0;
  Time longest{};
  std::uint64_t longest_seed = 0;
  for (std::uint64_t seed = options->first; seed < options->first + options->seeds; ++seed) {
    const Outcome outcome = simulate(seed, options->trace);
    jobs += outcome.jobs;
    hours += double(outcome.took.count()) / 3.6e9;
    if (outcome.took > longest) {
      longest = outcome.took;
      longest_seed = seed;
    }
    if (options->trace) std::fputs(outcome.trace.c_str(), stdout);
    if (!outcome.breach) continue;
    if (!options->trace) std::fputs(simulate(seed, true).trace.c_str(), stdout);
    std::printf("seed %llu: %s\nreplay it: simulate --seed %llu --trace\n", static_cast<unsigned long long>(seed),
                outcome.breach->c_str(), static_cast<unsigned long long>(seed));
    return 1;
  }
  std::printf(
      "%llu seeds from %llu on: %lld jobs in %.1f virtual hours, nothing wrong; the longest: seed %llu, %.0f s\n",
      static_cast<unsigned long long>(options->seeds), static_cast<unsigned long long>(options->first),
      static_cast<long long>(jobs), hours, static_cast<unsigned long long>(longest_seed),
      double(longest.count()) / 1e6);
  return 0;
}
