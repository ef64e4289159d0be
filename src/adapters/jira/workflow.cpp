#include "workflow.hpp"

#include "json.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <deque>

namespace syncservice::adapter::jira {
namespace {

StatusCategory category_named(std::string_view key) noexcept {
  if (key == "new") return StatusCategory::to_do;
  if (key == "indeterminate") return StatusCategory::in_progress;
  if (key == "done") return StatusCategory::done;
  return StatusCategory::unknown;
}

// How unlikely a status of that category is on the way to the goal.
int detour(StatusCategory through, StatusCategory goal) noexcept {
  if (through == goal) return 0;
  switch (through) {
    case StatusCategory::in_progress:
      return 1;
    case StatusCategory::to_do:
    case StatusCategory::unknown:
      return 2;
    case StatusCategory::done:
      return 3;
  }
  return 2;
}

}  // namespace

Status status_of(const nlohmann::json& json) {
  return {id_at(json), std::string{text_at(json, "name")},
          category_named(text_at(object_at(json, "statusCategory"), "key"))};
}

std::vector<Transition> transitions_of(const nlohmann::json& answer) {
  std::vector<Transition> out;
  for (const nlohmann::json& entry : list_at(answer, "transitions")) {
    Transition transition{id_at(entry), std::string{text_at(entry, "name")}, status_of(object_at(entry, "to")), {}};
    for (const auto& [id, field] : object_at(entry, "fields").items()) {
      const bool must = true_at(field, "required") && !true_at(field, "hasDefaultValue");
      transition.fields.push_back({field_of(field, id), must});
    }
    if (!transition.id.empty() && !transition.to.id.empty()) out.push_back(std::move(transition));
  }
  return out;
}

bool is_status(const Status& status, const record::Option& wanted) noexcept {
  return wanted.name.empty() ? status.id == wanted.id : text::iequals(status.name, wanted.name);
}

void Workflow::learn(const std::string& status, std::vector<Transition> transitions) {
  known_.insert_or_assign(status, std::move(transitions));
}

const std::vector<Transition>* Workflow::from(const std::string& status) const {
  const auto found = known_.find(status);
  return found == known_.end() ? nullptr : &found->second;
}

template <class Visit>
void Workflow::spread(const std::string& from, const std::set<Edge>& closed, Visit visit) const {
  struct Reached {
    std::string status;
    const Transition* first;
    int steps;
  };
  std::deque<Reached> queue{{from, nullptr, 0}};
  std::set<std::string, std::less<>> seen{from};
  while (!queue.empty()) {
    const Reached here = std::move(queue.front());
    queue.pop_front();
    const std::vector<Transition>* transitions = this->from(here.status);
    if (transitions == nullptr) continue;
    for (const Transition& transition : *transitions) {
      if (closed.contains({here.status, transition.id}) || seen.contains(transition.to.id)) continue;
      const Transition* first = here.first == nullptr ? &transition : here.first;
      if (!visit(transition, *first, here.steps + 1)) return;
      seen.insert(transition.to.id);
      queue.push_back({transition.to.id, first, here.steps + 1});
    }
  }
}

const Transition* Workflow::step_to(const std::string& from, const record::Option& wanted,
                                    const std::set<Edge>& closed) const {
  const Transition* out = nullptr;
  spread(from, closed, [&](const Transition& transition, const Transition& first, int) {
    if (is_status(transition.to, wanted)) out = &first;
    return out == nullptr;
  });
  return out;
}

std::vector<Status> Workflow::unknown_ahead(const std::string& from, const std::set<Edge>& closed) const {
  std::vector<Status> out;
  spread(from, closed, [&](const Transition& transition, const Transition&, int) {
    if (!known_.contains(transition.to.id)) out.push_back(transition.to);
    return true;
  });
  return out;
}

const Transition* Workflow::step_to_unknown(const std::string& from, StatusCategory goal,
                                            const std::set<Edge>& closed) const {
  const Transition* out = nullptr;
  int nearest = 0, best = 0;
  spread(from, closed, [&](const Transition& transition, const Transition& first, int steps) {
    if (known_.contains(transition.to.id)) return true;
    if (out != nullptr && steps > nearest) return false;
    const int likely = detour(transition.to.category, goal);
    if (out == nullptr || likely < best) {
      out = &first;
      nearest = steps;
      best = likely;
    }
    return true;
  });
  return out;
}

StatusCategory Workflow::category_of(const record::Option& wanted) const {
  for (const auto& [status, transitions] : known_) {
    for (const Transition& transition : transitions) {
      if (is_status(transition.to, wanted)) return transition.to.category;
    }
  }
  return StatusCategory::unknown;
}

}  // namespace syncservice::adapter::jira
