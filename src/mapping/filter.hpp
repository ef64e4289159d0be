// mapping/filter — `onlyWhen`: a condition over the fields of one record, parsed once.
#pragma once

#include "syncservice/record/record.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace syncservice::mapping {

/// What a field is compared with.
struct Literal {
  std::string text;
  bool bare = false;  ///< without quotes: a number, true or false
  std::optional<double> number;
  std::optional<record::Date> date;
  std::optional<record::Instant> instant;
};

/// One node of a condition. Immutable; depth is bounded by the parser, so walking it recursively is safe.
struct Condition {
  enum class Kind : std::uint8_t {
    one_of,  ///< equal to one of `literals`
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    matches,
    changed,
    empty,
    negation,
    conjunction,
    disjunction
  };
  Kind kind = Kind::one_of;
  std::string field;                          // that is looked at
  std::vector<Literal> literals;              // one, but for one_of
  std::vector<Condition> operands;            // of the last three; one for a negation
  std::shared_ptr<const re2::RE2> pattern{};  // of matches

  /// `snapshot`: the record after the last pass, null when there was none; then what is not empty has changed.
  [[nodiscard]] bool holds(const record::Fields& fields, const record::Fields* snapshot) const;
  /// Adds the fields that it looks at; with `changes` those alone that it asks changed() of.
  void collect(std::set<std::string>& into, bool changes = false) const;
};

/// Parses `text`; on failure leaves what is wrong, with its column, in `fault`.
[[nodiscard]] std::optional<Condition> parse_condition(std::string_view text, std::string& fault);

}  // namespace syncservice::mapping
