// sync/stored_side — a side as the store's tables keep it.
#pragma once

#include "syncservice/base/ids.hpp"

#include <cstdint>

namespace syncservice::sync {

[[nodiscard]] constexpr std::int64_t stored(Side side) noexcept {
  return side == Side::source ? 0 : 1;
}

[[nodiscard]] constexpr Side side_of(std::int64_t kept) noexcept {
  return kept == 0 ? Side::source : Side::destination;
}

}  // namespace syncservice::sync
