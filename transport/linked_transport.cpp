#include "transport/linked_transport.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"

namespace mer::transport {

LinkedTransport::LinkedTransport(Transport& local, FramePort& port, LinkOptions options)
    : local_(local), port_(port), options_(std::move(options)), size_(local.size()) {}

void LinkedTransport::send(int to, const Message& message) {
  MER_CHECK(to >= 0 && to < size(), "send to a rank that is not a peer");
  if (to < lasting()) return local_.send(to, message);
  for (auto& [session, group] : groups_) {
    const int worker = to - group.first + 1;
    if (worker >= 1 && worker <= group.workers) group.channel.send(pack({worker, encode(message)}));
  }
}

std::vector<Envelope> LinkedTransport::poll() {
  std::vector<Envelope> envelopes = local_.poll();
  for (const ArrivedFrame& arrived : port_.poll()) take(arrived, envelopes);
  lose_silent_groups();
  send_frames();
  return envelopes;
}

void LinkedTransport::take(const ArrivedFrame& arrived, std::vector<Envelope>& envelopes) {
  const Result<LinkFrame> frame = decode_frame(arrived.bytes);
  if (!frame) {
    envelopes.push_back({size_, frame.error()});
    return;
  }
  auto group = groups_.find(frame->session);
  if (group == groups_.end()) group = open(*frame);
  if (group == groups_.end()) return refuse(frame->session, arrived.from);
  group->second.address = arrived.from;
  const auto payload = group->second.channel.take(*frame, options_.clock());
  if (payload) deliver(group, *payload, envelopes);
}

// A gateway that has heard of another coordinator, or was given up, is none of this one's.
LinkedTransport::Groups::iterator LinkedTransport::open(const LinkFrame& frame) {
  const bool is_new = frame.peer.empty() && !lost_.contains(frame.session);
  if (!is_new || frame.workers < 1 || frame.workers > kMostWorkers) return groups_.end();
  const int workers_before = size_ - 1;
  const int gangs_before = (workers_before + options_.gang - 1) / options_.gang;
  Group group{gangs_before * options_.gang + 1, frame.workers, "", "", ReliableChannel(options_.session)};
  size_ = group.first + group.workers;
  return groups_.emplace(frame.session, std::move(group)).first;
}

void LinkedTransport::deliver(Groups::iterator group, const std::string& payload, std::vector<Envelope>& envelopes) {
  const auto parcel = unpack(payload);
  const int first = group->second.first;
  if (!parcel || parcel->worker < 0 || parcel->worker > group->second.workers) {
    envelopes.push_back({first, Error{ErrorCode::corrupt, "its gateway sent what is from none of its workers"}});
  } else if (parcel->worker > 0) {
    envelopes.push_back({first + parcel->worker - 1, decode(parcel->bytes)});
  } else if (parcel->bytes == kLeaving) {
    for (int i = 0; i < group->second.workers; ++i) departures_.leaving.push_back(first + i);
  } else if (parcel->bytes == kGone) {
    lose(group);
  } else if (auto introduction = introduction_from(parcel->bytes)) {
    introduce(group, std::move(*introduction));
  }
}

void LinkedTransport::introduce(Groups::iterator group, Introduction introduction) {
  const auto is_same = [&](const auto& other) {
    return other.first != group->first && other.second.name == introduction.group;
  };
  const auto before = std::ranges::find_if(groups_, is_same);
  if (before != groups_.end()) lose(before);
  group->second.name = introduction.group;
  std::erase_if(introduction.held,
                [&](const HeldAttempt& held) { return held.worker < 1 || held.worker > group->second.workers; });
  arrivals_.push_back(
      {std::move(introduction.group), group->second.first, group->second.workers, std::move(introduction.held)});
}

void LinkedTransport::lose(Groups::iterator group) {
  for (int i = 0; i < group->second.workers; ++i) departures_.lost.push_back(group->second.first + i);
  refuse(group->first, group->second.address);
  lost_.insert(group->first);
  groups_.erase(group);
}

// There is no such group, or no longer.
void LinkedTransport::refuse(const std::string& session, const std::string& address) {
  const LinkFrame refusal{options_.session, session, 0, true, 0, 0, 0, ""};
  port_.send(address, encode(refusal));
}

void LinkedTransport::lose_silent_groups() {
  const TimePoint now = options_.clock();
  for (auto group = groups_.begin(); group != groups_.end();) {
    const auto one = group++;
    if (now - *one->second.channel.heard() >= options_.silence_limit) lose(one);
  }
}

void LinkedTransport::send_frames() {
  for (auto& [session, group] : groups_) {
    for (const LinkFrame& frame : group.channel.due(options_.clock())) port_.send(group.address, encode(frame));
  }
}

std::vector<Arrival> LinkedTransport::take_arrivals() {
  return std::exchange(arrivals_, {});
}

Departures LinkedTransport::take_departures() {
  return std::exchange(departures_, {});
}

void LinkedTransport::confirm() {
  for (auto& [session, group] : groups_) group.channel.confirm();
}

bool LinkedTransport::flushed() const {
  return local_.flushed() &&
         std::ranges::all_of(groups_, [](const auto& group) { return group.second.channel.all_received(); });
}

}  // namespace mer::transport
