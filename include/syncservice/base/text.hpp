// base/text — the few string functions that the standard library and Boost lack. All are pure and thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::text {

/// How many bytes at the front are well-formed UTF-8.
[[nodiscard]] std::size_t utf8_prefix(std::string_view bytes) noexcept;

/// True for well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// True when it holds a C0 or C1 control character, or U+007F. Expects UTF-8.
[[nodiscard]] bool has_control(std::string_view utf8) noexcept;

/// Without leading and trailing ASCII white space and U+00A0.
[[nodiscard]] std::string_view trim(std::string_view utf8) noexcept;

/// ASCII only.
[[nodiscard]] std::string lower(std::string_view ascii);
[[nodiscard]] bool iequals(std::string_view left, std::string_view right) noexcept;

/// RFC 3986 percent-decoding, once. Empty when a `%` is not followed by two hex digits. `+` stays `+`.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view encoded);
/// Everything but RFC 3986's unreserved characters as %XX.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

/// A client's value as it may stand in a message or a log: control characters and invalid UTF-8 escaped, cut with "…"
/// after `max_bytes` (never inside a character).
[[nodiscard]] std::string printable(std::string_view bytes, std::size_t max_bytes = 120);

/// Damerau-Levenshtein distance over bytes, case-folded for ASCII; gives up above `limit` and returns limit + 1.
[[nodiscard]] std::size_t distance(std::string_view left, std::string_view right, std::size_t limit);

/// Up to `most` of `known` nearest to `wanted`, nearest first; none that differs in more than a third of its length.
[[nodiscard]] std::vector<std::string> nearest(std::string_view wanted, std::span<const std::string> known,
                                               std::size_t most = 3);

/// `A`, `A or B`, `A, B or C`, each in double quotes.
[[nodiscard]] std::string quoted_list(std::span<const std::string> names);

/// True when both are equal; the time does not depend on where they differ. For secrets.
[[nodiscard]] bool equal_constant_time(std::string_view left, std::string_view right) noexcept;

}  // namespace syncservice::text
