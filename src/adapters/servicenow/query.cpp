#include "query.hpp"

#include <algorithm>

#include "syncservice/base/text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

constexpr std::string_view new_query = "NQ", order_descending = "ORDERBYDESC", order_by = "ORDERBY", or_else = "OR",
                           group_by = "GROUPBY";

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::vector<std::string_view> parts_of(std::string_view query) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = std::min(query.find('^'), query.size());
    if (end > 0) parts.push_back(query.substr(0, end));
    if (end == query.size()) return parts;
    query.remove_prefix(end + 1);
  }
}

// The parts of each alternative, joined again.
std::vector<std::string> alternatives_of(std::string_view query) {
  std::vector<std::string> out(1);
  for (std::string_view part : parts_of(query)) {
    if (part == "EQ") continue;
    if (part.starts_with(new_query)) {
      out.emplace_back();
      part.remove_prefix(new_query.size());
    }
    if (!part.empty()) out.back().append(out.back().empty() ? "" : "^").append(part);
  }
  return out;
}

}  // namespace

bool is_sys_id(std::string_view text) noexcept {
  return text.size() == 32 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 80 && std::all_of(text.begin(), text.end(), is_name_character);
}

bool can_be_value(std::string_view text) noexcept {
  return !text.empty() && text.find('^') == std::string_view::npos && !text::has_control(text) &&
         text::lower(text.substr(0, 11)) != "javascript:";
}

std::vector<std::string> columns_of(std::string_view query) {
  std::vector<std::string> columns;
  for (std::string_view part : parts_of(query)) {
    if (part == "EQ") continue;
    for (const std::string_view word : {order_descending, order_by, group_by, new_query, or_else}) {
      if (!part.starts_with(word)) continue;
      part.remove_prefix(word.size());
      break;
    }
    const auto end = std::find_if(part.begin(), part.end(), [](char c) { return !is_name_character(c) && c != '.'; });
    columns.emplace_back(part.begin(), end);
  }
  return columns;
}

std::string all_of(const std::vector<std::string>& alternatives, std::string_view further, std::string_view order) {
  std::string out;
  for (const std::string& ours : alternatives) {
    for (const std::string& theirs : alternatives_of(further)) {
      if (!out.empty()) out.append("^").append(new_query);
      out.append(ours);
      if (!theirs.empty()) out.append(ours.empty() ? "" : "^").append(theirs);
    }
  }
  if (!order.empty()) out.append(out.empty() ? "" : "^").append(order);
  return out;
}

}  // namespace syncservice::adapter::servicenow
