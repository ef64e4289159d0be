// record/rich_text/address — addresses of links and images.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace syncservice::record {

/// Bytes of an address; a longer one is dropped.
inline constexpr std::size_t longest_link = 2'000;
/// What the address of an image begins with; the name of the attachment follows.
inline constexpr std::string_view attachment_scheme = "attachment:";

/// An address that may stand in a link, in the one form it is kept in; empty when it may not.
[[nodiscard]] std::string safe_link(std::string_view address);

/// The part after the last slash, without query and fragment: the name under which an image may be attached.
[[nodiscard]] std::string file_name(std::string_view address);

/// The length of the web address that begins there in running text, 0 for none.
[[nodiscard]] std::size_t bare_address(std::string_view text, std::size_t at);

}  // namespace syncservice::record
