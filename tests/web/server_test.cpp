#include "web/server.hpp"

#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "core/json.hpp"
#include "storage/results_text.hpp"
#include "tests/web/demo_store.hpp"
#include "tests/web/raw_client.hpp"
#include "web/static_files.hpp"

namespace mer::web {
namespace {

using nlohmann::json;
using test::ask;
using test::body_of;
using test::status_of;
using ::testing::HasSubstr;

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto port = server_.start();
    ASSERT_TRUE(port.ok()) << port.error().message;
    port_ = *port;
  }

  std::string get(const std::string& target, const std::string& headers = "") const {
    return ask(port_, test::get(target, headers));
  }

  static std::string etag_of(const std::string& answer) {
    const std::size_t at = answer.find("ETag: ");
    return at == std::string::npos ? std::string() : answer.substr(at + 6, answer.find("\r\n", at) - at - 6);
  }

  std::unique_ptr<storage::MemoryStore> store_ = test::make_demo_store();
  Server server_{{}, [this]() -> Result<std::unique_ptr<storage::ResultReader>> {
                   return std::unique_ptr<storage::ResultReader>(store_->reopen());
                 }};
  int port_ = 0;
};

TEST_F(ServerTest, RoutesAnswer) {
  const std::string trial = json::parse(body_of(get("/api/v1/sweeps/1/trials"))).at("trials")[0].at("id");
  for (const std::string& target :
       {std::string("/api/v1/version"), std::string("/api/v1/sweeps"), std::string("/api/v1/sweeps/1"),
        std::string("/api/v1/sweeps/1/trials"), std::string("/api/v1/sweeps/1/results"),
        std::string("/api/v1/sweeps/1/results?rule=best-validation&metric=ua"),
        std::string("/api/v1/sweeps/4/comparison?baseline=2"),
        std::string("/api/v1/sweeps/4/comparison?baseline=alpha%3D0.5&rule=best-test&metric=ua"),
        std::string("/api/v1/sweeps/4/utterances?baseline=2&limit=1"), std::string("/api/v1/sweeps/4/utterances"),
        std::string("/api/v1/sweeps/4/confusion?configuration=1"), std::string("/api/v1/sweeps/1/audit?metric=ua"),
        std::string("/api/v1/sweeps/5/hyperparameters?rule=best-test&metric=ua"),
        std::string("/api/v1/sweeps/1/curves?split=validation&metric=loss.total&configurations=0,1"),
        "/api/v1/trials/" + trial, "/api/v1/trials/" + trial.substr(0, 8),
        "/api/v1/trials/" + trial + "/curve?split=train"}) {
    const std::string answer = get(target);
    EXPECT_EQ(status_of(answer), 200) << target << '\n' << answer;
    EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
    EXPECT_EQ(json::parse(body_of(answer)).at("schema"), 1);
  }
}

TEST_F(ServerTest, TablesAreFilesWithTheirType) {
  const storage::ResultsChoice results{.sweep = SweepId{4}, .rule = SelectionRule::best_test, .metric = Metric::wa};
  storage::ResultsChoice comparison = results;
  comparison.baseline = "2";
  storage::ResultsChoice audit = results;
  audit.audit = true;
  storage::ResultsChoice utterances = comparison;
  utterances.utterances = true;
  struct File {
    const char* target;
    const char* type;
    storage::ResultsChoice choice;
    storage::TableFormat format;
  };
  const File files[] = {
      {"results.csv?rule=best-test&metric=wa", "text/csv", results, storage::TableFormat::csv},
      {"comparison.tex?baseline=2&rule=best-test&metric=wa", "text/x-tex", comparison, storage::TableFormat::latex},
      {"audit.md?metric=wa", "text/markdown", audit, storage::TableFormat::markdown},
      {"utterances.csv?baseline=2&rule=best-test&metric=wa", "text/csv", utterances, storage::TableFormat::csv}};

  for (const File& file : files) {
    const std::string answer = get(std::string("/api/v1/sweeps/4/") + file.target);
    EXPECT_EQ(status_of(answer), 200) << answer;
    EXPECT_THAT(answer, HasSubstr(std::string("Content-Type: ") + file.type + "; charset=utf-8\r\n"));
    EXPECT_EQ(body_of(answer), storage::results_text(*store_, file.choice, file.format).value());
    EXPECT_FALSE(etag_of(answer).empty());
  }
}

TEST_F(ServerTest, ResultsFollowTheSweepsOwnSelectionUnlessAsked) {
  const json own = json::parse(body_of(get("/api/v1/sweeps/1/results")));
  const json asked = json::parse(body_of(get("/api/v1/sweeps/1/results?rule=best-test&metric=wa")));

  EXPECT_EQ(own.at("rule"), "last");
  EXPECT_EQ(own.at("metric"), "macro_f1");
  EXPECT_EQ(asked.at("rule"), "best-test");
}

