// What a trial's trainer printed: which attempt's log it is, and what is in it.
//
// Threads: a TrialLog belongs to one. Errors: not_found, with what there is instead; those of the file system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/store_dir.hpp"

namespace mer::storage {

// The attempt of that number, 0: the newest.
Result<AttemptRow> attempt_of(const TrialDetail& trial, int number);

// "attempt 2 failed: trainer exited with status 3"; "attempt 1 is running".
std::string standing_text(const AttemptRow& attempt);

// A log that may still grow. Where it only points to another one of the store, that one is read.
class TrialLog {
 public:
  TrialLog(std::filesystem::path store, std::filesystem::path file)
      : store_(std::move(store)), file_(std::move(file)) {}

  // What it holds from byte `offset` on, at most `most` bytes; empty: no more (yet). Error not_found: there is no such
  // file (yet).
  Result<std::string> read(std::int64_t offset, std::size_t most);

  // Set when the log pointed to another one: its name within the store.
  const std::string& pointed() const { return pointed_; }

 private:
  Status open();
  Status follow_pointer();
  Result<std::string> read_at(std::int64_t offset, std::size_t most) const;

  std::filesystem::path store_, file_;
  Descriptor open_;
  bool begun_ = false;  // it held something, so that it is known whether it points elsewhere
  std::string pointed_;
};

// A part of the log of an attempt (0: the newest), for those who may not learn where the store is: no error of it names
// a path. Empty: the log ends before `offset`, or the attempt has just begun.
Result<std::string> log_part(const StoreDir& store, const TrialDetail& trial, int attempt, std::int64_t offset,
                             std::size_t most);

}  // namespace mer::storage
