// A member of a gang as a process of its own: a device is one for a whole process.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/device/gang_scenario.hpp"

namespace mer::model {

struct GangMember {
  std::string scenario;
  int rank = 0;
  std::string gang_file;  // of SharedGang; empty: alone, with the whole batches
  std::string results_file;
};

// What one has at the end.
struct GangResults {
  std::vector<double> shared;                          // of all steps: losses, norms; then the weights
  std::map<std::int64_t, std::vector<double>> logits;  // of its own rows: step * kRowsOfStep + row of the whole batch
  static constexpr std::int64_t kRowsOfStep = 1'000'000;
};

// In the member's process: trains, and writes its results.
void run_member(const GangMember& member);

GangResults read_results(const std::string& file);

// Starts this program again as `member`, and gives its process id. gpu: for CUDA_VISIBLE_DEVICES; empty: as here.
int start_member(const GangMember& member, const std::string& gpu);

// The other side: true if the program was started as a member, whose exit code it then is.
bool runs_as_member(int argc, char** argv, int& exit_code);

}  // namespace mer::model
