// folder/files — the few file operations of the adapter, all relative to an open folder, following no symbolic link.
#pragma once

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/clock.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncservice::adapter::folder {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& from) noexcept {
    std::swap(fd_, from.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// An open folder; `path` is for messages.
struct Folder {
  Descriptor fd;
  std::string path;
  [[nodiscard]] std::string path_of(std::string_view name) const { return path + '/' + std::string{name}; }
};

/// What a record's file holds. `file` stays open, and locked where that was asked for.
struct File {
  Descriptor file;
  std::string text;
  Timestamp updated{};
  mode_t mode = 0;
};

/// The file or folder name that stands for an id or a project. Fails (refused) when it would be too long.
[[nodiscard]] Result<std::string> escaped(std::string_view id, std::string_view suffix = {});
/// The inverse, without the suffix; empty when it is no such name.
[[nodiscard]] std::optional<std::string> unescaped(std::string_view name, std::string_view suffix);

/// `doing` completes "Can't …".
[[nodiscard]] Error system_failure(int error, const std::string& doing);

[[nodiscard]] Result<Folder> open_base(const std::string& path);
/// Empty when there is none.
[[nodiscard]] Result<std::optional<Folder>> open_child(const Folder& parent, const std::string& name);
/// Makes it if there is none.
[[nodiscard]] Result<Folder> make_child(const Folder& parent, const std::string& name);

/// Empty when there is none.
[[nodiscard]] Result<std::optional<File>> read_file(const Folder& folder, const std::string& name);
/// The same under an exclusive lock, which `rename_over` of the same name respects as long as `file` is open.
[[nodiscard]] Result<std::optional<File>> read_locked(const Folder& folder, const std::string& name,
                                                      const CallContext& context);

/// Hands the content of a file to the sink, in pieces. False when there is none.
[[nodiscard]] Result<bool> stream_file(const Folder& folder, const std::string& name, const Sink& sink,
                                       const CallContext& context);

/// What the file system says of a file.
struct FileStatus {
  std::uint64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds since the epoch
  /// The same, of the last change of any kind: also when a file with an old `modified` was put under this name.
  std::int64_t changed = 0;
  friend bool operator==(const FileStatus&, const FileStatus&) = default;
};
/// Empty when there is no regular file of that name.
[[nodiscard]] std::optional<FileStatus> status_of(const Folder& folder, const std::string& name) noexcept;
/// Without following a link.
[[nodiscard]] bool is_folder(const Folder& folder, const std::string& name) noexcept;

/// Calls `visit` with each name but "." and ".." until it fails.
[[nodiscard]] Result<void> for_each_entry(const Folder& folder,
                                          const std::function<Result<void>(std::string_view)>& visit);

/// Flushes the folder itself, so that names made or changed in it last.
[[nodiscard]] Result<void> flush(const Folder& folder);
/// What a transient failure is once the write was done and before anybody could say so.
[[nodiscard]] Error uncertain(Error error);

/// 16 digits that nobody else has.
[[nodiscard]] std::string unique_digits();

/// A name that nobody else uses, for something in the making; leftovers of a crash are known by it.
[[nodiscard]] std::string temporary_name();
/// Removes what a crash left in the making more than an hour ago. Failing to is no failure.
void remove_leftovers(const Folder& folder, std::string_view name);
/// Removes a file, or a folder of files. Failing to is no failure.
void remove_quietly(const Folder& folder, const std::string& name) noexcept;

/// A new file, written and flushed under a temporary name, which goes when this does.
class Temporary {
 public:
  /// With `mode`, or without one as the umask has it.
  [[nodiscard]] static Result<Temporary> write(const Folder& folder, std::string_view text, std::optional<mode_t> mode);
  /// The same from a source that must give exactly `size` bytes (else refused), in pieces.
  [[nodiscard]] static Result<Temporary> stream(const Folder& folder, const Source& source, std::uint64_t size,
                                                const CallContext& context);
  Temporary(Temporary&& from) noexcept : folder_(from.folder_), name_(std::exchange(from.name_, {})) {}
  Temporary& operator=(Temporary&&) = delete;
  ~Temporary();

  /// Gives it its name, unless that is taken: false then. The folder is not flushed.
  [[nodiscard]] Result<bool> rename_to_free(const std::string& name);
  /// Gives it its name in place of what has that name. The folder is not flushed.
  [[nodiscard]] Result<void> rename_over(const std::string& name);

 private:
  [[nodiscard]] static Result<Descriptor> create(const Folder& folder, const std::string& name);
  Temporary(const Folder& folder, std::string name) : folder_(&folder), name_(std::move(name)) {}
  const Folder* folder_;
  std::string name_;
};

}  // namespace syncservice::adapter::folder
