// rest — what every adapter to a system with a REST API needs once: the settings of the connection, credentials, JSON
// both ways, and each answer classified as an adapter::Failure. Nothing is retried but one sign-in after a 401.
//
// - A credential goes to the origin (scheme, host, port) of the `url` setting and nowhere else.
// - A write whose answer is lost or is a 5xx fails as uncertain: it may have happened.
// - A page of HTML is never taken for the API's answer, and a 404 of one never for "gone": it comes from a login page,
// a
//   proxy, or another address than the API's.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/clock.hpp"
#include "syncservice/client/client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace syncservice::rest {

/// The settings of one application, read with messages that name the setting and an example. Failures are
/// misconfigured.
class SettingsReader {
 public:
  /// `settings` outlives this.
  explicit SettingsReader(const adapter::Settings& settings) noexcept : settings_(settings) {}

  /// Empty when it is not given.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return !text(name).empty(); }
  /// `example` completes the message, for example "https://acme.service-now.com".
  [[nodiscard]] Result<std::string> required(std::string_view name, std::string_view example) const;
  /// From `least` to `most`, `otherwise` when it is not given.
  [[nodiscard]] Result<std::chrono::milliseconds> duration(std::string_view name, std::chrono::milliseconds otherwise,
                                                           std::chrono::milliseconds least,
                                                           std::chrono::milliseconds most) const;
  /// A whole number.
  [[nodiscard]] Result<std::uint64_t> number(std::string_view name, std::uint64_t otherwise, std::uint64_t least,
                                             std::uint64_t most) const;
  /// Which of `known`, `otherwise` when it is not given.
  [[nodiscard]] Result<std::size_t> choice(std::string_view name, std::span<const std::string> known,
                                           std::size_t otherwise) const;
  /// `true` or `false`.
  [[nodiscard]] Result<bool> flag(std::string_view name, bool otherwise) const;
  /// A path, relative to the settings' base folder; empty when it is not given.
  [[nodiscard]] std::string file(std::string_view name) const;

 private:
  const adapter::Settings& settings_;
};

/// Faults of settings, to be told all at once.
class Faults {
 public:
  /// Notes what is wrong, if anything is.
  template <class T>
  void note(const Result<T>& result) {
    if (!result) add(result.error().message);
  }
  void add(std::string_view what) { words_.append(words_.empty() ? "" : " ").append(what); }
  [[nodiscard]] bool any() const noexcept { return !words_.empty(); }
  /// Misconfigured; there are some.
  [[nodiscard]] Error error() const;

 private:
  std::string words_;
};

/// Where an application is, and how it is reached.
struct Endpoint {
  std::string url;  ///< http or https, up to a path prefix, without a trailing slash
  client::Settings client;
  std::size_t max_connections = 8;  ///< calls at once; further ones wait
};

/// The settings that read_endpoint() knows: url, proxy, caFile, clientCertificate, clientKey, tlsMinimum,
/// connectTimeout, timeout, maxConnections.
[[nodiscard]] std::vector<adapter::SettingSpec> connection_settings();
/// All that is wrong is said at once; files that are named must be there. `example` is a URL of such a system, for
/// messages.
[[nodiscard]] Result<Endpoint> read_endpoint(const adapter::Settings& settings, std::string_view example);

/// A URL that is put together so that nothing of it can become another part of it.
class Url {
 public:
  Url() = default;
  /// A whole URL that is percent-encoded as it stands, such as a server gave it.
  explicit Url(std::string url) : text_(std::move(url)) {}

  /// A literal path as the API documents it, for example "/rest/api/3/issue".
  Url& path(std::string_view literal);
  /// One further segment, percent-encoded. Empty, "." and ".." can't be one: the URL is not usable then.
  Url& segment(std::string_view raw);
  /// A query parameter, percent-encoded.
  Url& query(std::string_view name, std::string_view value);

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] bool usable() const noexcept { return usable_; }

 private:
  std::string text_;
  bool has_query_ = false, usable_ = true;
};

