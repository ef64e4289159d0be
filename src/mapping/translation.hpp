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
  Translation() = default;
  explicit Translation(const std::map<std::string, std::string>& left_to_right);

  /// The value's counterpart on side `to`, a list element by element; empty text and Null stay as they are unless they
  /// have an entry. Empty when there is none; `missing` is then the text without a counterpart.
  [[nodiscard]] std::optional<record::Value> apply(const record::Value& value, Side to, std::string& missing) const;

  [[nodiscard]] const std::vector<Ambiguity>& ambiguities() const noexcept { return ambiguities_; }

 private:
  [[nodiscard]] std::optional<std::string> look_up(const std::string& text, Side to) const;

  bool identity_ = true;
  std::map<std::string, std::string> to_right_, to_left_;  // without "*"
  std::optional<std::string> rest_;                        // what "*" stands for on the right
  std::vector<Ambiguity> ambiguities_;
};

}  // namespace syncservice::mapping
