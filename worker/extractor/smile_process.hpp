// SmileProcess: mer-smile as a child, and several of them for the threads of the extractor.
//
// Errors: unavailable: it cannot be started, or is gone; not_found, invalid: what it says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace mer::extractor {

struct SmileCommand {
  std::filesystem::path program;  // mer-smile
  std::filesystem::path library, configs;
  std::string config;
};

// Threads: one at a time.
class SmileProcess {
 public:
  static Result<SmileProcess> start(const SmileCommand& command);
  SmileProcess(SmileProcess&& other) noexcept
      : child_(std::exchange(other.child_, -1)), socket_(std::move(other.socket_)), names_(std::move(other.names_)) {}
  SmileProcess& operator=(SmileProcess&&) = delete;
  ~SmileProcess();  // waits for its end

  const std::vector<std::string>& names() const { return names_; }  // of the numbers

  // As many as names(), or none: the sound is too short. Unavailable: it answers nothing any more.
  Result<std::vector<float>> features(int rate, std::span<const std::int16_t> samples);

 private:
  SmileProcess(pid_t child, Descriptor socket) : child_(child), socket_(std::move(socket)) {}

  pid_t child_;
  Descriptor socket_;
  std::vector<std::string> names_;
};

// Threads: any; each call has a process of its own.
class SmilePool {
 public:
  static Result<std::unique_ptr<SmilePool>> open(SmileCommand command);

  const std::vector<std::string>& names() const { return names_; }
  Result<std::vector<float>> features(int rate, std::span<const std::int16_t> samples);

 private:
  SmilePool(SmileCommand command, SmileProcess first);
  Result<SmileProcess> take();

  const SmileCommand command_;
  const std::vector<std::string> names_;
  std::mutex mutex_;
  std::vector<SmileProcess> idle_;
};

}  // namespace mer::extractor
