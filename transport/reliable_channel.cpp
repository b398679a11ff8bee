#include "transport/reliable_channel.hpp"

#include <algorithm>

namespace mer::transport {

std::optional<std::string> ReliableChannel::take(const LinkFrame& frame, TimePoint now) {
  if (peer_.empty()) peer_ = frame.session;
  if (frame.session != peer_ || (!frame.peer.empty() && frame.peer != session_)) return std::nullopt;
  heard_ = now;
  if (frame.received > peer_received_ && frame.received <= last()) {
    peer_received_ = frame.received;
    advanced_ = now;
  }
  while (forgotten_ < std::min(frame.kept, peer_received_)) {
    queue_.pop_front();
    ++forgotten_;
  }
  if (frame.number == 0) return std::nullopt;
  if (frame.number != received_ + 1) {
    came_again_ = true;
    return std::nullopt;
  }
  ++received_;
  return frame.payload;
}

std::vector<LinkFrame> ReliableChannel::due(TimePoint now) {
  sent_ = std::max(sent_, peer_received_);
  if (sent_ == peer_received_) advanced_ = now;  // nothing is under way
  if (now - *advanced_ >= limits_.repeat_after) {
    sent_ = peer_received_;
    advanced_ = now;
  }
  std::vector<LinkFrame> frames;
  while (sent_ < last() && sent_ < peer_received_ + limits_.window) frames.push_back(frame(++sent_));
  const bool news = came_again_ || told_ != std::pair(received_, kept_);
  const bool beat = !last_frame_ || now - *last_frame_ >= limits_.beat_every;
  if (frames.empty() && (news || beat)) frames.push_back(frame(0));
  if (frames.empty()) return frames;
  last_frame_ = now;
  told_ = {received_, kept_};
  came_again_ = false;
  return frames;
}

LinkFrame ReliableChannel::frame(std::uint64_t number) const {
  LinkFrame frame{session_, peer_, workers_, false, number, received_, kept_, ""};
  if (number > 0) frame.payload = queue_[number - forgotten_ - 1];
  return frame;
}

}  // namespace mer::transport
