// config/parallel — work on many independent things at once, for loading what is long.
#pragma once

#include <cstddef>
#include <functional>

namespace syncservice::config {

/// Calls `work` with 0 … count − 1, each once, on the calling thread and as many others as the machine has room for;
/// returns when all are done. What one of them throws is thrown here, after the others have ended.
void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work);

/// How many threads side_by_side() uses at most.
[[nodiscard]] std::size_t threads_side_by_side() noexcept;

}  // namespace syncservice::config
