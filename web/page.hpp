// A part of a long list.
//
// Threads: pure functions. Errors: none; a page beyond the list is empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mer::web {

struct Page {
  std::int64_t offset = 0;
  std::int64_t limit = 0;  // so many rows after the first `offset`; 0: all of them
};

template <class Rows>
std::span<const typename Rows::value_type> part_of(const Rows& rows, const Page& page) {
  const auto rest = std::span(rows).subspan(std::min(rows.size(), std::size_t(page.offset)));
  return page.limit == 0 ? rest : rest.first(std::min(rest.size(), std::size_t(page.limit)));
}

}  // namespace mer::web
