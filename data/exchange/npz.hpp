// .npz, a zip of .npy files. Read from bytes, with libzip: an array that is not asked for is not unpacked.
//
// Threads: an object belongs to one thread. Errors: corrupt, naming file and array; no_space, io.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mer::data {

class NpzReader {
 public:
  // `bytes` outlives the object; `where` (a path) begins every message.
  static Result<NpzReader> open(std::string_view bytes, const std::string& where);
  NpzReader(NpzReader&&) noexcept;
  ~NpzReader();

  const std::vector<std::string>& names() const { return names_; }  // of the arrays, without ".npy"
  bool has(const std::string& name) const;
  // The array's .npy file. REQUIRES: has(name).
  Result<std::string> read(const std::string& name) const;

 private:
  struct Archive;
  NpzReader(std::unique_ptr<Archive> archive, std::string where);

  std::unique_ptr<Archive> archive_;
  std::string where_;
  std::vector<std::string> names_;
};

struct NpzArray {
  std::string name;
  std::vector<std::string_view> file;  // the pieces of its .npy file
};

// The same arrays give the same bytes. The file is complete or absent, as of write_file (data/file_io.hpp).
Status write_npz(const std::string& path, const std::vector<NpzArray>& arrays);

}  // namespace mer::data
