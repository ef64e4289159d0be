// From the structs of config to a snapshot: everything that needs to know more than one place of the files.
#pragma once

#include "meaning.hpp"
#include "snapshot_data.hpp"

#include "syncservice/config/registry_file.hpp"
#include "syncservice/mapping/plan.hpp"
#include "syncservice/registry/registry.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace syncservice::registry {

/// Builds one snapshot. Goes on after a fault, so that all are reported; what depends on a faulty part is not
/// complained about again.
class Loader {
 public:
  Loader(const std::vector<adapter::Kind>& kinds, const Snapshot* previous);
  [[nodiscard]] LoadResult load(const std::string& path) &&;

 private:
  struct LinkPlace {
    const std::string* file;
    config::Location at;
  };

  /// An app link on its way into the snapshot.
  struct Pending {
    const std::string* file;
    config::AppLinkDef* def;
    std::shared_ptr<AppLink> link;
    PlanParts parts;
    std::vector<mapping::Fault> faults;
    bool good = false;
  };

  void error(const std::string& file, config::Location at, std::string what);
  void add_application(const std::string& file, const config::ApplicationDef& def);
  std::optional<adapter::Settings> check_settings(const std::string& file, const config::ApplicationDef& def,
                                                  const adapter::Kind& kind);
  std::optional<std::string> webhook_secret(const std::string& file, const config::ApplicationDef& def);
  std::optional<std::string> resolved(const std::string& file, const config::ApplicationDef& def,
                                      const config::SettingDef& setting, bool secret);
  std::shared_ptr<adapter::Adapter> kept_adapter(const std::string& name, const std::string& kind,
                                                 const adapter::Settings& settings) const;
  void add_app_links(std::vector<config::RegistryFile>& files);
  Pending begin(const std::shared_ptr<const std::string>& file, config::AppLinkDef& def);
  void finish(Pending& pending);
  void sort_complaints(const std::vector<config::RegistryFile>& files);
  bool resolve_end(const std::string& file, config::AppLinkDef& link, Side side, End& into);
  void resolve_projects(const std::string& file, const config::AppLinkDef& def, AppLink& link);
  void check_projects(const std::string& file, const config::AppLinkDef& def, const AppLink& link,
                      const std::vector<config::ProjectDef>& pairs, Side side);
  std::shared_ptr<const Snapshot> finish();

  const std::vector<adapter::Kind>& kinds_;
  const Snapshot* previous_;
  std::unique_ptr<Snapshot::Data> data_;
  std::vector<Complaint> complaints_;
  std::size_t errors_ = 0, more_errors_ = 0;
  bool all_known_ = true;  ///< what applications there are; false when a file could not be read
  std::map<std::string, std::string> application_places_;
  std::vector<std::string> application_names_;
  std::unordered_map<std::string, LinkPlace> link_places_;
};

}  // namespace syncservice::registry
