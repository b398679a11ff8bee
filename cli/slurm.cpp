#include "cli/slurm.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <thread>

#include "cli/shell.hpp"
#include "core/joined.hpp"

namespace mer::cli {
namespace {

constexpr const char* kPatience = "20";  // seconds that one command may take
constexpr int kTries = 3;
constexpr int kNotFound = 127, kTimeIsOver = 124;
constexpr const char* kFields = "%i|%T|%r|%N|%L|%S";

// What Slurm's commands say when the controller is busy or away.
bool is_passing(const ProgramOutput& output) {
  if (output.status == kTimeIsOver) return true;
  constexpr std::string_view kWords[] = {"Unable to contact slurm controller", "Socket timed out",
                                         "Resource temporarily unavailable", "Connection refused"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view words) { return output.text.find(words) != std::string::npos; });
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Result<std::string> ask_slurm(std::vector<std::string> words) {
  const std::string program = words.front();
  words.insert(words.begin(), {"timeout", kPatience});
  ProgramOutput output;
  for (int attempt = 1; attempt <= kTries; ++attempt) {
    if (attempt > 1) std::this_thread::sleep_for(std::chrono::seconds(2 * attempt));
    output = run_program(words);
    if (output.status == 0) return output.text;
    if (!is_passing(output)) break;
    std::fprintf(stderr, "%s: Slurm does not answer (try %d of %d)\n", program.c_str(), attempt, kTries);
  }
  if (output.status == kNotFound) {
    return Error{
        ErrorCode::unavailable,
        program + " was not found on PATH: use this where Slurm's commands are, on a login node of the cluster"};
  }
  const std::string said = first_line(output.text);
  if (is_passing(output)) return Error{ErrorCode::unavailable, program + ": Slurm does not answer: " + said};
  return invalid(program + " refused: " + (said.empty() ? "exit status " + std::to_string(output.status) : said));
}

std::string known(const std::string& text) {
  return text == "N/A" || text == "None" || text == "INVALID" ? "" : text;
}

}  // namespace

Result<std::string> sbatch(const std::vector<std::string>& words) {
  std::vector<std::string> all = {"sbatch", "--parsable"};
  all.insert(all.end(), words.begin(), words.end());
  MER_ASSIGN(const std::string text, ask_slurm(all));
  // Warnings may stand before it; of several clusters, "id;cluster".
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string id = line.substr(0, line.find(';'));
    if (!id.empty() && id.find_first_not_of("0123456789") == std::string::npos) return id;
  }
  return Error{ErrorCode::internal, "sbatch did not say a job's id, but: " + first_line(text)};
}

std::vector<QueuedJob> queued_jobs_from(const std::string& text) {
  std::vector<QueuedJob> jobs;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream cut(line);
    for (std::string cell; std::getline(cut, cell, '|');) cells.push_back(cell);
    if (cells.size() != 6) continue;
    jobs.push_back({cells[0], cells[1], known(cells[2]), cells[3], known(cells[4]), known(cells[5])});
  }
  return jobs;
}

Result<std::vector<QueuedJob>> queued_jobs(const std::vector<std::string>& ids) {
  if (ids.empty()) return std::vector<QueuedJob>();
  const auto text = ask_slurm({"squeue", "-h", "-j", joined(ids, ","), "-o", kFields});
  if (text) return queued_jobs_from(*text);
  // What squeue says when it knows none of them any more.
  if (text.error().message.find("Invalid job id") != std::string::npos) return std::vector<QueuedJob>();
  return text.error();
}

}  // namespace mer::cli
