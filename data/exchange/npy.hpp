// .npy, the file of one NumPy array: a magic, a version, a header that is a Python literal, the elements. Object arrays
// are pickles, which can run code: they are refused, never loaded.
//
// Threads: pure functions. Errors: invalid: an array that cannot be taken here, with how to mend it; corrupt: not what
// NumPy writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/safetensors.hpp"

namespace mer::data {

struct NpyArray {
  bool is_text = false;               // dtype <U: UTF-32, padded with NUL to `text_length` characters
  TensorType type = TensorType::f32;  // f16, f32 or f64; of a text nothing
  std::size_t text_length = 0;        // 1 or more for a text
  bool fortran_order = false;         // column by column
  std::vector<std::int64_t> shape;
  std::string_view elements;  // into the bytes that were parsed; they fit the shape
};

// `where` (a path) begins every message.
Result<NpyArray> parse_npy(std::string_view bytes, const std::string& where);

// The strings of a one-dimensional array of texts, in UTF-8. Error: it is something else.
Result<std::vector<std::string>> npy_strings(const NpyArray& array, const std::string& where);

// The bytes before the elements of an array in C order; `type` is a dtype as NumPy writes it: "<f4".
std::string npy_header(const std::string& type, const std::vector<std::size_t>& shape);

// Whole files. REQUIRES: the texts are UTF-8.
std::string npy_of(const std::vector<std::string>& texts);
std::string npy_of(const std::vector<std::int64_t>& numbers);
std::string npy_of(const std::vector<double>& numbers);

}  // namespace mer::data
