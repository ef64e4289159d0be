#include "commands.hpp"
#include "configuration.hpp"
#include "kinds.hpp"
#include "print.hpp"

#include "syncservice/registry/online.hpp"
#include "syncservice/registry/registry.hpp"

#include <chrono>
#include <iostream>

namespace syncservice::app {
namespace {

using nlohmann::ordered_json;

Result<adapter::Description> describe(const registry::Application& application, const ProjectName& project) {
  constexpr std::chrono::minutes patience{2};
  adapter::CallContext context;
  context.deadline = std::chrono::steady_clock::now() + patience;
  return application.adapter->describe(project, context);
}

}  // namespace

int check(const Common& common, bool online) {
  config::LoadedSettings loaded = load_configuration(common.config);
  std::vector<Complaint> complaints = std::move(loaded.complaints);
  std::size_t app_links = 0;
  if (!loaded.draft.mappings.empty()) {  // else the properties file could not be read at all
    const std::vector<Complaint> about_files = unusable_files(loaded.draft);
    complaints.insert(complaints.end(), about_files.begin(), about_files.end());
    const registry::LoadResult registry = registry::load(loaded.draft.mappings, adapter_kinds());
    if (registry.snapshot) app_links = registry.snapshot->app_links().size();
    complaints.insert(complaints.end(), registry.complaints.begin(), registry.complaints.end());
    if (online && registry.snapshot) {
      const std::vector<Complaint> found = registry::check_online(*registry.snapshot, describe);
      complaints.insert(complaints.end(), found.begin(), found.end());
    }
  }
  const bool broken = any_error(complaints);
  if (common.json) {
    ordered_json list = ordered_json::array();
    for (const Complaint& c : complaints) {
      list.push_back({{"file", c.file},
                      {"line", c.line},
                      {"column", c.column},
                      {"severity", c.warning ? "warning" : "error"},
                      {"what", c.what}});
    }
    print_json({{"good", !broken}, {"appLinks", app_links}, {"complaints", std::move(list)}});
  } else {
    for (const Complaint& complaint : complaints) std::cout << to_string(complaint) << '\n';
    if (!broken)
      std::cout << common.config << ": good, " << app_links << (app_links == 1 ? " app link" : " app links") << '\n';
  }
  return broken ? refused : success;
}

}  // namespace syncservice::app