struct NoCredential {};
struct Basic {
  std::string user, password;
};
/// `Authorization: Bearer <token>`.
struct Bearer {
  std::string token;
};
/// A header of the vendor's own.
struct ApiKey {
  std::string header, key;
};
/// OAuth 2.0 (RFC 6749) with a token that is fetched when it is first needed, before it expires, and once after a 401.
struct OAuth {
  enum class Grant : std::uint8_t { password, client_credentials };
  Grant grant = Grant::client_credentials;
  std::string token_url;
  std::string client_id, client_secret;
  std::string user, password;  ///< of the grant password
  std::string scope;           ///< may be empty
};
/// What signs one call of a SignIn.
struct Pass {
  std::vector<client::Header> headers;
  std::uint64_t number = 0;  ///< what the SignIn knows it by
};
/// A way to sign in of the vendor's own, such as a session with cookies. Thread-safe.
class SignIn {
 public:
  SignIn() = default;
  SignIn(const SignIn&) = delete;
  SignIn& operator=(const SignIn&) = delete;
  virtual ~SignIn() = default;
  /// What signs the next call; signs in where that is needed.
  [[nodiscard]] virtual Result<Pass> pass(const adapter::CallContext& context) = 0;
  /// Sees every complete answer to a call with that pass. True when it says that the sign-in is lost, so that the call
  /// was not carried out, and the next pass() is of another sign-in.
  [[nodiscard]] virtual bool lost(const Pass& pass, const client::Response& response,
                                  const adapter::CallContext& context) = 0;
};
using Credential = std::variant<NoCredential, Basic, Bearer, ApiKey, OAuth, std::shared_ptr<SignIn>>;

/// One call of an API.
struct Call {
  std::string method = "GET";
  Url url;
  std::string doing;                      ///< completes messages, for example "reading incident \"INC0010023\""
  std::vector<client::Header> headers{};  ///< beside Authorization, Accept and Content-Type
  std::string body{};                     ///< JSON; empty: none
  /// It changes nothing over there although its method is not GET, for example a search by POST.
  bool only_reads = false;

  /// Sets the body. Text that is not UTF-8 gets U+FFFD where it is not.
  Call& with(const nlohmann::json& json);
  [[nodiscard]] bool writes() const noexcept { return !only_reads && method != "GET" && method != "HEAD"; }
};

/// What differs from vendor to vendor in how answers are read. Thread-safe functions.
struct Vendor {
  std::string name;  ///< for messages, for example "ServiceNow"
  /// What an answer's JSON says in words of what went wrong; empty: nothing. May be empty itself.
  std::function<std::string(const nlohmann::json& body)> error_text;
  /// Looks at every complete answer first, of any status; what it returns is the result of the call. May be empty.
  std::function<std::optional<Error>(const client::Response& response, const Call& call)> judge;
};

/// A 404 that the vendor did not say in its own form says nothing of the record: another system, a proxy or a server
/// that is being set up answers so to everything. Transient; names the URL.
[[nodiscard]] Error not_its_own_words(std::string_view vendor, const Call& call);

/// One application behind its API. Thread-safe; calls block.
class Server {
 public:
  /// `clock` serves to read dates in answers and the life of tokens.
  Server(Endpoint endpoint, Credential credential, Vendor vendor,
         std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>());
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// No call may be under way.
  ~Server();

  /// The application's URL, and a literal path of the API after it.
  [[nodiscard]] Url url(std::string_view path) const;

  /// An answer of 2xx; everything else is an Error: gone (404), refused, unauthorized (401, redirects, login pages),
  /// throttled (429, and 503 with Retry-After that answers a read), unavailable, uncertain, malformed, cancelled,
  /// timed_out. Error::retry_after is what Retry-After says.
  [[nodiscard]] Result<client::Response> call(const Call& call, const adapter::CallContext& context) const;

  /// The JSON of an answer to the call, for who needs its headers as well; otherwise as json().
  [[nodiscard]] Result<nlohmann::json> json_of(const client::Response& response, const Call& call) const;

  /// The answer's JSON; null for an answer without a body. What is no JSON fails as malformed, or uncertain after a
  /// write.
  [[nodiscard]] Result<nlohmann::json> json(const Call& call, const adapter::CallContext& context) const;

  /// Streams the answer's body. Redirects are followed (at most five, never from https to http).
  [[nodiscard]] Result<void> download(const Call& call, const adapter::Sink& sink,
                                      const adapter::CallContext& context) const;

  /// Streams a body, and reads the answer's JSON. As the source can be read only once, a 401 for an expired token fails
  /// as unavailable; the next call signs in anew.
  [[nodiscard]] Result<nlohmann::json> upload(const Call& call, const client::Upload& upload,
                                              const adapter::CallContext& context) const;
  /// The same for answers that are not JSON.
  [[nodiscard]] Result<client::Response> send_upload(const Call& call, const client::Upload& upload,
                                                     const adapter::CallContext& context) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::rest
