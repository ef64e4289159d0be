// sync/pauses — which app links and applications an administrator paused, as the dispatcher asks for it.
#pragma once

#include "syncservice/base/published.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/registry/app_link.hpp"
#include "syncservice/store/store.hpp"

#include <set>
#include <string>

namespace syncservice::sync {

/// Thread-safe; asking costs as good as nothing.
class Pauses {
 public:
  /// Reads them anew from the store.
  [[nodiscard]] Result<void> reload(const store::Store& store);
  /// Is the app link, or one of its applications, paused?
  [[nodiscard]] bool hold(const registry::AppLink& app_link) const;
  /// "app link L", "application jira": what of it is paused; empty when nothing is.
  [[nodiscard]] std::string what_holds(const registry::AppLink& app_link) const;

 private:
  struct Names {
    std::set<std::string> app_links, applications;
  };
  Published<Names> names_;
};

}  // namespace syncservice::sync
