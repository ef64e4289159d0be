// record/rich_text/wiki — what the reader and the writer of Jira's wiki markup agree on. Positions are bytes of a text
// that is well-formed UTF-8.
#pragma once

#include "tree.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace syncservice::record::wiki {

/// Characters that a backslash before them makes ordinary.
[[nodiscard]] bool is_escapable(char c);
/// Whether such a backslash stands there.
[[nodiscard]] bool escape_at(std::string_view text, std::size_t at);
/// Two backslashes that end a line; not those of \\server\share.
[[nodiscard]] bool forced_break_at(std::string_view text, std::size_t at);

/// The mark that a character stands for; 0 for none.
[[nodiscard]] Marks mark_of(char c);
[[nodiscard]] char character_of(Mark mark);

/// A construct that is read as a whole, so that nothing in it is markup.
struct Piece {
  enum class Kind { link, text, image, code };
  Kind kind = Kind::text;
  std::size_t end = 0;     ///< where it ends
  std::string_view label;  ///< of a link: its text in markup, empty for the address
  std::string target;      ///< of a link: its address; else the text, the attachment's name or the code
  std::string alt;         ///< of an image
};
/// What begins there: [text|address], [~user], [^attachment], !image.png|alt=…!, {{code}}, {code}…{code}.
[[nodiscard]] std::optional<Piece> piece_at(std::string_view text, std::size_t at);

/// Where the macro of that name begins, {name} or {name:parameters}: its length with both braces; 0 if it does not.
[[nodiscard]] std::size_t macro_at(std::string_view text, std::size_t at, std::string_view name);
/// The parameters of that macro, "" for none.
[[nodiscard]] std::string_view parameters_of(std::string_view macro);
/// The value of `key`, or of the first parameter without a key for "".
[[nodiscard]] std::string_view parameter(std::string_view parameters, std::string_view key);

/// The marker of a list item and the blanks after it, such as "** "; its length, 0 for none. Two hyphens that begin no
/// list's first item but a paragraph are a dash.
struct ItemMarker {
  std::string_view marker;
  std::size_t length = 0;
};
[[nodiscard]] ItemMarker item_marker(std::string_view line, bool in_list);

/// The level of "h1." to "h6.", 0 for none.
[[nodiscard]] int heading_level(std::string_view line);
[[nodiscard]] bool is_rule(std::string_view line);

/// One paragraph's markup, lines and all.
[[nodiscard]] Runs read_runs(std::string_view markup);

/// Runs as markup. `in_cell`: no line may end, and | has a meaning; `one_line`: no line may end.
enum class Place { lines, one_line, cell };
[[nodiscard]] std::string write_runs(const Runs& runs, Place place);

}  // namespace syncservice::record::wiki
