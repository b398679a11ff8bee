// ProgressView: what the coordinator says on its standard output, as a person wants to see it.
//
// The coordinator writes JSON lines (docs/protocol.md): progress, trial, node_excluded, web, ...; a gateway: idle. On a
// terminal one line is rewritten in place; elsewhere a line appears for each trial that ends. Everything goes to
// standard error, so that standard output holds data only. Threads: one. Errors: a line that is not JSON of a known
// type is passed through as it is.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mer::cli {

class ProgressView {
 public:
  enum class Style { none, lines, terminal };

  ProgressView(std::FILE* stream, Style style, int columns = 80) : stream_(stream), style_(style), columns_(columns) {}

  void feed(std::string_view bytes);
  void finish();  // leaves the terminal on a fresh line
  // The coordinator has said that no trial which is left would end before its job does.
  bool out_of_time() const { return out_of_time_; }
  bool idle() const { return idle_; }  // the gateway's workers have left since they had nothing to do

 private:
  void show(const std::string& line);
  void print_line(const std::string& text);
  void redraw();

  std::FILE* stream_;
  Style style_;
  int columns_;
  std::string pending_;  // an unfinished line of input
  std::string bar_;      // what stands on the terminal's last line
  bool out_of_time_ = false;
  bool idle_ = false;
};

// "12/24 done, 2 running, 1 failed, about 3 min left": what a progress message says, at most `columns` wide.
std::string progress_text(long done, long running, long failed, long total, double seconds_left, int columns);

// "45 s", "3 min", "2 h 10 min".
std::string duration_text(double seconds);

}  // namespace mer::cli
