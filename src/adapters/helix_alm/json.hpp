// Reading members of answers, whatever they hold.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace syncservice::adapter::helix_alm {

using Json = nlohmann::json;

/// The member; null when there is none.
[[nodiscard]] inline const Json& member(const Json& object, std::string_view name) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

/// The member's text; empty when it is none. It lives as long as `object`.
[[nodiscard]] inline std::string_view text_at(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  return value.is_string() ? std::string_view{value.get_ref<const std::string&>()} : std::string_view{};
}

/// The member as a whole number; 0 when it is none.
[[nodiscard]] inline std::int64_t number_at(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

[[nodiscard]] inline bool true_at(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  return value.is_boolean() && value.get<bool>();
}

/// The member when it is a list, else an empty one.
[[nodiscard]] inline const Json& list_at(const Json& object, std::string_view name) {
  static const Json empty = Json::array();
  const Json& value = member(object, name);
  return value.is_array() ? value : empty;
}

}  // namespace syncservice::adapter::helix_alm
