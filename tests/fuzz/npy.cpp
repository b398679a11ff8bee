#include "data/exchange/npy.hpp"

#include <string>

#include "data/exchange/float_matrix.hpp"
#include "tests/fuzz/fuzz.hpp"

// Elements that are handed out lie in the file and fit the shape; texts are UTF-8 and read back when they are written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mer::fuzz::require;
  const auto is_sound = [](const mer::Error& error) {
    return error.message.starts_with("file: ") && mer::is_utf8(error.message);
  };
  const auto array = mer::data::parse_npy(mer::fuzz::text_of(data, size), "file");
  if (!array) {
    require(is_sound(array.error()));
    return 0;
  }
  if (array->is_text) {
    const auto texts = mer::data::npy_strings(*array, "file");
    require(texts.ok() || is_sound(texts.error()));
    if (!texts) return 0;
    const std::string written = mer::data::npy_of(*texts);
    require(mer::data::npy_strings(mer::data::parse_npy(written, "file").value(), "file").value() == *texts);
    return 0;
  }
  const auto matrix =
      mer::data::float_matrix({array->type, array->shape, array->fortran_order, array->elements}, "file");
  require(matrix.ok() ? matrix->values.size() == matrix->rows * matrix->dim : is_sound(matrix.error()));
  return 0;
}
