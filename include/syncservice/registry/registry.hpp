// registry — applications and app links as one immutable, validated snapshot. Readers see one complete version or
// the one before, never a mixture; a broken file changes nothing. The only maker of ValidPush.
#pragma once

#include "syncservice/base/complaint.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/published.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/valid_push.hpp"
#include "syncservice/registry/app_link.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::adapter {
struct Kind;
}

namespace syncservice::registry {

/// What a client asks for, syntactically sound (push parses it; contract §1).
struct PushRequest {
  AppLinkName app_link;
  Side origin = Side::source;
  RecordId id;
  std::optional<ProjectName> project;
};

/// Why a push was refused (all permanent, 400).
enum class Refusal : std::uint8_t {
  unknown_app_link = 1,
  disabled,
  not_push,
  wrong_direction,
  project_missing,
  project_unknown
};
[[nodiscard]] const boost::system::error_category& refusal_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Refusal refusal) noexcept;

/// One version of the registry. Immutable, thread-safe; look-up does not grow with the number of app links.
class Snapshot {
 public:
  /// Contract §1 and §3: which app link, open to pushes from that side, project resolved. The message of a refusal
  /// names the offending value and what would be right, with the nearest known names.
  [[nodiscard]] Result<ValidPush> validate(const PushRequest& request) const;
  /// The same for what the engine and administrators themselves ask for: an app link of any sync type, enabled or not,
  /// at either side.
  [[nodiscard]] Result<ValidPush> resolve(const PushRequest& request) const;
  /// The app link, if it takes pushes from that side; refused as validate() does.
  [[nodiscard]] Result<std::shared_ptr<const AppLink>> open(const AppLinkName& name, Side origin) const;
  /// Null when there is none of that name (exact match).
  [[nodiscard]] std::shared_ptr<const AppLink> find(const AppLinkName& name) const;
  [[nodiscard]] std::vector<std::shared_ptr<const AppLink>> app_links() const;         ///< by name
  [[nodiscard]] std::vector<std::shared_ptr<const Application>> applications() const;  ///< by name
  [[nodiscard]] std::uint64_t version() const noexcept;

  struct Data;
  explicit Snapshot(std::unique_ptr<Data> data);
  ~Snapshot();

 private:
  friend class Loader;
  [[nodiscard]] Result<std::shared_ptr<const AppLink>> known(const AppLinkName& name) const;
  std::unique_ptr<Data> data_;
};

/// What came of loading.
struct LoadResult {
  std::shared_ptr<const Snapshot> snapshot;  ///< null when any complaint is not a warning
  std::vector<Complaint> complaints;
};

/// Reads a YAML file, or every *.yaml and *.yml in a folder (by name), into a snapshot. `previous`: adapters of
/// unchanged applications are kept. Reads files; do not call on an I/O thread.
[[nodiscard]] LoadResult load(const std::string& path, const std::vector<adapter::Kind>& kinds,
                              const std::shared_ptr<const Snapshot>& previous = nullptr);

/// The snapshot in force. Thread-safe; `current` costs as good as nothing and is never null after a successful
/// `replace`.
class Registry {
 public:
  [[nodiscard]] std::shared_ptr<const Snapshot> current() const noexcept { return current_.current(); }
  void replace(std::shared_ptr<const Snapshot> next) noexcept { current_.publish(std::move(next)); }

 private:
  Published<Snapshot> current_;
};

}  // namespace syncservice::registry
