#include "pauses.hpp"

#include "admin.hpp"

#include <memory>
#include <utility>

namespace syncservice::sync {

Result<void> Pauses::reload(const store::Store& store) {
  Result<std::vector<Pause>> pauses = list_pauses(store);
  if (!pauses) return pauses.error();
  auto names = std::make_shared<Names>();
  for (Pause& pause : *pauses)
    (pause.application ? names->applications : names->app_links).insert(std::move(pause.name));
  names_.publish(std::move(names));
  return {};
}

std::string Pauses::what_holds(const registry::AppLink& app_link) const {
  const std::shared_ptr<const Names> names = names_.current();
  if (!names) return {};
  if (names->app_links.contains(app_link.name.str())) return std::string{"app link "}.append(app_link.name.str());
  for (const registry::End* end : {&app_link.source, &app_link.destination}) {
    const std::string& name = end->application->name.str();
    if (names->applications.contains(name)) return std::string{"application "}.append(name);
  }
  return {};
}

bool Pauses::hold(const registry::AppLink& app_link) const {
  const std::shared_ptr<const Names> names = names_.current();
  if (!names) return false;
  return names->app_links.contains(app_link.name.str()) ||
         names->applications.contains(app_link.source.application->name.str()) ||
         names->applications.contains(app_link.destination.application->name.str());
}

}  // namespace syncservice::sync
