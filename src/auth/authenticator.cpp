#include <boost/smart_ptr/atomic_shared_ptr.hpp>
#include <boost/smart_ptr/make_shared.hpp>
#include <charconv>
#include <exception>
#include <mutex>

#include "credentials.hpp"
#include "errors.hpp"
#include "failure_log.hpp"
#include "failures.hpp"
#include "key_store.hpp"
#include "key_table.hpp"
#include "password.hpp"
#include "slow_checks.hpp"
#include "syncservice/auth/auth.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::auth {
namespace {

constexpr std::string_view unusable_hash = "unusable";  // no password matches it
constexpr std::size_t longest_key = 1024;
constexpr std::size_t most_key_name_bytes = 100;
constexpr std::size_t most_app_links = 1000;
constexpr std::chrono::hours longest_validity{24 * 365 * 100};

// The administrator's credential as one value: what is asked is answered from one version of it.
struct Administrator {
  Settings settings;
  std::optional<Digest> verified;  // keyed digest of the credentials that passed the slow check under these settings
};
using AdministratorPtr = boost::shared_ptr<const Administrator>;

Error invalid(std::string message) {
  return {make_error_code(Errc::invalid), std::move(message), FailureClass::permanent, {}};
}

Result<void> check_settings(const Settings& settings) {
  if (settings.admin_user.empty() || settings.admin_user.find(':') != std::string::npos)
    return invalid("The administrator's user name \"" + text::printable(settings.admin_user) +
                   "\" is empty or holds a colon, so HTTP Basic can't carry it; set push.service.admin.user.");
  if (!settings.admin_password_hash.empty() && !is_password_hash(settings.admin_password_hash))
    return invalid(
        "push.service.admin.password.hash is not an Argon2id hash; write one with `syncservice password "
        "set`, or leave it empty for the default password, which counts on this machine only.");
  return {};
}

std::optional<std::int64_t> parse_id(std::string_view text) noexcept {
  std::int64_t id = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return id;
}

Result<void> check_new_key(const NewApiKey& wanted) {
  const std::string& name = wanted.name;
  const std::string shown = "\"" + text::printable(name) + "\"";
  if (name.empty()) return invalid("The name of the API key is empty; give one of 1 to 100 bytes.");
  if (name.size() > most_key_name_bytes)
    return invalid("The name of the API key, " + shown + ", has " + std::to_string(name.size()) +
                   " bytes; at most 100 are possible.");
  if (!text::is_utf8(name) || text::has_control(name) || text::trim(name) != name)
    return invalid("The name of the API key, " + shown +
                   ", must be printable UTF-8 without blanks at its beginning or end.");
  if (parse_id(name)) return invalid("The name of the API key, " + shown + ", would be taken for an id; add a letter.");
  if (wanted.app_links.size() > most_app_links)
    return invalid("An API key can be limited to at most 1000 app links; " + std::to_string(wanted.app_links.size()) +
                   " were given. Without any it is valid for all.");
  for (const AppLinkName& link : wanted.app_links) {
    if (link.empty() || !text::is_utf8(link.str()) || text::has_control(link.str()))
      return invalid("\"" + text::printable(link.str()) + "\" can't be the name of an app link.");
  }
  if (wanted.valid_for && (wanted.valid_for->count() <= 0 || *wanted.valid_for > longest_validity))
    return invalid("An API key can expire after 1 ms to 100 years, not after " + to_text(*wanted.valid_for) + ".");
  return {};
}

// What is known about a request that was not let in.
struct Verdict {
  Reason reason = Reason::missing;
  std::string_view key;              // the key's name, when it is known
  std::optional<Digest> credential;  // the password tried, for counting guesses
  std::optional<std::chrono::milliseconds> retry_after;
};

}  // namespace

bool Principal::may(const AppLinkName& app_link, Side origin) const noexcept {
  if (administrator_) return true;
  if (name_.empty() || (origin_ && *origin_ != origin)) return false;
  return app_links_.empty() || std::find(app_links_.begin(), app_links_.end(), app_link) != app_links_.end();
}

