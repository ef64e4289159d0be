// record/rich_text/words — what a piece of UTF-8 text is made of, as far as every format asks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace syncservice::record {

inline constexpr std::string_view no_break_space = "\xC2\xA0";

/// Of ASCII.
[[nodiscard]] bool is_alnum(char c) noexcept;

/// Whether a letter or digit ends right before `at`, or begins there. A mark does not begin or end inside a word.
[[nodiscard]] bool word_before(std::string_view text, std::size_t at);
[[nodiscard]] bool word_at(std::string_view text, std::size_t at);
/// Whether a blank or a line's end stands there, or the text ends.
[[nodiscard]] bool blank_at(std::string_view text, std::size_t at);

/// Well-formed UTF-8 without control characters; line ends and tabs stay (as \n and \t) or become blanks.
[[nodiscard]] std::string cleaned(std::string_view bytes, bool keep_lines);

}  // namespace syncservice::record
