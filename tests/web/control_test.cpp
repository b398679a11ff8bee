// What the HTTP server lets the holder of the control token ask, and nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "tests/web/demo_store.hpp"
#include "tests/web/raw_client.hpp"
#include "web/server.hpp"

namespace mer::web {
namespace {

using test::ask;
using test::body_of;
using test::status_of;
using ::testing::HasSubstr;

class ControlHttpTest : public ::testing::Test {
 protected:
  void serve(bool with_pages = true, const std::string& token = "secret", const std::string& token_of_reads = "") {
    HttpOptions options;
    options.control_token = token;
    options.token = token_of_reads;
    ServerControls controls;
    controls.control = [this](const storage::Control& control) {
      asked_.push_back(control);
      return Result<std::string>("{\"done\":true}");
    };
    controls.submit = [this](const std::string& file) {
      files_.push_back(file);
      return Result<std::string>("{\"sweep\":7}");
    };
    controls.submission = [](const std::string&) -> Result<storage::Submission> { return invalid("no such file"); };
    controls.workers = [] { return Result<std::string>("{\"workers\":[1]}"); };
    controls.log = [this](const storage::TrialDetail& trial, int attempt, std::int64_t offset) {
      logs_.push_back(trial.spec.id.hex.substr(0, 8) + " " + std::to_string(attempt) + " " + std::to_string(offset));
      return Result<std::string>("printed \x1b[31m<b>");
    };
    controls.explain = [](const TrialId& trial) { return Result<std::string>("\"" + trial.hex + "\""); };
    server_ = std::make_unique<Server>(
        options,
        [this]() -> Result<std::unique_ptr<storage::ResultReader>> {
          return std::unique_ptr<storage::ResultReader>(store_->reopen());
        },
        controls, with_pages);
    port_ = server_->start().value();
  }
  std::string send(const std::string& request_line, const std::string& headers) const {
    return ask(port_, request_line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  }
  std::string post(const std::string& target, const std::string& token = "secret", const std::string& more = "") const {
    return send("POST " + target, "Authorization: Bearer " + token + "\r\nContent-Length: 0\r\n" + more);
  }

  std::unique_ptr<storage::MemoryStore> store_ = test::make_demo_store();
  std::vector<storage::Control> asked_;
  std::vector<std::string> files_, logs_;
  std::unique_ptr<Server> server_;
  int port_ = 0;
};

// As in a job, where others of the node can reach it: with the token for reads too, all of the API is closed without.
TEST_F(ControlHttpTest, WithATokenForReadsNoRouteOfTheApiTellsAnythingWithoutIt) {
  serve(true, "secret", "secret");
  const std::vector<std::string> gets = {"/api/v1/version",
                                         "/api/v1/sweeps",
                                         "/api/v1/sweeps/1",
                                         "/api/v1/sweeps/1/trials",
                                         "/api/v1/sweeps/1/results",
                                         "/api/v1/sweeps/1/curves",
                                         "/api/v1/trials/0000",
                                         "/api/v1/trials/0000/curve",
                                         "/api/v1/trials/0000/explain",
                                         "/api/v1/workers",
                                         "/api/v1/trials/0000/log",
                                         "/api/nothing"};
  const std::vector<std::string> posts = {"/api/v1/control/cancel?target=1",
                                          "/api/v1/submit?file=" + std::string(64, 'a'),
                                          "/api/v1/reader/sweeps",
                                          "/api/v1/reader/trials?sweep=1",
                                          "/api/nothing",
                                          "/"};
  for (const std::string credentials : {"", "Authorization: Bearer wrong\r\n", "Authorization: Basic secret\r\n"}) {
    for (const std::string& target : gets) {
      for (const std::string method : {"GET ", "HEAD "}) {
        const std::string answer = send(method + target, credentials);
        EXPECT_EQ(status_of(answer), 401) << method << target << "\n" << credentials;
        EXPECT_EQ(answer.find("etag"), std::string::npos);
        EXPECT_EQ(answer.find("ETag"), std::string::npos);
      }
    }
    for (const std::string& target : posts) {
      EXPECT_EQ(status_of(send("POST " + target, credentials)), 401) << target << "\n" << credentials;
    }
  }
  EXPECT_TRUE(asked_.empty());
  EXPECT_TRUE(files_.empty());
  EXPECT_EQ(status_of(send("GET /api/v1/sweeps", "Authorization: Bearer secret\r\n")), 200);
}

TEST_F(ControlHttpTest, AReaderIsAskedByPostAlone) {
  serve();

  EXPECT_EQ(status_of(post("/api/v1/reader/sweeps")), 200);
  EXPECT_EQ(status_of(post("/api/v1/reader/nonsense")), 404);
  EXPECT_EQ(status_of(post("/api/v1/reader/sweeps/1")), 404);
  EXPECT_EQ(status_of(send("GET /api/v1/reader/sweeps", "Authorization: Bearer secret\r\n")), 405);
}

TEST_F(ControlHttpTest, AVerbReachesTheCoordinatorWithItsTarget) {
  serve();

  const std::string answer = post("/api/v1/control/priority?target=1&priority=-5");

  EXPECT_EQ(status_of(answer), 200) << answer;
  EXPECT_EQ(body_of(answer), "{\"done\":true}");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].verb, storage::ControlVerb::priority);
  EXPECT_EQ(asked_[0].sweep, SweepId{1});
  EXPECT_EQ(asked_[0].priority, -5);
}

TEST_F(ControlHttpTest, ANoteReachesTheCoordinatorAsItWasWritten) {
  serve();

  EXPECT_EQ(status_of(post("/api/v1/control/note?target=1&note=two%0Alines%20%26%20%C3%A9%3D%2B")), 200);
  EXPECT_EQ(status_of(post("/api/v1/control/note?target=1&note=")), 200);
  EXPECT_EQ(status_of(post("/api/v1/control/tag?target=1&tags=paper,baseline%20x")), 200);
  EXPECT_EQ(status_of(post("/api/v1/control/untag?target=1&tags=paper")), 200);

  ASSERT_EQ(asked_.size(), 4U);
  EXPECT_EQ(asked_[0].verb, storage::ControlVerb::note);
  EXPECT_EQ(asked_[0].note, "two\nlines & \u00e9=+");
  EXPECT_EQ(asked_[1].note, "");
  EXPECT_EQ(asked_[2].tags, (std::vector<std::string>{"paper", "baseline", "x"}));
  EXPECT_EQ(asked_[3].verb, storage::ControlVerb::untag);
}

TEST_F(ControlHttpTest, TheLongestNoteFitsTheAddress) {
  serve();
  std::string encoded;
  for (std::size_t i = 0; i < storage::kLongestNote / 2; ++i) encoded += "%C3%A9";
  const std::string note = "/api/v1/control/note?target=1&note=";

  EXPECT_EQ(status_of(post(note + encoded)), 200);
  EXPECT_THAT(post(note + encoded + "a"), HasSubstr("at most 2000 are kept"));

  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].note.size(), storage::kLongestNote);
}

