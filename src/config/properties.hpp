// The syntax of java.util.Properties over UTF-8 text. Knows nothing of particular keys.
#pragma once

#include "syncservice/config/location.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::config {

/// One entry, escapes resolved. [begin, end) are the bytes of its logical line: without indentation and terminator.
struct Property {
  std::string key, value;
  Location key_at, value_at;
  std::size_t begin = 0, end = 0;
  bool sound = true;  ///< false: its line has a fault, so the value is not what was meant
};

/// One thing that is not well formed.
struct PropertyFault {
  Location at;
  std::string what;
};

struct ParsedProperties {
  std::vector<Property> entries;  ///< in the order of the file, a repeated key as often as it stands there
  std::vector<PropertyFault> faults;
};

/// Reads the whole text, faults or not. Comments may hold any bytes.
[[nodiscard]] ParsedProperties parse_properties(std::string_view text);

/// "key=value" as parse_properties reads it back. Expects UTF-8 without NUL.
[[nodiscard]] std::string format_property(std::string_view key, std::string_view value);

}  // namespace syncservice::config
