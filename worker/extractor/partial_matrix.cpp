#include "worker/extractor/partial_matrix.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "core/check.hpp"
#include "core/sha256.hpp"
#include "data/corpus_format.hpp"
#include "data/file_io.hpp"
#include "data/safetensors_header.hpp"

namespace mer::extractor {
namespace {

namespace fs = std::filesystem;

fs::path hidden(const fs::path& file, const char* ending) {
  return file.parent_path() / ("." + file.stem().string() + ending);
}

std::string_view bytes_of(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// Of a row: its place, its input and its numbers.
std::string digest_of(std::size_t row, const std::string& input, std::string_view bytes) {
  return short_hash(std::to_string(row) + " " + input + " " + std::string(bytes));
}

Status write_at(int fd, std::string_view bytes, std::size_t offset, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), off_t(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(errno, name);
    bytes.remove_prefix(std::size_t(written));
    offset += std::size_t(written);
  }
  return {};
}

Status remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(errno, path.string());
  return {};
}

// "12 <input> <row>".
struct Line {
  std::size_t row = 0;
  std::string input, digest;
};
std::optional<Line> line_from(std::string_view text) {
  const std::size_t first = text.find(' '), last = text.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  Line line{0, std::string(text.substr(first + 1, last - first - 1)), std::string(text.substr(last + 1))};
  const auto [end, error] = std::from_chars(text.data(), text.data() + first, line.row);
  if (error != std::errc() || end != text.data() + first) return std::nullopt;
  return line;
}

}  // namespace

PartialMatrix::PartialMatrix(const MatrixPlan& plan)
    : plan_(plan), partial_(hidden(plan.file, ".partial")), journal_path_(hidden(plan.file, ".journal")) {}

Result<PartialMatrix> PartialMatrix::open(const MatrixPlan& plan) {
  PartialMatrix matrix(plan);
  const std::vector<std::int64_t> shape = {std::int64_t(plan.rows), plan.dim};
  MER_ASSIGN(matrix.header_,
             data::safetensors_header(data::kFeatureTensor, data::TensorType::f32, shape, plan.metadata));
  MER_TRY(matrix.open_files());
  return matrix;
}

Status PartialMatrix::open_files() {
  const auto text = data::read_file(journal_path_.string(), std::numeric_limits<std::size_t>::max());
  if (!text && text.error().code != ErrorCode::not_found) return text.error();
  if (text && text->starts_with(plan_.key + "\n")) {
    MER_ASSIGN(const std::size_t whole, read_journal(*text));
    journal_ = Descriptor(::open(journal_path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!journal_) return system_error(errno, journal_path_.string());
    // A line that was cut off must not run into the next one.
    if (::ftruncate(journal_.get(), off_t(whole)) != 0) return system_error(errno, journal_path_.string());
    return go_on();
  }
  discarded_ = text && !text->empty();
  return begin_anew();
}

// The bytes that are whole lines.
Result<std::size_t> PartialMatrix::read_journal(const std::string& text) {
  std::size_t begin = plan_.key.size() + 1;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::optional<Line> line = line_from(std::string_view(text).substr(begin, end - begin));
    if (line && line->row < plan_.rows) entries_[line->row] = {std::move(line->input), std::move(line->digest)};
  }
  return begin;
}

// Without a partial file the process before this one has come as far as to rename it.
Status PartialMatrix::go_on() {
  const std::size_t size = offset_of(plan_.rows);
  for (const fs::path& path : {partial_, plan_.file}) {
    if (path == plan_.file && plan_.published) continue;
    Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0 || std::size_t(status.st_size) != size) continue;
    if (path == plan_.file) partial_ = plan_.file;
    file_ = std::move(file);
    return {};
  }
  entries_.clear();
  return begin_anew();
}

Status PartialMatrix::begin_anew() {
  MER_TRY(remove_file(journal_path_));
  file_ = Descriptor(::open(partial_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file_) return system_error(errno, partial_.string());
  if (const int failed = ::posix_fallocate(file_.get(), 0, off_t(offset_of(plan_.rows))); failed != 0) {
    return system_error(failed, partial_.string());
  }
  MER_TRY(write_at(file_.get(), header_, 0, partial_.string()));
  const std::string first = plan_.key + "\n";
  const std::string_view chunk = first;
  MER_TRY(data::write_file(journal_path_.string(), {&chunk, 1}));
  journal_ = Descriptor(::open(journal_path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!journal_) return system_error(errno, journal_path_.string());
  return {};
}

std::size_t PartialMatrix::offset_of(std::size_t row) const {
  return header_.size() + row * std::size_t(plan_.dim) * sizeof(float);
}

std::optional<std::vector<float>> PartialMatrix::held(std::size_t row, const std::string& input) const {
  const auto found = entries_.find(row);
  if (found == entries_.end() || found->second.input != input) return std::nullopt;
  std::vector<float> values(static_cast<std::size_t>(plan_.dim));
  const std::span<const float> bytes(values);
  const ssize_t got = ::pread(file_.get(), values.data(), bytes.size_bytes(), off_t(offset_of(row)));
  if (got != ssize_t(bytes.size_bytes()) || digest_of(row, input, bytes_of(bytes)) != found->second.row) {
    return std::nullopt;
  }
  return values;
}

Status PartialMatrix::put(std::size_t row, const std::string& input, std::span<const float> values) {
  MER_CHECK(values.size() == std::size_t(plan_.dim) && row < plan_.rows, "a row of another matrix");
  MER_TRY(write_at(file_.get(), bytes_of(values), offset_of(row), partial_.string()));
  // Appended by one call: lines of several threads do not mix.
  return write_all(journal_.get(),
                   std::to_string(row) + " " + input + " " + digest_of(row, input, bytes_of(values)) + "\n",
                   journal_path_.string());
}

Status PartialMatrix::sync() {
  if (::fdatasync(file_.get()) != 0) return system_error(errno, partial_.string());
  if (::fdatasync(journal_.get()) != 0) return system_error(errno, journal_path_.string());
  return {};
}

Status PartialMatrix::complete() {
  MER_TRY(sync());
  if (::fsync(file_.get()) != 0) return system_error(errno, partial_.string());
  if (partial_ != plan_.file && ::rename(partial_.c_str(), plan_.file.c_str()) != 0) {
    return system_error(errno, plan_.file.string());
  }
  return data::sync_folder(plan_.file.parent_path().string());
}

Status PartialMatrix::forget() {
  return remove_partial(plan_.file);
}

Status remove_partial(const fs::path& file) {
  MER_TRY(remove_file(hidden(file, ".journal")));
  return remove_file(hidden(file, ".partial"));
}

}  // namespace mer::extractor
