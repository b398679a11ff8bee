#include "data/safetensors.hpp"

#include <bit>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/sha256.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

template <class T>
TensorView view(TensorType type, const std::vector<T>& values, std::vector<std::int64_t> shape) {
  return {type, std::move(shape), std::as_bytes(std::span(values))};
}

template <class T>
std::vector<T> values_of(const TensorView& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

// A file from its header text and data, the length in front.
std::string file_of(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
}

// Reads every byte that the file hands out, so that a sanitizer sees a view that leaves the mapping.
std::uint64_t touch(const SafetensorsFile& file) {
  std::uint64_t sum = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    for (const std::byte byte : tensor.bytes) sum += std::to_integer<std::uint64_t>(byte);
  }
  return sum;
}

class SafetensorsTest : public testing::Test {
 protected:
  Error open_error(const std::string& bytes) {
    write_bytes(folder_.file("hostile.safetensors"), bytes);
    const auto file = SafetensorsFile::open(folder_.file("hostile.safetensors"));
    return file ? Error{ErrorCode::internal, "opened"} : file.error();
  }

  TemporaryFolder folder_;
};

TEST_F(SafetensorsTest, RoundTripKeepsTypesShapesMetadataAndNanPayloads) {
  const std::vector<float> floats = {1.5F, std::bit_cast<float>(0x7FA00001U), std::bit_cast<float>(0xFFC12345U), -0.0F};
  const std::vector<double> doubles = {std::bit_cast<double>(0x7FF0000000000001ULL), 2.0};
  const std::vector<std::int64_t> integers = {INT64_MIN, INT64_MAX};
  const std::vector<std::uint8_t> bytes = {0, 255, 7};
  const std::vector<std::uint8_t> nine = {9};
  const std::vector<std::uint16_t> halves = {0x3C00, 0x7E01};
  const std::map<std::string, TensorView> tensors = {
      {"u8", view(TensorType::u8, bytes, {3})},     {"f32", view(TensorType::f32, floats, {2, 2})},
      {"f64", view(TensorType::f64, doubles, {2})}, {"i64", view(TensorType::i64, integers, {1, 2})},
      {"empty", {TensorType::f32, {0, 5}, {}}},     {"scalar", view(TensorType::u8, nine, {})},
      {"f16", view(TensorType::f16, halves, {2})},  {"bf16", view(TensorType::bf16, halves, {2, 1})}};

  const auto written = write_safetensors(folder_.file("a"), tensors, {{"epoch", "3"}, {"ключ", "\"x\""}});
  ASSERT_TRUE(written) << written.error().message;
  const auto file = SafetensorsFile::open(folder_.file("a"));

  ASSERT_TRUE(file) << file.error().message;
  ASSERT_THAT(file->tensors(), SizeIs(8));
  for (const auto& [name, tensor] : tensors) {
    const TensorView read = *file->find(name);
    EXPECT_EQ(read.type, tensor.type) << name;
    EXPECT_EQ(read.shape, tensor.shape) << name;
    EXPECT_TRUE(std::ranges::equal(read.bytes, tensor.bytes)) << name;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.bytes.data()) % size_of(read.type), 0U) << name;
  }
  EXPECT_EQ(file->metadata(), (std::map<std::string, std::string>{{"epoch", "3"}, {"ключ", "\"x\""}}));
  EXPECT_EQ(std::size_t(written->bytes), read_bytes(folder_.file("a")).size());
  EXPECT_EQ(written->sha256, sha256_hex(read_bytes(folder_.file("a"))));
}

TEST_F(SafetensorsTest, FirstTensorBeginsAt64Bytes) {
  const std::vector<float> values(5, 1.0F);
  for (const char* name : {"a", "ab", "a-much-longer-name-that-moves-the-data-section"}) {
    ASSERT_TRUE(write_safetensors(folder_.file("a"), {{name, view(TensorType::f32, values, {5})}}, {}));
    const auto file = SafetensorsFile::open(folder_.file("a"));
    ASSERT_TRUE(file);

    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file->find(name)->bytes.data()) % 64, 0U) << name;
  }
}

