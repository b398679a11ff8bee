// The hidden command that shells call to complete merctl's words.
#include <cstdio>
#include <optional>

#include "cli/completion.hpp"
#include "cli/store_access.hpp"

namespace mer::cli {
namespace {

// The store that the words themselves name.
std::optional<std::string> store_in(std::span<const std::string> words) {
  const std::string assignment = "--store=";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with(assignment)) return words[i].substr(assignment.size());
    if (words[i] == "--store" && i + 1 < words.size()) return words[i + 1];
  }
  return std::nullopt;
}

void print_sweeps(const Context& context, const std::string& begun) {
  const Result<storage::StoreDir> folder = storage::StoreDir::open(context.store);
  if (!folder || folder->file_system().network) return;  // there one would wait for who has it
  const Result<OpenStore> store = open_store(context);
  if (!store) return;
  const auto sweeps = store->reader->sweeps();
  if (!sweeps) return;
  for (const storage::SweepSummary& sweep : *sweeps) {
    if (sweep.name.starts_with(begun)) std::printf("%s\tsweep %lld\n", sweep.name.c_str(), (long long)sweep.id.number);
  }
}

}  // namespace

ExitCode completion_command(Context context, const CommandSpec& program, std::span<const std::string> words) {
  const Completion completion = complete_words(program, words);
  for (const Candidate& candidate : completion.candidates) {
    std::printf("%s\t%s\n", candidate.word.c_str(), candidate.help.c_str());
  }
  if (const auto store = store_in(words)) context.store = *store;
  if (completion.sweeps && !words.empty()) print_sweeps(context, words.back());
  return ExitCode::done;
}

}  // namespace mer::cli
