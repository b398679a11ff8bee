// StoreDir: the folder that holds everything of a store, and its lock.
//
//   mer.db                                        the database (docs/schema.md)
//   logs/<trial>/<attempt>.log                    what a trainer printed, within limits
//   checkpoints/<trial>/<attempt>-<epoch>.safetensors
//   representations/<trial>/<attempt>.safetensors  with record.representations
//   folds/<hash>.json  corpora/<hash>/            what trainers read; of corpora the synthetic ones
//   submissions/<hash>                            on their way to a running coordinator
//   endpoint.json                                 where it answers (storage/endpoint.hpp)
//   nodes/<host>.json                             those that get no trials (storage/excluded_nodes.hpp)
//   lock                                          held by the one process that may write
//
// Threads: plain values; a StoreLock belongs to one owner. Errors: not_found, busy (with who holds it), no_space, io.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "core/descriptor.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace mer::storage {

struct FileSystemKind {
  std::string name;      // "ext4", "nfs", "lustre", ...; hexadecimal for one without a name here
  bool network = false;  // shared with other machines, or its locks are not to be trusted
};
// Of an existing path. Network: nfs, lustre, gpfs, smb, ceph, fuse and the like.
Result<FileSystemKind> file_system_of(const std::filesystem::path& path);

class StoreDir {
 public:
  // Makes the folder and its sub-folders where they are missing. Idempotent.
  static Result<StoreDir> create(const std::filesystem::path& path);
  // Error not_found: there is no store in this folder.
  static Result<StoreDir> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }  // absolute
  const FileSystemKind& file_system() const { return file_system_; }

  std::filesystem::path database() const { return path_ / "mer.db"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path submissions() const { return path_ / "submissions"; }
  std::filesystem::path lock_file() const { return path_ / "lock"; }
  std::filesystem::path log_file(const TrialId& trial, int attempt) const;
  std::filesystem::path representations_file(const TrialId& trial, int attempt) const;

  // As they stand in records: relative to path().
  static std::string fold_file(const FoldId& fold);
  static std::string checkpoint_file(const TrialId& trial, int attempt, int epoch);

 private:
  std::filesystem::path path_;
  FileSystemKind file_system_;
};

struct LockHolder {
  std::string host;
  std::int64_t pid = 0;
  double since = 0;  // Unix time
};

// Held from acquire() until destruction or the end of the process, however it ends (the kernel releases it).
class StoreLock {
 public:
  // Tries for up to wait_seconds: a killed mpirun's ranks outlive it by about 2 s. Error busy names the holder.
  static Result<StoreLock> acquire(const StoreDir& store, double wait_seconds = 15);
  // Who holds it now; nullopt: nobody.
  static Result<std::optional<LockHolder>> holder(const StoreDir& store);

 private:
  explicit StoreLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace mer::storage
