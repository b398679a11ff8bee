#include "worker/gateway/gateway.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

namespace mer::gateway {
namespace {

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Gateway::Gateway(transport::Transport& group, std::string name, Line line, FindCoordinator find, GatewayLimits limits)
    : group_(group),
      name_(std::move(name)),
      find_(std::move(find)),
      limits_(limits),
      coordinator_(connect(std::move(line))),
      heard_(std::size_t(group.size())),
      idle_watch_(limits.idle) {
  coordinator_->link.introduce({name_, {}});
}

// Each connection has a session of its own.
std::unique_ptr<Gateway::Connection> Gateway::connect(Line line) {
  transport::FramePort& port = *line.port;
  const std::string session = name_ + "/" + std::to_string(++connections_);
  return std::make_unique<Connection>(
      Connection{std::move(line), transport::GatewayLink(port, session, group_.size() - 1)});
}

std::optional<ExitCode> Gateway::step(TimePoint now) {
  if (!begun_) begun_ = now;
  if (leaving_ && !leaving_since_) leaving_since_ = now;
  const bool up = pass_up(now);
  const bool down = pass_down(now);
  idle_.round_ended(up || down);
  watch_coordinator(now);
  beat(now);
  leave_if_idle(now);
  const auto end = end_of_group(now);
  if (end) dismiss();
  return end;
}

// Beats that say nothing new stay here: the link has its own. While there is no coordinator all do: the next one gets
// what the workers use then.
bool Gateway::pass_up(TimePoint now) {
  const auto envelopes = group_.poll();
  for (const transport::Envelope& envelope : envelopes) {
    if (!envelope.message) {
      spdlog::error("rank {} sent bytes that are not a message: {}", envelope.from, envelope.message.error().message);
      continue;
    }
    heard_[std::size_t(envelope.from)] = now;
    const auto* const beat = std::get_if<Beat>(&*envelope.message);
    if (beat != nullptr && (lost_ || ledger_.has_noted(envelope.from, beat->use))) continue;
    ledger_.note_from(envelope.from, *envelope.message);
    coordinator_->link.send(envelope.from, *envelope.message);
  }
  return !envelopes.empty();
}

bool Gateway::pass_down(TimePoint now) {
  const auto deliveries = coordinator_->link.poll(now);
  for (const transport::Delivery& delivery : deliveries) {
    if (!delivery.message) {
      spdlog::error("the coordinator sent bytes that are not a message: {}", delivery.message.error().message);
    } else if (std::holds_alternative<Shutdown>(*delivery.message)) {
      dismissed_.insert(delivery.to);
    } else {
      ledger_.note_to(delivery.to, *delivery.message);
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
  if (leaving_ || !idle_watch_.is_over(ledger_.hold_nothing(), now)) return;
  spdlog::info("nothing to do for {:.0f} s: the workers of this group leave", seconds(limits_.idle));
  idled_ = true;
  request_leave();
}

// One that is silent is the coordinator as long as no other one is, and may be heard again.
void Gateway::watch_coordinator(TimePoint now) {
  const transport::GatewayLink& link = coordinator_->link;
  const bool refused = link.refused();
  const auto silence = now - link.heard().value_or(*begun_);
  if (!refused && link.heard() && silence < limits_.look_after) {
    joined_ = true;
    lost_.reset();
    return;
  }
  if (!refused && silence < limits_.look_after) return;
  if (looked_ && now - *looked_ < limits_.look_every) return;
  looked_ = now;
  auto found = find_(refused ? "" : coordinator_->line.coordinator);
  if (!found) return note_loss(now, "has gone");
  if (refused) note_loss(now, "has given this group up");
  if (found->port) {
    note_loss(now, "is another one");
    return go_over_to(std::move(*found));
  }
  if (silence >= limits_.coordinator_silence) note_loss(now, "is silent");
}

void Gateway::note_loss(TimePoint now, const char* why) {
  if (lost_) return;
  lost_ = now;
  spdlog::warn("the coordinator {}; the workers train on, and look for one for {:.0f} s", why,
               seconds(limits_.patience));
}

void Gateway::go_over_to(Line line) {
  const Ledger::Messages unkept = coordinator_->link.unkept();
  auto next = connect(std::move(line));
  const auto held = ledger_.held(unkept);
  spdlog::info("a coordinator has the store: this group joins it with {} trials", held.size());
  next->link.introduce({name_, held});
  for (const auto& [worker, message] : ledger_.story(unkept)) next->link.send(worker, message);
  if (leaving_) next->link.leave();
  dismissed_.clear();
  coordinator_ = std::move(next);
}

std::optional<ExitCode> Gateway::end_of_group(TimePoint now) const {
  if (int(dismissed_.size()) == group_.size() - 1) {
    if (idled_) return ExitCode::idle;
    return leaving_ ? ExitCode::paused : ExitCode::done;
  }
  if (!joined_ && now - *begun_ >= limits_.coordinator_silence) {
    spdlog::error("the coordinator has not answered for {:.0f} s: the workers of this group end",
                  seconds(limits_.coordinator_silence));
    return ExitCode::orphaned;
  }
  if (lost_ && now - *lost_ >= limits_.patience) {
    spdlog::error("there has been no coordinator for {:.0f} s: the workers of this group end", seconds(now - *lost_));
    return ExitCode::orphaned;
  }
  if (lost_ && leaving_since_ && now - std::max(*lost_, *leaving_since_) >= limits_.coordinator_silence) {
    spdlog::error("no coordinator takes this group's trials back: its workers end");
    return idled_ ? ExitCode::idle : ExitCode::orphaned;
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
  coordinator_->link.say_gone();
  for (int rank = 1; rank < group_.size(); ++rank) group_.send(rank, Shutdown{});
}

void Gateway::request_leave() {
  if (leaving_) return;
  leaving_ = true;
  coordinator_->link.leave();
}

bool Gateway::said_goodbye(TimePoint now) {
  coordinator_->link.poll(now);
  return coordinator_->link.refused();
}

}  // namespace mer::gateway
