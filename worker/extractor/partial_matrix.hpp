// PartialMatrix: a feature file that comes into being row by row, in any order, and outlives the process that writes
// it.
//
//   features/.<modality>.partial   the file as it will be; each row stands where it will stand
//   features/.<modality>.journal   the key in the first line, then a line for each row: its number, the digest of its
//                                  input, and the digest of these and its bytes
//
// A row counts when the journal has it and its digest is that of the bytes: so the order in which the two files reach
// the disk does not matter, and no torn write passes for a row. complete() makes the file appear under its name.
// Threads: any may call held() and put(), each row by one. Errors: no_space, io, naming the file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace mer::extractor {

struct MatrixPlan {
  std::filesystem::path file;  // features/audio.safetensors
  std::size_t rows = 0;
  int dim = 0;
  std::map<std::string, std::string> metadata = {};  // of the file
  std::string key;                                   // one line: whatever decides the numbers, but for the inputs
  bool published = false;                            // the corpus names the file: it stays as it is up to complete()
};

class PartialMatrix {
 public:
  // Goes on with what a process before this one has left under the same key; what is left under another key is
  // discarded. The disk's space for the whole file is taken now. REQUIRES: nobody else writes there.
  static Result<PartialMatrix> open(const MatrixPlan& plan);

  std::size_t journalled() const { return entries_.size(); }  // rows in the journal when it was opened
  bool discarded() const { return discarded_; }               // there was one of another key

  // The row, where it was written for an input of this digest and is as it was written.
  std::optional<std::vector<float>> held(std::size_t row, const std::string& input) const;
  // REQUIRES: values.size() is the plan's dim.
  Status put(std::size_t row, const std::string& input, std::span<const float> values);
  Status sync();  // what was put is durable

  // REQUIRES: every row is held. The journal stays until forget(): until the corpus names the file, a process that is
  // killed leaves something to go on with.
  Status complete();
  Status forget();

 private:
  struct Entry {
    std::string input, row;  // digests
  };
  explicit PartialMatrix(const MatrixPlan& plan);
  Status open_files();
  Status go_on();
  Status begin_anew();
  Result<std::size_t> read_journal(const std::string& text);
  std::size_t offset_of(std::size_t row) const;

  MatrixPlan plan_;
  std::filesystem::path partial_, journal_path_;
  std::string header_;
  Descriptor file_, journal_;
  std::unordered_map<std::size_t, Entry> entries_;
  bool discarded_ = false;
};

// Removes what was left of a file that is not wanted any more.
Status remove_partial(const std::filesystem::path& file);

}  // namespace mer::extractor
