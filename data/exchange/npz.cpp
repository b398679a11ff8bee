#include "data/exchange/npz.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <unistd.h>
#include <zip.h>

#include "core/descriptor.hpp"
#include "core/quoting.hpp"
#include "data/file_io.hpp"

namespace mer::data {
namespace {

constexpr std::string_view kSuffix = ".npy";

struct Discard {
  void operator()(zip_t* archive) const { ::zip_discard(archive); }
  void operator()(zip_file_t* file) const { ::zip_fclose(file); }
};
using Zip = std::unique_ptr<zip_t, Discard>;

Error corrupt(const std::string& where, const std::string& problem) {
  return {ErrorCode::corrupt, where + ": " + problem};
}

std::string words_of(zip_error_t& error) {
  std::string words = ::zip_error_strerror(&error);
  ::zip_error_fini(&error);
  return words;
}

// Sizes of the zip's directory are to be believed before they are allocated: what is packed lies in the file, and
// deflate makes nothing longer than 1032 times.
bool is_likely(const zip_stat_t& entry, std::size_t file_bytes) {
  constexpr zip_uint64_t kMost = 1032, kFrame = 1024;
  return (entry.valid & ZIP_STAT_SIZE) != 0 && (entry.valid & ZIP_STAT_COMP_SIZE) != 0 &&
         entry.comp_size <= file_bytes && entry.size / kMost <= entry.comp_size + kFrame;
}

}  // namespace

struct NpzReader::Archive {
  Zip zip;
  std::size_t bytes;  // of the file
};

NpzReader::NpzReader(std::unique_ptr<Archive> archive, std::string where)
    : archive_(std::move(archive)), where_(std::move(where)) {}
NpzReader::NpzReader(NpzReader&&) noexcept = default;
NpzReader::~NpzReader() = default;

Result<NpzReader> NpzReader::open(std::string_view bytes, const std::string& where) {
  zip_error_t error;
  ::zip_error_init(&error);
  zip_source_t* source = ::zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source == nullptr) return corrupt(where, words_of(error));
  Zip zip(::zip_open_from_source(source, ZIP_RDONLY, &error));
  if (!zip) {
    ::zip_source_free(source);
    return corrupt(where, "not a whole .npz file: " + words_of(error) + "; save it with np.savez");
  }
  NpzReader reader(std::make_unique<Archive>(Archive{std::move(zip), bytes.size()}), where);
  const zip_int64_t entries = ::zip_get_num_entries(reader.archive_->zip.get(), 0);
  for (zip_int64_t i = 0; i < entries; ++i) {
    const char* entry = ::zip_get_name(reader.archive_->zip.get(), zip_uint64_t(i), 0);
    const std::string_view name = entry == nullptr ? "" : entry;
    if (!name.ends_with(kSuffix)) return corrupt(where, "holds " + quote(name) + ", expected .npy files alone");
    reader.names_.emplace_back(name.substr(0, name.size() - kSuffix.size()));
  }
  return reader;
}

bool NpzReader::has(const std::string& name) const {
  return std::ranges::find(names_, name) != names_.end();
}

Result<std::string> NpzReader::read(const std::string& name) const {
  zip_t* zip = archive_->zip.get();
  const auto index = zip_uint64_t(std::ranges::find(names_, name) - names_.begin());
  const std::string where = where_ + ": array " + quote(name);
  zip_stat_t entry;
  if (::zip_stat_index(zip, index, 0, &entry) != 0) return corrupt(where, ::zip_strerror(zip));
  if (!is_likely(entry, archive_->bytes)) return corrupt(where, "its size in the zip's directory cannot be");
  const std::unique_ptr<zip_file_t, Discard> file(::zip_fopen_index(zip, index, 0));
  if (!file) return corrupt(where, ::zip_strerror(zip));
  std::string bytes(entry.size, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const zip_int64_t got = ::zip_fread(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0) return corrupt(where, ::zip_file_strerror(file.get()));
    if (got == 0) return corrupt(where, "is cut off");
    have += std::size_t(got);
  }
  char beyond = 0;  // at its end, where the checksum is compared
  if (::zip_fread(file.get(), &beyond, 1) != 0) return corrupt(where, ::zip_file_strerror(file.get()));
  return bytes;
}

namespace {

// NumPy stores as it is, and reads both; a fixed time makes the bytes those of the arrays alone.
Status add_array(zip_t* zip, const NpzArray& array, std::deque<std::vector<zip_buffer_fragment_t>>& kept) {
  constexpr zip_uint16_t kMidnight = 0, kFirstOf1980 = 1 << 5 | 1;
  std::vector<zip_buffer_fragment_t>& pieces = kept.emplace_back();
  for (const std::string_view piece : array.file) {
    pieces.push_back({reinterpret_cast<zip_uint8_t*>(const_cast<char*>(piece.data())), piece.size()});
  }
  zip_error_t error;
  ::zip_error_init(&error);
  zip_source_t* source = ::zip_source_buffer_fragment_create(pieces.data(), pieces.size(), 0, &error);
  if (source == nullptr) return Error{ErrorCode::io, words_of(error)};
  const zip_int64_t index = ::zip_file_add(zip, (array.name + std::string(kSuffix)).c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    ::zip_source_free(source);
    return Error{ErrorCode::io, ::zip_strerror(zip)};
  }
  if (::zip_set_file_compression(zip, zip_uint64_t(index), ZIP_CM_STORE, 0) != 0 ||
      ::zip_file_set_dostime(zip, zip_uint64_t(index), kMidnight, kFirstOf1980, 0) != 0) {
    return Error{ErrorCode::io, ::zip_strerror(zip)};
  }
  return {};
}

Status write_zip(const std::string& path, const std::vector<NpzArray>& arrays) {
  int code = 0;
  Zip zip(::zip_open(path.c_str(), ZIP_CREATE | ZIP_EXCL, &code));
  zip_error_t error;
  ::zip_error_init_with_code(&error, code);
  if (!zip) return Error{ErrorCode::io, path + ": " + words_of(error)};
  std::deque<std::vector<zip_buffer_fragment_t>> kept;
  for (const NpzArray& array : arrays) {
    const Status added = add_array(zip.get(), array, kept);
    if (!added) return Error{added.error().code, path + ": " + added.error().message};
  }
  if (::zip_close(zip.get()) != 0) {
    const int number = ::zip_error_code_system(::zip_get_error(zip.get()));
    if (number != 0) return system_error(number, path);
    return Error{ErrorCode::io, path + ": " + ::zip_strerror(zip.get())};
  }
  static_cast<void>(zip.release());  // zip_close has freed it
  return {};
}

Status put_in_place(const std::string& temporary, const std::string& path) {
  const Descriptor file(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) return system_error(errno, temporary);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return system_error(errno, path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return sync_folder(folder.empty() ? "." : folder);
}

}  // namespace

Status write_npz(const std::string& path, const std::vector<NpzArray>& arrays) {
  const std::string temporary = unfinished_name(path);
  ::unlink(temporary.c_str());  // of a process that had this number before and was killed
  Status status = write_zip(temporary, arrays);
  if (status) status = put_in_place(temporary, path);
  if (!status) ::unlink(temporary.c_str());
  return status;
}

}  // namespace mer::data
