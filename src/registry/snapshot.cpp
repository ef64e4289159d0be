#include "snapshot_data.hpp"
#include "wording.hpp"

#include "syncservice/base/category.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/registry/registry.hpp"

#include <boost/system/error_category.hpp>

#include <algorithm>
#include <set>

namespace syncservice::registry {
namespace {

std::string_view words(Refusal value) noexcept {
  switch (value) {
    case Refusal::unknown_app_link:
      return "unknown app link";
    case Refusal::disabled:
      return "app link disabled";
    case Refusal::not_push:
      return "app link takes no pushes";
    case Refusal::wrong_direction:
      return "app link does not synchronize from that side";
    case Refusal::project_missing:
      return "project missing";
    case Refusal::project_unknown:
      return "project unknown";
  }
  return "unknown refusal";
}

Error refuse(Refusal refusal, std::string message) {
  return {make_error_code(refusal), std::move(message), FailureClass::permanent, std::nullopt};
}

std::string_view word(SyncType type) noexcept {
  switch (type) {
    case SyncType::push:
      return "PUSH";
    case SyncType::poll:
      return "POLL";
    case SyncType::scheduled:
      return "SCHEDULED";
  }
  return "PUSH";
}

const ProjectName& project_at(const ProjectPair& pair, Side side) noexcept {
  return side == Side::source ? pair.source : pair.destination;
}

std::string app_link(const AppLink& link) {
  return "App link " + in_quotes(link.name.str());
}

// The projects of one side, for messages: the nearest to a wrong one first, at most ten.
std::string projects_at(const AppLink& link, Side side) {
  constexpr std::size_t most = 10;
  std::set<std::string> names;
  for (const ProjectPair& pair : link.projects) {
    if (!project_at(pair, side).empty()) names.insert(project_at(pair, side).str());
  }
  std::vector<std::string> shown{names.begin(), names.end()};
  if (shown.size() <= most) return text::quoted_list(shown);
  shown.resize(most);
  return text::quoted_list(shown) + " (the first " + std::to_string(most) + " of " + std::to_string(names.size()) + ')';
}

Error unknown_project(const AppLink& link, Side side, const ProjectName& project) {
  const std::string what = app_link(link) + " does not know the project " + in_quotes(project.str()) + " at its " +
                           std::string{to_string(side)};
  const std::string known = projects_at(link, side);
  return refuse(Refusal::project_unknown, known.empty() ? what + "; it has no projects there, leave \"project\" out"
                                                        : what + "; it must be " + known);
}

Result<ProjectName> resolve_project(const AppLink& link, const PushRequest& request) {
  const Side side = request.origin;
  const ProjectName given = request.project.value_or(ProjectName{});
  if (link.projects.empty()) {
    const Application& origin = *link.end(side).application;
    if (!given.empty()) {
      if (!origin.needs_project) return unknown_project(link, side, given);
      return given;
    }
    if (!origin.needs_project) return given;
    return refuse(Refusal::project_missing, app_link(link) + " needs \"project\" with a push from its " +
                                                std::string{to_string(side)} + ", since " +
                                                in_quotes(origin.name.str()) + " can't be signed in to without one");
  }
  if (given.empty()) {
    if (link.projects.size() == 1) return project_at(link.projects.front(), side);
    const bool without = std::any_of(link.projects.begin(), link.projects.end(),
                                     [&](const ProjectPair& pair) { return project_at(pair, side).empty(); });
    if (without) return given;
    return refuse(
        Refusal::project_missing,
        app_link(link) + " has several projects, so \"project\" must be given; it must be " + projects_at(link, side));
  }
  const bool known = std::any_of(link.projects.begin(), link.projects.end(),
                                 [&](const ProjectPair& pair) { return project_at(pair, side) == given; });
  if (!known) return unknown_project(link, side, given);
  return given;
}

}  // namespace

const boost::system::error_category& refusal_category() noexcept {
  static const Category<Refusal> category{"syncservice.registry", words};
  return category;
}

boost::system::error_code make_error_code(Refusal refusal) noexcept {
  return {static_cast<int>(refusal), refusal_category()};
}

ProjectName AppLink::twin_project(Side side, const ProjectName& project) const {
  const auto pair = std::find_if(projects.begin(), projects.end(),
                                 [&](const ProjectPair& candidate) { return project_at(candidate, side) == project; });
  return pair == projects.end() ? ProjectName{} : project_at(*pair, other(side));
}

Snapshot::Snapshot(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Snapshot::~Snapshot() = default;

Result<std::shared_ptr<const AppLink>> Snapshot::known(const AppLinkName& name) const {
  const auto found = data_->by_name.find(name);
  if (found != data_->by_name.end()) return found->second;
  const std::vector<std::string> near = data_->names.nearest(name.str(), 3);
  return refuse(Refusal::unknown_app_link, "There is no app link " + in_quotes(name.str()) +
                                               (near.empty() ? "; its name must be given exactly as it is configured"
                                                             : "; did you mean " + text::quoted_list(near) + "?"));
}

Result<std::shared_ptr<const AppLink>> Snapshot::open(const AppLinkName& name, Side origin) const {
  Result<std::shared_ptr<const AppLink>> found = known(name);
  if (!found) return found.error();
  const AppLink& link = **found;
  if (!link.enabled)
    return refuse(Refusal::disabled, app_link(link) + " is disabled; it takes pushes again when it is enabled");
  if (link.sync_type != SyncType::push) {
    return refuse(Refusal::not_push, app_link(link) + " has sync type " + std::string{word(link.sync_type)} +
                                         " and takes no pushes; only app links with sync type PUSH do");
  }
  if (!link.sends(origin)) {
    return refuse(Refusal::wrong_direction, app_link(link) + " does not synchronize from its " +
                                                std::string{to_string(origin)} + "; \"origin\" must be " +
                                                in_quotes(to_string(other(origin))));
  }
  return found;
}

Result<ValidPush> Snapshot::validate(const PushRequest& request) const {
  const Result<std::shared_ptr<const AppLink>> link = open(request.app_link, request.origin);
  if (!link) return link.error();
  Result<ProjectName> project = resolve_project(**link, request);
  if (!project) return project.error();
  return ValidPush{RecordKey{(*link)->name, request.origin, std::move(*project), request.id}};
}

Result<ValidPush> Snapshot::resolve(const PushRequest& request) const {
  const Result<std::shared_ptr<const AppLink>> found = known(request.app_link);
  if (!found) return found.error();
  Result<ProjectName> project = resolve_project(**found, request);
  if (!project) return project.error();
  return ValidPush{RecordKey{(*found)->name, request.origin, std::move(*project), request.id}};
}

std::shared_ptr<const AppLink> Snapshot::find(const AppLinkName& name) const {
  const auto found = data_->by_name.find(name);
  return found == data_->by_name.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const AppLink>> Snapshot::app_links() const {
  return data_->app_links;
}

std::vector<std::shared_ptr<const Application>> Snapshot::applications() const {
  std::vector<std::shared_ptr<const Application>> out;
  for (const auto& [name, held] : data_->applications) out.push_back(held.application);
  return out;
}

std::uint64_t Snapshot::version() const noexcept {
  return data_->version;
}

}  // namespace syncservice::registry
