#include "worker/gang_relay.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace mer::worker {
namespace {

constexpr int kFirstFree = 10;  // clear of the numbers that a child is given

std::size_t bytes_of(const GangSum& sum) {
  return std::size_t(sum.count) * (sum.in_double ? sizeof(double) : sizeof(float));
}

// Bytes lie anywhere in a message.
template <class T>
void add(const std::vector<std::uint8_t>& from, std::vector<std::uint8_t>& to) {
  for (std::size_t at = 0; at < to.size(); at += sizeof(T)) {
    T sum, other;
    std::memcpy(&sum, to.data() + at, sizeof(T));
    std::memcpy(&other, from.data() + at, sizeof(T));
    sum += other;
    std::memcpy(to.data() + at, &sum, sizeof(T));
  }
}

}  // namespace

Result<GangRelay> GangRelay::make(int rank, int size, std::int64_t number) {
  MER_ASSIGN(SharedMemory memory, SharedMemory::make(kGangMemory, kFirstFree));
  return GangRelay(rank, size, number, std::move(memory));
}

GangRelay::GangRelay(int rank, int size, std::int64_t number, SharedMemory memory)
    : rank_(rank), number_(number), memory_(std::move(memory)), parts_(std::size_t(size)) {}

Result<GangRelay::Output> GangRelay::from_trainer(const GangSum& sum) {
  if (asked_ || sum.count < 1 || sum.count > std::int64_t(kGangMemory) || bytes_of(sum) > kGangMemory) {
    return Error{ErrorCode::corrupt, "the trainer asked for a sum of " + std::to_string(sum.count) +
                                         " values, or for two at once; a sum takes at most " +
                                         std::to_string(kGangMemory) + " bytes"};
  }
  asked_ = true;
  GangSum own = sum;
  own.number = number_;
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(memory_.bytes().data());
  own.values.assign(begin, begin + bytes_of(own));
  if (rank_ != 0) return Output{ToMember{0, std::move(own)}};
  parts_[0] = std::move(own);
  return add_up();
}

Result<GangRelay::Output> GangRelay::from_member(int rank, GangSum sum) {
  if (sum.number != number_) return Output();
  const bool leads = rank_ == 0;
  const bool expected = leads ? rank > 0 && rank < int(parts_.size()) && !parts_[std::size_t(rank)] : asked_;
  if (!expected || sum.values.size() != bytes_of(sum) || sum.values.size() > kGangMemory) {
    return Error{ErrorCode::corrupt, "member " + std::to_string(rank) + " of the gang sent a sum that nobody expects"};
  }
  if (leads) {
    parts_[std::size_t(rank)] = std::move(sum);
    return add_up();
  }
  Output output;
  answer(sum, output);
  return output;
}

// Once all have sent theirs.
Result<GangRelay::Output> GangRelay::add_up() {
  if (!std::ranges::all_of(parts_, [](const auto& part) { return part.has_value(); })) return Output();
  GangSum sums = std::move(*parts_[0]);
  for (std::size_t rank = 1; rank < parts_.size(); ++rank) {
    const GangSum& part = *parts_[rank];
    if (part.count != sums.count || part.in_double != sums.in_double) {
      return Error{ErrorCode::corrupt, "member " + std::to_string(rank) + " of the gang adds " +
                                           std::to_string(part.count) + " values where its leader adds " +
                                           std::to_string(sums.count) + ": are all programs of one build?"};
    }
    sums.in_double ? add<double>(part.values, sums.values) : add<float>(part.values, sums.values);
  }
  Output output;
  for (std::size_t rank = 1; rank < parts_.size(); ++rank) output.push_back(ToMember{int(rank), sums});
  for (auto& part : parts_) part.reset();
  answer(sums, output);
  return output;
}

void GangRelay::answer(const GangSum& sums, Output& output) {
  std::memcpy(memory_.bytes().data(), sums.values.data(), sums.values.size());
  asked_ = false;
  output.push_back(ToTrainer{{number_, sums.in_double, sums.count, {}}});
}

}  // namespace mer::worker
