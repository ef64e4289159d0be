// Whole files in and out, with errors a person can act on.
#pragma once

#include "syncservice/base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace syncservice::config {

/// Largest configuration file that is read.
inline constexpr std::size_t largest_file = std::size_t{64} * 1024 * 1024;

/// The bytes of a regular file (or pipe) of at most `limit` bytes. The message begins with "can't be read".
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit = largest_file);

/// Puts `bytes` in the place of an existing file: written beside it, flushed, renamed. Keeps mode and, where permitted,
/// owner; a symbolic link stays one.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view bytes);

}  // namespace syncservice::config
