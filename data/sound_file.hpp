// SoundFile: an audio file that libsndfile has open.
//
// Of a WAV file libsndfile gets the chunks that its samples need, and no others: in damaged ones, of labels or cue
// points, it goes round for minutes.
// Threads: one owner. Errors: invalid: no audio, with libsndfile's words; a chunk before the samples that reaches
// beyond the end of the file, naming it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <sndfile.h>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace mer::data {

// Reads from `offset` on, as much as `to` has room for; how much there was.
using ReadAt = std::function<std::size_t(std::uint64_t offset, std::span<char> to)>;

class SoundFile {
 public:
  // Of a file of so many bytes. What `read` reads must live as long.
  static Result<std::unique_ptr<SoundFile>> open(std::uint64_t bytes, ReadAt read);
  // Of a whole file in memory.
  static Result<std::unique_ptr<SoundFile>> open(std::string_view bytes);
  SoundFile(const SoundFile&) = delete;
  SoundFile& operator=(const SoundFile&) = delete;
  ~SoundFile() = default;

  SNDFILE* handle() const { return handle_.get(); }
  const SF_INFO& info() const { return info_; }
  // A WAV file has fewer samples than its header says: heard as far as they go.
  bool cut_off() const { return cut_off_; }

 private:
  struct Piece {  // of the file
    std::uint64_t begin = 0, bytes = 0;
  };
  struct Close {
    void operator()(SNDFILE* handle) const { ::sf_close(handle); }
  };

  explicit SoundFile(ReadAt read) : read_(std::move(read)) {}
  Status choose_pieces(std::uint64_t bytes);
  std::uint64_t length() const;
  std::size_t read_on(std::span<char> to);
  static SoundFile& of(void* user);
  static SF_VIRTUAL_IO calls();

  ReadAt read_;
  std::vector<Piece> pieces_;  // one after the other they are what libsndfile takes for the file
  std::uint64_t at_ = 0;       // in them
  SF_INFO info_{};
  bool cut_off_ = false;
  std::unique_ptr<SNDFILE, Close> handle_;
};

}  // namespace mer::data
