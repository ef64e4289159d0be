// record/rich_text/reduce — what cannot stand where it stands, brought down to what can.
#pragma once

#include "tree.hpp"

namespace syncservice::record {

/// Everything that these blocks hold, as lines of text.
[[nodiscard]] Runs lines_of(const Blocks& blocks);
/// A table as a paragraph, a line for each row.
[[nodiscard]] Block lines_of(const Block& table);

/// Blocks as a list item or a quote may hold them in formats that are stricter than HTML: headings become bold
/// paragraphs, tables lines, rules a dash, and quotes (where `keep_quotes` is not set) what stands in them.
[[nodiscard]] Blocks reduced(const Blocks& blocks, bool keep_quotes);

}  // namespace syncservice::record
