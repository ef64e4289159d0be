// helix_alm/token — signing in: what the account's own credentials are good for, and the token that everything else of
// a project needs.
#pragma once

#include "gate.hpp"

#include "syncservice/rest/rest.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::adapter::helix_alm {

/// A project as the server lists it.
struct ListedProject {
  std::string id, name, uuid;
  /// True when the project may be called so.
  [[nodiscard]] bool is_called(const std::string& project) const {
    return project == name || project == id || project == uuid;
  }
};

/// The projects that the account may see.
struct ProjectList {
  std::vector<ListedProject> projects;
  std::int64_t loading = 0;  ///< so many are still to come: the server has just started
  [[nodiscard]] const ListedProject* find(const std::string& project) const;
};

struct Token {
  std::string text;
  Timestamp renew_at{};
};

/// The calls that take the account's credentials. Thread-safe.
class Door {
 public:
  /// `credential`: Basic, or an ApiKey in the header Authorization.
  Door(rest::Endpoint endpoint, rest::Credential credential, std::shared_ptr<const Clock> clock,
       std::shared_ptr<Pace> pace);

  /// A URL of the API; `path` begins after /api/v0.
  [[nodiscard]] static rest::Url url(const rest::Server& server, std::string_view path);

  [[nodiscard]] Result<ProjectList> projects(const CallContext& context) const;
  /// A new token. Unauthorized when the account can't sign in, refused when there is no such project for it.
  [[nodiscard]] Result<Token> token(const std::string& project, const CallContext& context) const;

 private:
  [[nodiscard]] Error explain(const Error& error, const std::string& project, const CallContext& context) const;

  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<Pace> pace_;
  const rest::Server server_;
};

/// The token of one project, fetched by the first call, shared by all, and renewed before it ends and once it is
/// rejected. One thread at a time fetches it, the others wait. Thread-safe.
class TokenSignIn final : public rest::SignIn {
 public:
  TokenSignIn(std::shared_ptr<const Door> door, std::string project, std::shared_ptr<const Clock> clock)
      : door_(std::move(door)), project_(std::move(project)), clock_(std::move(clock)) {}

  [[nodiscard]] Result<rest::Pass> pass(const CallContext& context) override;
  [[nodiscard]] bool lost(const rest::Pass& pass, const client::Response& response,
                          const CallContext& context) override;

 private:
  const std::shared_ptr<const Door> door_;
  const std::string project_;
  const std::shared_ptr<const Clock> clock_;
  std::mutex mutex_;
  std::condition_variable_any fetched_;
  bool fetching_ = false;       // guarded by mutex_
  std::optional<Token> token_;  // guarded by mutex_
  std::uint64_t number_ = 0;    // of the token; guarded by mutex_
};

}  // namespace syncservice::adapter::helix_alm
