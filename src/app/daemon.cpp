#include "daemon.hpp"

#include "configuration.hpp"
#include "kinds.hpp"
#include "watch.hpp"

#include "syncservice/admin/api.hpp"
#include "syncservice/auth/auth.hpp"
#include "syncservice/base/clock.hpp"
#include "syncservice/gate/gate.hpp"
#include "syncservice/http/server.hpp"
#include "syncservice/push/push.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace syncservice::app {
namespace {

using std::chrono::milliseconds;

/// The level of a name that the settings have checked.
telemetry::Level log_level(std::string_view name) {
  using telemetry::Level;
  if (name == "trace") return Level::trace;
  if (name == "debug") return Level::debug;
  if (name == "warn") return Level::warn;
  if (name == "error") return Level::error;
  return Level::info;
}

telemetry::LogSettings log_settings(const config::Settings& settings, Daemon::Mode mode) {
  telemetry::LogSettings out;
  out.file = settings.log_file;
  if (settings.log_format == "json") out.format = telemetry::Format::json;
  out.level = log_level(settings.log_level);
  if (mode == Daemon::Mode::control_only) out = {.level = telemetry::Level::error};
  return out;
}

auth::Settings auth_settings(const config::Settings& settings) {
  return {.admin_user = settings.admin_user, .admin_password_hash = settings.admin_password_hash};
}

http::ServerSettings server_settings(const config::Settings& settings, Daemon::Mode mode) {
  http::ServerSettings out;
  out.threads = settings.http_threads > 0 ? settings.http_threads : std::max(1U, std::thread::hardware_concurrency());
  if (mode == Daemon::Mode::control_only) out.threads = 1;
  out.header_limit = static_cast<std::size_t>(settings.header_limit);
  out.target_limit = std::min(out.target_limit, out.header_limit);
  out.max_connections = settings.connections;
  out.header_timeout = settings.header_timeout;
  out.body_timeout = settings.body_timeout;
  out.idle_timeout = settings.idle_timeout;
  return out;
}

sync::Settings sync_settings(const config::Settings& settings) {
  sync::Settings out;
  out.workers = settings.workers;
  out.backoff = {.first = settings.retry_first, .longest = settings.retry_longest, .total = settings.retry_total};
  out.call_timeout = settings.call_timeout;
  out.keep_history = settings.keep_history;
  out.scratch_folder = settings.data_folder;
  return out;
}

push::Settings push_settings(const config::Settings& settings) {
  return {.body_limit = static_cast<std::size_t>(settings.body_limit),
          .discard_limit = static_cast<std::uint64_t>(settings.discard_limit),
          .hook_limit = static_cast<std::size_t>(settings.hook_limit)};
}

Error start_failure(std::string message) {
  return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument), std::move(message),
          FailureClass::permanent, std::nullopt};
}

/// Values that a running daemon can't take over; a reload names them.
std::vector<std::string_view> changed_fixed_keys(const config::Settings& a, const config::Settings& b) {
  std::vector<std::string_view> out;
  const auto compare = [&](const auto& left, const auto& right, std::string_view key) {
    if (left != right) out.push_back(key);
  };
  compare(a.listen, b.listen, "push.service.port");
  compare(a.tls_certificate, b.tls_certificate, "push.service.tls.certificate");
  compare(a.tls_key, b.tls_key, "push.service.tls.key");
  compare(a.data_folder, b.data_folder, "push.service.data");
  compare(a.workers, b.workers, "push.service.workers");
  compare(a.disk_reserve, b.disk_reserve, "push.service.queue.disk.reserve");
  compare(a.http_threads, b.http_threads, "push.service.http.threads");
  compare(a.header_limit, b.header_limit, "push.service.http.header.limit");
  compare(a.body_limit, b.body_limit, "push.service.http.body.limit");
  compare(a.discard_limit, b.discard_limit, "push.service.http.discard.limit");
  compare(a.hook_limit, b.hook_limit, "push.service.http.hook.limit");
  compare(a.connections, b.connections, "push.service.http.connections");
  compare(a.header_timeout, b.header_timeout, "push.service.http.header.timeout");
  compare(a.body_timeout, b.body_timeout, "push.service.http.body.timeout");
  compare(a.idle_timeout, b.idle_timeout, "push.service.http.idle.timeout");
  compare(a.shutdown_grace, b.shutdown_grace, "push.service.shutdown.grace");
  compare(a.retry_first, b.retry_first, "push.service.retry.first");
  compare(a.retry_longest, b.retry_longest, "push.service.retry.longest");
  compare(a.retry_total, b.retry_total, "push.service.retry.total");
  compare(a.call_timeout, b.call_timeout, "push.service.call.timeout");
  compare(a.keep_history, b.keep_history, "push.service.history.keep");
  compare(a.log_format, b.log_format, "push.service.log.format");
  compare(a.log_file, b.log_file, "push.service.log.file");
  return out;
}

}  // namespace

