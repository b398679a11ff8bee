#include "cli/child_output.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace mer::cli {

std::string read_some(Descriptor& output, int milliseconds) {
  pollfd waiting{output.get(), POLLIN, 0};
  if (::poll(&waiting, 1, milliseconds) <= 0) return "";
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(output.get(), buffer.data(), buffer.size());
  if (count > 0) return {buffer.data(), std::size_t(count)};
  if (count == 0 || errno != EINTR) output.reset();
  return "";
}

}  // namespace mer::cli
