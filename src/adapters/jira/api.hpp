// The calls of Jira's REST API: which version, who is asked for what, and what its refusals mean.
#pragma once

#include "fields.hpp"
#include "jql.hpp"

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/rest/rest.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::adapter::jira {

/// One call of the port.
struct Call {
  const CallContext& context;
  std::string doing;  ///< completes messages, for example "reading issue \"ED-24\""
};

/// What serverInfo says.
struct Server {
  Flavour flavour = Flavour::server;
  std::string base_url;  ///< where people see it; without a trailing slash
};

using Query = std::vector<std::pair<std::string, std::string>>;

/// Where in a search one is: the cloud gives a token for the next page, a server counts.
struct Position {
  std::string token;
  std::uint64_t start = 0;
};

struct SearchPage {
  nlohmann::json issues = nlohmann::json::array();
  bool last = true;
  std::string token;          ///< of the next page; cloud
  std::uint64_t covered = 0;  ///< places of the search that the page stands for, of which some may be empty; server
};

/// Thread-safe. Paths are below /rest/api/2 or 3, percent-encoded.
class Api {
 public:
  /// `url`: where the application is, without a trailing slash.
  Api(std::unique_ptr<rest::Server> server, std::string url) : server_(std::move(server)), url_(std::move(url)) {}

  /// Asked for once.
  [[nodiscard]] Result<Server> server(const Call& call);
  /// The server's own clock.
  [[nodiscard]] Result<Timestamp> server_time(const Call& call);
  /// Fails as unauthorized when Jira takes us for a stranger.
  [[nodiscard]] Result<void> check_signed_in(const Call& call);

  /// "Gone" is said only of issues and their parts, in Jira's own form, and when we are signed in: to strangers, issues
  /// are not there either. Any other 404 is misconfigured or unavailable.
  [[nodiscard]] Result<nlohmann::json> get(const std::string& path, const Query& query, const Call& call);
  /// A call that writes. `body`: null for none.
  [[nodiscard]] Result<nlohmann::json> send(const char* method, const std::string& path, const Query& query,
                                            const nlohmann::json& body, const Call& call);
  /// Calls `each` with the lists of all pages, whatever their length; a list is the first of `members` that is there.
  [[nodiscard]] Result<void> for_each_page(const std::string& path, const Query& query,
                                           const std::vector<const char*>& members, const Call& call,
                                           const std::function<void(const nlohmann::json& page)>& each);
  /// Issues as the index shows them, those changed longest ago first.
  [[nodiscard]] Result<SearchPage> search(const SearchScope& scope, const std::vector<std::string>& fields,
                                          const Position& position, std::size_t most, const Call& call);
  [[nodiscard]] Result<void> download(rest::Url url, const Sink& sink, const Call& call);
  [[nodiscard]] Result<nlohmann::json> upload(const std::string& path, const NewAttachment& attachment,
                                              const Source& source, const Call& call);

  /// A URL of the application; `path` begins with a slash.
  [[nodiscard]] rest::Url url(std::string_view path) const { return server_->url(path); }
  /// The URL of an API path.
  [[nodiscard]] Result<rest::Url> api_url(const std::string& path, const Query& query, const Call& call);

 private:
  [[nodiscard]] Result<nlohmann::json> json(const std::string& path, const rest::Call& sent, const Call& call);
  [[nodiscard]] Result<nlohmann::json> server_info(const Call& call);
  [[nodiscard]] Error gone_or_stranger(std::string_view path, const Error& error, const Call& call);

  const std::unique_ptr<rest::Server> server_;
  const std::string url_;
  std::mutex mutex_;
  std::optional<Server> known_;  // guarded by mutex_
};

/// How Jira's answers are read. `hint` completes messages about rejected credentials; may be empty.
[[nodiscard]] rest::Vendor vendor(std::string hint);

}  // namespace syncservice::adapter::jira
