// Labels that stand in place of a corpus' own: a CSV file with the header utterance,label. Others' labels of the same
// turns are not always the consensus of the raters: declare-lab's of IEMOCAP, for one.
//
// Threads: a plain value. Errors: not_found; invalid, naming file and line.
#pragma once

#include <map>
#include <string>

#include "core/result.hpp"
#include "data/natural_order.hpp"

namespace mer::data {

struct LabelLine {
  std::string label;  // empty: none
  std::size_t line = 0;
};

// By utterance. Each one once.
using LabelFile = std::map<std::string, LabelLine, NaturalLess>;

Result<LabelFile> parse_label_file(std::string_view bytes, const std::string& file);
Result<LabelFile> read_label_file(const std::string& file);

}  // namespace mer::data
