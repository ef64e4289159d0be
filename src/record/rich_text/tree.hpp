// record/rich_text/tree — the document that every reader builds and every writer walks. Text is a flat row of runs,
// each with the set of its marks, so that one text has one form.
#pragma once

#include "syncservice/record/record.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::record {

/// What a run of text may be, all at once, but code, which is nothing else. In the order in which elements nest.
enum Mark : std::uint8_t {
  strong = 1,
  emphasis = 2,
  underline = 4,
  strike = 8,
  subscript = 16,
  superscript = 32,
  code = 64
};
using Marks = std::uint8_t;
inline constexpr Mark all_marks[] = {strong, emphasis, underline, strike, subscript, superscript, code};

struct Run {
  enum class Kind : std::uint8_t { text, line_break, image };
  Kind kind = Kind::text;
  std::string text;  ///< of an image: the attachment's name
  Marks marks = 0;
  std::string link;  ///< address, empty for none
  std::string alt;   ///< of an image
  friend bool operator==(const Run&, const Run&) = default;
};
using Runs = std::vector<Run>;

struct Block;
using Blocks = std::vector<Block>;

struct Cell {
  bool header = false;
  Runs runs;
  friend bool operator==(const Cell&, const Cell&) = default;
};
using Row = std::vector<Cell>;

struct Block {
  enum class Kind : std::uint8_t { paragraph, heading, list, table, code, quote, rule };
  Kind kind = Kind::paragraph;
  int level = 0;              ///< of a heading, 1–6
  bool ordered = false;       ///< of a list
  std::string text;           ///< of a code block, without empty lines at its ends
  std::string language;       ///< of a code block, may be empty
  Runs runs;                  ///< of a paragraph or heading
  Blocks blocks;              ///< of a quote
  std::vector<Blocks> items;  ///< of a list
  std::vector<Row> rows;      ///< of a table
  friend bool operator==(const Block&, const Block&) = default;
};

/// How deep lists, quotes and tables may stand in each other; what is deeper is lifted (Builder).
inline constexpr std::size_t deepest_block = 20;
/// Cells of a table, counted with those that shorter rows lack; a larger table becomes lines.
inline constexpr std::size_t most_cells = 100'000;

/// The one maker of RichText: normalises the document and writes it canonically.
class RichTextWriter {
 public:
  [[nodiscard]] static RichText write(Blocks document);
};

/// The document of a canonical text, normalised.
[[nodiscard]] Blocks document_of(const RichText& text);

/// Runs with white space collapsed and outside of marks where a mark begins or ends, without empty ones, equal
/// neighbours joined, nothing blank at the ends of lines. A no-break space stays where it stands alone between words.
[[nodiscard]] Runs normalised(Runs runs);
/// The same for a whole document; empty blocks are left out.
[[nodiscard]] Blocks normalised(Blocks blocks);

/// Adds text to the end, to the last run if it has the same marks and link.
void append(Runs& runs, std::string_view text, Marks marks = 0, const std::string& link = {});
void append_break(Runs& runs);

}  // namespace syncservice::record
