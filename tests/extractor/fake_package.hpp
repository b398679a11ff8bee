// A folder like that of the Python package opensmile, with fake_smile.so as its library.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace mer::extractor {

class FakePackage {
 public:
  FakePackage();

  std::string folder() const { return (site() / "opensmile").string(); }
  std::filesystem::path site() const { return environment() / "lib" / "python3.11" / "site-packages"; }
  std::filesystem::path environment() const { return folder_.path() / "environment"; }
  std::filesystem::path config(const std::string& name) const;
  std::filesystem::path library() const;

 private:
  testing_support::TempDir folder_;
};

}  // namespace mer::extractor