struct Authenticator::Impl {
  Impl(store::Store& s, const Clock& c, Settings settings, telemetry::Log& l, telemetry::Metrics& metrics)
      : store(s),
        clock(c),
        log(l),
        administrator(boost::make_shared<const Administrator>(Administrator{std::move(settings), {}})),
        failures(c),
        failure_log(c, l, metrics),
        slow([this](const Basic& basic, const Digest& digest) { return verify(basic, digest); }) {}

  static Principal make_principal(const ApiKey& key) {
    Principal principal;
    principal.name_ = key.name;
    principal.app_links_ = key.app_links;
    principal.origin_ = key.origin;
    return principal;
  }

  static Principal make_administrator(const Administrator& administrator) {
    Principal principal;
    principal.name_ = administrator.settings.admin_user;
    principal.administrator_ = true;
    return principal;
  }

  Error refuse(const Verdict& verdict, const Credentials& credentials, const Origin& origin) {
    return refuse(verdict, credentials.basic_allowed, origin.address);
  }
  Error refuse(const Verdict& verdict, bool basic_allowed, std::string_view address) {
    if (verdict.reason != Reason::missing && verdict.reason != Reason::internal)
      failures.record(address, verdict.credential);
    failure_log.record(verdict.reason, address, verdict.key);
    return refusal(verdict.reason, basic_allowed, verdict.retry_after);
  }

  // Empty: not valid; `verdict` then says why, unless the value is empty and so no credential at all.
  std::optional<Principal> check_key(std::string_view secret, Verdict& verdict) const {
    if (secret.empty()) return std::nullopt;
    verdict = {Reason::unknown_key, {}, {}, {}};
    if (secret.size() > longest_key) return std::nullopt;
    const std::optional<Digest> hash = hasher.sha256(secret);
    if (!hash) {
      verdict.reason = Reason::internal;
      return std::nullopt;
    }
    const KeyEntry* entry = keys.find(*hash);
    if (entry == nullptr) return std::nullopt;
    verdict.key = entry->key.name;
    if (entry->revoked.load(std::memory_order_acquire)) {
      verdict.reason = Reason::revoked_key;
    } else if (entry->key.expires && *entry->key.expires <= clock.now()) {
      verdict.reason = Reason::expired_key;
    } else {
      return make_principal(entry->key);
    }
    return std::nullopt;
  }

  // Empty: only a slow check can tell.
  std::optional<Result<Principal>> check_basic(const Basic& basic, const Digest& digest, const Credentials& credentials,
                                               const Origin& origin) {
    if (const auto wait = failures.refused_for(origin.address))
      return refuse({Reason::throttled, {}, {}, wait}, credentials, origin);
    const AdministratorPtr current = administrator.load();
    // The user's name is no secret, so a wrong one needs no slow check to hide it.
    const bool user_matches = text::equal_constant_time(basic.user(), current->settings.admin_user);
    if (current->settings.admin_password_hash.empty()) {
      if (!text::equal_constant_time(basic.password(), default_password) || !user_matches)
        return refuse({Reason::wrong_password, {}, digest, {}}, credentials, origin);
      if (!origin.loopback) return refuse({Reason::loopback_only, {}, {}, {}}, credentials, origin);
      return make_administrator(*current);
    }
    if (!user_matches) return refuse({Reason::wrong_password, {}, digest, {}}, credentials, origin);
    if (current->verified && equal(*current->verified, digest)) return make_administrator(*current);
    return std::nullopt;
  }

  std::optional<Result<Principal>> check(const Credentials& credentials, const Origin& origin) {
    Verdict verdict;
    const Authorization authorization = parse_authorization(credentials.authorization);
    for (const std::string_view secret : credentials.api_keys) {
      if (std::optional<Principal> principal = check_key(secret, verdict)) return std::move(*principal);
    }
    if (authorization.bearer) {
      if (std::optional<Principal> principal = check_key(*authorization.bearer, verdict)) return std::move(*principal);
    }
    if (authorization.basic && credentials.basic_allowed) {
      const std::optional<Basic> basic = Basic::parse(*authorization.basic);
      if (!basic) return refuse({Reason::malformed, {}, {}, {}}, credentials, origin);
      const std::optional<Digest> digest = hasher.keyed(basic->user(), basic->password());
      if (!digest) return refuse({Reason::internal, {}, {}, {}}, credentials, origin);
      return check_basic(*basic, *digest, credentials, origin);
    }
    return refuse(verdict, credentials, origin);
  }

