#include "worker/corpus_reader.hpp"

#include <cerrno>
#include <unistd.h>

#include "data/corpus.hpp"

namespace mer::worker {

CorpusAnswer CorpusReader::answer(const CorpusRequest& request) {
  CorpusAnswer answer;
  answer.number = request.number;
  const auto take = [&](auto result, auto& place) {
    if (result) {
      place = std::move(result).value();
    } else {
      answer.error = result.error().message;
    }
  };
  if (request.file.empty()) {
    take(list(request.folder), answer.files);
  } else {
    take(part(request), answer.bytes);
  }
  return answer;
}

Result<std::vector<CorpusFile>> CorpusReader::list(const std::string& folder) {
  path_.clear();  // the files may have been replaced since
  MER_ASSIGN(const std::vector<std::string> names, data::corpus_files(folder));
  std::vector<CorpusFile> files;
  for (const std::string& name : names) {
    MER_ASSIGN(const data::OpenFile file, data::open_regular(folder + "/" + name));
    files.push_back({name, std::int64_t(file.bytes)});
  }
  return files;
}

Result<std::vector<std::uint8_t>> CorpusReader::part(const CorpusRequest& request) {
  if (request.offset < 0 || request.bytes < 0 || request.bytes > kCorpusPart) {
    return invalid("a part of " + std::to_string(request.bytes) + " bytes at " + std::to_string(request.offset) +
                   " was asked for, at most " + std::to_string(kCorpusPart) + " are given");
  }
  const std::string path = request.folder + "/" + request.file;
  if (path != path_) {
    MER_ASSIGN(file_, data::open_regular(path));
    path_ = path;
  }
  std::vector<std::uint8_t> bytes(std::size_t(request.bytes));
  for (std::size_t have = 0; have < bytes.size();) {
    const ssize_t got =
        ::pread(file_.descriptor.get(), bytes.data() + have, bytes.size() - have, off_t(request.offset) + off_t(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, path);
    if (got == 0) return Error{ErrorCode::corrupt, path + ": became shorter while it was read"};
    have += std::size_t(got);
  }
  return bytes;
}

}  // namespace mer::worker
