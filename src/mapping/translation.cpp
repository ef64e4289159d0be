#include "translation.hpp"

namespace syncservice::mapping {
namespace {

constexpr std::string_view any = "*";

}  // namespace

Translation::Translation(const std::map<std::string, std::string>& left_to_right) : identity_(left_to_right.empty()) {
  for (const auto& [left, right] : left_to_right) {
    if (left == any) {
      rest_ = right;
      continue;
    }
    to_right_.emplace(left, right);
    const auto [back, inserted] = to_left_.emplace(right, left);
    if (!inserted) ambiguities_.push_back({right, back->second, left});
  }
}

std::optional<std::string> Translation::look_up(const std::string& text, Side to) const {
  const auto& entries = to == Side::destination ? to_right_ : to_left_;
  if (const auto found = entries.find(text); found != entries.end()) return found->second;
  if (text.empty() || rest_ == any) return text;
  if (to == Side::destination) return rest_;
  return std::nullopt;
}

std::optional<record::Value> Translation::apply(const record::Value& value, Side to, std::string& missing) const {
  if (identity_) return value;
  if (const auto* list = std::get_if<record::List>(&value.get())) {
    record::List out;
    out.reserve(list->size());
    for (const auto& element : *list) {
      auto counterpart = apply(element, to, missing);
      if (!counterpart) return std::nullopt;
      out.push_back(std::move(*counterpart));
    }
    return record::Value{std::move(out)};
  }
  std::string text = value.text();
  auto counterpart = look_up(text, to);
  if (!counterpart) {
    missing = std::move(text);
    return std::nullopt;
  }
  if (*counterpart == text) return value;
  return record::Value{std::move(*counterpart)};
}

}  // namespace syncservice::mapping
