// SmilePackage: the Python package opensmile where it is installed. mer takes openSMILE's library and its
// configurations from there, and runs no Python.
//
// Threads: pure apart from the files. Errors: not_found: there is none, or it is no whole one; says how to get it.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace mer::extractor {

struct SmilePackage {
  std::filesystem::path library;  // libSMILEapi.so of this machine
  std::filesystem::path configs;  // the folder of all configurations
  std::string version;            // of the package: "2.6.0"; "unknown" where nothing beside it tells
  std::string library_hash, configs_hash;
};

// `named`: the package's folder, or that of a Python environment that has it. Empty: what MER_OPENSMILE names; where
// that is empty too, the package of the python3 in PATH.
Result<SmilePackage> find_smile_package(const std::string& named);

}  // namespace mer::extractor
