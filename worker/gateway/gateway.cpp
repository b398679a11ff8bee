#include "worker/gateway/gateway.hpp"

#include <spdlog/spdlog.h>

namespace mer::gateway {
namespace {

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Gateway::Gateway(transport::Transport& group, transport::GatewayLink& link, GatewayLimits limits)
    : group_(group), link_(link), limits_(limits), heard_(std::size_t(group.size())), idle_watch_(limits.idle) {}

std::optional<ExitCode> Gateway::step(TimePoint now) {
  if (!begun_) begun_ = now;
  const bool up = pass_up(now);
  const bool down = pass_down(now);
  idle_.round_ended(up || down);
  beat(now);
  leave_if_idle(now);
  const auto end = end_of_group(now);
  if (end) dismiss();
  return end;
}

// Beats stay here: the link has its own.
bool Gateway::pass_up(TimePoint now) {
  const auto envelopes = group_.poll();
  for (const transport::Envelope& envelope : envelopes) {
    if (!envelope.message) {
      spdlog::error("rank {} sent bytes that are not a message: {}", envelope.from, envelope.message.error().message);
      continue;
    }
    heard_[std::size_t(envelope.from)] = now;
    idle_watch_.from_worker(*envelope.message);
    if (!std::holds_alternative<Beat>(*envelope.message)) link_.send(envelope.from, *envelope.message);
  }
  return !envelopes.empty();
}

bool Gateway::pass_down(TimePoint now) {
  const auto deliveries = link_.poll(now);
  for (const transport::Delivery& delivery : deliveries) {
    if (!delivery.message) {
      spdlog::error("the coordinator sent bytes that are not a message: {}", delivery.message.error().message);
    } else if (std::holds_alternative<Shutdown>(*delivery.message)) {
      dismissed_.insert(delivery.to);
    } else {
      idle_watch_.to_worker(*delivery.message);
      group_.send(delivery.to, *delivery.message);
    }
  }
  return !deliveries.empty();
}

void Gateway::beat(TimePoint now) {
  if (last_beat_ && now - *last_beat_ < limits_.beat_every) return;
  last_beat_ = now;
  for (int rank = 1; rank < group_.size(); ++rank) group_.send(rank, Beat{});
}

void Gateway::leave_if_idle(TimePoint now) {
  if (leaving_ || !idle_watch_.is_over(now)) return;
  spdlog::info("nothing to do for {:.0f} s: the workers of this group leave", seconds(limits_.idle));
  idled_ = true;
  request_leave();
}

std::optional<ExitCode> Gateway::end_of_group(TimePoint now) const {
  if (int(dismissed_.size()) == group_.size() - 1) {
    if (idled_) return ExitCode::idle;
    return leaving_ ? ExitCode::paused : ExitCode::done;
  }
  if (coordinator_gone_) {
    spdlog::error("the coordinator has gone: the workers of this group end");
    return ExitCode::orphaned;
  }
  if (link_.refused()) {
    spdlog::error("the coordinator has given this group up, or is another one: its workers end");
    return ExitCode::orphaned;
  }
  if (now - link_.heard().value_or(*begun_) >= limits_.coordinator_silence) {
    const bool answered = link_.heard().has_value();
    spdlog::error("the coordinator {} for {:.0f} s: the workers of this group end",
                  answered ? "has been silent" : "has not answered", seconds(limits_.coordinator_silence));
    return ExitCode::orphaned;
  }
  if (worker_is_lost(now)) return ExitCode::internal;
  return std::nullopt;
}

bool Gateway::worker_is_lost(TimePoint now) const {
  for (int rank = 1; rank < group_.size(); ++rank) {
    if (now - heard_[std::size_t(rank)].value_or(*begun_) < limits_.worker_silence) continue;
    spdlog::error("worker {} has been silent for {:.0f} s: it is lost, and this group with it", rank,
                  seconds(limits_.worker_silence));
    return true;
  }
  return false;
}

void Gateway::dismiss() {
  link_.say_gone();
  for (int rank = 1; rank < group_.size(); ++rank) group_.send(rank, Shutdown{});
}

void Gateway::request_leave() {
  if (leaving_) return;
  leaving_ = true;
  link_.leave();
}

}  // namespace mer::gateway
