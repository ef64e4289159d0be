// What a Jira says of itself, kept for a while: which kind of Jira it is, its fields, and per project its issue types,
// the screens that make issues, and the statuses.
#pragma once

#include "api.hpp"
#include "cache.hpp"
#include "fields.hpp"
#include "workflow.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace syncservice::adapter::jira {

struct IssueType {
  std::string id, name;
  bool subtask = false;
};

/// A field on the screen that makes an issue.
struct ScreenField {
  Field field;
  bool must_be_given = false;           ///< required, and without a default
  std::vector<record::Option> options;  ///< empty: open, or not told
};
using Screen = std::map<std::string, ScreenField, std::less<>>;  ///< by field id

struct LinkType {
  std::string id, name, inward, outward;
};

struct TypeStatuses {
  std::string type_id;
  std::vector<Status> statuses;
};

/// Thread-safe. What can't be read fails as the call did, and is asked for again the next time.
class Metadata {
 public:
  explicit Metadata(Api& api) : api_(api) {}

  /// `fresh`: a field turned up that is not in what is kept; asked for again, though not more than once a minute.
  [[nodiscard]] Result<std::shared_ptr<const FieldTable>> fields(const Call& call, bool fresh = false);
  /// Refused (permanent) when the account sees no such project.
  [[nodiscard]] Result<std::shared_ptr<const std::vector<IssueType>>> types(const std::string& project,
                                                                            const Call& call);
  /// By id or name; refused (permanent), with the nearest names, when the project has none of that name.
  [[nodiscard]] Result<IssueType> type(const std::string& project, const std::string& name, const Call& call);
  [[nodiscard]] Result<std::shared_ptr<const Screen>> screen(const std::string& project, const std::string& type_id,
                                                             const Call& call);
  [[nodiscard]] Result<std::shared_ptr<const std::vector<TypeStatuses>>> statuses(const std::string& project,
                                                                                  const Call& call);
  [[nodiscard]] Result<std::shared_ptr<const std::vector<LinkType>>> link_types(const Call& call);

  /// Drops what is known of the project's screens: one of them turned out to be another.
  void forget_screens() { screens_.clear(); }

 private:
  template <class T>
  using Shared = std::shared_ptr<const T>;

  Api& api_;
  Cache<std::string, Shared<FieldTable>> fields_;
  Cache<std::string, Shared<std::vector<IssueType>>> types_;
  Cache<std::pair<std::string, std::string>, Shared<Screen>> screens_;
  Cache<std::string, Shared<std::vector<TypeStatuses>>> statuses_;
  Cache<std::string, Shared<std::vector<LinkType>>> link_types_;
};

}  // namespace syncservice::adapter::jira
