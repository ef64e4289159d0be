// config/registry_file — the YAML registry (applications and app links) as plain structs with places. Shape and types
// are checked here: known members, right types, allowed words. What they mean together (does the application exist, is
// a name given twice in two files, do the field rules make sense) is the registry's to judge.
#pragma once

#include "syncservice/base/complaint.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/config/location.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace syncservice::config {

/// A text and where it stands. Line 0: it was not given.
struct Placed {
  std::string text;
  Location at;
};

/// One setting of an application, as written: secrets are not resolved.
struct SettingDef {
  std::string name, value;
  Location name_at, value_at;
};

/// A member of `applications:`.
struct ApplicationDef {
  Placed name;
  Placed adapter;
  unsigned max_concurrent = 0;       ///< calls at once; 0: not limited
  double max_rate = 0;               ///< calls a second; 0: not limited
  Placed webhook_secret;             ///< what its pushes are signed with, as written: not resolved
  std::vector<SettingDef> settings;  ///< all others
  bool sound = true;                 ///< nothing in it was complained about
};

enum class SyncTypeWord : std::uint8_t { push, poll, scheduled };
enum class DirectionWord : std::uint8_t { both, to_destination, to_source };
enum class ConflictWord : std::uint8_t { source, destination, newest, oldest, pusher, hold };
/// What a value is made before it is written.
enum class AsWord : std::uint8_t { text, rich_text, integer, decimal, boolean, date, instant, user, option, reference };
enum class UserPartWord : std::uint8_t { email, name, id };
/// Which way comments or attachments go.
enum class FlowWord : std::uint8_t { none, both, to_destination, to_source };
enum class EditedWord : std::uint8_t { update, append, ignore };
enum class DeletedWord : std::uint8_t { keep, remove };
enum class GoneWord : std::uint8_t { nothing, close, remove };

/// A scalar by YAML's core rules, except that what would lose digits stays text: numbers with leading zeros, beyond 64
/// bits, or not decimal. monostate: null.
using Scalar = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
/// What `constant:` takes.
using Constant = std::variant<Scalar, std::vector<Scalar>>;

/// A member of `fields:`.
struct FieldDef {
  std::string source, destination;
  std::optional<Constant> constant, fallback;  ///< `constant` and `default`
  std::map<std::string, std::string> values, users;
  std::optional<UserPartWord> users_by;  ///< `users: email`
  Placed pattern;                        ///< `template`
  Placed only_when;              ///< for what comes from the source; from either side where the other has no place
  Placed only_when_destination;  ///< for what comes from the destination; no text: always
  std::string separator;         ///< of `split` or `join`
  bool joins = false;            ///< `join`
  std::optional<std::size_t> max_length;
  DirectionWord direction = DirectionWord::both;
  std::optional<ConflictWord> conflict;
  std::optional<AsWord> as;
  bool create_only = false;         ///< `when: create`
  bool leave_unlinked_out = false;  ///< `unlinked: leave-out`
  bool sound = true;                ///< nothing in it was complained about
  Location at;
};

/// `source:` or `destination:` of an app link.
struct EndDef {
  Placed application, project, type;
  Location at;
};

/// A member of `projects:`.
struct ProjectDef {
  std::string source, destination;
  bool sound = true;  ///< nothing in it was complained about
  Location at;
};

/// `comments:` of an app link.
struct CommentsDef {
  FlowWord direction = FlowWord::none;
  bool private_too = false, existing = true;
  EditedWord edited = EditedWord::update;
  DeletedWord deleted = DeletedWord::keep;
  Location at;
};

/// `attachments:` of an app link.
struct AttachmentsDef {
  FlowWord direction = FlowWord::none;
  bool existing = true;
  DeletedWord deleted = DeletedWord::keep;
  std::uint64_t max_size = 0;  ///< bytes; 0: not limited
  Location at;
};

/// `closeWith:` of an app link: what `close` writes to the record at each side.
struct CloseWithDef {
  std::map<std::string, Constant> source, destination;
  Location at;
};

/// A duration and where it stands. Line 0: it was not given.
struct PlacedDuration {
  std::chrono::milliseconds time{};
  Location at;
};

/// A member of `appLinks:`.
struct AppLinkDef {
  Placed name;
  bool enabled = true;
  SyncTypeWord sync_type = SyncTypeWord::push;
  EndDef source, destination;
  std::vector<ProjectDef> projects;
  DirectionWord direction = DirectionWord::both;
  ConflictWord conflict = ConflictWord::newest;
  Placed only_when_source, only_when_destination;
  std::vector<FieldDef> fields;
  CommentsDef comments;
  AttachmentsDef attachments;
  GoneWord on_delete = GoneWord::nothing, on_leave = GoneWord::nothing;
  CloseWithDef close_with;
  PlacedDuration sweep, every;
  std::vector<std::chrono::minutes> run_at;  ///< times of the day, UTC, rising
  Location at, fields_at, run_at_at;
  bool sound = true;  ///< nothing in it was complained about, fields and projects included
};

/// One file of the registry.
struct RegistryFile {
  std::string path;
  std::vector<ApplicationDef> applications;
  std::vector<AppLinkDef> app_links;
  bool applications_known = true;  ///< false: it may define some that are not above
};

struct ParsedRegistryFile {
  RegistryFile file;  ///< all that could be read, also where a complaint is an error
  std::vector<Complaint> complaints;
};

struct ReadRegistry {
  std::vector<RegistryFile> files;  ///< by name, as far as they could be read
  std::vector<Complaint> complaints;
};

/// From text; `path` is for messages only. Of many complaints about one file the first ones are reported, errors
/// before warnings, and the number of the others. A long list of app links is read by several threads.
[[nodiscard]] ParsedRegistryFile parse_registry_file(std::string_view text, const std::string& path);

/// Reads one file, or every *.yaml and *.yml of a folder in order of their names (no sub-folders, nothing that begins
/// with a dot). A folder without any is a warning.
[[nodiscard]] ReadRegistry read_registry(const std::string& path);

/// True when the text holds a ${…} that resolve_secret would replace.
[[nodiscard]] bool has_secret(std::string_view text) noexcept;

/// Replaces ${env:NAME} and ${file:path} (relative to `base_folder`; one line end at its end is left out) by what they
/// name now, and $${ by ${. The message of an error names the variable or the file, never a value.
[[nodiscard]] Result<std::string> resolve_secret(std::string_view text, const std::string& base_folder);

}  // namespace syncservice::config
