// record — the canonical record: what every adapter reads into and writes from. Value semantics; vendor-free.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace syncservice::record {

class Value;
using List = std::vector<Value>;

/// A field's value. `Null` is "present and empty"; an absent field is not in the map at all.
struct Null {
  friend auto operator<=>(Null, Null) = default;
};

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
  /// As a person would write it: text as it stands, numbers and booleans in JSON's form, a list comma-separated.
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

/// The canonical JSON form of fields: an object, keys sorted, no insignificant white space. Stable over versions.
[[nodiscard]] std::string to_json(const Fields& fields);
/// The inverse; fails on anything but an object of scalars and lists of these (nested up to 8 levels).
[[nodiscard]] Result<Fields> fields_from_json(std::string_view json);

[[nodiscard]] nlohmann::json to_json_value(const Value& value);
/// Objects inside values are refused (permanent).
[[nodiscard]] Result<Value> value_from_json(const nlohmann::json& json);

/// Stable 64-bit hash of the canonical JSON form.
[[nodiscard]] std::uint64_t hash(const Fields& fields);

}  // namespace syncservice::record
