// cancel, pause, resume, retry, priority, note, tag, untag: what people ask of sweeps and trials.
#include <cstdio>
#include <utility>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_door.hpp"
#include "core/json.hpp"
#include "core/unix_time.hpp"
#include "storage/control_target.hpp"
#include "storage/sqlite_reader.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;
using storage::ControlVerb;

Result<StoreAnswer> carry_out(const storage::StoreDir& store, const ControlOptions& options,
                              const std::string& target) {
  StoreAction action;
  action.here = [&](storage::SqliteStore& writer) -> Result<std::string> {
    MER_ASSIGN(const auto reader, storage::open_reader(store, &writer));
    storage::Control asked{.verb = options.verb,
                           .priority = options.priority,
                           .at = unix_time(),
                           .note = options.note,
                           .tags = options.tags};
    MER_ASSIGN(const storage::Control control, storage::control_of(*reader, std::move(asked), target));
    MER_ASSIGN(const storage::Controlled controlled, writer.control(control));
    return storage::control_json(control, controlled);
  };
  action.by_coordinator = [&](const CoordinatorClient& coordinator) {
    Parameters query = {{"target", target}};
    if (options.verb == ControlVerb::priority) query.emplace_back("priority", std::to_string(options.priority));
    if (options.verb == ControlVerb::note) query.emplace_back("note", options.note);
    if (!options.tags.empty()) query.emplace_back("tags", storage::line_of(options.tags));
    return coordinator.post(std::string("/api/v1/control/") + name_of(options.verb), query);
  };
  return at_store(store, action);
}

std::string tags_text(const std::string& target, const json& answer) {
  const auto tags = answer.value("tags", std::vector<std::string>());
  return target + (tags.empty() ? ": no tags" : ": tags " + storage::line_of(tags));
}

std::string count_text(std::size_t trials) {
  return std::to_string(trials) + (trials == 1 ? " trial" : " trials");
}

// What has become of it, as a person reads it.
std::string sentence(ControlVerb verb, const std::string& target, const json& answer) {
  const std::size_t trials = answer["trials"].size();
  const std::string activity = answer.value("activity", "");
  switch (verb) {
    case ControlVerb::cancel: return target + ": " + count_text(trials) + " cancelled";
    case ControlVerb::retry:
    case ControlVerb::retry_failed: return target + ": " + count_text(trials) + " will be tried again";
    case ControlVerb::priority: return target + ": priority " + std::to_string(answer.value("priority", 0));
    case ControlVerb::pause:
      return target + (activity == "paused" ? ": paused; `merctl resume " + target + "` goes on" : ": " + activity);
    case ControlVerb::resume: return target + ": " + activity;
    case ControlVerb::note: return target + (answer.value("note", "").empty() ? ": no note" : ": noted");
    case ControlVerb::tag:
    case ControlVerb::untag: return tags_text(target, answer);
  }
  return target;
}

}  // namespace

ExitCode control_command(const Context& context, const ControlOptions& options) {
  if (!plain_format(context, name_of(options.verb))) return ExitCode::usage;
  if (options.verb == ControlVerb::tag || options.verb == ControlVerb::untag) {  // before they are one text
    if (const Status kept = storage::check_tags(options.tags); !kept) return report(context, kept.error());
  }
  const Result<storage::StoreDir> store = storage::StoreDir::open(context.store);
  if (!store) return report(context, store.error());
  for (const std::string& target : options.targets) {
    const Result<StoreAnswer> answer = carry_out(*store, options, target);
    if (!answer) return report(context, answer.error());
    if (context.format == Format::json) {
      if (const Status printed = print_json(context, answer->json); !printed) return report(context, printed.error());
    }
    if (context.format != Format::table) continue;
    const json given = json::parse(answer->json, nullptr, false);
    std::printf("%s\n", sentence(options.verb, target, given).c_str());
    const bool waits =
        !answer->by_coordinator && (options.verb == ControlVerb::resume || options.verb == ControlVerb::retry ||
                                    options.verb == ControlVerb::retry_failed);
    if (waits) std::fputs("nobody works on this store now; `merctl run SWEEP.json` does\n", stderr);
  }
  return ExitCode::done;
}

}  // namespace mer::cli
