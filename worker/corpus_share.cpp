#include "worker/corpus_share.hpp"

#include <algorithm>
#include <thread>

#include "data/corpus.hpp"
#include "worker/corpus_reader.hpp"

namespace mer::worker {
namespace {

constexpr std::size_t kReadAhead = 8;  // answers that wait to be sent

// The source behind an exchange: the loop sends the requests and hands in the answers.
class RemoteSource : public CorpusSource {
 public:
  using Line = Exchange<CorpusAnswer, CorpusRequest>;

  // Numbers of one copy have the same upper half, so that an answer to an older one is known.
  RemoteSource(Line& line, std::uint64_t copy, int rank, std::chrono::milliseconds patience)
      : line_(line), asked_(copy << 32), answered_(asked_), rank_(rank), patience_(patience) {}

  void ask(CorpusRequest request) override {
    request.number = ++asked_;
    line_.put(std::move(request));
  }

  Result<CorpusAnswer> answer() override {
    auto answer = line_.next(patience_);
    if (line_.closed()) return Error{ErrorCode::unavailable, "copying the corpus was given up"};
    const std::string source = "worker " + std::to_string(rank_);
    if (!answer) {
      return Error{ErrorCode::unavailable, source + ", which reads the corpus for all, did not answer within " +
                                               std::to_string(patience_.count()) + " ms"};
    }
    if (answer->number != ++answered_) return Error{ErrorCode::corrupt, source + " answered out of turn"};
    if (!answer->error.empty()) {
      return Error{ErrorCode::unavailable, source + ", which reads the corpus for all: " + answer->error};
    }
    return *std::move(answer);
  }

  bool given_up() const override { return line_.closed(); }

