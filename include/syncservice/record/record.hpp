// record — the canonical record: what every adapter reads into and writes from. Value semantics; vendor-free.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace syncservice::record {

/// Why text or JSON is no canonical value (all permanent).
enum class Fault : std::uint8_t {
  syntax = 1,        ///< not JSON, or not UTF-8
  duplicate_member,  ///< one object names a member twice
  number_range,      ///< an integer beyond 64 bits, or a number that is not finite
  too_deep,          ///< nested deeper than allowed
  not_a_value        ///< JSON, but not what a field may hold
};
[[nodiscard]] const boost::system::error_category& record_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Fault fault) noexcept;

/// How deep lists may stand in lists in one field.
inline constexpr std::size_t max_list_depth = 8;

class Value;
using List = std::vector<Value>;

/// A field's value. `Null` is "present and empty"; an absent field is not in the map at all.
struct Null {
  friend auto operator<=>(Null, Null) = default;
};

/// A field's value; compares by kind and content (1 and 1.0 differ).
class Value {
 public:
  using Variant = std::variant<Null, bool, std::int64_t, double, std::string, List>;
  Value() = default;
  Value(Variant value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): a value is its content
  Value(std::string text) : value_(std::move(text)) {}
  Value(const char* text) : value_(std::string{text}) {}
  Value(std::int64_t number) : value_(number) {}
  Value(int number) : value_(std::int64_t{number}) {}
  Value(double number) : value_(number) {}
  Value(bool truth) : value_(truth) {}
  Value(List list) : value_(std::move(list)) {}

  [[nodiscard]] const Variant& get() const noexcept { return value_; }
  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<Null>(value_); }
  /// As a person would write it: text as it stands, numbers and booleans in JSON's form, a list separated by ", ",
  /// nothing for Null.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Value&, const Value&) = default;

 private:
  Variant value_;
};

using Fields = std::map<std::string, Value, std::less<>>;

/// A record as an adapter read it.
struct Record {
  ProjectName project;
  RecordId id;
  std::string type;  ///< the system's own name of the record type, may be empty
  Fields fields;
  std::optional<Timestamp> updated;  ///< last change at the system, if it says so
  std::string marker;                ///< the marker that our creation left in it, empty if none
  friend bool operator==(const Record&, const Record&) = default;
};

/// The canonical JSON form of fields: an object, keys sorted by bytes, no insignificant white space, numbers as they
/// are kept (1 and 1.0 differ). Stable over versions. Bytes that are not UTF-8 become U+FFFD, a number that is not
/// finite becomes null.
[[nodiscard]] std::string to_json(const Fields& fields);
/// The inverse; fails (permanent) on anything but an object of scalars and lists of these (nested up to
/// max_list_depth). Strict as parse_json.
[[nodiscard]] Result<Fields> fields_from_json(std::string_view json);

[[nodiscard]] nlohmann::json to_json_value(const Value& value);
/// Objects inside values are refused (permanent), and so are integers above 2^63-1 and numbers that are not finite.
[[nodiscard]] Result<Value> value_from_json(const nlohmann::json& json);

/// Reads one JSON document, keeping the order of members, and refuses (permanent) what would not survive a round trip:
/// duplicate members, invalid UTF-8, integers beyond 64 bits, infinite numbers; and nesting of objects and lists beyond
/// `max_depth`. Messages name the member, or line and column.
[[nodiscard]] Result<nlohmann::ordered_json> parse_json(std::string_view json, std::size_t max_depth);

/// Stable 64-bit hash (FNV-1a) of the canonical JSON form. For look-up, not for security.
[[nodiscard]] std::uint64_t hash(const Fields& fields);

}  // namespace syncservice::record

template <>
struct boost::system::is_error_code_enum<syncservice::record::Fault> : std::true_type {};
