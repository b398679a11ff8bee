#include "core/json_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(std::string_view text) {
  const auto result = parse_json_text(text, "file.json");
  return result ? "no error" : result.error().message;
}

TEST(JsonTextTest, CommentsAreIgnored) {
  const auto result = parse_json_text("{ // one\n \"a\": [1, /* two */ 2.5, null, true, \"//x\"] }", "file.json");

  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(*result, json::parse(R"({"a": [1, 2.5, null, true, "//x"]})"));
}

TEST(JsonTextTest, ErrorsHaveLineAndColumn) {
  EXPECT_THAT(error_of("{\n  \"a\": 1,\n  \"b\" 2\n}"), StartsWith("file.json:3:7: "));
  EXPECT_THAT(error_of("{\n  \"a\": 1,\n  \"b\" 2\n}"), HasSubstr("expected ':'"));
  EXPECT_THAT(error_of("[1, 2"), StartsWith("file.json:1:6: "));
  EXPECT_THAT(error_of(""), HasSubstr("unexpected end of input"));
}

TEST(JsonTextTest, ADuplicateKeyIsAnError) {
  EXPECT_EQ(error_of("{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}"),
            "file.json:2:18: /b/c: the key \"c\" stands twice in one object");
  EXPECT_TRUE(parse_json_text(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]})", "x").ok());
}

TEST(JsonTextTest, ADuplicateKeyHasAJsonPointer) {
  EXPECT_THAT(error_of(R"({"a": [0, {"x/y": 1, "x/y": 2}]})"), HasSubstr(": /a/1/x~1y: the key"));
}

TEST(JsonTextTest, TrailingTextIsAnError) {
  EXPECT_THAT(error_of("{} {}"), HasSubstr("expected end of input"));
}

TEST(JsonTextTest, DeepNestingIsAnErrorAndCheap) {
  EXPECT_EQ(error_of(std::string(100'000, '[')), "file.json:1:65: nested deeper than 64 brackets");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(error_of(objects), HasSubstr("nested deeper than 64 brackets"));
  EXPECT_TRUE(parse_json_text(std::string(64, '[') + std::string(64, ']'), "x").ok());
}

TEST(JsonTextTest, HostileTextIsAnError) {
  EXPECT_THAT(error_of("[1e999]"), HasSubstr("number overflow"));
  EXPECT_THAT(error_of("[\"\xff\"]"), HasSubstr("UTF-8"));
  EXPECT_THAT(error_of("[nan]"), HasSubstr("invalid literal"));
  EXPECT_THAT(error_of("/* open"), HasSubstr("comment"));
  EXPECT_LT(error_of("[x" + std::string(10'000'000, 'x') + "]").size(), 500U);
}

TEST(CborTest, DeepNestingIsAnError) {
  EXPECT_EQ(parse_cbor(std::string(1'000'000, '\x81')).error().code, ErrorCode::corrupt);
  EXPECT_EQ(parse_cbor(std::string(1'000'000, '\x9f')).error().code, ErrorCode::corrupt);
}

TEST(CborTest, ClaimedLengthsAreNotBelieved) {
  EXPECT_FALSE(parse_cbor(std::string("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", 9)).ok()) << "array";
  EXPECT_FALSE(parse_cbor(std::string("\x5b\x7f\xff\xff\xff\xff\xff\xff\xff", 9)).ok()) << "bytes";
  EXPECT_FALSE(parse_cbor(std::string("\x7b\x7f\xff\xff\xff\xff\xff\xff\xff", 9)).ok()) << "text";
}

}  // namespace
}  // namespace mer
