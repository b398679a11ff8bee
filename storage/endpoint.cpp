#include "storage/endpoint.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/random.h>
#include <unistd.h>
#include <utility>

#include "core/descriptor.hpp"
#include "storage/holder_codec.hpp"

namespace mer::storage {
namespace {

std::filesystem::path file_of(const StoreDir& store) {
  return store.path() / "endpoint.json";
}

}  // namespace

Status write_endpoint(const StoreDir& store, const Endpoint& endpoint) {
  const std::string file = file_of(store).string();
  const std::string draft = file + ".new";
  ::unlink(draft.c_str());  // a killed coordinator's, perhaps with another mode
  const Descriptor descriptor(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (descriptor.get() < 0) return system_error(errno, draft + ": cannot make");
  MER_TRY(write_all(descriptor.get(), endpoint_to_json(endpoint), draft));
  if (::rename(draft.c_str(), file.c_str()) != 0) return system_error(errno, file + ": cannot rename");
  return {};
}

Result<Endpoint> read_endpoint(const StoreDir& store) {
  const std::string file = file_of(store).string();
  std::ifstream stream(file);
  if (!stream) return system_error(errno, file + ": cannot open");
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (auto endpoint = endpoint_from_json(text)) return std::move(*endpoint);
  return Error{ErrorCode::corrupt, file + ": not an endpoint of this version of mer"};
}

void remove_endpoint(const StoreDir& store) {
  std::error_code ignored;
  std::filesystem::remove(file_of(store), ignored);
}

bool belongs_to(const Endpoint& endpoint, const LockHolder& holder) {
  return endpoint.pid == holder.pid && endpoint.host == holder.host;
}

Result<std::string> new_token() {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != ssize_t(bytes.size())) {
    return system_error(errno, "the kernel gives no random numbers");
  }
  std::string token;
  for (const unsigned char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    token += kDigits[byte / 16];
    token += kDigits[byte % 16];
  }
  return token;
}

}  // namespace mer::storage
