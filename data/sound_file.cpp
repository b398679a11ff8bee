#include "data/sound_file.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/quoting.hpp"

namespace mer::data {
namespace {

constexpr std::size_t kNumber = 4, kChunkHead = 8, kFileHead = 12;
constexpr std::uint64_t kStreamed = 0x7FFFF000;  // lengths from here on stand for one that was not known (SoX, ffmpeg)

std::uint64_t number_of(std::string_view bytes, bool big_endian) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kNumber; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[big_endian ? i : kNumber - 1 - i]);
    number = number << 8 | byte;
  }
  return number;
}

bool is_of_samples(std::string_view chunk) {
  return chunk == "ds64" || chunk == "fmt " || chunk == "fact";
}

}  // namespace

// A WAV file (RIFF; RIFX: its numbers are big-endian; RF64) is chunks: a name, a length, the content, and a byte more
// where that is odd. The first chunk of data is the last that is read.
Status SoundFile::choose_pieces(std::uint64_t bytes) {
  pieces_ = {{0, bytes}};
  std::array<char, kFileHead> head{};
  if (read_(0, head) < head.size()) return {};
  const std::string_view words(head.data(), head.size()), kind = words.substr(0, 4);
  if ((kind != "RIFF" && kind != "RIFX" && kind != "RF64") || words.substr(8) != "WAVE") return {};
  const bool big_endian = kind == "RIFX";
  const bool was_never_closed = number_of(words.substr(4), big_endian) == kChunkHead;

  pieces_ = {{0, kFileHead}};
  std::array<char, kChunkHead> chunk{};
  for (std::uint64_t at = kFileHead; read_(at, chunk) == chunk.size();) {
    const std::string_view name(chunk.data(), 4);
    const std::uint64_t length = number_of({chunk.data() + 4, kNumber}, big_endian);
    const std::uint64_t left = bytes - at, taken = kChunkHead + length;
    if (name == "data") {
      cut_off_ = taken > left && length < kStreamed;
      pieces_.push_back({at, length == 0 && was_never_closed ? left : std::min(left, taken)});
      return {};
    }
    if (taken > left) {
      return invalid("is damaged: its chunk " + quote(name) + " at byte " + std::to_string(at) + " is to have " +
                     std::to_string(length) + " bytes, the file has " + std::to_string(bytes));
    }
    const std::uint64_t padded = std::min(left, taken + length % 2);
    if (is_of_samples(name)) pieces_.push_back({at, padded});
    at += padded;
  }
  return {};
}

std::uint64_t SoundFile::length() const {
  std::uint64_t bytes = 0;
  for (const Piece& piece : pieces_) bytes += piece.bytes;
  return bytes;
}

std::size_t SoundFile::read_on(std::span<char> to) {
  std::size_t done = 0;
  std::uint64_t before = 0;
  for (const Piece& piece : pieces_) {
    const std::uint64_t end = before + piece.bytes;
    if (at_ < end && done < to.size()) {
      const auto count = std::size_t(std::min<std::uint64_t>(to.size() - done, end - at_));
      const std::size_t there = read_(piece.begin + (at_ - before), to.subspan(done, count));
      done += there;
      at_ += there;
      if (there < count) break;
    }
    before = end;
  }
  return done;
}

SoundFile& SoundFile::of(void* user) {
  return *static_cast<SoundFile*>(user);
}

SF_VIRTUAL_IO SoundFile::calls() {
  SF_VIRTUAL_IO calls{};
  calls.get_filelen = [](void* user) { return sf_count_t(of(user).length()); };
  calls.seek = [](sf_count_t offset, int whence, void* user) {
    SoundFile& file = of(user);
    const auto size = sf_count_t(file.length());
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? sf_count_t(file.at_) : size;
    file.at_ = std::uint64_t(std::clamp<sf_count_t>(base + offset, 0, size));
    return sf_count_t(file.at_);
  };
  calls.read = [](void* to, sf_count_t count, void* user) {
    return sf_count_t(of(user).read_on({static_cast<char*>(to), std::size_t(count)}));
  };
  calls.tell = [](void* user) { return sf_count_t(of(user).at_); };
  return calls;
}

Result<std::unique_ptr<SoundFile>> SoundFile::open(std::uint64_t bytes, ReadAt read) {
  std::unique_ptr<SoundFile> file(new SoundFile(std::move(read)));
  MER_TRY(file->choose_pieces(bytes));
  SF_VIRTUAL_IO with = calls();
  file->handle_.reset(::sf_open_virtual(&with, SFM_READ, &file->info_, file.get()));
  if (file->handle_ == nullptr) return invalid(std::string("is no audio file: ") + ::sf_strerror(nullptr));
  return file;
}

Result<std::unique_ptr<SoundFile>> SoundFile::open(std::string_view bytes) {
  return open(bytes.size(), [bytes](std::uint64_t offset, std::span<char> to) {
    const std::string_view there = bytes.substr(std::size_t(std::min<std::uint64_t>(offset, bytes.size())), to.size());
    std::ranges::copy(there, to.begin());
    return there.size();
  });
}

}  // namespace mer::data