  // On the slow thread. The answer holds for the settings in force when it is given.
  bool verify(const Basic& basic, const Digest& digest) noexcept {
    try {
      for (AdministratorPtr current = administrator.load();;) {
        if (current->verified && equal(*current->verified, digest)) return true;
        if (!text::equal_constant_time(basic.user(), current->settings.admin_user) ||
            !verify_password(current->settings.admin_password_hash, basic.password()))
          return false;
        const AdministratorPtr next = boost::make_shared<const Administrator>(Administrator{current->settings, digest});
        if (administrator.compare_exchange_strong(current, next)) return true;
      }
    } catch (const std::exception& failure) {
      log.error("a password could not be checked", {{"reason", failure.what()}});
      return false;
    }
  }

  store::Store& store;
  const Clock& clock;
  telemetry::Log& log;
  const Hasher hasher;
  KeyTable keys;
  std::mutex change;  // held by whoever changes `keys`
  boost::atomic_shared_ptr<const Administrator> administrator;
  FailureTable failures;
  FailureLog failure_log;
  SlowChecks slow;  // last: its thread uses everything above
};

Result<std::unique_ptr<Authenticator>> Authenticator::open(store::Store& store, const Clock& clock, Settings settings,
                                                           telemetry::Log& log, telemetry::Metrics& metrics) {
  if (Result<void> fine = check_settings(settings); !fine) return fine.error();
  Result<std::vector<StoredKey>> stored = load_keys(store);
  if (!stored) return stored.error();
  auto impl = std::make_unique<Impl>(store, clock, std::move(settings), log, metrics);
  for (StoredKey& key : *stored) impl->keys.add(std::move(key.key), key.hash);
  return std::unique_ptr<Authenticator>{new Authenticator{std::move(impl)}};
}

Authenticator::Authenticator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authenticator::~Authenticator() = default;

std::optional<Result<Principal>> Authenticator::check(const Credentials& credentials, const Origin& origin) noexcept {
  try {
    return impl_->check(credentials, origin);
  } catch (const std::exception& failure) {
    impl_->log.error("credentials could not be checked", {{"reason", failure.what()}});
    return Error{make_error_code(Errc::internal), {}, FailureClass::internal, {}};
  }
}

void Authenticator::verify_slowly(const Credentials& credentials, const Origin& origin,
                                  std::function<void(Result<Principal>)> done) {
  if (std::optional<Result<Principal>> known = check(credentials, origin)) return done(std::move(*known));
  Impl& impl = *impl_;
  const Error busy = refusal(Reason::throttled, credentials.basic_allowed, std::chrono::seconds{1});
  std::optional<Basic> basic = Basic::parse(parse_authorization(credentials.authorization).basic.value_or(""));
  const std::optional<Digest> digest = basic ? impl.hasher.keyed(basic->user(), basic->password()) : std::nullopt;
  if (!digest) return done(impl.refuse({Reason::internal, {}, {}, {}}, credentials, origin));

  const auto shared = std::make_shared<std::function<void(Result<Principal>)>>(std::move(done));
  const auto finish = [&impl, shared, busy, digest = *digest, address = std::string{origin.address},
                       basic_allowed = credentials.basic_allowed](SlowChecks::Outcome outcome) {
    switch (outcome) {
      case SlowChecks::Outcome::right:
        return (*shared)(impl.make_administrator(*impl.administrator.load()));
      case SlowChecks::Outcome::wrong:
        return (*shared)(impl.refuse({Reason::wrong_password, {}, digest, {}}, basic_allowed, address));
      case SlowChecks::Outcome::refused:
        return (*shared)(busy);
    }
  };
  if (!impl.slow.submit(std::move(*basic), *digest, address_key(origin.address), finish)) {
    impl.failure_log.record(Reason::throttled, origin.address, {});
    (*shared)(busy);
  }
}

