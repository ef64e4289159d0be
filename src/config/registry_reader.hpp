// From the YAML tree to the structs of registry_file.hpp.
#pragma once

#include "syncservice/base/text.hpp"
#include "syncservice/config/registry_file.hpp"
#include "yaml.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::config {

/// Collects complaints about one file; keeps the first ones of each severity, and counts the others.
class Complaints {
 public:
  explicit Complaints(std::string path) : path_(std::move(path)) {}
  void error(Location at, std::string what) { add(at, std::move(what), false); }
  void warning(Location at, std::string what) { add(at, std::move(what), true); }
  [[nodiscard]] std::vector<Complaint> take() &&;

  /// How much has been said so far.
  struct Count {
    std::size_t errors = 0, warnings = 0;
    std::size_t shown_errors = 0, shown_warnings = 0;
    friend bool operator==(const Count&, const Count&) = default;
  };
  [[nodiscard]] Count count() const noexcept;
  /// Puts what they are about before all complaints made since then. True when one of them is an error.
  bool about(const std::string& subject, const Count& since);

 private:
  void add(Location at, std::string what, bool warning);

  std::string path_;
  std::vector<Complaint> errors_, warnings_;
  std::size_t more_errors_ = 0, more_warnings_ = 0;
};

/// Words that a member may have, and what they mean.
template <class E, std::size_t N>
using Words = std::array<std::pair<std::string_view, E>, N>;

/// Reads values of one document. Every fault becomes a complaint, and the reading goes on.
class RegistryReader {
 public:
  explicit RegistryReader(Complaints& complaints) : complaints_(complaints) {}
  void read(yaml::Node root, RegistryFile& file);
  /// The value of `appLinks:`.
  void app_links(RegistryFile& file, yaml::Node value);

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
  bool word(yaml::Node value, std::string_view what, const Words<E, N>& words, E& into);
  void unknown_member(yaml::Node key, std::string_view what, const std::vector<std::string>& known);

  void applications(RegistryFile& file, yaml::Node value);
  void application(ApplicationDef& into, yaml::Node value);

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
  void link_on_delete(AppLinkDef& link, yaml::Node value);
  void link_on_leave(AppLinkDef& link, yaml::Node value);
  void link_close_with(AppLinkDef& link, yaml::Node value);
  void link_sweep(AppLinkDef& link, yaml::Node value);
  void link_every(AppLinkDef& link, yaml::Node value);
  void link_at(AppLinkDef& link, yaml::Node value);
  void check_times(const AppLinkDef& link);
  void check_flows(const AppLinkDef& link);
  void check_close_with(const AppLinkDef& link);

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
  void field_default(FieldDef& into, yaml::Node value);
  void field_template(FieldDef& into, yaml::Node value);
  void field_only_when(FieldDef& into, yaml::Node value);
  void field_only_when_source(FieldDef& into, yaml::Node value);
  void field_only_when_destination(FieldDef& into, yaml::Node value);
  void field_when(FieldDef& into, yaml::Node value);
  void field_max_length(FieldDef& into, yaml::Node value);
  void field_split(FieldDef& into, yaml::Node value);
  void field_join(FieldDef& into, yaml::Node value);
  void separator(FieldDef& into, yaml::Node value, std::string_view what, bool joins);
  void field_unlinked(FieldDef& into, yaml::Node value);

  // Of comments and of attachments alike.
  template <class Def>
  void copies_direction(Def& into, yaml::Node value);
  template <class Def>
  void copies_existing(Def& into, yaml::Node value);
  template <class Def>
  void copies_deleted(Def& into, yaml::Node value);
  template <class Def, std::size_t count>
  void copies(Def& into, yaml::Node value, const char* what, const std::array<Member<Def>, count>& known);
  void comments_private(CommentsDef& into, yaml::Node value);
  void comments_edited(CommentsDef& into, yaml::Node value);
  void attachments_size(AttachmentsDef& into, yaml::Node value);
  void close_source(CloseWithDef& into, yaml::Node value);
  void close_destination(CloseWithDef& into, yaml::Node value);
  void constants(yaml::Node value, std::string_view what, std::map<std::string, Constant>& into);
  std::optional<Constant> constant(yaml::Node value, std::string_view what);
  void duration(yaml::Node value, std::string_view what, PlacedDuration& into);
  void max_concurrent(ApplicationDef& into, yaml::Node value);
  void max_rate(ApplicationDef& into, yaml::Node value);

  bool text(yaml::Node value, std::string_view what, std::string& into);
  bool placed(yaml::Node value, std::string_view what, Placed& into);
  void text_map(yaml::Node value, std::string_view what, std::map<std::string, std::string>& into);

  Complaints& complaints_;
};

inline constexpr Words<DirectionWord, 3> direction_words{{{"both", DirectionWord::both},
                                                          {"to-destination", DirectionWord::to_destination},
                                                          {"to-source", DirectionWord::to_source}}};
inline constexpr Words<ConflictWord, 6> conflict_words{{{"source", ConflictWord::source},
                                                        {"destination", ConflictWord::destination},
                                                        {"newest", ConflictWord::newest},
                                                        {"oldest", ConflictWord::oldest},
                                                        {"pusher", ConflictWord::pusher},
                                                        {"hold", ConflictWord::hold}}};

/// "a list", "a map", …, for messages.
[[nodiscard]] std::string_view kind_name(yaml::Node node) noexcept;
[[nodiscard]] std::string in_quotes(std::string_view value);
/// "; did you mean …?" with the nearest known name, or all of them.
[[nodiscard]] std::string hint(std::string_view given, const std::vector<std::string>& known);

template <class T>
void RegistryReader::members(yaml::Node map, std::string_view what, std::span<const Member<T>> known, T& into) {
  if (map.kind() != yaml::Kind::map) {
    return complaints_.error(map.at(),
                             std::string{what} + " must be a map of members, not " + std::string{kind_name(map)});
  }
  for (std::optional<yaml::Node> key = map.first(); key;) {
    const std::optional<yaml::Node> value = key->next();
    const auto found = std::find_if(known.begin(), known.end(),
                                    [name = key->text()](const Member<T>& member) { return member.name == name; });
    if (found != known.end()) {
      (this->*found->read)(into, *value);
    } else {
      std::vector<std::string> names;
      for (const Member<T>& member : known) names.emplace_back(member.name);
      unknown_member(*key, what, names);
    }
    key = value->next();
  }
}

template <class E, std::size_t N>
bool RegistryReader::word(yaml::Node value, std::string_view what, const Words<E, N>& words, E& into) {
  std::string given;
  if (!text(value, what, given)) return false;
  for (const auto& [name, meaning] : words) {
    if (!text::iequals(name, given)) continue;
    into = meaning;
    return true;
  }
  std::vector<std::string> names;
  for (const auto& entry : words) names.emplace_back(entry.first);
  complaints_.error(value.at(), in_quotes(given) + " is not allowed for " + std::string{what} + hint(given, names));
  return false;
}

/// A scalar by the rules of config::Scalar.
[[nodiscard]] Scalar read_scalar(yaml::Node node);

}  // namespace syncservice::config
