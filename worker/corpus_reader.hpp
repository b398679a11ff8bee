// CorpusReader: answers what other machines ask about a corpus folder: its files, and their bytes.
//
// Threads: one at a time; a call waits for the file system. Errors: those of the files are in the answer.
#pragma once

#include <string>

#include "core/messages.hpp"
#include "data/file_io.hpp"

namespace mer::worker {

constexpr std::int64_t kCorpusPart = std::int64_t{1} << 20;  // bytes of a file in one answer, at most

class CorpusReader {
 public:
  CorpusAnswer answer(const CorpusRequest& request);

 private:
  Result<std::vector<CorpusFile>> list(const std::string& folder);
  Result<std::vector<std::uint8_t>> part(const CorpusRequest& request);

  std::string path_;  // of the file that is open: parts of one file come after each other
  data::OpenFile file_;
};

}  // namespace mer::worker
