// Notices that files which an administrator edits have changed.
#pragma once

#include <string>

namespace syncservice::app {

/// A properties file, and a YAML file or folder of them. Looks at names, sizes and times, never at contents, so it
/// costs a few system calls and works on every file system. What differs counts only when two looks in a row find it
/// alike: until then it may be half of what is being saved. Not thread-safe.
class Watch {
 public:
  Watch(std::string properties, std::string mappings);
  /// One look. True when the files are as the last look found them, and differ from what was taken over; they then
  /// count as taken over.
  [[nodiscard]] bool changed();
  /// The files are taken over as they are now, whatever the looks found. Called before they are read, so that a later
  /// change is seen as one.
  void taken();

 private:
  [[nodiscard]] std::string signature() const;
  std::string properties_, mappings_;
  std::string seen_, taken_;  // by the last look; when the files were taken over
};

}  // namespace syncservice::app
