#include "orchestrator/mailbox.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace mer::orchestrator {
namespace {

using namespace std::chrono_literals;

TEST(Mailbox, AnswersWhatAnotherThreadAsks) {
  Mailbox mailbox;
  Mailbox::Answer answer = invalid("none");
  std::thread asker([&] { answer = mailbox.ask(ExplainTrial{{"abc"}}, 60s); });

  bool served = false;
  while (!served) {
    mailbox.serve([&](const Request& request) {
      served = true;
      return Mailbox::Answer(std::get<ExplainTrial>(request).trial.hex + "!");
    });
  }
  asker.join();

  EXPECT_EQ(answer.value(), "abc!");
}

TEST(Mailbox, WhoWaitsTooLongIsToldToAskAgain) {
  Mailbox mailbox;
  EXPECT_EQ(mailbox.ask(ExplainTrial{}, 1ms).error().code, ErrorCode::unavailable);

  int served = 0;
  mailbox.serve([&](const Request&) {
    ++served;
    return Mailbox::Answer("late");
  });
  EXPECT_EQ(served, 1) << "it is carried out nevertheless";
}

TEST(Mailbox, AClosedOneRefusesAtOnce) {
  Mailbox mailbox;
  mailbox.close();
  EXPECT_EQ(mailbox.ask(ExplainTrial{}, 60s).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace mer::orchestrator