std::string control_socket(const config::Settings& settings) {
  return settings.data_folder + "/syncservice.sock";
}

/// The parts, lowest layer first; destruction runs upwards from the end.
struct Daemon::Impl {
  Impl(const config::Settings& given, Mode mode_given)
      : settings(given), mode(mode_given), log(log_settings(given, mode_given)), watch(given.file, given.mappings) {}

  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> listen();
  std::vector<Complaint> load_registry(const std::string& mappings);
  std::vector<Complaint> reload_locked();
  void report(const std::vector<Complaint>& complaints) const;
  void warn_of_default_password() const;

  config::Settings settings;
  const Mode mode;
  SystemClock clock;
  telemetry::Log log;
  telemetry::Metrics metrics;
  registry::Registry registry;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<auth::Authenticator> authenticator;
  std::unique_ptr<spool::Spool> spool;
  std::unique_ptr<sync::Service> sync;
  std::unique_ptr<admin::Api> api;
  http::Router router;
  std::unique_ptr<http::Server> server;

  std::mutex reloading;
  bool configured = !settings.locations.empty();  ///< the file that is in force holds a key of ours
  Watch watch;
  bool stopped = false;
};

Result<void> Daemon::Impl::open() {
  if (mode == Mode::full) report(load_registry(settings.mappings));

  auto opened = store::Store::open({.folder = settings.data_folder});
  if (!opened) return opened.error();
  store = std::move(*opened);

  auto authenticator_opened = auth::Authenticator::open(*store, clock, auth_settings(settings), log, metrics);
  if (!authenticator_opened) return authenticator_opened.error();
  authenticator = std::move(*authenticator_opened);

  const spool::Settings limits{.waiting_limit = settings.queue_limit, .disk_reserve_bytes = settings.disk_reserve};
  auto spool_opened = spool::Spool::open(*store, clock, limits, log, metrics);
  if (!spool_opened) return spool_opened.error();
  spool = std::move(*spool_opened);

  if (mode == Mode::full && settings.workers > 0) {
    sync = std::make_unique<sync::Service>(*store, *spool, registry, clock, sync_settings(settings), log, metrics);
  }
  return {};
}

Result<void> Daemon::Impl::listen() {
  admin::Services services{*authenticator, registry, *spool, *store, clock, metrics, sync.get()};
  services.version = SYNCSERVICE_VERSION;
  services.started = clock.now();
  if (mode == Mode::full) {
    services.reload = [this] {
      const std::lock_guard lock(reloading);
      return reload_locked();
    };
  }
  api = std::make_unique<admin::Api>(std::move(services));
  api->add_routes(router);
  push::add_routes(router, {*authenticator, registry, *spool, log}, push_settings(settings));
  server = std::make_unique<http::Server>(
      server_settings(settings, mode), router,
      [](unsigned status, std::string_view message) { return gate::refusal(status, message); }, log, metrics);

  if (mode == Mode::full) {
    const auto endpoints = http::parse_endpoints(settings.listen);
    if (!endpoints) {
      return start_failure(to_string(settings.complain("push.service.port", endpoints.error().message)));
    }
    for (const http::Endpoint& endpoint : *endpoints) {
      if (auto bound = server->listen(endpoint, {settings.tls_certificate, settings.tls_key}); !bound) {
        return start_failure(to_string(settings.complain("push.service.port", bound.error().message)));
      }
    }
  }
  const http::Endpoint local{.scheme = "unix", .address = control_socket(settings), .port = 0};
  return server->listen(local);
}

std::vector<Complaint> Daemon::Impl::load_registry(const std::string& mappings) {
  const auto in_force = registry.current();
  registry::LoadResult loaded = registry::load(mappings, adapter_kinds(), in_force);
  if (in_force && !in_force->app_links().empty() && loaded.snapshot && loaded.snapshot->app_links().empty()) {
    // Pushes that were answered 400 for it would never be sent again.
    loaded.snapshot = nullptr;
    loaded.complaints.push_back({mappings, 0, 0,
                                 "holds no app links any more; those loaded before stay in force, to do without any "
                                 "restart the daemon",
                                 false});
  }
  if (loaded.snapshot) {
    registry.replace(loaded.snapshot);
    log.info("app links loaded", {{"from", mappings},
                                  {"app_links", loaded.snapshot->app_links().size()},
                                  {"applications", loaded.snapshot->applications().size()}});
  } else {
    log.error(in_force ? "app links are broken; those loaded before stay in force"
                       : "app links are broken; pushes are answered 503 until they are mended",
              {{"from", mappings}});
  }
  return std::move(loaded.complaints);
}

