// alm/memo — the one memo that holds all comments of an entity, in the form of ALM's own client: a line of underscores
// (but before the first one), "Full Name <login>, 24/11/2026:", and the text. Pure.
#pragma once

#include "syncservice/record/record.hpp"
#include "syncservice/record/rich_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::alm {

/// In which order days are written: 24/11/2026 or 11/24/2026.
enum class DateOrder : std::uint8_t { day_first, month_first };

/// One comment as it stands in the memo.
struct MemoComment {
  std::string id;       ///< made of what it says, so that it stays while others come and go
  record::User author;  ///< empty for text that names none
  std::optional<record::Date> date;
  record::RichText body;
};

/// All of them, in the order of the memo. Takes HTML and plain text.
[[nodiscard]] std::vector<MemoComment> parse_memo(const std::string& memo, DateOrder order);

/// The memo with one more comment at its end; what was there stays as it is.
[[nodiscard]] std::string append_comment(const std::string& memo, const record::User& author, record::Date date,
                                         const record::RichText& body, DateOrder order);

}  // namespace syncservice::adapter::alm