TEST_F(ControlHttpTest, NotesAndTagsThatAreNotKeptAreExplained) {
  serve();

  EXPECT_THAT(post("/api/v1/control/note?target=1"), HasSubstr("query parameter note: expected"));
  EXPECT_THAT(post("/api/v1/control/note?target=1&note=%1B[2J"), HasSubstr("control character"));
  EXPECT_THAT(post("/api/v1/control/note?target=1&note=%FF"), HasSubstr("not UTF-8"));
  EXPECT_THAT(post("/api/v1/control/tag?target=1"), HasSubstr("no tag is named"));
  EXPECT_EQ(status_of(post("/api/v1/control/tag?target=1&tags=%3Cb%3E")), 400);

  EXPECT_TRUE(asked_.empty());
}

TEST_F(ControlHttpTest, TheVersionSaysWhetherControlsAreServed) {
  serve();
  EXPECT_THAT(body_of(send("GET /api/v1/version", "")), HasSubstr("\"controls\":true"));

  Server read_only({}, [this]() -> Result<std::unique_ptr<storage::ResultReader>> {
    return std::unique_ptr<storage::ResultReader>(store_->reopen());
  });
  port_ = read_only.start().value();
  EXPECT_THAT(body_of(send("GET /api/v1/version", "")), HasSubstr("\"controls\":false"));
}

TEST_F(ControlHttpTest, WithoutTheTokenNothingIsDone) {
  serve();

  EXPECT_EQ(status_of(post("/api/v1/control/cancel?target=1", "guess")), 401);
  EXPECT_EQ(status_of(post("/api/v1/control/cancel?target=1", "")), 401);
  EXPECT_EQ(status_of(send("POST /api/v1/control/cancel?target=1", "Content-Length: 0\r\n")), 401);
  EXPECT_EQ(status_of(send("GET /api/v1/control/cancel?target=1", "Authorization: Bearer secret\r\n")), 405);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ControlHttpTest, AServerWithoutATokenRefusesEveryPost) {
  serve(true, "");

  const std::string answer = post("/api/v1/control/cancel?target=1", "");

  EXPECT_EQ(status_of(answer), 405);
  EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ControlHttpTest, BodiesAreRefused) {
  serve();
  EXPECT_EQ(status_of(send("POST /api/v1/control/cancel?target=1",
                           "Authorization: Bearer secret\r\nContent-Length: 3\r\n\r\nabc")),
            413);
  EXPECT_EQ(status_of(send("POST /api/v1/control/cancel?target=1",
                           "Authorization: Bearer secret\r\nTransfer-Encoding: chunked\r\n")),
            400);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ControlHttpTest, WrongWordsAreExplained) {
  serve();

  EXPECT_THAT(post("/api/v1/control/cancel?target=nosuch"), HasSubstr("no sweep"));
  EXPECT_EQ(status_of(post("/api/v1/control/cancel?target=nosuch")), 404);
  EXPECT_EQ(status_of(post("/api/v1/control/cancel")), 400);
  EXPECT_EQ(status_of(post("/api/v1/control/explode?target=1")), 404);
  EXPECT_EQ(status_of(post("/api/v1/control/priority?target=1&priority=high")), 400);
  EXPECT_EQ(status_of(post("/api/v1/sweeps")), 405);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ControlHttpTest, ASubmissionIsAFileNameNeverAPath) {
  serve();
  const std::string name(64, 'a');

  EXPECT_EQ(status_of(post("/api/v1/submit?file=" + name)), 200);
  EXPECT_EQ(status_of(post("/api/v1/submit?file=..%2F..%2Fetc%2Fpasswd")), 400);
  EXPECT_EQ(files_, std::vector{name});
}

