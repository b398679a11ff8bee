#include "orchestrator/mailbox.hpp"

namespace mer::orchestrator {
namespace {

Error leaving() {
  return {ErrorCode::unavailable, "the coordinator is about to leave; ask again in a moment"};
}

}  // namespace

Mailbox::Answer Mailbox::ask(Request request, std::chrono::milliseconds limit) {
  std::future<Answer> answer;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return leaving();
    letters_.push_back({std::move(request), {}});
    answer = letters_.back().answer.get_future();
  }
  if (answer.wait_for(limit) == std::future_status::ready) return answer.get();
  return Error{ErrorCode::unavailable, "the coordinator is busy; ask again: what is done already is not done twice"};
}

void Mailbox::serve(const std::function<Answer(const Request&)>& answer) {
  std::deque<Letter> letters;
  {
    const std::lock_guard lock(mutex_);
    letters.swap(letters_);
  }
  for (Letter& letter : letters) letter.answer.set_value(answer(letter.request));
}

void Mailbox::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  serve([](const Request&) { return Answer(leaving()); });
}

}  // namespace mer::orchestrator
