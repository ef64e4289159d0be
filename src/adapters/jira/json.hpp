// Reading members of answers, whatever they hold.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace syncservice::adapter::jira {

/// The member's text; empty when it is none. It lives as long as `object`.
[[nodiscard]] inline std::string_view text_at(const nlohmann::json& object, const char* member) {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  if (found == object.end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>();
}

/// The member as an id: text, or a whole number written as text; empty when it is neither.
[[nodiscard]] inline std::string id_at(const nlohmann::json& object, const char* member = "id") {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? std::to_string(found->get<std::int64_t>()) : std::string{};
}

/// The member when it is an object, else an empty one.
[[nodiscard]] inline const nlohmann::json& object_at(const nlohmann::json& object, const char* member) {
  static const nlohmann::json empty = nlohmann::json::object();
  if (!object.is_object()) return empty;
  const auto found = object.find(member);
  return found == object.end() || !found->is_object() ? empty : *found;
}

/// The member when it is a list, else an empty one.
[[nodiscard]] inline const nlohmann::json& list_at(const nlohmann::json& object, const char* member) {
  static const nlohmann::json empty = nlohmann::json::array();
  if (!object.is_object()) return empty;
  const auto found = object.find(member);
  return found == object.end() || !found->is_array() ? empty : *found;
}

[[nodiscard]] inline bool true_at(const nlohmann::json& object, const char* member) {
  if (!object.is_object()) return false;
  const auto found = object.find(member);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace syncservice::adapter::jira
