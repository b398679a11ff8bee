// openSMILE's own library, libSMILEapi.so, loaded when it is asked for and linked by nobody.
//
// Threads: each session by one. Errors: not_found: no such library, or it lacks a function; invalid: what openSMILE
// itself says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace mer::extractor::smile {

// The part of openSMILE 3's C interface that is used here. Results of type int are 0 for success.
struct Library {
  struct Option {
    const char* name;
    const char* value;
  };
  using Sink = bool (*)(const float* values, long count, void* user);

  void* (*make)() = nullptr;
  int (*initialize)(void*, const char* config, int options, const Option*, int log_level, int debug, int console,
                    const char* log_file) = nullptr;
  int (*run)(void*) = nullptr;
  void (*destroy)(void*) = nullptr;
  int (*write)(void*, const char* component, const void* samples, int bytes) = nullptr;
  int (*end_input)(void*, const char* component) = nullptr;
  int (*set_sink)(void*, const char* component, Sink, void* user) = nullptr;
  int (*count_elements)(void*, const char* component, long* count) = nullptr;
  int (*element_name)(void*, const char* component, long index, const char** name) = nullptr;
  const char* (*last_error)(void*) = nullptr;

  static Result<Library> load(const std::filesystem::path& file);  // stays loaded
};

// One configuration, with functionals as its output, ready for one sound of one rate.
class Session {
 public:
  // `config`: relative to `configs`, without ".conf". The options are those of the Python package's Smile().
  static Result<Session> open(const Library& library, const std::filesystem::path& configs, const std::string& config,
                              std::uint32_t rate);

  Result<std::vector<std::string>> names() const;
  // Empty: the sound is too short for anything. REQUIRES: is called once.
  Result<std::vector<float>> features(std::span<const std::int16_t> samples);

 private:
  using Handle = std::unique_ptr<void, void (*)(void*)>;
  Session(const Library& library, Handle handle) : library_(&library), handle_(std::move(handle)) {}
  Status done(int result, const std::string& what) const;

  const Library* library_;
  Handle handle_;
};

}  // namespace mer::extractor::smile
