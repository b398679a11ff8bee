// CorpusCopy: a corpus in a folder of this machine, fetched from the worker that reads it for all, and shared by the
// machine's workers, also of later runs.
//
// The folder is <local>/corpora/<corpus>. It appears whole or not at all, and the first worker of a run to use it
// checks its content hash; whatever fails the check is fetched anew. <corpus>.lock beside it is locked (flock, so that
// the kernel releases it when its holder dies) alone to check and fetch, and together by those who use the copy. Copies
// that nobody has begun to use for a week go when another is fetched. Threads: a call waits for files and answers, so
// it belongs on a thread of its own. Errors: unavailable: given up, or the source cannot give it; no_space; corrupt:
// what came is another corpus; io, invalid: the folder.
#pragma once

#include <string>

#include "core/descriptor.hpp"
#include "core/ids.hpp"
#include "core/messages.hpp"
#include "core/result.hpp"

namespace mer::worker {

// The worker that reads, as the one that copies sees it.
class CorpusSource {
 public:
  virtual ~CorpusSource() = default;

  virtual void ask(CorpusRequest request) = 0;  // never waits; the number is the source's business
  // Waits for the answer to the oldest request that has none. Error: given up, none in time, or what the reader says.
  virtual Result<CorpusAnswer> answer() = 0;
  virtual bool given_up() const = 0;
};

class CorpusCopy {
 public:
  // Waits while another worker of this machine fetches. `folder` is where the source reads it.
  static Result<CorpusCopy> get(const std::string& local, const CorpusId& corpus, const std::string& folder,
                                CorpusSource& source);

  const std::string& folder() const { return folder_; }

 private:
  CorpusCopy(std::string folder, Descriptor lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}

  std::string folder_;
  Descriptor lock_;  // shared: the copy stays as long as this object
};

// ${MER_LOCAL:-${SLURM_TMPDIR:-${TMPDIR:-/tmp}}}/mer-<user id>: where this machine keeps copies.
std::string local_folder();

}  // namespace mer::worker
