// folder/changes — what changed_since has seen and not told yet, so that not every page costs a look at every file.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncservice::adapter::folder {

/// A file and when it was changed last; pages are in this order.
struct Place {
  std::int64_t changed = 0;  ///< nanoseconds since the epoch
  std::string folder;        ///< of the project; empty: the application's own
  std::string file;
  friend auto operator<=>(const Place&, const Place&) = default;
};

/// What one look at the files found.
struct Listing {
  std::int64_t open = 0;      ///< places from here on may have been missed
  std::vector<Place> places;  ///< in order
  std::size_t told = 0;       ///< so many of them are on pages
  bool whole = true;          ///< false: there are more after the last one
};

/// Keeps the rest of one listing for whoever comes with the cursor that leads to it. Thread-safe.
class Ahead {
 public:
  /// Empty when it is another cursor's.
  [[nodiscard]] std::optional<Listing> take(const std::string& project, const std::string& cursor) {
    const std::lock_guard lock{mutex_};
    if (!listing_ || project != project_ || cursor != cursor_) return std::nullopt;
    return std::exchange(listing_, std::nullopt);
  }
  void keep(const std::string& project, const std::string& cursor, Listing listing) {
    const std::lock_guard lock{mutex_};
    project_ = project;
    cursor_ = cursor;
    listing_ = std::move(listing);
  }

 private:
  std::mutex mutex_;
  std::string project_, cursor_;
  std::optional<Listing> listing_;
};

}  // namespace syncservice::adapter::folder
