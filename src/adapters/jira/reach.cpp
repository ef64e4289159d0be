// Which statuses no issue can get to, as far as that shows: Jira tells a workflow to its administrators only, to others
// what an issue may do from where it is.
#include "jira_adapter.hpp"
#include "jql.hpp"
#include "json.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {

using nlohmann::json;

namespace {

constexpr std::size_t most_issues = 100;

std::string status_id_of(const json& issue) {
  return id_at(object_at(object_at(issue, "fields"), "status"));
}

}  // namespace

// One issue of the type in each status that has any.
Result<std::map<std::string, std::string>> JiraAdapter::samples(const std::string& project, const std::string& type_id,
                                                                const std::vector<Status>& statuses, const Call& call) {
  std::map<std::string, std::string> out;
  const auto some = api_->search({project, type_id, {}, {}}, {"status"}, {}, most_issues, call);
  if (!some) return some.error();
  for (const json& issue : some->issues) out.emplace(status_id_of(issue), id_at(issue));
  if (some->last) return out;
  for (const Status& status : statuses) {
    if (out.contains(status.id)) continue;
    const auto one = api_->search({project, type_id, {}, "status = " + jql_quoted(status.id)}, {"status"}, {}, 1, call);
    if (!one) return one.error();
    if (!one->issues.empty()) out.emplace(status_id_of(one->issues.front()), id_at(one->issues.front()));
  }
  return out;
}

// Every status is kept that an issue is in, that new issues may begin in, or that some way may lead to; all of them
// when a way leads to a status from which nobody can say what comes next.
Result<std::vector<Status>> JiraAdapter::reachable(const std::string& project, const std::string& type_id,
                                                   const std::vector<Status>& statuses, const Call& call) {
  const auto issues = samples(project, type_id, statuses, call);
  if (!issues) return issues.error();
  if (issues->empty()) return statuses;
  std::set<std::string> reached;
  for (const auto& [status, issue] : *issues) {
    reached.insert(status);
    const auto offered = api_->get("issue/" + issue + "/transitions", {}, call);
    if (!offered && offered.error().failure == FailureClass::gone) return statuses;
    if (!offered) return offered.error();
    for (const Transition& transition : transitions_of(*offered)) {
      if (!issues->contains(transition.to.id)) return statuses;
      reached.insert(transition.to.id);
    }
  }
  std::vector<Status> out;
  std::copy_if(statuses.begin(), statuses.end(), std::back_inserter(out), [&](const Status& status) {
    return status.category == StatusCategory::to_do || reached.contains(status.id);
  });
  return out;
}

}  // namespace syncservice::adapter::jira