TEST_F(SafetensorsTest, ReadsWhatTheReferenceImplementationWrites) {
  const auto file = SafetensorsFile::open(golden("python.safetensors"));

  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(values_of<double>(*file->find("doubles")), (std::vector<double>{0.1, -1e300, 5e-324}));
  EXPECT_EQ(file->find("matrix")->shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(values_of<float>(*file->find("matrix")), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(values_of<std::int64_t>(*file->find("integers")), (std::vector<std::int64_t>{-1, 1LL << 40}));
  EXPECT_EQ(values_of<std::uint8_t>(*file->find("bytes")), (std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_EQ(values_of<std::uint32_t>(*file->find("nan")), (std::vector<std::uint32_t>{0x7FC00123U}));
  EXPECT_EQ(file->metadata().at("made_by"), "safetensors");
}

// tools/oracles/make_standardiser.py checks that the reference implementation reads mer.safetensors; this test holds
// the writer to exactly that file.
TEST_F(SafetensorsTest, WritesTheFileThatTheReferenceImplementationWasSeenToRead) {
  std::vector<float> matrix_values(6);
  std::iota(matrix_values.begin(), matrix_values.end(), 0.5F);
  const std::vector<std::uint8_t> bytes = {1, 2, 3};
  const std::vector<double> doubles = {0.1, -1e300};

  ASSERT_TRUE(write_safetensors(folder_.file("a"),
                                {{"bytes", view(TensorType::u8, bytes, {3})},
                                 {"doubles", view(TensorType::f64, doubles, {2})},
                                 {"matrix", view(TensorType::f32, matrix_values, {2, 3})}},
                                {{"made_by", "mer"}}));

  EXPECT_EQ(read_bytes(folder_.file("a")), read_bytes(golden("mer.safetensors")));
}

TEST_F(SafetensorsTest, MissingTensorNamesWhatIsThere) {
  const auto file = SafetensorsFile::open(golden("mer.safetensors"));
  ASSERT_TRUE(file);

  const auto missing = file->find("features");

  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr(R"(no tensor "features", the file has "bytes", "doubles", "matrix")"));
}

TEST_F(SafetensorsTest, ViewsLiveAsLongAsTheMapping) {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> mapping;
  {
    const auto file = SafetensorsFile::open(golden("mer.safetensors"));
    ASSERT_TRUE(file);
    bytes = file->find("bytes")->bytes;
    mapping = file->mapping();
  }

  EXPECT_EQ(std::to_integer<int>(bytes[2]), 3);
}

TEST_F(SafetensorsTest, HostileHeadersAreCorruptNotCrashes) {
  const auto tensor = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  const std::string four(4, 'x');
  const struct {
    const char* what;
    std::string bytes;
    const char* message;
  } cases[] = {
      {"empty file", "", "too short"},
      {"seven bytes", "1234567", "too short"},
      {"header past the end", std::string("\xFF\0\0\0\0\0\0\0{}", 10), "header of 255 bytes"},
      {"header length 2^64 - 1", std::string(8, '\xFF') + "{}", "header of 18446744073709551615 bytes"},
      {"not JSON", file_of("{oops", ""), "header:1:"},
      {"an array", file_of("[]", ""), "does not begin with '{'"},
      {"nested too deep", file_of(R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}", ""),
       "nested deeper"},
      {"bad UTF-8", file_of("{\"\xFF\":1}", ""), "header:1:"},
      {"duplicate tensor",
       file_of(
           R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
           four),
       "stands twice"},
      {"tensor is a number", file_of(R"({"a":1})", ""), "expected {\"dtype\""},
      {"unknown dtype", file_of(tensor(R"("F8")", "[4]", "[0,4]"), four), "dtype \"F8\""},
      {"dtype is a number", file_of(tensor("32", "[1]", "[0,4]"), four), "dtype 32"},
      {"negative extent", file_of(tensor(R"("F32")", "[-1]", "[0,4]"), four), "shape [-1]"},
      {"fractional extent", file_of(tensor(R"("F32")", "[1.0]", "[0,4]"), four), "shape [1.0]"},
      {"extents overflow", file_of(tensor(R"("F32")", "[4611686018427387904,4]", "[0,4]"), four), "more than any file"},
      {"extents overflow to the right size", file_of(tensor(R"("U8")", "[4294967296,4294967297,4]", "[0,4]"), four),
       "more than any file"},
      {"offsets reversed", file_of(tensor(R"("F32")", "[1]", "[4,0]"), four), "data_offsets [4,0]"},
      {"three offsets", file_of(tensor(R"("F32")", "[1]", "[0,4,4]"), four), "data_offsets [0,4,4]"},
      {"offsets past the end", file_of(tensor(R"("F32")", "[2]", "[0,8]"), four), "the header describes 8"},
      {"offsets far past the end", file_of(tensor(R"("U8")", "[1]", "[9223372036854775806,9223372036854775807]"), four),
       "where 0 was expected"},
      {"size does not fit shape", file_of(tensor(R"("F32")", "[2]", "[0,4]"), four), "needs 8"},
      {"gap at the start", file_of(tensor(R"("U8")", "[3]", "[1,4]"), four), "leave a gap"},
      {"bytes appended", file_of(tensor(R"("U8")", "[3]", "[0,3]"), four), "bytes appended"},
      {"overlap",
       file_of(
           R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
           four),
       "overlap"},
      {"metadata is a list", file_of(R"({"__metadata__":[]})", ""), "not an object of strings"},
      {"metadata holds a number", file_of(R"({"__metadata__":{"a":1}})", ""), "expected a string"},
  };
  for (const auto& hostile : cases) {
    const Error error = open_error(hostile.bytes);

    EXPECT_EQ(error.code, ErrorCode::corrupt) << hostile.what;
    EXPECT_THAT(error.message, HasSubstr(hostile.message)) << hostile.what;
    EXPECT_THAT(error.message, HasSubstr("hostile.safetensors")) << hostile.what;
    EXPECT_LT(error.message.size(), 500U) << hostile.what;
  }
}

TEST_F(SafetensorsTest, EveryTruncationIsCorrupt) {
  const std::string whole = read_bytes(golden("mer.safetensors"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(open_error(whole.substr(0, length)).code, ErrorCode::corrupt) << length;
  }
}

TEST_F(SafetensorsTest, EveryMutationOfTheHeaderIsReadSafely) {
  const std::string whole = read_bytes(golden("mer.safetensors"));
  std::uint64_t header = 0;
  std::memcpy(&header, whole.data(), 8);
  int refused = 0, accepted = 0;
  for (std::size_t at = 0; at < 8 + header; ++at) {
    for (const unsigned char mask : {0x01, 0x08, 0x10, 0x80}) {
      std::string mutated = whole;
      mutated[at] = static_cast<char>(static_cast<unsigned char>(mutated[at]) ^ mask);
      write_bytes(folder_.file("mutated"), mutated);
      const auto file = SafetensorsFile::open(folder_.file("mutated"));
      if (file) touch(*file);
      (file ? accepted : refused) += 1;
    }
  }
  EXPECT_GT(refused, 3 * accepted);  // what stays readable is a changed name or metadata text
}

TEST_F(SafetensorsTest, WhatIsNotARegularFileIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo(folder_.file("pipe").c_str(), 0600), 0);

  EXPECT_EQ(SafetensorsFile::open(folder_.file("pipe")).error().code, ErrorCode::invalid);
  EXPECT_EQ(SafetensorsFile::open(folder_.path()).error().code, ErrorCode::invalid);
  EXPECT_EQ(SafetensorsFile::open(folder_.file("absent")).error().code, ErrorCode::not_found);
}

TEST_F(SafetensorsTest, NamesThatTheFormatCannotHoldAreRefused) {
  const std::vector<std::uint8_t> bytes = {1};
  const TensorView tensor = view(TensorType::u8, bytes, {1});

  EXPECT_EQ(write_safetensors(folder_.file("a"), {{"__metadata__", tensor}}, {}).error().code, ErrorCode::invalid);
  EXPECT_EQ(write_safetensors(folder_.file("a"), {{"\xFF", tensor}}, {}).error().code, ErrorCode::invalid);
  EXPECT_FALSE(std::filesystem::exists(folder_.file("a")));
}

// Lets no file of this process grow past `bytes` while it lives: what a full disk does to a writer.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_F(SafetensorsTest, FailedWriteLeavesTheOldFileAndNothingElse) {
  const std::vector<float> small = {1, 2, 3}, large(100'000, 1.0F);
  ASSERT_TRUE(write_safetensors(folder_.file("a"), {{"x", view(TensorType::f32, small, {3})}}, {}));
  const std::string before = read_bytes(folder_.file("a"));

  Result<WrittenFile> written = Error{};
  {
    const FileSizeLimit limit(10'000);
    written = write_safetensors(folder_.file("a"), {{"x", view(TensorType::f32, large, {100'000})}}, {});
  }

  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr(folder_.file("a")));
  EXPECT_EQ(read_bytes(folder_.file("a")), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(SafetensorsTest, AnAbsentFolderIsNotFound) {
  EXPECT_EQ(write_safetensors(folder_.file("absent/a"), {}, {}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::data
