// Feature matrices of other tools, as float32 row by row.
//
// Threads: pure functions. Errors: invalid, naming row, column and value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/safetensors.hpp"

namespace mer::data {

struct FloatMatrix {
  std::size_t rows = 0, dim = 0;
  std::vector<float> values;  // row by row
};

// Elements as a file has them; they need not be aligned, and fit the shape.
struct RawMatrix {
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
  bool column_by_column = false;
  std::string_view elements;
};

// `where` (a path) begins every message. Error: it has not two dimensions, or nothing in it; its numbers are no floats;
// one that is finite is not so as float32.
Result<FloatMatrix> float_matrix(const RawMatrix& raw, const std::string& where);

}  // namespace mer::data