 private:
  Line& line_;
  std::uint64_t asked_, answered_;
  int rank_;
  std::chrono::milliseconds patience_;
};

Result<CorpusPlace> find_corpus(const std::string& local, const CorpusId& corpus, const std::string& folder,
                                CorpusSource& source) {
  auto copy = CorpusCopy::get(local, corpus, folder, source);
  if (copy) {
    const std::string here = copy->folder();
    return CorpusPlace{here, "corpus: " + here + ", a copy of " + folder, std::move(copy).value()};
  }
  const std::string& why = copy.error().message;
  const auto readable = data::corpus_files(folder);
  if (readable) return CorpusPlace{folder, "corpus: " + folder + " itself, not a copy: " + why, {}};
  return Error{copy.error().code,
               "no copy of the corpus: " + why + "; nor can it be read here: " + readable.error().message};
}

// Of a message that starts a trainer, or brings it trials; nullptr: of another.
const StackJob* job_in(const Message& message) {
  if (const auto* assign = std::get_if<Assign>(&message)) return &assign->job;
  const auto* start = std::get_if<GangStart>(&message);
  return start == nullptr ? nullptr : &start->job;
}

void read_for_all(Exchange<std::pair<int, CorpusRequest>, std::pair<int, CorpusAnswer>>& line) {
  CorpusReader reader;
  while (!line.closed()) {
    if (const auto request = line.next(std::chrono::hours(1))) {
      line.put({request->first, reader.answer(request->second)}, kReadAhead);
    }
  }
}

}  // namespace

CorpusShare::CorpusShare(transport::Transport& transport, CorpusShareOptions options)
    : transport_(transport), options_(std::move(options)) {}

bool CorpusShare::keeps(int from, const Message& message) {
  if (const auto* request = std::get_if<StopTrials>(&message)) stop(*request);
  if (const auto* end = std::get_if<GangEnd>(&message)) {
    std::erase_if(waiting_, [&](const Kept& kept) {
      const auto* start = std::get_if<GangStart>(&kept.second);
      return start != nullptr && kept.first == from && start->number == end->number;
    });
  }
  const StackJob* job = job_in(message);
  if (job == nullptr || job->trials.empty()) return false;
  if (!job->broadcast_features || options_.local.empty() || place_of(*job) != nullptr) return false;
  waiting_.emplace_back(from, message);
  return true;
}

void CorpusShare::stop(const StopTrials& request) {
  for (auto& [from, message] : waiting_) {
    auto* const assign = std::get_if<Assign>(&message);
    if (assign == nullptr) continue;  // a gang's leader ends it
    std::erase_if(assign->job.trials, [&](const TrialJob& trial) {
      const auto& wanted = request.trials;
      const bool stopped = wanted.empty() || std::ranges::find(wanted, trial.spec.id) != wanted.end();
      if (stopped) transport_.send(0, Report{trial.spec.id, trial.attempt, AttemptStopped{0}});
      return stopped;
    });
  }
  std::erase_if(waiting_, [](const Kept& kept) { return job_in(kept.second)->trials.empty(); });
}

void CorpusShare::from_worker(int rank, const Message& message) {
  if (closed_) return;
  if (const auto* request = std::get_if<CorpusRequest>(&message)) {
    if (!reading_) {
      reading_ = std::make_shared<Reading>();
      std::thread([line = reading_] { read_for_all(*line); }).detach();
    }
    reading_->give({rank, *request});
    ++to_answer_;
  } else if (const auto* answer = std::get_if<CorpusAnswer>(&message)) {
    if (!copying_ || answer->number >> 32 != copies_) return;
    copying_->give(*answer);
    --awaited_;
  }
}

bool CorpusShare::step() {
  if (closed_) return false;
  if (reading_ && transport_.flushed()) {  // no more in memory than the slowest reader lets go
    for (const auto& [rank, answer] : reading_->take()) {
      transport_.send(rank, answer);
      --to_answer_;
    }
  }
  if (copying_) {
    for (const CorpusRequest& request : copying_->take()) {
      transport_.send(options_.source, request);
      ++awaited_;
    }
  }
  if (place_.valid() && place_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    end(place_.get());
  }
  if (!place_.valid() && !waiting_.empty()) begin();
  const bool sends = to_answer_ > 0 || (reading_ && !transport_.flushed());
  return sends || (place_.valid() && awaited_ > 0);
}

void CorpusShare::begin() {
  copying_ = std::make_shared<Copying>();
  ++copies_;
  awaited_ = 0;
  std::promise<Result<CorpusPlace>> promise;
  place_ = promise.get_future();
  const StackJob& job = *job_in(waiting_.front().second);
  coming_ = job.trials.front().spec.corpus;
  std::thread([line = copying_, promise = std::move(promise), options = options_, copy = copies_, corpus = coming_,
               folder = job.corpus_path]() mutable {
    RemoteSource source(*line, copy, options.source, options.patience);
    promise.set_value(find_corpus(options.local, corpus, folder, source));
  }).detach();
}

void CorpusShare::end(Result<CorpusPlace> place) {
  const auto concerns = [this](const Kept& kept) { return job_in(kept.second)->trials.front().spec.corpus == coming_; };
  for (const Kept& kept : waiting_) {
    if (!concerns(kept)) continue;
    if (place) {
      ready_.push_back(kept);
    } else {
      fail(kept, {Failure::Kind::start, 0, place.error().message, ""});
    }
  }
  std::erase_if(waiting_, concerns);
  if (place) places_.emplace(coming_, std::move(place).value());
}

void CorpusShare::fail(const Kept& kept, const Failure& failure) {
  if (const auto* start = std::get_if<GangStart>(&kept.second)) {
    return transport_.send(kept.first, GangEnd{start->number, failure});
  }
  const std::vector<TrialJob>& trials = std::get<Assign>(kept.second).job.trials;
  for (const TrialJob& trial : trials) {
    transport_.send(0, Report{trial.spec.id, trial.attempt, AttemptFailed{failure, int(trials.size())}});
  }
}

const CorpusPlace* CorpusShare::place_of(const StackJob& job) const {
  const auto found = places_.find(job.trials.front().spec.corpus);
  return job.broadcast_features && found != places_.end() ? &found->second : nullptr;
}

void CorpusShare::close() {
  closed_ = true;
  if (reading_) reading_->close();
  if (copying_) copying_->close();
}

}  // namespace mer::worker
