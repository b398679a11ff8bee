#include "worker/trainer/round.hpp"

#include <string>
#include <utility>

#include "core/frame.hpp"

namespace mer::trainer {
namespace {

// Most rounds are empty, and so is their text.
std::string text_of(const Round& round) {
  std::string text;
  const auto add = [&](const Message& message) { text += frame_of(encode(message)); };
  if (!round.joining.empty()) {
    StackJob job;
    job.trials = round.joining;
    add(Assign{std::move(job)});
  }
  if (round.stops) add(*round.stops);
  if (round.trials) add(Capacity{*round.trials});
  if (round.ends) add(Shutdown{});
  return text;
}

Result<Round> round_of(const std::string& text) {
  Round round;
  FrameReader frames;
  frames.feed(text);
  while (true) {
    MER_ASSIGN(const std::optional<std::string> frame, frames.next());
    if (!frame) return round;
    MER_ASSIGN(const Message message, decode(*frame));
    if (const auto* assign = std::get_if<Assign>(&message)) round.joining = assign->job.trials;
    if (const auto* stops = std::get_if<StopTrials>(&message)) round.stops = *stops;
    if (const auto* capacity = std::get_if<Capacity>(&message)) round.trials = capacity->trials;
    if (std::holds_alternative<Shutdown>(message)) round.ends = true;
  }
}

}  // namespace

Result<Round> leaders_round(Gang* gang, const Round& own) {
  if (gang == nullptr) return own;
  return round_of(from_leader(*gang, leads(gang) ? text_of(own) : ""));
}

}  // namespace mer::trainer
