// From the YAML tree to the structs of registry_file.hpp.
#pragma once

#include "syncservice/config/registry_file.hpp"
#include "yaml.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::config {

/// Collects complaints about one file; keeps the first ones of each severity, and counts the others.
class Complaints {
 public:
  explicit Complaints(std::string path) : path_(std::move(path)) {}
  void error(Location at, std::string what) { add(at, std::move(what), false); }
  void warning(Location at, std::string what) { add(at, std::move(what), true); }
  [[nodiscard]] std::vector<Complaint> take() &&;

 private:
  void add(Location at, std::string what, bool warning);

  std::string path_;
  std::vector<Complaint> errors_, warnings_;
  std::size_t more_errors_ = 0, more_warnings_ = 0;
};

/// Reads values of one document. Every fault becomes a complaint, and the reading goes on.
class RegistryReader {
 public:
  explicit RegistryReader(Complaints& complaints) : complaints_(complaints) {}
  void read(yaml::Node root, RegistryFile& file);

 private:
  /// A member that a map may have, and how its value is read.
  template <class T>
  struct Member {
    std::string_view name;
    void (RegistryReader::*read)(T& into, yaml::Node value);
  };
  template <class T>
  void members(yaml::Node map, std::string_view what, std::span<const Member<T>> known, T& into);
  template <class T, void (RegistryReader::*ReadItem)(T&, yaml::Node)>
  void list(yaml::Node value, std::string_view what, std::vector<T>& into);
  template <class E, std::size_t N>
  bool word(yaml::Node value, std::string_view what, const std::array<std::pair<std::string_view, E>, N>& words,
            E& into);
  void unknown_member(yaml::Node key, std::string_view what, std::vector<std::string> known);

  void applications(RegistryFile& file, yaml::Node value);
  void application(ApplicationDef& into, yaml::Node value);
  void app_links(RegistryFile& file, yaml::Node value);

  void app_link(AppLinkDef& link, yaml::Node value);
  void link_name(AppLinkDef& link, yaml::Node value);
  void link_enabled(AppLinkDef& link, yaml::Node value);
  void link_sync_type(AppLinkDef& link, yaml::Node value);
  void link_source(AppLinkDef& link, yaml::Node value);
  void link_destination(AppLinkDef& link, yaml::Node value);
  void link_projects(AppLinkDef& link, yaml::Node value);
  void link_direction(AppLinkDef& link, yaml::Node value);
  void link_conflict(AppLinkDef& link, yaml::Node value);
  void link_only_when(AppLinkDef& link, yaml::Node value);
  void link_fields(AppLinkDef& link, yaml::Node value);
  void link_comments(AppLinkDef& link, yaml::Node value);
  void link_attachments(AppLinkDef& link, yaml::Node value);

  void end(EndDef& into, yaml::Node value);
  void end_application(EndDef& into, yaml::Node value);
  void end_project(EndDef& into, yaml::Node value);
  void end_type(EndDef& into, yaml::Node value);

  void project(ProjectDef& into, yaml::Node value);
  void project_source(ProjectDef& into, yaml::Node value);
  void project_destination(ProjectDef& into, yaml::Node value);

  void only_when_source(AppLinkDef& link, yaml::Node value);
  void only_when_destination(AppLinkDef& link, yaml::Node value);

  void field(FieldDef& into, yaml::Node value);
  void field_source(FieldDef& into, yaml::Node value);
  void field_destination(FieldDef& into, yaml::Node value);
  void field_constant(FieldDef& into, yaml::Node value);
  void field_values(FieldDef& into, yaml::Node value);
  void field_users(FieldDef& into, yaml::Node value);
  void field_direction(FieldDef& into, yaml::Node value);
  void field_conflict(FieldDef& into, yaml::Node value);
  void field_as(FieldDef& into, yaml::Node value);

  /// What may be synchronized one day: a word, or a map with `direction` (and `maxSize`).
  struct Extra {
    bool wanted = false;
  };
  void extra(yaml::Node value, std::string_view what, bool with_size);
  void extra_direction(Extra& into, yaml::Node value);
  void extra_size(Extra& into, yaml::Node value);

  bool text(yaml::Node value, std::string_view what, std::string& into);
  bool placed(yaml::Node value, std::string_view what, Placed& into);
  void text_map(yaml::Node value, std::string_view what, std::map<std::string, std::string>& into);

  Complaints& complaints_;
};

/// A scalar by the rules of config::Scalar.
[[nodiscard]] Scalar read_scalar(yaml::Node node);

}  // namespace syncservice::config
