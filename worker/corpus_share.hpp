// CorpusShare: a worker's part in resources.broadcast_features: one worker (rank 1) reads a corpus from the shared file
// system, the workers of other machines copy it from there (worker/corpus_copy.hpp).
//
// It stands between the coordinator and the agent: a job whose corpus has yet to come is kept back, so that the agent
// need not know. Where there can be no copy, the trainer reads the shared folder, and its log says why; where that
// cannot be read either, the attempts fail (`start`).
// Threads: one, and no call waits: files are read and written on two threads of this object's own, which end soon after
// close(), or, where a file system hangs, with the process. Errors: none of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/messages.hpp"
#include "transport/transport.hpp"
#include "worker/corpus_copy.hpp"
#include "worker/exchange.hpp"

namespace mer::worker {

struct CorpusShareOptions {
  std::string local = {};  // where copies are kept; empty: this machine is the source's and needs none
  int source = 1;          // rank of the worker that reads
  std::chrono::milliseconds patience = std::chrono::seconds(60);  // for an answer of the source
};

// Where a trainer finds a corpus, and what its log says of that.
struct CorpusPlace {
  std::string folder;
  std::string note;
  std::optional<CorpusCopy> copy;  // keeps it there
};

class CorpusShare {
 public:
  using Kept = std::pair<int, Message>;  // from a rank

  CorpusShare(transport::Transport& transport, CorpusShareOptions options);
  ~CorpusShare() { close(); }
  CorpusShare(const CorpusShare&) = delete;
  CorpusShare& operator=(const CorpusShare&) = delete;

  // Of the coordinator, or of a gang's leader. True: a job that waits for its corpus, nothing for the agent yet. Of the
  // jobs that wait, those that it stops are answered, and that of a gang that it ends is let go.
  bool keeps(int from, const Message& message);
  void from_worker(int rank, const Message& message);

  // Takes up and sends what is due; true while parts of a corpus are on their way: the next round should come soon.
  bool step();
  // The messages whose jobs need not wait any longer, with who sent them, oldest first.
  std::vector<Kept> take_ready() { return std::exchange(ready_, {}); }

  // nullptr: the job's own folder. REQUIRES: the job has trials.
  const CorpusPlace* place_of(const StackJob& job) const;

  void close();
  bool helpers_run() const { return reading_.use_count() > 1 || copying_.use_count() > 1; }

 private:
  using Reading = Exchange<std::pair<int, CorpusRequest>, std::pair<int, CorpusAnswer>>;  // with the asking rank
  using Copying = Exchange<CorpusAnswer, CorpusRequest>;

  void begin();
  void end(Result<CorpusPlace> place);
  void stop(const StopTrials& request);
  void fail(const Kept& kept, const Failure& failure);

  transport::Transport& transport_;
  CorpusShareOptions options_;
  std::map<CorpusId, CorpusPlace> places_;
  std::deque<Kept> waiting_;
  std::vector<Kept> ready_;
  std::shared_ptr<Reading> reading_;  // none until somebody asks
  std::shared_ptr<Copying> copying_;
  CorpusId coming_;                         // the corpus that is being copied
  std::future<Result<CorpusPlace>> place_;  // of that; not valid: none is
  std::uint64_t copies_ = 0;                // begun
  int awaited_ = 0;                         // requests of the latest without an answer
  int to_answer_ = 0;                       // requests of others
  bool closed_ = false;
};

}  // namespace mer::worker
