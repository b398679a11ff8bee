#include "transport/link_frame.hpp"

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/json_codec.hpp"
#include "core/json_text.hpp"

namespace mer::transport {
namespace {

using nlohmann::json;

constexpr std::size_t kWorkerBytes = 4;
constexpr char kIntroduction[] = "group ";

json::binary_t binary_of(const std::string& bytes) {
  return {std::vector<std::uint8_t>(bytes.begin(), bytes.end())};
}

}  // namespace

std::string encode(const LinkFrame& frame) {
  const json out = {{"version", kLinkVersion},    {"session", frame.session}, {"peer", frame.peer},
                    {"workers", frame.workers},   {"refused", frame.refused}, {"number", frame.number},
                    {"received", frame.received}, {"kept", frame.kept},       {"payload", binary_of(frame.payload)}};
  std::string bytes;
  json::to_cbor(out, bytes);
  return bytes;
}

Result<LinkFrame> decode_frame(const std::string& bytes) {
  MER_ASSIGN(const json in, parse_cbor(bytes));
  try {
    if (const int version = in.at("version").get<int>(); version != kLinkVersion) {
      return Error{ErrorCode::corrupt, "a frame of version " + std::to_string(version) + ", this program speaks " +
                                           std::to_string(kLinkVersion) + ": are all programs of one build?"};
    }
    LinkFrame frame;
    in.at("session").get_to(frame.session);
    in.at("peer").get_to(frame.peer);
    in.at("workers").get_to(frame.workers);
    in.at("refused").get_to(frame.refused);
    in.at("number").get_to(frame.number);
    in.at("received").get_to(frame.received);
    in.at("kept").get_to(frame.kept);
    const auto& payload = in.at("payload").get_binary();
    frame.payload.assign(payload.begin(), payload.end());
    return frame;
  } catch (const std::exception& error) {
    return Error{ErrorCode::corrupt, std::string("not a frame: ") + error.what()};
  }
}

std::string encode(const Introduction& introduction) {
  json held = json::array();
  for (const HeldAttempt& one : introduction.held) held.push_back({one.worker, one.trial.hex, one.attempt});
  std::string bytes = kIntroduction;
  json::to_cbor(json{{"group", introduction.group}, {"held", held}}, bytes);
  return bytes;
}

std::optional<Introduction> introduction_from(const std::string& word) {
  if (!word.starts_with(kIntroduction)) return std::nullopt;
  const Result<json> in = parse_cbor(std::string_view(word).substr(sizeof kIntroduction - 1));
  if (!in) return std::nullopt;
  try {
    Introduction introduction;
    in->at("group").get_to(introduction.group);
    for (const json& one : in->at("held")) {
      introduction.held.push_back({one.at(0).get<int>(), TrialId{one.at(1).get<std::string>()}, one.at(2).get<int>()});
    }
    return introduction;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string pack(const Parcel& parcel) {
  std::string payload;
  for (std::size_t byte = 0; byte < kWorkerBytes; ++byte) payload += char(std::uint32_t(parcel.worker) >> (8 * byte));
  return payload + parcel.bytes;
}

std::optional<Parcel> unpack(const std::string& payload) {
  if (payload.size() < kWorkerBytes) return std::nullopt;
  std::uint32_t worker = 0;
  for (std::size_t byte = 0; byte < kWorkerBytes; ++byte) {
    worker |= std::uint32_t(std::uint8_t(payload[byte])) << (8 * byte);
  }
  return Parcel{int(worker), payload.substr(kWorkerBytes)};
}

}  // namespace mer::transport
