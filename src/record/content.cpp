#include "syncservice/record/content.hpp"

#include <algorithm>

namespace syncservice::record {
namespace {

bool is_lead(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

}  // namespace

bool is_empty(const Value& value) noexcept {
  struct Check {
    bool operator()(Null) const { return true; }
    bool operator()(const std::string& text) const { return text.empty(); }
    bool operator()(const RichText& text) const { return text.empty(); }
    bool operator()(const User& user) const { return user == User{}; }
    bool operator()(const Option& option) const { return option == Option{}; }
    bool operator()(const Reference& reference) const { return reference.id.empty(); }
    bool operator()(const List& list) const { return list.empty(); }
    bool operator()(bool) const { return false; }
    bool operator()(std::int64_t) const { return false; }
    bool operator()(double) const { return false; }
    bool operator()(const Date&) const { return false; }
    bool operator()(const Instant&) const { return false; }
  };
  return std::visit(Check{}, value.get());
}

std::size_t characters(std::string_view utf8) noexcept {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), is_lead));
}

std::string_view first_characters(std::string_view utf8, std::size_t most) noexcept {
  const auto end = std::find_if(utf8.begin(), utf8.end(), [&most](char c) { return is_lead(c) && most-- == 0; });
  return utf8.substr(0, static_cast<std::size_t>(end - utf8.begin()));
}

}  // namespace syncservice::record
