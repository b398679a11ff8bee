#include "worker/extractor/smile_messages.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

#include "core/descriptor.hpp"

namespace mer::extractor::smile {
namespace {

constexpr std::uint32_t kMostAnswerBytes = 1U << 26;
constexpr const char* kStream = "the stream to mer-smile";

}  // namespace

Status send_bytes(int socket, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return system_error(errno, kStream);
    bytes = bytes.subspan(std::size_t(sent));
  }
  return {};
}

Status receive_bytes(int socket, std::span<std::byte> room) {
  while (!room.empty()) {
    const ssize_t got = ::recv(socket, room.data(), room.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, kStream);
    if (got == 0) return Error{ErrorCode::io, std::string(kStream) + " has ended"};
    room = room.subspan(std::size_t(got));
  }
  return {};
}

Status send_answer(int socket, Answer::Kind kind, std::string_view bytes) {
  const Answer answer{kind, std::uint32_t(bytes.size())};
  MER_TRY(send_bytes(socket, std::as_bytes(std::span(&answer, 1))));
  return send_bytes(socket, std::as_bytes(std::span(bytes)));
}

Result<Received> receive_answer(int socket) {
  Answer answer;
  MER_TRY(receive_bytes(socket, std::as_writable_bytes(std::span(&answer, 1))));
  if (answer.bytes > kMostAnswerBytes) return Error{ErrorCode::corrupt, std::string(kStream) + ": an answer too long"};
  Received received{answer.kind, std::string(answer.bytes, '\0')};
  MER_TRY(receive_bytes(socket, std::as_writable_bytes(std::span(received.bytes))));
  return received;
}

}  // namespace mer::extractor::smile
