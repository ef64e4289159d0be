// Is there room to promise anything?
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace syncservice::spool {

/// Asks the file system at most once a second. Used by one thread at a time.
class DiskGuard {
 public:
  DiskGuard(std::string folder, std::int64_t reserve_bytes);
  [[nodiscard]] bool low();
  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

 private:
  std::string folder_;
  std::int64_t reserve_bytes_;
  bool low_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace syncservice::spool
