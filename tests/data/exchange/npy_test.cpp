#include "data/exchange/npy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tuple>

#include "data/exchange/float_matrix.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<float> kMatrix = {1.5F, -2.25F, 0.0F, 65504.0F, 6.103515625e-05F, -0.5F};

std::string numpy_file(const std::string& name) {
  return read_bytes(golden("npy/" + name + ".npy"));
}

// A file of version 1 with this header, padded or not.
std::string file_of(const std::string& header, const std::string& elements) {
  const auto length = std::uint16_t(header.size());
  return std::string("\x93NUMPY\x01\0", 8) + std::string(reinterpret_cast<const char*>(&length), 2) + header + elements;
}

class NumpyMatrixTest : public testing::TestWithParam<const char*> {};

TEST_P(NumpyMatrixTest, IsReadAsTheSameNumbers) {
  const std::string bytes = numpy_file(GetParam());

  const auto array = parse_npy(bytes, "x.npy");
  ASSERT_TRUE(array) << array.error().message;
  const auto matrix = float_matrix({array->type, array->shape, array->fortran_order, array->elements}, "x.npy");

  ASSERT_TRUE(matrix) << matrix.error().message;
  EXPECT_EQ(matrix->rows, 2U);
  EXPECT_EQ(matrix->dim, 3U);
  EXPECT_EQ(matrix->values, kMatrix);
}

INSTANTIATE_TEST_SUITE_P(Kinds, NumpyMatrixTest,
                         testing::Values("float32", "float64_fortran", "float16", "version2", "version3"));

TEST(NpyTest, TextsAreReadAsUtf8) {
  const std::string bytes = numpy_file("texts");

  const auto texts = npy_strings(parse_npy(bytes, "x.npy").value(), "x.npy");

  ASSERT_TRUE(texts) << texts.error().message;
  EXPECT_THAT(*texts, ElementsAre("u1", "größe", "日本", "😀"));
}

class RefusedNpyTest : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(RefusedNpyTest, SaysHowToMendIt) {
  const auto& [name, message] = GetParam();
  const std::string bytes = numpy_file(name);

  const auto array = parse_npy(bytes, "x.npy");

  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().code, ErrorCode::invalid);
  EXPECT_THAT(array.error().message, testing::StartsWith("x.npy: "));
  EXPECT_THAT(array.error().message, HasSubstr(message));
}

INSTANTIATE_TEST_SUITE_P(Kinds, RefusedNpyTest,
                         testing::Values(std::tuple("objects",
                                                    "is a pickle and is never loaded; in Python: of vectors"),
                                         std::tuple("big_endian", R"(dtype ">f4", expected float16)"),
                                         std::tuple("whole_numbers", R"(dtype "<i8", expected float16)"),
                                         std::tuple("text_bytes", R"(dtype "|S2", expected float16)"),
                                         std::tuple("structured", "a structured array")));

TEST(NpyTest, WhatIsNotOfTheFormatIsCorruptNotACrash) {
  const std::string elements(24, 'x');
  const auto header = [](const std::string& shape) {
    return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  };
  const struct {
    std::string bytes;
    const char* message;
  } cases[] = {
      {"", "does not begin as an .npy file does"},
      {"PK\x03\x04", "does not begin as an .npy file does"},
      {"\x93NUMPY", "ends before its version"},
      {std::string("\x93NUMPY\x04\0", 8), "version 4 of the .npy format"},
      {std::string("\x93NUMPY\x01\0\x02", 9), "ends before its header"},
      {std::string("\x93NUMPY\x02\0\xFF\xFF\xFF\xFF", 12), "header of 4294967295 bytes, but the file has 0"},
      {file_of("", elements), "expected '{' at character 0"},
      {file_of("{", elements), "expected a string at character 1"},
      {file_of("{'descr", elements), "expected a string that ends"},
      {file_of("{'descr': '<f4'}", elements), "expected descr, fortran_order and shape"},
      {file_of("{'descr': '<f4', 'descr': '<f4'}", elements), "each once"},
      {file_of(header("(2, 3)") + "\1", elements), "nothing after '}'"},
      {file_of(header("(2, -3)"), elements), "expected a size"},
      {file_of(header("(2, 99999999999999999999)"), elements), "expected a size"},
      {file_of(header("[2, 3]"), elements), "expected '('"},
      {file_of(header("(2, 3"), elements), "expected"},
      {file_of(header("(2, 4)"), elements), "24 bytes of elements, but shape [2,4] of <f4 needs 32"},
      {file_of(header("(2, 2)"), elements), "24 bytes of elements, but shape [2,2] of <f4 needs 16"},
      {file_of(header("(4611686018427387904, 4611686018427387904)"), elements), "needs more than any file has"},
  };
  for (const auto& [bytes, message] : cases) {
    const auto array = parse_npy(bytes, "x.npy");

    ASSERT_FALSE(array) << message;
    EXPECT_EQ(array.error().code, ErrorCode::corrupt) << message;
    EXPECT_THAT(array.error().message, HasSubstr(message));
  }
}

TEST(NpyTest, HeadersOfOtherWritersAreTaken) {
  const std::string elements(24, '\0');

  const std::string bytes = file_of("{\"shape\":(2L,3L),'fortran_order':True,'descr':'<f4'}\n", elements);
  const auto array = parse_npy(bytes, "x.npy");

  ASSERT_TRUE(array) << array.error().message;
  EXPECT_TRUE(array->fortran_order);
  EXPECT_THAT(array->shape, ElementsAre(2, 3));
}

TEST(NpyTest, TextsOfNoLengthAndTextsThatAreNoUnicodeAreRefused) {
  const auto texts = [](const std::string& type, const std::string& elements) {
    const std::string bytes = file_of("{'descr': '" + type + "', 'fortran_order': False, 'shape': (1,), }", elements);
    const auto array = parse_npy(bytes, "x.npy");
    return array ? npy_strings(*array, "x.npy") : array.error();
  };

  EXPECT_THAT(texts("<U0", "").error().message, HasSubstr(R"(dtype "<U0")"));
  EXPECT_THAT(texts("<U1", std::string("\0\xD8\0\0", 4)).error().message, HasSubstr("row 0 is not UTF-32"));
  EXPECT_THAT(texts("<U1", std::string("\0\0\x11\0", 4)).error().message, HasSubstr("row 0 is not UTF-32"));
  EXPECT_THAT(*texts("<U2", std::string("a\0\0\0\0\0\0\0", 8)), ElementsAre("a"));
}

// NumPy reads what is written: tests/e2e/test_corpus_exchange.py.
TEST(NpyTest, WhatIsWrittenReadsBack) {
  const std::vector<std::string> texts = {"", "u1", "größe", "日本", "😀"};

  const std::string bytes = npy_of(texts);

  EXPECT_EQ(npy_strings(parse_npy(bytes, "x.npy").value(), "x.npy").value(), texts);
  EXPECT_EQ(bytes.find('\n') % 64, 63U);
  EXPECT_EQ(npy_header("<f4", {2, 3}), numpy_file("float32").substr(0, 128));
  EXPECT_EQ(npy_of(std::vector<std::string>{"u1", "größe", "日本", "😀"}), numpy_file("texts"));
}

}  // namespace
}  // namespace mer::data
