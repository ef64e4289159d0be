#include "translation.hpp"

#include "values.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::mapping {
namespace {

constexpr std::string_view any = "*";

// E-mail addresses are kept and looked up in lower case.
std::string as_key(std::string_view text) {
  return text.find('@') == std::string_view::npos ? std::string{text} : text::lower(text);
}

// What a value may be called in a table, the best name first.
std::vector<std::string> names_of(const record::Value& value) {
  std::vector<std::string> names;
  if (const auto* user = value.as<record::User>()) {
    names = {user->email, user->name, user->id};
  } else if (const auto* option = value.as<record::Option>()) {
    names = {option->name, option->id};
  } else {
    return {value.text()};
  }
  names.erase(std::remove(names.begin(), names.end(), std::string{}), names.end());
  if (names.empty()) names.emplace_back();
  return names;
}

}  // namespace

Translation::Translation(const std::map<std::string, std::string>& left_to_right) : identity_(left_to_right.empty()) {
  for (const auto& [left, right] : left_to_right) {
    if (left == any) {
      rest_ = right;
      continue;
    }
    to_right_.emplace(as_key(left), right);
    const auto [back, inserted] = to_left_.emplace(as_key(right), left);
    if (!inserted) ambiguities_.push_back({right, back->second, left});
  }
}

std::optional<record::Value> Translation::apply(const record::Value& value, Side to) const {
  if (identity_) return value;
  const auto& entries = to == Side::destination ? to_right_ : to_left_;
  const std::vector<std::string> names = names_of(value);
  for (const std::string& name : names) {
    const auto found = entries.find(as_key(name));
    if (found == entries.end()) continue;
    if (found->second == name) return value;
    return record::Value{found->second};
  }
  if (is_empty(value) || rest_ == any) return value;
  if (to == Side::destination && rest_) {
    if (std::find(names.begin(), names.end(), *rest_) != names.end()) return value;
    return record::Value{*rest_};
  }
  return std::nullopt;
}

std::vector<std::string> Translation::texts(Side side) const {
  std::vector<std::string> out;
  for (const auto& [left, right] : to_right_) {
    const std::string& text = side == Side::source ? left : right;
    if (!text.empty()) out.push_back(text);
  }
  if (side == Side::destination && rest_ && rest_ != any && !rest_->empty()) out.push_back(*rest_);
  return out;
}

}  // namespace syncservice::mapping
