#include "fault.hpp"

#ifdef SYNCSERVICE_FAULT_POINTS

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace syncservice::sync {

void fault_point(const char* name) noexcept {
  static const std::string wanted = [] {
    const char* value = std::getenv("SYNCSERVICE_FAULT_POINTS");
    return std::string{value == nullptr ? "" : value};
  }();
  static std::atomic<int> passed = 0;
  const std::size_t colon = wanted.rfind(':');
  if (colon == std::string::npos || std::string_view{wanted}.substr(0, colon) != name) return;
  if (++passed != std::atoi(wanted.c_str() + colon + 1)) return;
  static_cast<void>(::write(STDERR_FILENO, name, std::string_view{name}.size()));
  ::kill(::getpid(), SIGKILL);
}

}  // namespace syncservice::sync

#endif
