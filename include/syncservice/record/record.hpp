// record — the canonical record: what every adapter reads into and writes from. Value semantics; vendor-free.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
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

/// Formatted text in its one canonical form: the small, sanitized HTML subset that rich_text.hpp describes. Only
/// rich_text.hpp makes one that is not empty.
class RichText {
 public:
  RichText() = default;
  [[nodiscard]] const std::string& html() const noexcept { return html_; }
  [[nodiscard]] bool empty() const noexcept { return html_.empty(); }
  friend bool operator==(const RichText&, const RichText&) = default;

 private:
  friend class RichTextWriter;  // src/record: the end of every converter
  explicit RichText(std::string canonical) : html_(std::move(canonical)) {}
  std::string html_;
};

/// A calendar day without a zone.
using Date = std::chrono::year_month_day;

/// A point in time, with the zone it came in. The zone is for people: two instants are equal when they are the same
/// moment.
struct Instant {
  Timestamp at{};
  std::chrono::minutes zone{};  ///< what local time was ahead of UTC, −18 h to +18 h
  friend bool operator==(const Instant& left, const Instant& right) noexcept { return left.at == right.at; }
};

/// A person, as far as the system tells; any part may be empty.
struct User {
  std::string id, name, email;
  friend bool operator==(const User&, const User&) = default;
};

/// One of a closed set of choices; either part may be empty.
struct Option {
  std::string id, name;
  friend bool operator==(const Option&, const Option&) = default;
};

/// Another record of the same system.
struct Reference {
  ProjectName project;  ///< empty: the system has no projects, or the id says it
  RecordId id;
  friend bool operator==(const Reference&, const Reference&) = default;
};

/// A field's value; compares by kind and content (1 and 1.0 differ). Decimals are doubles in their shortest exact
/// form: 15 significant digits survive.
class Value {
 public:
  using Variant = std::variant<Null, bool, std::int64_t, double, std::string, RichText, Date, Instant, User, Option,
                               Reference, List>;
  Value() = default;
  Value(Variant value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): a value is its content
  Value(std::string text) : value_(std::move(text)) {}
  Value(const char* text) : value_(std::string{text}) {}
  Value(std::int64_t number) : value_(number) {}
  Value(int number) : value_(std::int64_t{number}) {}
  Value(double number) : value_(number) {}
  Value(bool truth) : value_(truth) {}
  Value(RichText text) : value_(std::move(text)) {}
  Value(Date date) : value_(date) {}
  Value(Instant instant) : value_(instant) {}
  Value(User user) : value_(std::move(user)) {}
  Value(Option option) : value_(std::move(option)) {}
  Value(Reference reference) : value_(std::move(reference)) {}
  Value(List list) : value_(std::move(list)) {}

  [[nodiscard]] const Variant& get() const noexcept { return value_; }
  /// The content when it is of that kind, else null.
  template <class Kind>
  [[nodiscard]] const Kind* as() const noexcept {
    return std::get_if<Kind>(&value_);
  }
  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<Null>(value_); }
  /// As a person would write it: text as it stands, rich text without its formatting, numbers and booleans in JSON's
  /// form, "2026-11-24", "2026-11-24T02:53:11.042Z", the name of a user or an option (else its e-mail or id), the id
  /// of a record, a list separated by ", ", nothing for Null.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Value&, const Value&) = default;

 private:
  Variant value_;
};

using Fields = std::map<std::string, Value, std::less<>>;

/// "2026-11-24".
[[nodiscard]] std::string to_text(Date date);
/// "+01:00".
[[nodiscard]] std::string to_text(std::chrono::minutes zone);
/// ISO 8601's calendar date, "2026-11-24"; empty for anything else and for days that are not.
[[nodiscard]] std::optional<Date> date_from_text(std::string_view text) noexcept;
/// "+01:00", "+0100" or "Z", up to 18 h; empty for anything else.
[[nodiscard]] std::optional<std::chrono::minutes> zone_from_text(std::string_view text) noexcept;
/// RFC 3339 and the looser ISO 8601 forms that trackers write: a blank for the T, no seconds, a zone without a colon;
/// finer than milliseconds is cut off. Empty without a zone, and for days and times that are not.
[[nodiscard]] std::optional<Instant> instant_from_text(std::string_view text) noexcept;

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
/// are kept (1 and 1.0 differ). What JSON has no kind for is an object whose first member says what it is, for example
/// {"$date":"2026-11-24"}, {"$instant":"2026-11-24T02:53:11.042Z","zone":"+01:00"}, {"$user":"id","name":…,"email":…},
/// {"$option":"id","name":…}, {"$ref":"id","project":…}, {"$rich":"<p>…</p>"}; empty parts are left out. Stable over
/// versions. Bytes that are not UTF-8 become U+FFFD, a number that is not
/// finite becomes null.
[[nodiscard]] std::string to_json(const Fields& fields);
/// The inverse; fails (permanent) on anything but an object of scalars and lists of these (nested up to
/// max_list_depth). Strict as parse_json.
[[nodiscard]] Result<Fields> fields_from_json(std::string_view json);

[[nodiscard]] nlohmann::json to_json_value(const Value& value);
/// Objects other than those of the canonical form are refused (permanent), and so are integers above 2^63-1 and numbers
/// that are not finite.
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
