// registry/app_link — one application and one app link as the registry holds them: immutable, complete, checked.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/record/record.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::adapter {
class Adapter;
}
namespace syncservice::mapping {
class Plan;
}

namespace syncservice::registry {

enum class SyncType : std::uint8_t { push, poll, scheduled };

/// How hard we may lean on an application (`maxConcurrent`, `maxRate` in the YAML). 0: no limit of ours.
struct CallLimits {
  unsigned concurrent = 0;  ///< calls at once
  double per_second = 0;    ///< calls begun in a second, on average
};

/// An application: one system, one account.
struct Application {
  ApplicationName name;
  std::string kind;  ///< name of the adapter
  bool needs_project = false;
  std::shared_ptr<adapter::Adapter> adapter;  ///< kept over reloads that do not change its settings
  CallLimits limits;
  std::string webhook_secret;  ///< its pushes are signed with it (X-Hub-Signature); empty: no signature is asked for
};

struct End {
  std::shared_ptr<const Application> application;
  std::string type;
};

struct ProjectPair {
  ProjectName source, destination;
};

/// What happens at the other side when a comment was edited after it went across.
enum class WhenEdited : std::uint8_t {
  update,  ///< the copy is changed; where the other system can't, as `append`
  append,  ///< a further comment with the new text
  ignore
};
/// What happens to the copy of a comment or an attachment that was deleted.
enum class WhenRemoved : std::uint8_t { keep, remove };
/// What happens to the twin of a record that was deleted, or that `onlyWhen` no longer admits.
enum class WhenGone : std::uint8_t {
  nothing,  ///< it stays as it is
  close,    ///< the fields of `closeWith` are written to it
  remove    ///< it is deleted
};

struct CommentRules {
  bool to_destination = false, to_source = false;
  bool private_too = false;  ///< private ones go across as well, and stay private
  bool existing = true;      ///< so do those that a record already had when it was linked
  WhenEdited edited = WhenEdited::update;
  WhenRemoved removed = WhenRemoved::keep;
};

struct AttachmentRules {
  bool to_destination = false, to_source = false;
  bool existing = true;
  WhenRemoved removed = WhenRemoved::keep;
  std::uint64_t max_size = 0;  ///< bytes; larger ones stay where they are. 0: no limit
};

/// From 1; 0: nowhere.
struct Place {
  int line = 0, column = 0;
};

/// Where an app link stands, for messages.
struct Written {
  std::shared_ptr<const std::string> file;
  Place link, source, destination;
  std::vector<Place> projects;  ///< as AppLink::projects
};

struct AppLink {
  AppLinkName name;
  bool enabled = true;
  SyncType sync_type = SyncType::push;
  End source, destination;
  std::vector<ProjectPair> projects;             ///< empty: without projects; one: fixed; more: multi-project
  bool to_destination = true, to_source = true;  ///< `direction`
  std::shared_ptr<const mapping::Plan> plan;
  CommentRules comments;
  AttachmentRules attachments;
  WhenGone when_deleted = WhenGone::nothing, when_filtered = WhenGone::nothing;
  record::Fields close_source, close_destination;  ///< `closeWith`: what `close` writes at that side
  /// How often the applications are asked for changes: `every` of a POLL link, `sweep` of a PUSH link.
  std::optional<std::chrono::milliseconds> poll_every;
  std::vector<std::chrono::minutes> run_at;  ///< of a SCHEDULED link: times of the day, UTC, rising
  Written written;

  [[nodiscard]] const End& end(Side side) const noexcept { return side == Side::source ? source : destination; }
  /// May changes made at that side go across?
  [[nodiscard]] bool sends(Side side) const noexcept { return side == Side::source ? to_destination : to_source; }
  [[nodiscard]] const record::Fields& close_with(Side side) const noexcept {
    return side == Side::source ? close_source : close_destination;
  }
  /// The project at the other side for a project at `side`; empty when the link has none for it.
  [[nodiscard]] ProjectName twin_project(Side side, const ProjectName& project) const;
};

}  // namespace syncservice::registry
