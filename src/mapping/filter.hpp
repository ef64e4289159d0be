// mapping/filter — `onlyWhen`: a condition over the fields of one record, parsed once.
#pragma once

#include "syncservice/record/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::mapping {

/// One node of a condition. Immutable; depth is bounded by the parser, so walking it recursively is safe.
struct Condition {
  enum class Kind : std::uint8_t { comparison, negation, conjunction, disjunction };
  Kind kind = Kind::comparison;
  std::string field;                // comparison: the field that is looked at
  std::vector<std::string> texts;   // comparison: holds when the field is one of these
  std::vector<Condition> operands;  // of the other kinds; one for a negation

  [[nodiscard]] bool holds(const record::Fields& fields) const;
};

/// Parses `text`; on failure leaves what is wrong, with its column, in `fault`.
[[nodiscard]] std::optional<Condition> parse_condition(std::string_view text, std::string& fault);

}  // namespace syncservice::mapping
