// note and tag without a text: what is written on a sweep or a trial.
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "core/json.hpp"
#include "storage/control_target.hpp"
#include "storage/text_layout.hpp"

namespace mer::cli {
namespace {

using nlohmann::ordered_json;
using storage::Annotation;

struct Written {
  ordered_json json;
  Annotation annotation;
};

Result<Written> read(storage::ResultReader& reader, const std::string& target) {
  Written written{{{"schema", 1}}, {}};
  MER_ASSIGN(const storage::Control found, storage::control_of(reader, {.verb = storage::ControlVerb::note}, target));
  if (found.sweep) {
    MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(*found.sweep));
    written.json["sweep"] = found.sweep->number;
    written.annotation = sweep.summary.annotation;
  } else {
    MER_ASSIGN(const storage::TrialDetail trial, reader.trial(found.trials.at(0)));
    written.json["trial"] = found.trials.at(0).hex;
    written.annotation = trial.row.annotation;
  }
  written.json["note"] = written.annotation.note;
  written.json["tags"] = written.annotation.tags;
  return written;
}

}  // namespace

ExitCode annotation_command(const Context& context, storage::ControlVerb verb, const std::string& target) {
  if (!plain_format(context, name_of(verb))) return ExitCode::usage;
  return with_store(context, [&](storage::ResultReader& reader) -> Status {
    MER_ASSIGN(const Written written, read(reader, target));
    if (context.format == Format::json) {
      return print_json(context, written.json.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    }
    const Annotation& annotation = written.annotation;
    const std::string text = verb == storage::ControlVerb::note ? annotation.note : storage::line_of(annotation.tags);
    if (!text.empty()) std::printf("%s\n", storage::printable(text).c_str());
    return {};
  });
}

}  // namespace mer::cli
