#include "transport/gateway_link.hpp"

namespace mer::transport {

std::vector<Delivery> GatewayLink::poll(TimePoint now) {
  std::vector<Delivery> deliveries;
  for (const ArrivedFrame& arrived : port_.poll()) {
    const Result<LinkFrame> frame = decode_frame(arrived.bytes);
    if (!frame) continue;
    refused_ = refused_ || frame->refused;
    const auto payload = channel_.take(*frame, now);
    const auto parcel = payload ? unpack(*payload) : std::nullopt;
    if (!parcel || parcel->worker < 1 || parcel->worker > workers_) continue;
    deliveries.push_back({parcel->worker, decode(parcel->bytes)});
  }
  channel_.confirm();
  for (const LinkFrame& frame : channel_.due(now)) port_.send("", encode(frame));
  return deliveries;
}

std::vector<std::pair<int, Message>> GatewayLink::unkept() const {
  std::vector<std::pair<int, Message>> messages;
  for (const std::string& payload : channel_.unkept()) {
    const auto parcel = unpack(payload);
    if (parcel->worker > 0) messages.emplace_back(parcel->worker, *decode(parcel->bytes));
  }
  return messages;
}

}  // namespace mer::transport