TEST_F(ServerTest, WrongRequestsAreExplained) {
  for (const char* target : {"/api/nothing", "/api/v1/sweeps/99", "/api/v1/sweeps/x", "/api/v1/sweeps/1/nothing",
                             "/api/v1/sweeps/1/curves?configurations=7", "/api/v1/sweeps/4/comparison?baseline=9",
                             "/api/v1/sweeps/4/confusion?configuration=none", "/api/v1/sweeps/9/audit",
                             "/api/v1/sweeps/9/results.csv", "/api/v1/sweeps/1/results.pdf",
                             "/api/v1/sweeps/4/comparison.md?baseline=9", "/api/v1/trials/0000", "/nothing"}) {
    EXPECT_EQ(status_of(get(target)), 404) << target;
  }
  for (const char* target :
       {"/api/v1/sweeps/1/results?rule=best", "/api/v1/sweeps/1/results?metric=f1", "/api/v1/sweeps/4/comparison",
        "/api/v1/sweeps/4/comparison?baseline=1&rule=worst", "/api/v1/sweeps/4/confusion",
        "/api/v1/sweeps/4/audit?metric=f1", "/api/v1/sweeps/4/results.tex?rule=best",
        "/api/v1/sweeps/1/curves?split=dev", "/api/v1/sweeps/1/curves?configurations=a"}) {
    const std::string answer = get(target);
    EXPECT_EQ(status_of(answer), 400) << target;
    EXPECT_THAT(json::parse(body_of(answer)).at("error").at("message").get<std::string>(), HasSubstr("expected"));
  }
}

TEST_F(ServerTest, AnUnknownParameterIsToldTheKnownOnes) {
  const std::string misspelt = get("/api/v1/sweeps/1/trials?sate=done");
  const std::string needless = get("/api/v1/version?limit=3");

  EXPECT_EQ(status_of(misspelt), 400);
  EXPECT_THAT(body_of(misspelt),
              HasSubstr("query parameter sate is unknown here; expected one of state, tag, offset, limit"));
  EXPECT_EQ(status_of(needless), 400);
  EXPECT_THAT(body_of(needless), HasSubstr("query parameter limit is unknown here; expected none"));
}

TEST_F(ServerTest, WithoutACoordinatorThereIsNothingToExplain) {
  const std::string trial = json::parse(body_of(get("/api/v1/sweeps/1/trials"))).at("trials")[0].at("id");

  EXPECT_EQ(status_of(get("/api/v1/trials/" + trial + "/explain")), 404);
}

TEST_F(ServerTest, WithoutACoordinatorThereAreNoWorkersAndTheAnswerSaysSo) {
  const json answer = json::parse(body_of(get("/api/v1/workers")));

  EXPECT_EQ(answer.at("coordinator"), false);
  EXPECT_TRUE(answer.at("workers").empty());
}

TEST_F(ServerTest, PathsLeadNowhereElse) {
  for (const char* target : {"/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
                             "/views/../app.js", "/api/../app.js", "/style.css%00.js"}) {
    EXPECT_EQ(status_of(get(target)), 404) << target;
  }
}

TEST_F(ServerTest, AnUnchangedStoreIsNotModified) {
  const std::string etag = etag_of(get("/api/v1/sweeps"));

  const std::string same = get("/api/v1/sweeps", "If-None-Match: " + etag + "\r\n");
  test::advance(*store_);
  const std::string changed = get("/api/v1/sweeps", "If-None-Match: " + etag + "\r\n");

  EXPECT_FALSE(etag.empty());
  EXPECT_EQ(status_of(same), 304);
  EXPECT_EQ(body_of(same), "");
  EXPECT_EQ(status_of(changed), 200);
}

TEST_F(ServerTest, ServesThePageAndItsFiles) {
  const std::string page = get("/");

  EXPECT_EQ(status_of(page), 200);
  EXPECT_THAT(page, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(get("/app.js"), HasSubstr("Content-Type: text/javascript; charset=utf-8\r\n"));
  EXPECT_THAT(get("/style.css"), HasSubstr("Content-Type: text/css; charset=utf-8\r\n"));
  EXPECT_THAT(get("/favicon.svg"), HasSubstr("Content-Type: image/svg+xml\r\n"));
  EXPECT_EQ(status_of(get("/app.js", "If-None-Match: " + etag_of(get("/app.js")) + "\r\n")), 304);
}

TEST_F(ServerTest, EveryFileOfThePageIsEmbeddedWhole) {
  const std::filesystem::path root = std::filesystem::path(MER_SOURCE_DIR) / "web/static";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::string path = "/" + entry.path().lexically_relative(root).generic_string();
    if (path == "/index.html") path = "/";
    const auto files = static_files();
    const auto file = std::find_if(files.begin(), files.end(), [&](const StaticFile& one) { return one.path == path; });
    ASSERT_NE(file, files.end()) << path << " is not in web/CMakeLists.txt";
    EXPECT_EQ(file->content.size(), entry.file_size()) << path;
  }
}

TEST(ServerStartTest, AStoreThatCannotBeReadIsAnErrorAtStart) {
  Server server({}, []() -> Result<std::unique_ptr<storage::ResultReader>> {
    return Error{ErrorCode::corrupt, "mer.db is damaged"};
  });

  const auto port = server.start();

  ASSERT_FALSE(port.ok());
  EXPECT_EQ(port.error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace mer::web