std::vector<Complaint> Daemon::Impl::reload_locked() {
  watch.taken();
  config::LoadedSettings loaded = load_configuration(settings.file);
  std::vector<Complaint> complaints = std::move(loaded.complaints);
  if (loaded.settings && loaded.settings->locations.empty() && configured) {
    // With the defaults would come the published password.
    complaints.push_back({settings.shown_file, 0, 0, "holds no push.service key any more", false});
    loaded.settings.reset();
  }
  if (loaded.settings) {
    configured = !loaded.settings->locations.empty();
    for (const std::string_view key : changed_fixed_keys(settings, *loaded.settings)) {
      Complaint complaint = loaded.settings->complain(key, std::string{key} + " takes effect at the next start");
      complaint.warning = true;
      complaints.push_back(std::move(complaint));
    }
    if (std::exchange(settings.mappings, loaded.settings->mappings) != settings.mappings)
      watch = Watch(settings.file, settings.mappings);
    const bool had_default_password = authenticator->default_password_in_force();
    authenticator->reload(auth_settings(*loaded.settings));
    if (!had_default_password) warn_of_default_password();
    spool->set_waiting_limit(loaded.settings->queue_limit);
    log.set_level(log_level(loaded.settings->log_level));
  } else {
    log.error("the properties file is broken; the settings in force stay", {{"file", settings.file}});
  }
  report(complaints);
  const std::vector<Complaint> about_links = load_registry(settings.mappings);
  report(about_links);
  complaints.insert(complaints.end(), about_links.begin(), about_links.end());
  if (auto certificates = server->reload_certificates(); !certificates) {
    log.error("the certificate can't be used; the one in force stays", {{"reason", certificates.error().message}});
    complaints.push_back(settings.complain("push.service.tls.certificate", certificates.error().message));
  }
  if (sync) sync->nudge();
  return complaints;
}

void Daemon::Impl::warn_of_default_password() const {
  if (!authenticator->default_password_in_force()) return;
  log.warn(
      "the administrator has the published default password, so it is accepted from this machine only; set one with "
      "`syncservice password set`",
      {{"user", authenticator->local_administrator().name()}});
}

void Daemon::Impl::report(const std::vector<Complaint>& complaints) const {
  for (const Complaint& complaint : complaints) {
    log.write(complaint.warning ? telemetry::Level::warn : telemetry::Level::error, to_string(complaint));
  }
}

Result<std::unique_ptr<Daemon>> Daemon::start(const config::Settings& settings, Mode mode) {
  auto impl = std::make_unique<Impl>(settings, mode);
  if (auto opened = impl->open(); !opened) return opened.error();
  if (auto listening = impl->listen(); !listening) return listening.error();
  if (impl->sync) impl->sync->start();
  impl->server->start();
  if (mode == Mode::full) {
    impl->log.info("syncservice started",
                   {{"version", SYNCSERVICE_VERSION}, {"config", settings.file}, {"data", settings.data_folder}});
    for (const http::Endpoint& endpoint : impl->server->endpoints())
      impl->log.info("listening", {{"url", endpoint.url()}});
    if (!impl->sync) impl->log.warn("push.service.workers is 0: pushes are accepted, and no passes are run");
    impl->warn_of_default_password();
    impl->log.flush();
  }
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() {
  stop();
}

std::vector<Complaint> Daemon::reload() {
  const std::lock_guard lock(impl_->reloading);
  return impl_->reload_locked();
}

void Daemon::look_at_files() {
  const std::lock_guard lock(impl_->reloading);
  if (impl_->watch.changed()) impl_->reload_locked();
}

void Daemon::reopen_log() {
  if (const auto reopened = impl_->log.reopen(); !reopened) impl_->log.error(reopened.error().message);
}

void Daemon::stop() noexcept {
  if (std::exchange(impl_->stopped, true)) return;
  const auto end = std::chrono::steady_clock::now() + impl_->settings.shutdown_grace;
  const auto left = [&] {
    return std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now()));
  };
  // Requests get their 201 while the spool still takes them; passes end next; what they committed is flushed last.
  // The server is destroyed after the store, whose last completions are posted to it.
  impl_->server->stop(std::min(left(), milliseconds{2'000}));
  if (impl_->sync) impl_->sync->stop(left());
  impl_->authenticator->stop();
  impl_->spool->close();
  impl_->store->stop();
  if (impl_->mode == Mode::full) impl_->log.info("syncservice stopped");
  impl_->log.flush();
}

}  // namespace syncservice::app
