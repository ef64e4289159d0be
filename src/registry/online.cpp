#include "syncservice/registry/online.hpp"

#include "online_fields.hpp"
#include "wording.hpp"

#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/mapping/plan.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace syncservice::registry {
namespace {

using adapter::Description;
using adapter::FieldInfo;
using adapter::TypeInfo;

constexpr std::array both_sides{Side::source, Side::destination};

const ProjectName& project_at(const ProjectPair& pair, Side side) noexcept {
  return side == Side::source ? pair.source : pair.destination;
}

// One run over a snapshot.
class Check {
 public:
  explicit Check(const Describe& ask) : ask_(ask) {}

  void link(const AppLink& link);
  [[nodiscard]] std::vector<Complaint> take() && { return std::move(complaints_); }

 private:
  void add(Place at, std::string what, bool warning = false);
  [[nodiscard]] const Result<Description>* description(const Application& application, const ProjectName& project);
  /// What is known of the type at that side, for one project; empty when nothing is.
  [[nodiscard]] std::optional<Known> known(const AppLink& link, Side side, std::size_t pair);
  [[nodiscard]] std::optional<Known> type_of(const Description& described, Side side);
  void project(const Description& described, Side side, std::size_t pair);
  void rules(const Known* source, const Known* destination);
  void required(const Known& known, Side side);
  void closing(const Known& known, Side side);

  [[nodiscard]] Place place_of_project(Side side, std::size_t pair) const {
    if (pair < link_->written.projects.size()) return link_->written.projects[pair];
    return side == Side::source ? link_->written.source : link_->written.destination;
  }
  [[nodiscard]] Place place_of(Side side) const {
    return side == Side::source ? link_->written.source : link_->written.destination;
  }