std::chrono::milliseconds Authenticator::penalty(const Origin& origin) noexcept {
  try {
    return impl_->failures.penalty(origin.address);
  } catch (const std::exception&) {
    return std::chrono::seconds{5};
  }
}

Principal Authenticator::local_administrator() const {
  return Impl::make_administrator(*impl_->administrator.load());
}

Result<CreatedApiKey> Authenticator::create_key(const NewApiKey& wanted) {
  if (Result<void> fine = check_new_key(wanted); !fine) return fine.error();
  Digest random{};
  fill_random(random.data(), random.size());
  CreatedApiKey created;
  created.secret = "ss_" + base64url(random.data(), random.size());
  const std::optional<Digest> hash = impl_->hasher.sha256(created.secret);
  if (!hash) return refusal(Reason::internal, true, {});

  ApiKey& key = created.key;
  key.name = wanted.name;
  key.app_links = wanted.app_links;
  std::sort(key.app_links.begin(), key.app_links.end());
  key.app_links.erase(std::unique(key.app_links.begin(), key.app_links.end()), key.app_links.end());
  key.origin = wanted.origin;
  key.created = impl_->clock.now();
  if (wanted.valid_for) key.expires = key.created + *wanted.valid_for;

  const std::lock_guard lock{impl_->change};
  const Result<std::optional<std::int64_t>> id = insert_key(impl_->store, key, *hash);
  if (!id) return id.error();
  if (!*id)
    return Error{make_error_code(Errc::name_taken),
                 "There is an API key named \"" + text::printable(key.name) +
                     "\" already; choose another name, or revoke that one first.",
                 FailureClass::permanent,
                 {}};
  key.id = **id;
  impl_->keys.add(key, *hash);
  impl_->log.info("API key created", {{"key", key.name}, {"id", key.id}});
  return created;
}

Result<std::vector<ApiKey>> Authenticator::list_keys() const {
  Result<std::vector<StoredKey>> stored = load_keys(impl_->store);
  if (!stored) return stored.error();
  std::vector<ApiKey> keys;
  keys.reserve(stored->size());
  for (StoredKey& key : *stored) keys.push_back(std::move(key.key));
  return keys;
}

Result<ApiKey> Authenticator::revoke_key(const std::string& name_or_id) {
  const std::optional<std::int64_t> id = parse_id(name_or_id);
  const std::lock_guard lock{impl_->change};
  const auto& entries = impl_->keys.entries();
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
    return id ? entry->key.id == *id : entry->key.name == name_or_id && (!entry->revoked || entry->unrecorded);
  });
  if (found == entries.end())
    return Error{make_error_code(Errc::no_such_key),
                 "There is no API key \"" + text::printable(name_or_id) + "\"; `syncservice keys list` shows them.",
                 FailureClass::gone,
                 {}};

  // First in memory: whatever becomes of the store, the key is not accepted from here on.
  KeyEntry& entry = **found;
  if (!entry.revoked.exchange(true)) entry.unrecorded = true;
  ApiKey key = entry.key;
  const Result<Timestamp> when = mark_revoked(impl_->store, key.id, impl_->clock.now());
  if (!when) {
    Error failure = when.error();
    failure.message = "API key \"" + text::printable(key.name) +
                      "\" is refused from now on, but that could not be recorded, so it would be valid again after a "
                      "restart; revoke it again once this is solved: " +
                      failure.message;
    return failure;
  }
  entry.unrecorded = false;
  key.revoked = *when;
  impl_->log.info("API key revoked", {{"key", key.name}, {"id", key.id}});
  return key;
}

void Authenticator::reload(Settings settings) {
  if (const Result<void> fine = check_settings(settings); !fine) {
    impl_->log.error("no administrator can sign in by password", {{"reason", fine.error().message}});
    settings.admin_password_hash = unusable_hash;
  }
  impl_->administrator.store(boost::make_shared<const Administrator>(Administrator{std::move(settings), {}}));
}

bool Authenticator::default_password_in_force() const noexcept {
  return impl_->administrator.load()->settings.admin_password_hash.empty();
}

void Authenticator::stop() noexcept {
  impl_->slow.stop();
}

}  // namespace syncservice::auth
