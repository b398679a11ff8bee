// status --watch: the status whenever it has changed.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/screen.hpp"
#include "cli/status_text.hpp"
#include "cli/store_watch.hpp"

namespace mer::cli {
namespace {

constexpr std::chrono::seconds kPause{1};

// On a terminal one picture, drawn anew; elsewhere a block for each change.
class StatusPicture {
 public:
  explicit StatusPicture(bool terminal) : terminal_(terminal) {}

  void show(const std::string& text) {
    if (terminal_) {
      const std::string clock = time_text(double(std::time(nullptr)));
      const std::string frame = clock + "; Ctrl-C ends\n\n" + text;
      std::fputs(drawn(fitted(frame, window_of(STDOUT_FILENO)), first_).c_str(), stdout);
    } else if (text != last_) {
      std::fputs((first_ ? text : "\n" + text).c_str(), stdout);
    }
    std::fflush(stdout);
    last_ = text;
    first_ = false;
  }

 private:
  bool terminal_;
  bool first_ = true;
  std::string last_;
};

}  // namespace

ExitCode watch_status_command(const Context& context, const StatusOptions& options) {
  if (!plain_format(context, "status --watch")) return ExitCode::usage;
  StoreWatch watch(context);
  StatusPicture picture(::isatty(STDOUT_FILENO) != 0);
  StatusText status;
  while (true) {
    const Result<bool> seen = watch.look([&](storage::ResultReader& reader) -> Status {
      MER_ASSIGN(status, status_text(reader, options, context.format));
      if (context.format != Format::json) return {};
      MER_ASSIGN(status.text, json_text(context, status.text));
      return {};
    });
    if (!seen) return report(context, seen.error());
    picture.show(status.empty ? none_text(options) : status.text);
    if (status.ended) return ExitCode::done;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace mer::cli
