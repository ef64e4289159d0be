// folder/markers — finds a record's file by its marker without reading them all: a folder `.markers` beside the
// records, in it for each marker a symbolic link that names the file. A link may lie (a crash before the record was
// made, a file deleted): whoever asks must look whether the record bears the marker.
#pragma once

#include "files.hpp"

namespace syncservice::adapter::folder {

class Markers {
 public:
  /// Opens the index of a folder of records; makes it from the records where there is none.
  [[nodiscard]] static Result<Markers> open(const Folder& records, const std::string& marker_member,
                                            const CallContext& context);

  /// Notes which file is going to bear the marker. Flushed on return.
  [[nodiscard]] Result<void> put(const std::string& marker, const std::string& file);
  /// The file that was noted last; empty when none was.
  [[nodiscard]] Result<std::optional<std::string>> find(const std::string& marker) const;
  /// Calls `visit` with each file that was noted, those that are gone by now too.
  [[nodiscard]] Result<void> for_each_file(const std::function<void(std::string_view file)>& visit) const;

 private:
  /// The file that a link names; empty when there is no link that we made.
  [[nodiscard]] Result<std::optional<std::string>> target(const std::string& name) const;
  explicit Markers(Folder index) : index_(std::move(index)) {}
  Folder index_;
};

}  // namespace syncservice::adapter::folder
