// servicenow/query — encoded queries (sysparm_query). The API has no way to quote a value, drops conditions whose
// column it does not know, and runs a value that begins with "javascript:"; so values that can't stand in a query are
// told apart, and an administrator's query is checked column by column.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::servicenow {

/// 32 hexadecimal digits, lower case.
[[nodiscard]] bool is_sys_id(std::string_view text) noexcept;

/// A table's or column's name, so nothing that has a meaning of its own in a query or a path.
[[nodiscard]] bool is_name(std::string_view text) noexcept;

/// True when the text can be the value of a condition, and mean itself.
[[nodiscard]] bool can_be_value(std::string_view text) noexcept;

/// The columns that a query names, in its conditions and its order, dot-walked ones whole.
[[nodiscard]] std::vector<std::string> columns_of(std::string_view query);

/// Every row that one of `alternatives` and the further condition hold for. A further condition with alternatives of
/// its own (^NQ) keeps its meaning. `order` comes last.
[[nodiscard]] std::string all_of(const std::vector<std::string>& alternatives, std::string_view further,
                                 std::string_view order);

}  // namespace syncservice::adapter::servicenow
