// FolderLock: one extractor at a time on a corpus folder, by a lock on its file features/.lock.
//
// Held until destruction or the end of the process, however it ends (the kernel releases it). Threads: one owner.
// Errors: busy, with who holds it; io.
#pragma once

#include <string>
#include <utility>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace mer::extractor {

class FolderLock {
 public:
  static Result<FolderLock> acquire(const std::string& folder);

 private:
  explicit FolderLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace mer::extractor
