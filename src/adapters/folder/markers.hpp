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

 private:
  explicit Markers(Folder index) : index_(std::move(index)) {}
  Folder index_;
};

}  // namespace syncservice::adapter::folder
