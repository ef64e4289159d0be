// auth — from credentials to a Principal. The only place that sees passwords and keys; fails closed. Secrets are
// compared in constant time and never printed; a slow password hash is paid once per process and credential, not per
// request, and never on an I/O thread.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::store {
class Store;
}
namespace syncservice::telemetry {
class Log;
class Metrics;
}  // namespace syncservice::telemetry

namespace syncservice::auth {

enum class Errc : std::uint8_t {
  missing = 1,    ///< no credentials of a kind this form takes
  rejected,       ///< wrong, expired or revoked
  loopback_only,  ///< the default password, from elsewhere
  throttled,      ///< too many failures from this address; retry_after is set
  no_such_key,
  name_taken,
  invalid,  ///< a value for a new key or password that can't be
  internal  ///< the check itself failed; nobody is let in
};
[[nodiscard]] const boost::system::error_category& auth_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Errc code) noexcept;

/// Who asks. Only the authenticator makes one that says anything.
class Principal {
 public:
  /// Name of the administrator or of the key; as it may stand in a log.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool is_administrator() const noexcept { return administrator_; }
  /// May this principal push for (or look at) that app link from that side?
  [[nodiscard]] bool may(const AppLinkName& app_link, Side origin) const noexcept;

 private:
  friend class Authenticator;
  std::string name_;
  bool administrator_ = false;
  std::vector<AppLinkName> app_links_;  // empty: all
  std::optional<Side> origin_;          // empty: both
};

/// The credentials of one request. Views into the request; several may be present, one valid one suffices.
struct Credentials {
  std::string_view authorization;              ///< the header's whole value, "Basic …" or "Bearer …"
  std::span<const std::string_view> api_keys;  ///< from the query, decoded, and from the header `apikey`
  bool basic_allowed = true;                   ///< false on the path forms
};

/// Where the request comes from.
struct Origin {
  std::string_view address;  ///< numeric, no port
  bool loopback = false;
};

struct ApiKey {
  std::int64_t id = 0;
  std::string name;
  std::vector<AppLinkName> app_links;  ///< empty: all
  std::optional<Side> origin;          ///< empty: both
  Timestamp created{};
  std::optional<Timestamp> expires;
  std::optional<Timestamp> revoked;
};

struct NewApiKey {
  std::string name;  ///< 1–100 printable characters, unique among keys that are not revoked
  std::vector<AppLinkName> app_links;
  std::optional<Side> origin;
  std::optional<std::chrono::milliseconds> valid_for;
};

struct CreatedApiKey {
  ApiKey key;
  std::string secret;  ///< shown once; "ss_" and 43 characters of base64url (256 random bits)
};

struct Settings {
  std::string admin_user = "admin";
  std::string admin_password_hash;  ///< Argon2id in PHC form; empty: the published default, loopback only
};

/// Argon2id (RFC 9106, 64 MiB, 3 passes, 1 lane) in PHC form. Takes a fraction of a second. Permanent failure when
/// the password is empty or longer than 1024 bytes.
[[nodiscard]] Result<std::string> hash_password(std::string_view password);
/// True when it is an Argon2id hash in PHC form.
[[nodiscard]] bool is_password_hash(std::string_view text) noexcept;

/// Checks credentials and keeps API keys. Thread-safe. The store, clock, log and metrics outlive it.
class Authenticator {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Authenticator>> open(store::Store& store, const Clock& clock,
                                                                   Settings settings, telemetry::Log& log,
                                                                   telemetry::Metrics& metrics);
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;
  ~Authenticator();

  /// The fast answer, for I/O threads: API keys, the default password, and passwords verified before. Empty: only a
  /// slow check can tell; call `verify_slowly`. After 50 different guesses from one address, passwords from there are
  /// refused unseen (Errc::throttled; 2 more guesses a minute); API keys, which can't be guessed, never are. A key
  /// costs one SHA-256 and one look-up without a lock.
  [[nodiscard]] std::optional<Result<Principal>> check(const Credentials& credentials, const Origin& origin) noexcept;
  /// The slow check, on the authenticator's own thread, shared by all who bring the same credentials. `done` is called
  /// exactly once and must not throw: there, or before this returns when no slow check is needed (any more) or none is
  /// to be had. At most 64 different credentials wait, 8 of them from one address; beyond that it is refused as
  /// throttled at once.
  void verify_slowly(const Credentials& credentials, const Origin& origin, std::function<void(Result<Principal>)> done);
  /// How long the answer to a failure from this address should be held back; grows with repetition up to 5 s, decays
  /// with time, and never concerns another address (of IPv6, another /64).
  [[nodiscard]] std::chrono::milliseconds penalty(const Origin& origin) noexcept;

  /// The administrator's own principal, for the UNIX socket, whose file permissions are the authorization.
  [[nodiscard]] Principal local_administrator() const;

  /// Changes take effect at once, for requests under way on other threads too. These block on the store. A revoked key
  /// is refused from here on even when the store can't record it; the error then says so.
  [[nodiscard]] Result<CreatedApiKey> create_key(const NewApiKey& wanted);
  [[nodiscard]] Result<std::vector<ApiKey>> list_keys() const;
  /// By name or id.
  [[nodiscard]] Result<ApiKey> revoke_key(const std::string& name_or_id);

  /// After the properties file changed; forgets verified passwords. With settings that `open` would refuse, nobody can
  /// sign in by password any more.
  void reload(Settings settings);
  [[nodiscard]] bool default_password_in_force() const noexcept;
  /// Stops the slow thread; waiting checks end as throttled.
  void stop() noexcept;

 private:
  struct Impl;
  explicit Authenticator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::auth
