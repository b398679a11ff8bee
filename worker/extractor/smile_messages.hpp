// What mer-extractor and mer-smile say to each other, on a stream between two processes of one build.
//
//   Question, then that many samples of 16 bits; Answer, then that many bytes: float32 numbers, or a text. The first
//   answer comes unasked: the names of the numbers, one a line, or why there will be none.
// Threads: one at each end. Errors: io: the other end is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mer::extractor::smile {

struct Question {
  std::uint32_t rate = 0, samples = 0;
};

struct Answer {
  enum class Kind : std::uint32_t { names, features, error };
  Kind kind = Kind::error;
  std::uint32_t bytes = 0;
};

Status send_bytes(int socket, std::span<const std::byte> bytes);
// Exactly as many as there is room for.
Status receive_bytes(int socket, std::span<std::byte> room);

Status send_answer(int socket, Answer::Kind kind, std::string_view bytes);

struct Received {
  Answer::Kind kind = Answer::Kind::error;
  std::string bytes;
};
Result<Received> receive_answer(int socket);

}  // namespace mer::extractor::smile