  const Describe& ask_;
  const AppLink* link_ = nullptr;
  std::vector<mapping::RuleUse> uses_;
  std::vector<Complaint> complaints_;
  std::set<std::pair<std::pair<int, int>, std::string>> said_;  // of this link
  std::map<std::pair<ApplicationName, ProjectName>, Result<Description>> descriptions_;
  std::set<ApplicationName> silent_;  // those that can't describe themselves, and were complained about
};

void Check::add(Place at, std::string what, bool warning) {
  // Several projects of a link may have the same fault.
  if (!said_.emplace(std::pair{at.line, at.column}, what).second) return;
  const std::string file = link_->written.file ? *link_->written.file : std::string{};
  complaints_.push_back({file, at.line, at.column, "app link " + in_quotes(link_->name.str()) + ": " + what, warning});
}

const Result<Description>* Check::description(const Application& application, const ProjectName& project) {
  const std::pair key{application.name, project};
  auto found = descriptions_.find(key);
  if (found == descriptions_.end()) found = descriptions_.emplace(key, ask_(application, project)).first;
  return &found->second;
}

void Check::project(const Description& described, Side side, std::size_t pair) {
  if (pair >= link_->projects.size() || described.projects.empty()) return;
  const ProjectName& wanted = project_at(link_->projects[pair], side);
  const bool there = std::any_of(described.projects.begin(), described.projects.end(),
                                 [&](const adapter::ProjectInfo& info) { return info.name == wanted; });
  if (wanted.empty() || there) return;
  std::vector<std::string> names;
  for (const adapter::ProjectInfo& info : described.projects) names.push_back(info.name.str());
  add(place_of_project(side, pair), in_quotes(link_->end(side).application->name.str()) + " has no project " +
                                        in_quotes(wanted.str()) + " that this account may see" +
                                        hint(wanted.str(), names));
}

std::optional<Known> Check::type_of(const Description& described, Side side) {
  const End& end = link_->end(side);
  if (described.types.empty()) return std::nullopt;
  const std::string system = in_quotes(end.application->name.str());
  if (end.type.empty()) {
    if (described.types.size() == 1) return Known{system, described.types.front().fields, true};
    // Which type a record has is not known, so that every field of any may be there, and none must.
    Known out{system, {}, false};
    for (const TypeInfo& type : described.types)
      out.fields.insert(out.fields.end(), type.fields.begin(), type.fields.end());
    return out;
  }
  const auto found = std::find_if(described.types.begin(), described.types.end(),
                                  [&](const TypeInfo& type) { return type.name == end.type; });
  if (found != described.types.end()) return Known{end.type + " in " + system, found->fields, true};
  std::vector<std::string> names;
  for (const TypeInfo& type : described.types) names.push_back(type.name);
  add(place_of(side), system + " has no type " + in_quotes(end.type) + hint(end.type, names));
  return std::nullopt;
}

std::optional<Known> Check::known(const AppLink& link, Side side, std::size_t pair) {
  const Application& application = *link.end(side).application;
  if (!application.adapter->capabilities().describe) {
    if (silent_.insert(application.name).second)
      add(place_of(side),
          in_quotes(application.name.str()) + " (adapter " + in_quotes(application.kind) +
              ") can't tell which fields it has, so nothing is checked against it",
          true);
    return std::nullopt;
  }
  const ProjectName asked = pair < link.projects.size() ? project_at(link.projects[pair], side) : ProjectName{};
  const Result<Description>& described = *description(application, asked);
  if (!described) {
    add(asked.empty() ? place_of(side) : place_of_project(side, pair),
        in_quotes(application.name.str()) + " could not be asked" +
            (asked.empty() ? std::string{} : " about project " + in_quotes(asked.str())) + ": " +
            described.error().message);
    return std::nullopt;
  }
  project(*described, side, pair);
  return type_of(*described, side);
}

void Check::rules(const Known* source, const Known* destination) {
  for (const mapping::RuleUse& use : uses_) {
    const std::string& name = use.source.empty() ? use.destination : use.source;
    const Findings found = findings_of(use, source, destination);
    for (const std::string& fault : found.faults)
      add({use.line, use.column}, "field " + in_quotes(name) + ": " + fault);
    if (!found.faults.empty()) continue;
    for (const std::string& warning : found.warnings)
      add({use.line, use.column}, "field " + in_quotes(name) + ": " + warning, true);
  }
  for (const Side side : both_sides) {
    const Known* known = side == Side::source ? source : destination;
    if (known == nullptr) continue;
    for (const std::string& name : link_->plan->filter_reads(side)) {
      if (known->find(name) == nullptr) add(place_of(side), "onlyWhen: " + known->missing(name));
    }
  }
}

// Records are made at a side when the other one sends.
void Check::required(const Known& known, Side side) {
  if (!known.one_type || !link_->sends(other(side))) return;
  for (const FieldInfo& field : known.fields) {
    if (!field.required || field.read_only) continue;
    const bool given = std::any_of(uses_.begin(), uses_.end(), [&](const mapping::RuleUse& use) {
      return side == Side::source ? use.to_source && adapter::is_called(field, use.source)
                                  : use.to_destination && adapter::is_called(field, use.destination);
    });
    if (given) continue;
    const std::string side_name{to_string(side)};
    add(place_of(side), "records are made here, and a " + known.what + " must have the field " + in_quotes(field.name) +
                            "; add a rule that gives it, such as { " + side_name + ": " + field.name +
                            ", constant: … }");
  }
}

void Check::closing(const Known& known, Side side) {
  for (const auto& [name, value] : link_->close_with(side)) {
    const FieldInfo* field = known.find(name);
    if (field == nullptr) {
      add(link_->written.link, "closeWith: " + known.missing(name));
    } else if (field->read_only) {
      add(link_->written.link, "closeWith: " + known.read_only(name));
    } else if (const auto fault = option_fault(known, *field, value)) {
      add(link_->written.link, "closeWith: " + *fault);
    }
  }
}

void Check::link(const AppLink& link) {
  link_ = &link;
  uses_ = link.plan->uses();
  said_.clear();
  const std::size_t pairs = std::max<std::size_t>(1, link.projects.size());
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const std::optional<Known> source = known(link, Side::source, pair);
    const std::optional<Known> destination = known(link, Side::destination, pair);
    rules(source ? &*source : nullptr, destination ? &*destination : nullptr);
    for (const Side side : both_sides) {
      const std::optional<Known>& known = side == Side::source ? source : destination;
      if (!known) continue;
      required(*known, side);
      closing(*known, side);
    }
  }
}

}  // namespace

std::vector<Complaint> check_online(const Snapshot& snapshot, const Describe& ask) {
  Check check{ask};
  for (const std::shared_ptr<const AppLink>& link : snapshot.app_links()) check.link(*link);
  std::vector<Complaint> out = std::move(check).take();
  std::sort(out.begin(), out.end(), [](const Complaint& left, const Complaint& right) {
    return std::tie(left.file, left.line, left.column, left.what) <
           std::tie(right.file, right.line, right.column, right.what);
  });
  return out;
}

}  // namespace syncservice::registry
