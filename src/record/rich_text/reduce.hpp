// record/rich_text/reduce — what cannot stand where it stands, brought down to what can.
#pragma once

#include "tree.hpp"

namespace syncservice::record {

/// Everything that these blocks hold, as lines of text.
[[nodiscard]] Runs lines_of(const Blocks& blocks);
/// A table as a paragraph, a line for each row.
[[nodiscard]] Block lines_of(const Block& table);

/// Where a format is stricter than HTML. In none does a list item hold a heading, a table or a rule, which become a
/// bold paragraph, lines and a dash; nor a quote a quote, whose blocks move into the outer one.
struct Limits {
  bool plain_quotes = false;    ///< quotes hold no more than list items do
  bool quotes_in_items = true;  ///< unless the list stands in a quote
};
/// A normalised document within these limits, normalised.
[[nodiscard]] Blocks reduced(Blocks document, const Limits& limits);

}  // namespace syncservice::record
