// config/location — a place in a file that an administrator edits.
#pragma once

namespace syncservice::config {

/// From 1, columns counted in characters. Line 0: nowhere in the file, it is the default.
struct Location {
  int line = 0, column = 0;
  friend bool operator==(const Location&, const Location&) = default;
};

}  // namespace syncservice::config
