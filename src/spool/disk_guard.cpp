#include "disk_guard.hpp"

#include <sys/statvfs.h>

#include <utility>

namespace syncservice::spool {

DiskGuard::DiskGuard(std::string folder, std::int64_t reserve_bytes)
    : folder_(std::move(folder)), reserve_bytes_(reserve_bytes) {}

bool DiskGuard::low() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return low_;
  next_ = now + std::chrono::seconds{1};
  struct statvfs room {};
  if (::statvfs(folder_.c_str(), &room) == 0) {
    low_ = static_cast<std::int64_t>(room.f_bavail) * static_cast<std::int64_t>(room.f_frsize) < reserve_bytes_;
  }
  return low_;
}

}  // namespace syncservice::spool
