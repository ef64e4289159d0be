#include "walk.hpp"

#include "jira_adapter.hpp"
#include "jql.hpp"
#include "json.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {

using nlohmann::json;

namespace {

// No workflow that people work with needs more steps, nor has more statuses ahead.
constexpr int most_steps = 30;
constexpr int most_looked_ahead = 20;

std::string in_quotes(const std::string& name) {
  return '"' + text::printable(name) + '"';
}

}  // namespace

Walk::Walk(Api& api, std::string issue, const Seen& seen, record::Option wanted, json fields)
    : api_(api),
      issue_(std::move(issue)),
      project_(seen.project),
      type_id_(seen.type_id),
      wanted_(std::move(wanted)),
      fields_(std::move(fields)),
      status_(seen.status),
      trail_{seen.status} {}

Result<void> Walk::check(Workflow& workflow, const Call& call) {
  if (is_status(status_, wanted_)) return {};
  const auto step = next(workflow, call);
  if (!step) return step.error();
  if (*step == nullptr) return no_way(workflow, call);
  return {};
}

Result<void> Walk::run(Workflow& workflow, const Call& call) {
  for (int steps = 0; steps < most_steps; ++steps) {
    if (is_status(status_, wanted_)) return {};
    const auto step = next(workflow, call);
    if (!step) return step.error();
    if (*step == nullptr) return no_way(workflow, call);
    // A copy: looking anew replaces what the pointer is to.
    const Transition transition = **step;
    const auto taken = take(transition, workflow, call);
    if (!taken) return taken.error();
  }
  return no_way(workflow, call);
}

const TransitionField* Walk::lacking(const Transition& transition) const {
  const auto found = std::find_if(
      transition.fields.begin(), transition.fields.end(),
      [&](const TransitionField& field) { return field.must_be_given && !fields_.contains(field.field.id); });
  return found == transition.fields.end() ? nullptr : &*found;
}

void Walk::close_what_lacks_fields(const Workflow& workflow) {
  for (const auto& [status, transitions] : workflow.all()) {
    for (const Transition& transition : transitions) {
      if (lacking(transition) == nullptr) continue;
      closed_.insert({status, transition.id});
      lacking_.insert_or_assign(Edge{status, transition.id}, transition);
    }
  }
}

Result<const Transition*> Walk::next(Workflow& workflow, const Call& call) {
  if (workflow.from(status_.id) == nullptr) {
    if (auto looked = look(workflow, call); !looked) return looked.error();
  }
  close_what_lacks_fields(workflow);
  if (const Transition* step = workflow.step_to(status_.id, wanted_, closed_)) return step;
  // What was learned from other issues may not be all that this one may do.
  if (!looked_at_.contains(status_.id)) {
    if (auto looked = look(workflow, call); !looked) return looked.error();
    if (const Transition* step = workflow.step_to(status_.id, wanted_, closed_)) return step;
  }
  if (auto looked = look_ahead(workflow, call); !looked) return looked.error();
  if (const Transition* step = workflow.step_to(status_.id, wanted_, closed_)) return step;
  return workflow.step_to_unknown(status_.id, workflow.category_of(wanted_), closed_);
}

Result<void> Walk::look(Workflow& workflow, const Call& call) {
  const auto answer = api_.get("issue/" + issue_ + "/transitions", {{"expand", "transitions.fields"}}, call);
  if (!answer) return answer.error();
  workflow.learn(status_.id, transitions_of(*answer));
  looked_at_.insert(status_.id);
  close_what_lacks_fields(workflow);
  return {};
}

Result<void> Walk::look_ahead(Workflow& workflow, const Call& call) {
  for (int looks = 0; looks < most_looked_ahead; ++looks) {
    const auto unknown = workflow.unknown_ahead(status_.id, closed_);
    const auto status = std::find_if(unknown.begin(), unknown.end(),
                                     [&](const Status& ahead) { return !looked_at_.contains(ahead.id); });
    if (status == unknown.end()) return {};
    looked_at_.insert(status->id);
    const auto page = api_.search({project_, type_id_, {}, "status = " + jql_quoted(status->id)}, {}, {}, 1, call);
    if (!page) return page.error();
    if (page->issues.empty()) continue;
    const std::string other = id_at(page->issues.front());
    const auto answer = api_.get("issue/" + other, {{"fields", "status"}}, call);
    if (!answer && answer.error().failure == FailureClass::gone) continue;
    if (!answer) return answer.error();
    // The index may lag: what counts is where that issue is now.
    if (status_of(object_at(object_at(*answer, "fields"), "status")).id != status->id) continue;
    const auto offered = api_.get("issue/" + other + "/transitions", {{"expand", "transitions.fields"}}, call);
    if (!offered && offered.error().failure == FailureClass::gone) continue;
    if (!offered) return offered.error();
    // An empty list says that we may not, or that there is nothing; it teaches nothing.
    auto transitions = transitions_of(*offered);
    if (transitions.empty()) continue;
    const bool there = std::any_of(transitions.begin(), transitions.end(),
                                   [&](const Transition& transition) { return is_status(transition.to, wanted_); });
    workflow.learn(status->id, std::move(transitions));
    close_what_lacks_fields(workflow);
    if (there) return {};
  }
  return {};
}

