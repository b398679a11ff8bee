#include "transport/mpi_transport.hpp"

#include <algorithm>
#include <array>
#include <list>
#include <mpi.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/check.hpp"
#include "core/frame.hpp"

namespace mer::transport {
namespace {

constexpr int kTag = 1;
constexpr std::size_t kHostBytes = 256;
constexpr std::size_t kPollBytes = std::size_t{64} << 20;  // taken up in one poll, so that a flood cannot stop the loop
// Turns in one poll. A probe that finds nothing takes up what has arrived, and the next one finds it. A call of MPI
// moves one fragment of a large message, over TCP 128 KiB.
constexpr int kLeastTurns = 2;
constexpr int kMostTurns = 32;

struct Transfer {
  std::string bytes;
  MPI_Request request = MPI_REQUEST_NULL;
};

bool completed(MPI_Request& request) {
  int done = 0;
  MPI_Test(&request, &done, MPI_STATUS_IGNORE);
  return done != 0;
}

// Polls `done` until it is true or the deadline has passed.
template <class Done>
bool poll_until(Done done, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

std::string mpi_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  const std::string whole(text.data(), std::size_t(length));
  return whole.substr(0, whole.find_first_of(",\n"));
}

struct MpiTransport::State {
  int rank = 0;
  int size = 1;
  std::vector<std::string> hosts;              // of each rank
  std::list<Transfer> sending;                 // nodes stay where they are: MPI holds on to the bytes
  std::vector<std::list<Transfer>> receiving;  // of each peer, oldest first

  void start_receives(std::size_t& taken);
  void advance_sends();
  bool under_way() const;
};

// Takes up what has arrived. A matched probe fixes the order per peer before the bytes are there.
void MpiTransport::State::start_receives(std::size_t& taken) {
  while (taken < kPollBytes) {
    int arrived = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    MPI_Improbe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &arrived, &message, &status);
    if (arrived == 0) return;
    int bytes = 0;
    MPI_Get_count(&status, MPI_CHAR, &bytes);
    Transfer& transfer = receiving[std::size_t(status.MPI_SOURCE)].emplace_back();
    transfer.bytes.resize(std::size_t(bytes));
    MPI_Imrecv(transfer.bytes.data(), bytes, MPI_CHAR, &message, &transfer.request);
    taken += std::size_t(bytes) + 1;
  }
}

void MpiTransport::State::advance_sends() {
  sending.remove_if([](Transfer& transfer) { return completed(transfer.request); });
}

bool MpiTransport::State::under_way() const {
  const auto has_some = [](const std::list<Transfer>& transfers) { return !transfers.empty(); };
  return has_some(sending) || std::ranges::any_of(receiving, has_some);
}

Result<std::unique_ptr<MpiTransport>> MpiTransport::open(std::chrono::milliseconds deadline) {
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
      provided < MPI_THREAD_FUNNELED) {
    return Error{ErrorCode::unavailable, "MPI does not start with MPI_THREAD_FUNNELED: is this Open MPI 4.1?"};
  }
  auto state = std::make_unique<State>();
  MPI_Comm_rank(MPI_COMM_WORLD, &state->rank);
  MPI_Comm_size(MPI_COMM_WORLD, &state->size);
  state->receiving.resize(std::size_t(state->size));

  std::array<char, kHostBytes> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::string hosts(kHostBytes * std::size_t(state->size), '\0');
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallgather(host.data(), int(kHostBytes), MPI_CHAR, hosts.data(), int(kHostBytes), MPI_CHAR, MPI_COMM_WORLD,
                 &request);
  if (!poll_until([&] { return completed(request); }, deadline)) {
    return Error{ErrorCode::timeout, "not all MPI ranks answered within " + std::to_string(deadline.count()) + " ms"};
  }
  for (int rank = 0; rank < state->size; ++rank) {
    state->hosts.emplace_back(hosts.data() + kHostBytes * std::size_t(rank));
  }
  return std::unique_ptr<MpiTransport>(new MpiTransport(std::move(state)));
}

MpiTransport::MpiTransport(std::unique_ptr<State> state) : state_(std::move(state)) {}
MpiTransport::~MpiTransport() = default;

int MpiTransport::rank() const {
  return state_->rank;
}
int MpiTransport::size() const {
  return state_->size;
}

void MpiTransport::send(int to, const Message& message) {
  MER_CHECK(to >= 0 && to < state_->size && to != state_->rank, "send to a rank that is not a peer");
  Transfer& transfer = state_->sending.emplace_back();
  transfer.bytes = encode(message);
  MER_CHECK(transfer.bytes.size() <= kMaxFrameBytes, "a message is longer than the longest frame");
  MPI_Isend(transfer.bytes.data(), int(transfer.bytes.size()), MPI_CHAR, to, kTag, MPI_COMM_WORLD, &transfer.request);
}

std::vector<Envelope> MpiTransport::poll() {
  std::vector<Envelope> envelopes;
  std::size_t taken = 0;
  for (int turn = 0; turn < kLeastTurns || (turn < kMostTurns && state_->under_way()); ++turn) {
    state_->advance_sends();
    state_->start_receives(taken);
    for (int from = 0; from < state_->size; ++from) {
      auto& transfers = state_->receiving[std::size_t(from)];
      while (!transfers.empty() && completed(transfers.front().request)) {
        envelopes.push_back({from, decode(transfers.front().bytes)});
        transfers.pop_front();
      }
    }
  }
  return envelopes;
}

bool MpiTransport::flushed() const {
  return state_->sending.empty();
}

LocalPlace MpiTransport::local_workers() const {
  const std::string& here = state_->hosts[std::size_t(state_->rank)];
  LocalPlace place{0, 0};
  for (int rank = 1; rank < state_->size; ++rank) {
    if (state_->hosts[std::size_t(rank)] != here) continue;
    if (rank < state_->rank) ++place.index;
    ++place.count;
  }
  return place;
}

bool MpiTransport::same_host(int rank) const {
  return state_->hosts.at(std::size_t(rank)) == state_->hosts[std::size_t(state_->rank)];
}

bool MpiTransport::close(std::chrono::milliseconds deadline) {
  MPI_Request request = MPI_REQUEST_NULL;
  bool all_here = false;
  const bool in_time = poll_until(
      [&] {
        poll();  // a peer may still wait for us to take its last messages
        if (!flushed()) return false;
        if (request == MPI_REQUEST_NULL && !all_here) MPI_Ibarrier(MPI_COMM_WORLD, &request);
        all_here = completed(request);
        return all_here;
      },
      deadline);
  if (in_time) MPI_Finalize();
  return in_time;
}

}  // namespace mer::transport
