// A long app-links file cut into pieces that can be read side by side.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace syncservice::config {

/// Some items of the list `appLinks:`, whole lines.
struct Piece {
  std::string_view text;
  int lines_before = 0;  ///< in the file
};

struct Pieces {
  std::string_view head;  ///< all before the line `appLinks:`
  std::vector<Piece> links;
};

/// Cuts a file that ends with a block list `appLinks:` between items, into pieces of at least `least` bytes (but the
/// last). Empty when there is any doubt that the pieces mean what the whole does, and when there would be one only.
[[nodiscard]] std::optional<Pieces> cut_app_links(std::string_view text, std::size_t least);

}  // namespace syncservice::config
