// Notices that files which an administrator edits have changed.
#pragma once

#include <string>

namespace syncservice::app {

/// A properties file, and a YAML file or folder of them. Looks at names, sizes and times, never at contents, so it
/// costs a few system calls and works on every file system. Not thread-safe.
class Watch {
 public:
  Watch(std::string properties, std::string mappings);
  /// True when something differs from the last time this was asked (or from construction).
  [[nodiscard]] bool changed();

 private:
  [[nodiscard]] std::string signature() const;
  std::string properties_, mappings_, last_;
};

}  // namespace syncservice::app
