#include "web/change_feed.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

#include "web/query.hpp"
#include "web/store_changes.hpp"

namespace mer::web {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPause = std::chrono::seconds(1);
constexpr int kLookShare = 10;  // of the feed's time at most one part in so many is spent looking

struct Entry {
  std::int64_t to = 0;  // who has read this version of the store needs it no more ...
  bool exact = true;    // ... unless it is not exact
  std::int64_t cursor = 0;
  std::string text;
};

// Where a stream stands.
struct Position {
  std::optional<std::int64_t> version;  // that its client has read; nullopt: none of this server's
  std::optional<std::uint64_t> next;    // entry of the journal; nullopt: not begun
};

}  // namespace

class ChangeFeed::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}
  ~Impl() { stop(); }

  void start() {
    looker_ = std::jthread([this](const std::stop_token& stopping) { look_until(stopping); });
  }

  void stop() {
    looker_.request_stop();
    if (looker_.joinable()) looker_.join();
  }

  std::unique_ptr<Stream> subscribe(const std::string& cursor) {
    {
      const std::lock_guard lock(mutex_);
      if (open_ >= options_.streams) return nullptr;
      ++open_;
    }
    opened_.notify_one();
    return std::make_unique<Subscription>(*this, version_of(cursor));
  }

 private:
  class Subscription final : public Stream {
   public:
    Subscription(Impl& feed, std::optional<std::int64_t> version) : feed_(feed), position_{version, std::nullopt} {}
    ~Subscription() override {
      const std::lock_guard lock(feed_.mutex_);
      --feed_.open_;
    }
    std::string take() override { return feed_.take(position_); }

   private:
    Impl& feed_;
    Position position_;
  };

  std::optional<std::int64_t> version_of(std::string_view cursor) const {
    const std::string own = options_.instance + "-";
    if (!cursor.starts_with(own)) return std::nullopt;
    return whole_number(cursor.substr(own.size()));
  }

  std::string event(std::string_view name, std::int64_t version, std::string_view fields) const {
    const std::string cursor = options_.instance + "-" + std::to_string(version);
    std::string data = R"({"schema":1,"cursor":")" + cursor + "\"";
    if (fields.size() > 2) data += "," + std::string(fields.substr(1, fields.size() - 2));
    return "event: " + std::string(name) + "\nid: " + cursor + "\ndata: " + data + "}\n\n";
  }

  std::string take(Position& position) {
    const std::lock_guard lock(mutex_);
    if (!base_) return {};  // the first look has not ended
    const std::uint64_t end = first_ + journal_.size();
    const bool cannot_begin = !position.next && (!position.version || *position.version < *base_);
    if (cannot_begin || (position.next && *position.next < first_)) {
      position.next = end;
      return event("reset", latest_, "");
    }
    if (!position.next) position.next = first_ + unread(*position.version);
    std::string text;
    for (std::uint64_t i = *position.next; i < end; ++i) text += journal_[std::size_t(i - first_)].text;
    position.next = end;
    return text;
  }

  std::uint64_t unread(std::int64_t version) const {
    const auto entry = std::ranges::find_if(
        journal_, [&](const Entry& one) { return one.to > version || (one.to == version && !one.exact); });
    return std::uint64_t(entry - journal_.begin());
  }

  void look_until(const std::stop_token& stopping) {
    while (!stopping.stop_requested()) {
      {
        std::unique_lock lock(mutex_);
        if (!opened_.wait(lock, stopping, [this] { return open_ > 0; })) return;
      }
      const auto began = Clock::now();
      look();
      const Clock::duration pause = std::max<Clock::duration>(kPause, kLookShare * (Clock::now() - began));
      std::unique_lock lock(mutex_);
      opened_.wait_for(lock, stopping, pause, [] { return false; });
    }
  }

  void look() {
    if (!reader_) {
      auto reader = options_.new_reader();
      if (!reader) return;
      reader_ = std::move(*reader);
    }
    const auto seen = changes_.look(*reader_);
    if (!seen || !*seen) return;
    record(**seen);
    options_.notify();
  }

  void record(const StoreChanges::Look& seen) {
    const std::lock_guard lock(mutex_);
    latest_ = seen.before;
    // What the first look has already seen is no difference later: a client must have read all of it.
    if (!base_) base_ = latest_ = seen.after;
    if (seen.fields.empty()) return;
    journal_.push_back(
        {seen.after, seen.before == seen.after, seen.before, event("changes", seen.before, seen.fields)});
    bytes_ += journal_.back().text.size();
    while (bytes_ > options_.journal_bytes) {
      base_ = journal_.front().to + (journal_.front().exact ? 0 : 1);
      bytes_ -= journal_.front().text.size();
      journal_.pop_front();
      ++first_;
    }
  }

  const Options options_;
  std::mutex mutex_;  // of what follows, up to the looker's own
  std::condition_variable_any opened_;
  std::size_t open_ = 0;
  std::optional<std::int64_t> base_;  // the version from which on the journal knows what has changed
  std::int64_t latest_ = 0;
  std::deque<Entry> journal_;
  std::uint64_t first_ = 0;  // of the journal, counted from the beginning
  std::size_t bytes_ = 0;

  StoreChanges changes_;
  std::unique_ptr<storage::ResultReader> reader_;
  std::jthread looker_;
};

ChangeFeed::ChangeFeed(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ChangeFeed::~ChangeFeed() = default;
void ChangeFeed::start() {
  impl_->start();
}
void ChangeFeed::stop() {
  impl_->stop();
}
std::unique_ptr<Stream> ChangeFeed::subscribe(const std::string& cursor) {
  return impl_->subscribe(cursor);
}

}  // namespace mer::web