Result<bool> Walk::take(const Transition& transition, Workflow& workflow, const Call& call) {
  const Edge edge{status_.id, transition.id};
  json given = json::object();
  for (const TransitionField& field : transition.fields) {
    const auto value = fields_.find(field.field.id);
    if (value != fields_.end()) given[field.field.id] = *value;
  }
  if (auto posted = post(transition, given, call); !posted) {
    if (posted.error().failure != FailureClass::permanent) return posted.error();
    if (!looked_at_.contains(status_.id)) {
      // It was learned from another issue, or this one has moved on since it was read.
      const auto now = api_.get("issue/" + issue_, {{"fields", "status"}}, call);
      if (!now) return now.error();
      status_ = status_of(object_at(object_at(*now, "fields"), "status"));
      if (auto looked = look(workflow, call); !looked) return looked.error();
      return false;
    }
    refusals_.append(" The transition ").append(in_quotes(transition.name)).append(" to ");
    refusals_.append(in_quotes(transition.to.name)).append(" was refused: ").append(posted.error().message);
    closed_.insert(edge);
    return false;
  }
  for (const auto& [id, value] : given.items()) fields_.erase(id);
  status_ = transition.to;
  trail_.push_back(status_);
  looked_at_.erase(status_.id);
  return true;
}

Result<void> Walk::post(const Transition& transition, const json& fields, const Call& call) {
  json body{{"transition", {{"id", transition.id}}}};
  if (!fields.empty()) body["fields"] = fields;
  const auto answer = api_.send("POST", "issue/" + issue_ + "/transitions", {}, body, call);
  if (!answer) return answer.error();
  return {};
}

// What a field would help with. Where nobody knows what comes after a transition, nothing is promised of it.
std::string Walk::obstacles(const Workflow& workflow) const {
  std::set<Edge> refused = closed_;
  for (const auto& [edge, transition] : lacking_) refused.erase(edge);
  std::string out;
  for (const auto& [edge, transition] : lacking_) {
    const TransitionField* field = lacking(transition);
    if (field == nullptr) continue;
    const bool known = workflow.from(transition.to.id) != nullptr;
    const bool helps =
        is_status(transition.to, wanted_) || workflow.step_to(transition.to.id, wanted_, refused) != nullptr;
    if (known && !helps) continue;
    out.append(" The transition ").append(in_quotes(transition.name)).append(" to ");
    out.append(in_quotes(transition.to.name)).append(" must be given the field ");
    out.append(in_quotes(field->field.id)).append(" (").append(text::printable(field->field.name));
    out.append(helps ? "): add a rule that gives it." : "), and what comes after it is not known.");
  }
  return out;
}

Error Walk::no_way(const Workflow& workflow, const Call& call) {
  const std::string& wanted = wanted_.name.empty() ? wanted_.id : wanted_.name;
  std::string message = "Field \"status\": the workflow has no way from ";
  message.append(in_quotes(trail_.front().name)).append(" to ").append(in_quotes(wanted)).append(" for this account");
  std::vector<std::string> offered;
  if (const auto* transitions = workflow.from(status_.id)) {
    for (const Transition& transition : *transitions) offered.push_back(transition.to.name);
  }
  message.append("; from ").append(in_quotes(status_.name)).append(" it may go to ");
  message.append(offered.empty() ? std::string{"nothing"} : text::quoted_list(offered)).append(".");
  message.append(refusals_).append(obstacles(workflow));
  const record::Option home{trail_.front().id, {}};
  std::set<Edge> closed = closed_;
  for (int steps = 0; steps < most_steps && status_.id != home.id; ++steps) {
    const Transition* step = workflow.step_to(status_.id, home, closed);
    if (step == nullptr) break;
    const bool asks = std::any_of(step->fields.begin(), step->fields.end(),
                                  [](const TransitionField& field) { return field.must_be_given; });
    if (asks || !post(*step, json::object(), call)) {
      closed.insert({status_.id, step->id});
      continue;
    }
    status_ = step->to;
  }
  if (status_.id != home.id) message.append(" The issue was left in ").append(in_quotes(status_.name)).append(".");
  return make_error(Failure::refused, std::move(message));
}

}  // namespace syncservice::adapter::jira
