// extract: features of a corpus folder's recordings and transcripts, by mer-extractor.
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/extractor_process.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signals.hpp"
#include "cli/store_access.hpp"
#include "cli/sweep_run.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

std::vector<std::string> arguments_of(const ExtractOptions& options) {
  std::vector<std::string> words = {options.folder};
  if (!options.audio.empty()) words.insert(words.end(), {"--audio", options.audio});
  if (!options.text.empty()) words.insert(words.end(), {"--text", options.text});
  if (!options.model.empty()) words.insert(words.end(), {"--model", options.model});
  if (!options.device.empty()) words.insert(words.end(), {"--device", options.device});
  if (!options.opensmile.empty()) words.insert(words.end(), {"--opensmile", options.opensmile});
  if (options.jobs > 0) words.insert(words.end(), {"--jobs", std::to_string(options.jobs)});
  if (options.replace) words.emplace_back("--replace");
  if (::isatty(STDERR_FILENO) == 0) words.emplace_back("--lines");
  return words;
}

ErrorCode error_code(const std::string& name) {
  for (const ErrorCode code : {ErrorCode::invalid, ErrorCode::not_found, ErrorCode::corrupt, ErrorCode::busy,
                               ErrorCode::no_space, ErrorCode::io}) {
    if (name == name_of(code)) return code;
  }
  return ErrorCode::internal;
}

// What the extractor says, line by line: its results are kept, the rest is for the eyes.
class Conversation {
 public:
  explicit Conversation(ProgressView view) : view_(std::move(view)) {}

  void feed(std::string_view bytes) {
    pending_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end; (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      take(pending_.substr(begin, end + 1 - begin));
    }
    pending_.erase(0, begin);
  }
  void finish() { view_.finish(); }

  const json& extracted() const { return extracted_; }
  const std::optional<Error>& problem() const { return problem_; }

 private:
  void take(const std::string& line) {
    const json message = json::parse(line, nullptr, false);
    const std::string type = message.is_object() ? message.value("type", "") : "";
    if (type == "error") {
      problem_ = Error{error_code(message.value("code", "")), message.value("message", "")};
    } else if (type == "extracted") {
      extracted_.push_back(message);
      extracted_.back().erase("type");
    } else {
      view_.feed(line);
    }
  }

  ProgressView view_;
  std::string pending_;
  json extracted_ = json::array();
  std::optional<Error> problem_;
};

void print_entry(const json& entry) {
  const std::string what = entry.value("method", "") + ", " + std::to_string(entry.value("dim", 0)) +
                           " features of each of " + std::to_string(entry.value("utterances", 0)) + " utterances";
  if (entry.value("already_there", false)) {
    print_fact(entry.value("modality", ""), "already there: " + what);
    return;
  }
  print_fact(entry.value("modality", ""), what + ", in " + duration_text(entry.value("seconds", 0.0)));
}

void print_extracted(const json& entries) {
  for (const json& entry : entries) print_entry(entry);
}

ExitCode show(const Context& context, const Conversation& conversation, int status) {
  if (context.format == Format::json) {
    return end_with_document(context, {{"schema", 1}, {"extracted", conversation.extracted()}}, ExitCode(status));
  }
  if (context.format == Format::table) print_extracted(conversation.extracted());
  return ExitCode(status);
}

Result<int> converse(ExtractorProcess& extractor, Conversation& conversation) {
  constexpr int kPatience = 100;  // ms
  StopSignals signals;
  bool asked = false;
  while (!extractor.at_end()) {
    conversation.feed(extractor.read_output(kPatience));
    if (signals.next() == 0) continue;
    if (asked) return Error{ErrorCode::unavailable, "killed; the same command goes on where it was"};
    extractor.request_stop();
    asked = true;
  }
  return extractor.wait();
}

}  // namespace

ExitCode extract_command(const Context& context, const ExtractOptions& options) {
  if (!plain_format(context, "extract")) return ExitCode::usage;
  if (options.audio.empty() && options.text.empty()) {
    return report(context, invalid("nothing to extract: name a method with --audio or --text"));
  }
  Result<ExtractorProcess> extractor =
      ExtractorProcess::start(program_folder() / "mer-extractor", arguments_of(options));
  if (!extractor) return report(context, extractor.error());
  Conversation conversation(progress_view(context));
  const Result<int> status = converse(*extractor, conversation);
  conversation.finish();
  if (!status) return report(context, status.error());
  if (conversation.problem()) {
    if (context.format == Format::table) print_extracted(conversation.extracted());
    return report(context, *conversation.problem());
  }
  if (*status > 127) {
    return report(context, {ErrorCode::internal, std::string("mer-extractor was ended by signal ") +
                                                     std::to_string(*status - 128) + " (" + ::strsignal(*status - 128) +
                                                     "); the same command goes on where it was"});
  }
  return show(context, conversation, *status);
}

}  // namespace mer::cli
