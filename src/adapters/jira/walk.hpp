// The way of one issue to a status.
#pragma once

#include "api.hpp"
#include "workflow.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace syncservice::adapter::jira {

struct Seen;

/// Finds and walks the transitions to a status, learning on the way. Where the next step is not known, other issues in
/// the statuses ahead are looked at first, for that changes nothing; only then is an unknown way tried. An issue that
/// can't get there goes back to where it was, as far as the workflow lets it.
class Walk {
 public:
  /// `fields`: what the transitions are given, each as soon as one has it on its screen.
  Walk(Api& api, std::string issue, const Seen& seen, record::Option wanted, nlohmann::json fields);

  /// As run(), as far as it shows without a step.
  [[nodiscard]] Result<void> check(Workflow& workflow, const Call& call);
  /// Refused (permanent) when there is no way, with what was in it.
  [[nodiscard]] Result<void> run(Workflow& workflow, const Call& call);

  [[nodiscard]] const Status& status() const noexcept { return status_; }
  /// The fields that no transition took.
  [[nodiscard]] const nlohmann::json& left() const noexcept { return fields_; }

 private:
  [[nodiscard]] Result<void> look(Workflow& workflow, const Call& call);
  [[nodiscard]] Result<void> look_ahead(Workflow& workflow, const Call& call);
  /// Null when there is none.
  [[nodiscard]] Result<const Transition*> next(Workflow& workflow, const Call& call);
  /// False when the transition can't be taken, which is then closed or looked at anew.
  [[nodiscard]] Result<bool> take(const Transition& transition, Workflow& workflow, const Call& call);
  [[nodiscard]] Result<void> post(const Transition& transition, const nlohmann::json& fields, const Call& call);
  /// Closes the known transitions that must be given what there is not.
  void close_what_lacks_fields(const Workflow& workflow);
  /// The field that it must be given and is not; null when there is none.
  [[nodiscard]] const TransitionField* lacking(const Transition& transition) const;
  [[nodiscard]] std::string obstacles(const Workflow& workflow) const;
  [[nodiscard]] Error no_way(const Workflow& workflow, const Call& call);

  Api& api_;
  const std::string issue_, project_, type_id_;
  const record::Option wanted_;
  nlohmann::json fields_;
  Status status_;
  std::vector<Status> trail_;
  std::set<Edge> closed_;
  std::map<Edge, Transition> lacking_;  ///< those of them that lack a field
  std::set<std::string> looked_at_;     ///< ids of statuses, by this walk or another issue of it
  std::string refusals_;
};

}  // namespace syncservice::adapter::jira
