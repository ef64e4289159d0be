// record/rich_text/entity — HTML's character references, which Markdown and wiki markup know too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace syncservice::record {

/// The length of the reference that `text` begins with, such as "&amp;" or "&#65;"; 0 if it begins with none.
[[nodiscard]] std::size_t entity_length(std::string_view text);
/// The character that such a reference means; the reference as it stands if it means none.
[[nodiscard]] std::string entity_text(std::string_view reference);

}  // namespace syncservice::record
