// helix_alm/values — values of fields as the API writes them, each under a key that its type names. Pure.
#pragma once

#include "json.hpp"

#include "syncservice/adapter/adapter.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace syncservice::adapter::helix_alm {

/// The types of fields.
enum class Shape : std::uint8_t {
  text,
  formatted,
  version,
  boolean,
  integer,
  decimal,
  date,
  date_time,
  menu_item,
  menu_items,
  user,
  users
};

/// "formattedString"; empty for a type that is not known.
[[nodiscard]] std::optional<Shape> shape_named(std::string_view type);
/// The type, which is the value's key as well.
[[nodiscard]] std::string_view to_string(Shape shape) noexcept;
[[nodiscard]] FieldKind kind_of(Shape shape) noexcept;
[[nodiscard]] bool is_list(Shape shape) noexcept;

/// A value that is not set is Null; the blank forms of one are as well.
[[nodiscard]] record::Value value_of(Shape shape, const Json& value);
/// A value of the shape's kind, or Null, which gives the form that empties a field. Refused, naming the field, when the
/// API has no way to say it.
[[nodiscard]] Result<Json> json_of(Shape shape, const std::string& label, const record::Value& value);
/// Whether a value that was written is what the field now holds. What servers change for themselves, such as the white
/// space of texts, makes no difference.
[[nodiscard]] bool is_kept(Shape shape, const record::Value& written, const record::Value& held);

/// A user as the API names one.
[[nodiscard]] record::User user_of(const Json& value);
/// "2019-01-04T12:46:37Z"; what is finer than a second is cut off.
[[nodiscard]] std::string to_moment(Timestamp instant);

/// The marker as its field holds it: nothing in it means anything in a search.
[[nodiscard]] std::string marker_to_stored(const std::string& marker);
[[nodiscard]] std::string marker_from(std::string_view stored);

}  // namespace syncservice::adapter::helix_alm
