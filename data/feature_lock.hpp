// FeatureLock: one writer of features at a time in a corpus folder, by a lock on its file features/.lock.
//
// Held until destruction or the end of the process, however it ends (the kernel releases it). Threads: one owner.
// Errors: busy, with who holds it; io.
#pragma once

#include <string>
#include <utility>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace mer::data {

class FeatureLock {
 public:
  // Makes the folder features/ where it is not there, and clears away what writers that were killed have left.
  static Result<FeatureLock> acquire(const std::string& corpus_folder);

 private:
  explicit FeatureLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace mer::data
