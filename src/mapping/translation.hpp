// mapping/translation — a rule's `values` or `users`: texts of the left side and their counterparts on the right.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/record/record.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::mapping {

/// Two left texts that stand for the same right one, so that the way back is not clear.
struct Ambiguity {
  std::string right, first, second;
};

/// Immutable. Without entries every value stays as it is.
class Translation {
 public:
  /// A value is looked up by its text; an option by its name, then its id; a user by e-mail, name, then id, and e-mail
  /// addresses without regard to case.
  Translation() = default;
  explicit Translation(const std::map<std::string, std::string>& left_to_right);

  /// The counterpart of one value (no list) on side `to`; an empty one stays as it is unless it has an entry. Empty
  /// when there is none.
  [[nodiscard]] std::optional<record::Value> apply(const record::Value& value, Side to) const;

  [[nodiscard]] bool identity() const noexcept { return identity_; }
  [[nodiscard]] const std::vector<Ambiguity>& ambiguities() const noexcept { return ambiguities_; }
  /// The texts of that side, without "*" and the empty one.
  [[nodiscard]] std::vector<std::string> texts(Side side) const;

 private:
  bool identity_ = true;
  std::map<std::string, std::string, std::less<>> to_right_, to_left_;  // without "*"
  std::optional<std::string> rest_;                                     // what "*" stands for on the right
  std::vector<Ambiguity> ambiguities_;
};

}  // namespace syncservice::mapping