TEST_F(ControlHttpTest, ExplainIsARead) {
  serve();
  const TrialId trial = store_->trials(SweepId{1})->front().id;

  EXPECT_EQ(body_of(send("GET /api/v1/trials/" + trial.hex.substr(0, 10) + "/explain", "")), "\"" + trial.hex + "\"");
}

TEST_F(ControlHttpTest, WorkersAreWhatTheCoordinatorTellsEachTime) {
  serve();

  const std::string answer = send("GET /api/v1/workers", "");

  EXPECT_EQ(body_of(answer), "{\"workers\":[1]}");
  EXPECT_EQ(answer.find("ETag"), std::string::npos) << "it changes without the store";
}

TEST_F(ControlHttpTest, ALogIsTextThatNoBrowserActsOnAndIsNeverOld) {
  serve();
  const std::string id = store_->trials(SweepId{1})->front().id.hex;
  const std::string target = "/api/v1/trials/" + id + "/log";

  const std::string answer = send("GET " + target + "?attempt=2&offset=300", "");
  send("GET " + target, "");

  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "printed \x1b[31m<b>");
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, ::testing::Not(HasSubstr("ETag"))) << "it may grow while the store stays as it is";
  EXPECT_EQ(logs_, (std::vector<std::string>{id.substr(0, 8) + " 2 300", id.substr(0, 8) + " 0 0"}));
}

TEST_F(ControlHttpTest, ALogIsAskedForByIdsAndNumbers) {
  serve();
  const std::string trials = "GET /api/v1/trials/", log = store_->trials(SweepId{1})->front().id.hex + "/log";

  EXPECT_EQ(status_of(send(trials + "..%2F..%2Fetc/log", "")), 404);
  EXPECT_EQ(status_of(send(trials + "../log", "")), 400);
  EXPECT_EQ(status_of(send(trials + log + "?attempt=..%2Fx", "")), 400);
  EXPECT_EQ(status_of(send(trials + log + "?offset=-1", "")), 400);
  EXPECT_EQ(status_of(send(trials + log + "?attempt=4294967297", "")), 404);
  EXPECT_EQ(status_of(send(trials + log + "?file=x", "")), 400);
  EXPECT_TRUE(logs_.empty());
}

TEST_F(ControlHttpTest, WithoutPagesTheApiIsStillServed) {
  serve(false);

  EXPECT_EQ(status_of(send("GET /", "")), 404);
  EXPECT_EQ(status_of(send("GET /api/v1/sweeps", "")), 200);
  EXPECT_EQ(status_of(post("/api/v1/control/pause?target=1")), 200);
}

TEST_F(ControlHttpTest, AWrongMethodIsToldTheRightOnes) {
  serve();

  const std::string read = send("GET /api/v1/submit", "Authorization: Bearer secret\r\n");
  const std::string written = post("/api/v1/sweeps/1");

  EXPECT_EQ(status_of(read), 405);
  EXPECT_THAT(read, HasSubstr("Allow: POST\r\n"));
  EXPECT_EQ(status_of(written), 405);
  EXPECT_THAT(written, HasSubstr("Allow: GET, HEAD\r\n"));
}

TEST_F(ControlHttpTest, WhatHoldsNoDataNeedsNoToken) {
  serve(true, "secret", "of reads");

  const std::string health = send("GET /healthz", "");

  EXPECT_EQ(status_of(health), 200);
  EXPECT_EQ(body_of(health), "ok\n");
  EXPECT_THAT(health, ::testing::Not(HasSubstr("ETag"))) << "of a store, which it must not wait for";
  EXPECT_EQ(status_of(send("GET /api/v1/openapi.json", "")), 200);
  EXPECT_EQ(status_of(send("GET /api/v1/openapi.jso", "")), 401);
  EXPECT_EQ(status_of(send("GET /api/v1/openapi.json/", "")), 401);
}

}  // namespace
}  // namespace mer::web
