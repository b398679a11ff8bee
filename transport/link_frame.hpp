// LinkFrame: what travels between a coordinator and the gateway of a group, and its codec: CBOR, versioned
// (docs/protocol.md).
//
// Threads: plain values and pure functions. Errors: bytes that are not a frame of this version are Error corrupt.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "transport/transport.hpp"

namespace mer::transport {

using TimePoint = std::chrono::steady_clock::time_point;

constexpr int kLinkVersion = 2;

struct LinkFrame {
  std::string session;         // of the end that sends it
  std::string peer;            // session that it answers; empty: none heard of yet
  int workers = 0;             // from a gateway: of its group
  bool refused = false;        // from a coordinator: it has no such group, or no longer
  std::uint64_t number = 0;    // of the payload, from 1 on; 0: there is none
  std::uint64_t received = 0;  // the other end's payloads up to this one are here
  std::uint64_t kept = 0;      // those up to this one are durable: the other end forgets them
  std::string payload;
  bool operator==(const LinkFrame&) const = default;
};
std::string encode(const LinkFrame& frame);
Result<LinkFrame> decode_frame(const std::string& bytes);

// A payload: a message from or to a worker of the group (its rank there), or a word about the group, from worker 0.
struct Parcel {
  int worker = 0;
  std::string bytes;
  bool operator==(const Parcel&) const = default;
};
inline constexpr char kLeaving[] = "leaving";  // its workers want to be let go
inline constexpr char kGone[] = "gone";        // it has ended

// The first word of every gateway: the group's name, the same under every coordinator, and what its workers have from
// an earlier one.
struct Introduction {
  std::string group;
  std::vector<HeldAttempt> held;
  bool operator==(const Introduction&) const = default;
};
std::string encode(const Introduction& introduction);
std::optional<Introduction> introduction_from(const std::string& word);  // nullopt: another word

std::string pack(const Parcel& parcel);
std::optional<Parcel> unpack(const std::string& payload);  // nullopt: too short

}  // namespace mer::transport
