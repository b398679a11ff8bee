#include "cli/job_script.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mer::cli {

// In one pass: what a value holds is not filled in again.
std::string fill(std::string_view text, const JobScript& job) {
  const std::array<std::pair<std::string_view, std::string>, 8> values = {{{"@OPTIONS@", job.options},
                                                                           {"@SETUP@", job.setup},
                                                                           {"@PROGRAMS@", shell_word(job.programs)},
                                                                           {"@LAUNCHER@", shell_word(job.launcher)},
                                                                           {"@STORE@", shell_word(job.store)},
                                                                           {"@SWEEP@", shell_word(job.sweep)},
                                                                           {"@SECONDS@", std::to_string(job.seconds)},
                                                                           {"@IDLE@", shell_word(job.idle)}}};
  std::string script;
  while (!text.empty()) {
    const auto here = std::ranges::find_if(values, [&](const auto& value) { return text.starts_with(value.first); });
    script += here == values.end() ? std::string(1, text.front()) : here->second;
    text.remove_prefix(here == values.end() ? 1 : here->first.size());
  }
  return script;
}

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

}  // namespace mer::cli
