// One log line from its parts. Pure; escapes whatever could break the line or the terminal that shows it.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/telemetry/log.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace syncservice::telemetry {

/// "info", "warn" and so on.
[[nodiscard]] std::string_view to_string(Level level) noexcept;

/// `<time> <level> <message> name=value …`, without a newline. A value stands bare, exactly as it is, or else in double
/// quotes with escapes: when it is empty or holds a blank, a quote, a control character or invalid UTF-8.
[[nodiscard]] std::string text_line(Timestamp time, Level level, std::string_view message,
                                    std::initializer_list<Field> fields);

/// The same as one JSON object; invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_line(Timestamp time, Level level, std::string_view message,
                                    std::initializer_list<Field> fields);

}  // namespace syncservice::telemetry
