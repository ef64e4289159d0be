// helix_alm/workflow — which event leads from which status to which, as an administrator tells it: the API lists the
// events that were, and not those that are possible. Pure.
#pragma once

#include "json.hpp"

#include "syncservice/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::helix_alm {

/// A field of an event: {"label", "type", "<type>": value}.
using EventFields = std::vector<Json>;

struct Transition {
  std::string from;  ///< "*": any status
  std::string event;
  EventFields fields;
  std::string to;
};

/// Immutable.
class Workflow {
 public:
  Workflow() = default;
  /// Transitions such as `Open > Fix (Resolution = Code Change) > Fixed`, one a line or separated by semicolons. What
  /// an event must be given stands in parentheses: "text", @user, true, false, or else the item of a menu.
  /// Misconfigured, with the transition that is wrong.
  [[nodiscard]] static Result<Workflow> parse(std::string_view text);

  [[nodiscard]] bool empty() const noexcept { return transitions_.empty(); }
  /// All that are named, each once.
  [[nodiscard]] std::vector<std::string> statuses() const;
  /// The status that a text shows, which may go on, such as "Open, assigned to Anna Alm"; the text itself when no
  /// status is known that it begins with.
  [[nodiscard]] std::string status_in(std::string_view shown) const;
  /// The shortest way; empty when they are the same. Refused when there is none, with what is known.
  [[nodiscard]] Result<std::vector<const Transition*>> way(const std::string& from, const std::string& to) const;

 private:
  std::vector<Transition> transitions_;
};

}  // namespace syncservice::adapter::helix_alm
