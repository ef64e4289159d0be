// What is known of the workflow of one project and issue type, and the way through it. Jira shows the transitions from
// an issue's present status alone, so that a workflow is learned status by status, and kept.
#pragma once

#include "fields.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::adapter::jira {

/// The category of a status, in the order in which work goes through them.
enum class StatusCategory : std::uint8_t { unknown, to_do, in_progress, done };

struct Status {
  std::string id, name;
  StatusCategory category = StatusCategory::unknown;
};

/// A field on a transition's screen.
struct TransitionField {
  Field field;
  bool must_be_given = false;  ///< required, and without a default
};

struct Transition {
  std::string id, name;
  Status to;
  std::vector<TransitionField> fields;
};

/// GET /issue/{id}/transitions?expand=transitions.fields.
[[nodiscard]] std::vector<Transition> transitions_of(const nlohmann::json& answer);
[[nodiscard]] Status status_of(const nlohmann::json& json);
/// By id, or by name without regard to case.
[[nodiscard]] bool is_status(const Status& status, const record::Option& wanted) noexcept;

/// A transition out of a status, by the ids of both.
using Edge = std::pair<std::string, std::string>;

/// The transitions out of each status that was seen. Value semantics, not thread-safe.
class Workflow {
 public:
  /// Replaces what was known of that status.
  void learn(const std::string& status, std::vector<Transition> transitions);
  /// Null when that status was never looked at.
  [[nodiscard]] const std::vector<Transition>* from(const std::string& status) const;

  /// By the id of the status that they lead out of.
  [[nodiscard]] const std::map<std::string, std::vector<Transition>, std::less<>>& all() const noexcept {
    return known_;
  }

  /// The first step of the shortest known way to the wanted status; null when there is none. Edges of `closed` are
  /// not taken.
  [[nodiscard]] const Transition* step_to(const std::string& from, const record::Option& wanted,
                                          const std::set<Edge>& closed) const;
  /// The statuses that can be reached and were never looked at, nearest first.
  [[nodiscard]] std::vector<Status> unknown_ahead(const std::string& from, const std::set<Edge>& closed) const;
  /// Of a status that some transition leads to; unknown when none does.
  [[nodiscard]] StatusCategory category_of(const record::Option& wanted) const;
  /// The first step towards a status that was never looked at, nearest first; among equally near ones the one whose
  /// category is likelier on the way to `goal`, finished work last. Null when everything that can be reached is known.
  [[nodiscard]] const Transition* step_to_unknown(const std::string& from, StatusCategory goal,
                                                  const std::set<Edge>& closed) const;

 private:
  /// Calls `visit` for each transition that can be reached, breadth first, with the first step of the way there and the
  /// number of steps; those to statuses that were reached before are left out. It ends when `visit` says so.
  template <class Visit>
  void spread(const std::string& from, const std::set<Edge>& closed, Visit visit) const;

  std::map<std::string, std::vector<Transition>, std::less<>> known_;
};

}  // namespace syncservice::adapter::jira
