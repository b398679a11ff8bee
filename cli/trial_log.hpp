// Which log `merctl logs` prints, and what is in it.
//
// Threads: one. Errors: not_found, with what there is instead.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::cli {

// The attempt of that number, 0: the newest.
Result<storage::AttemptRow> attempt_of(const storage::TrialDetail& trial, int number);

// "attempt 2 failed: trainer exited with status 3"; "attempt 1 is running".
std::string standing_text(const storage::AttemptRow& attempt);

// A log that may still grow. Where it only points to another one of the store, that one is read.
class TrialLog {
 public:
  TrialLog(std::filesystem::path store, std::filesystem::path file)
      : store_(std::move(store)), file_(std::move(file)) {}

  // Writes what is new to `out`. Error not_found: there is no such file (yet).
  Status copy_to(std::FILE* out);

  std::int64_t copied() const { return copied_; }  // bytes
  // Set when the log pointed to another one: its name within the store.
  const std::string& pointed() const { return pointed_; }

 private:
  Status open();
  bool follow_pointer(const std::string& bytes);

  std::filesystem::path store_, file_;
  Descriptor open_;
  std::int64_t copied_ = 0;
  std::string pointed_;
};

}  // namespace mer::cli
