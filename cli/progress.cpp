#include "cli/progress.hpp"

#include <algorithm>
#include <cmath>

#include "cli/dashboard_text.hpp"
#include "core/json.hpp"
#include "storage/text_layout.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

std::string trial_text(const json& message) {
  std::string text = message.value("trial", "").substr(0, 8) + "  " + message.value("name", "");
  text += "  " + message.value("state", "");
  if (message.contains("message") && !message["message"].get<std::string>().empty()) {
    text += ": " + message["message"].get<std::string>();
  }
  return storage::printable(text);
}

}  // namespace

std::string duration_text(double seconds) {
  const long whole = std::lround(std::max(0.0, seconds));
  if (whole < 90) return std::to_string(whole) + " s";
  const long minutes = (whole + 30) / 60;
  if (minutes < 90) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string progress_text(long done, long running, long failed, long total, double seconds_left, int columns) {
  std::string words =
      std::to_string(done) + "/" + std::to_string(total) + " done, " + std::to_string(running) + " running";
  if (failed > 0) words += ", " + std::to_string(failed) + " failed";
  if (seconds_left >= 0 && done < total) words += ", about " + duration_text(seconds_left) + " left";
  const int room = columns - int(words.size()) - 4;
  if (room < 10 || total <= 0) return words.substr(0, std::size_t(std::max(0, columns)));
  const int width = std::min(room, 30);
  const int filled = int(double(width) * double(done) / double(total));
  return "[" + std::string(std::size_t(filled), '#') + std::string(std::size_t(width - filled), '.') + "] " + words;
}

void ProgressView::feed(std::string_view bytes) {
  pending_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end; (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    show(pending_.substr(begin, end - begin));
  }
  pending_.erase(0, begin);
}

void ProgressView::show(const std::string& line) {
  const json message = json::parse(line, nullptr, false);
  const std::string type = message.is_object() ? message.value("type", "") : "";
  if (type == "progress") {
    bar_ = progress_text(message.value("done", 0L), message.value("running", 0L), message.value("failed", 0L),
                         message.value("total", 0L), message.value("eta_s", -1.0), columns_ - 1);
    redraw();
  } else if (type == "trial") {
    if (style_ == Style::lines || message.value("state", "") != "done") print_line(trial_text(message));
  } else if (type == "web") {
    print_line(dashboard_text({message.value("url", ""), message.value("fingerprint", "")}));
  } else if (type == "out_of_time") {
    out_of_time_ = true;
    print_line("the job ends in " + duration_text(message.value("job_ends_in_s", 0.0)) + ": too soon for each of the " +
               std::to_string(message.value("pending", 0L)) + " trials that are left");
  } else if (type == "node_excluded" || type == "node_included") {
    print_line("node " + message.value("node", "") + (type == "node_excluded" ? " is excluded: " : " is taken back: ") +
               message.value("message", ""));
  } else if (type == "idle") {
    idle_ = true;
    print_line("nothing to do for " + duration_text(message.value("seconds", 0.0)) +
               ": these workers have left; the run goes on");
  } else if (!line.empty()) {
    print_line(line);
  }
}

void ProgressView::print_line(const std::string& text) {
  if (style_ == Style::none) return;
  if (style_ == Style::terminal) std::fputs("\r\033[K", stream_);
  std::fprintf(stream_, "%s\n", text.c_str());
  redraw();
}

void ProgressView::redraw() {
  if (style_ != Style::terminal || bar_.empty()) return;
  std::fprintf(stream_, "\r\033[K%s", bar_.c_str());
  std::fflush(stream_);
}

void ProgressView::finish() {
  if (style_ == Style::terminal && !bar_.empty()) std::fputs("\n", stream_);
  bar_.clear();
}

}  // namespace mer::cli
