#include "cli/store_line.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "cli/coordinator_client.hpp"
#include "cli/store_access.hpp"
#include "storage/remote_reader.hpp"
#include "storage/sqlite_reader.hpp"

namespace mer::cli {
namespace {

using Clock = std::chrono::steady_clock;
using storage::ReaderCall;
constexpr std::chrono::duration<double> kPatience{kLockPatienceSeconds};
constexpr std::chrono::milliseconds kPause{100};

class StoreLine {
 public:
  explicit StoreLine(storage::StoreDir store) : store_(std::move(store)) {}

  Result<std::string> ask(const ReaderCall& call) { return ask(call, nullptr); }

  Result<std::string> ask_reusable(const storage::Submission& submission) { return ask({"reusable", {}}, &submission); }

 private:
  Result<std::string> ask(const ReaderCall& call, const storage::Submission* submission) {
    for (const auto give_up = Clock::now() + kPatience; !own_; std::this_thread::sleep_for(kPause)) {
      Result<std::string> there = by_coordinator(call, submission);
      if (there || !nobody_answered(there.error(), store_)) return there;
      Result<OpenStore> here = open_locked(store_, 0);
      if (here) {
        own_ = std::move(here).value();
        break;
      }
      if (here.error().code != ErrorCode::busy) return here.error();
      if (Clock::now() >= give_up) return there.error().code == ErrorCode::not_found ? here.error() : there.error();
    }
    const auto given = [&](const std::string&) -> Result<storage::Submission> { return *submission; };
    return *storage::answer_call(*own_->reader, call, given);
  }

  Result<std::string> by_coordinator(const ReaderCall& call, const storage::Submission* submission) const {
    MER_ASSIGN(const CoordinatorClient client, CoordinatorClient::of(store_));
    Parameters query(call.parameters.begin(), call.parameters.end());
    std::filesystem::path left;
    if (submission != nullptr) {
      MER_ASSIGN(const std::string file, leave_submission(store_, *submission));
      left = store_.submissions() / file;
      query.emplace_back("file", file);
    }
    Result<std::string> answer = client.post("/api/v1/reader/" + call.name, query);
    std::error_code ignored;
    if (!left.empty()) std::filesystem::remove(left, ignored);
    if (!answer && answer.error().code == ErrorCode::not_found) {
      return invalid("the coordinator that has this store is of another version of mer, which cannot be asked for " +
                     call.name + ": use its own merctl, or wait until it ends");
    }
    return answer;
  }

  storage::StoreDir store_;
  std::optional<OpenStore> own_;
};

}  // namespace

std::unique_ptr<storage::ResultReader> reader_by_coordinator(const storage::StoreDir& store) {
  const auto line = std::make_shared<StoreLine>(store);
  return std::make_unique<storage::RemoteReader>(
      storage::ReaderLine{[line](const ReaderCall& call) { return line->ask(call); },
                          [line](const storage::Submission& given) { return line->ask_reusable(given); }});
}

}  // namespace mer::cli
