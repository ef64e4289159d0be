// record/rich_text/html_lexis — what HTML's elements and styles mean for the document.
#pragma once

#include "tree.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace syncservice::record::html {

enum class Role : std::uint8_t {
  unknown,  ///< passes its content through
  ignored,  ///< with all that is in it
  mark,
  block,  ///< ends the paragraph before it and in it
  term,   ///< a block in bold
  heading,
  link,
  list,
  item,
  table,
  row,
  cell,
  quote,
  preformatted,
  line_break,
  rule,
  image,
  input
};

struct Meaning {
  Role role = Role::unknown;
  int detail = 0;  ///< of a mark: which; of a heading: its level; of a list or a cell: ordered, header
};
[[nodiscard]] Meaning meaning_of(std::string_view element);

/// What a style attribute says, as editors write it instead of elements.
struct Style {
  Marks on = 0;
  Marks off = 0;
  bool hidden = false;
  int word_level = 0;      ///< Word's own list item, 1 for the outermost; 0 for none
  bool word_mark = false;  ///< the bullet or number of such an item
};
[[nodiscard]] Style style_of(std::string_view css);

/// The language that an element's class names: language-java, code-java, brush: java.
[[nodiscard]] std::string language_of(std::string_view classes);

/// HTML ready for the parser: well-formed UTF-8, without comments, conditional sections and embedded data.
[[nodiscard]] std::string prepared(std::string_view html);
/// For what no parser should see: tags replaced by blanks.
[[nodiscard]] std::string without_tags(std::string_view html);

}  // namespace syncservice::record::html
