// SHA-256 by OpenSSL.
//
// Threads: a Sha256 belongs to one thread; the functions are pure. Errors: none.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mer {

// Bytes fed piece by piece.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::string_view bytes);
  void update(std::span<const std::byte> bytes);

  // 64 lower-case hex digits. Ends the hash: REQUIRES no call after it.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);  // 64 digits

// The digits of a HashId (core/ids.hpp): the first 32 of sha256_hex.
std::string short_hash(std::string_view bytes);

}  // namespace mer
