// The order people expect of ids: runs of digits compare as numbers, so session "2" comes before session "10".
//
// Threads: pure.
#pragma once

#include <string_view>

namespace mer::data {

// A strict total order on distinct texts.
struct NaturalLess {
  bool operator()(std::string_view a, std::string_view b) const;
};

}  // namespace mer::data
