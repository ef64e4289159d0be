#include "syncservice/http/server.hpp"

#include "listener.hpp"
#include "shared.hpp"
#include "worker.hpp"

#include <algorithm>
#include <future>

#include <boost/asio/post.hpp>

namespace syncservice::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// How long handlers may take to end once their connections have been closed under them.
constexpr milliseconds last_grace{500};

}  // namespace

Instruments::Instruments(telemetry::Metrics& metrics)
    : answers{metrics.counter("syncservice_http_answers_total", "HTTP answers by class of status", {{"class", "2xx"}}),
              metrics.counter("syncservice_http_answers_total", "HTTP answers by class of status", {{"class", "3xx"}}),
              metrics.counter("syncservice_http_answers_total", "HTTP answers by class of status", {{"class", "4xx"}}),
              metrics.counter("syncservice_http_answers_total", "HTTP answers by class of status", {{"class", "5xx"}})},
      refused(metrics.counter("syncservice_http_connections_refused_total",
                              "Connections refused because there were too many")),
      connections(metrics.gauge("syncservice_http_connections", "Open connections")),
      seconds(metrics.histogram("syncservice_http_request_seconds", "From the end of a request's headers to its answer",
                                {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})) {}

struct Server::Impl {
  Shared shared;
  Workers workers;
  std::vector<std::unique_ptr<Listener>> listeners;
  bool started = false;
  bool stopped = false;

  bool wait_for_workers(milliseconds grace) {
    const auto deadline = std::chrono::steady_clock::now() + grace;
    return std::all_of(workers.begin(), workers.end(), [&](const auto& worker) { return worker->finished(deadline); });
  }
};

Server::Server(ServerSettings settings, const Router& router, ErrorPage error_page, telemetry::Log& log,
               telemetry::Metrics& metrics)
    : impl_(new Impl{.shared = {.settings = settings,
                                .router = router,
                                .error_page = std::move(error_page),
                                .log = log,
                                .instruments = Instruments{metrics}},
                     .workers = {},
                     .listeners = {}}) {
  for (unsigned i = 0; i < std::max(settings.threads, 1U); ++i)
    impl_->workers.push_back(std::make_unique<Worker>(impl_->shared));
}

Server::~Server() {
  stop(milliseconds{0});
}

Result<void> Server::listen(const Endpoint& endpoint, const TlsFiles& tls) {
  auto listener = Listener::bind(impl_->workers, endpoint, tls);
  if (!listener) return listener.error();
  impl_->listeners.push_back(*std::move(listener));
  return {};
}

std::vector<Endpoint> Server::endpoints() const {
  std::vector<Endpoint> out;
  for (const auto& listener : impl_->listeners) out.push_back(listener->endpoint());
  return out;
}

void Server::start() {
  impl_->started = true;
  for (const auto& listener : impl_->listeners) listener->start();
  for (const auto& worker : impl_->workers) worker->start();
}

Result<void> Server::reload_certificates() {
  for (const auto& listener : impl_->listeners) {
    if (auto loaded = listener->reload(); !loaded) return loaded;
  }
  return {};
}

void Server::stop(milliseconds grace) noexcept {
  if (std::exchange(impl_->stopped, true)) return;
  if (!impl_->started) {
    for (const auto& listener : impl_->listeners) listener->close();
    return;
  }
  impl_->shared.draining = true;
  // What was accepted must be on its worker's list before that worker drains: so the listeners close first, and what
  // had been queued on their thread by then runs before the second post.
  const asio::any_io_executor accepting = impl_->workers.front()->executor();
  std::promise<void> closed;
  asio::post(accepting, [&] {
    for (const auto& listener : impl_->listeners) listener->close();
    asio::post(accepting, [&] { closed.set_value(); });
  });
  closed.get_future().wait();
  for (const auto& worker : impl_->workers) worker->drain();
  if (!impl_->wait_for_workers(grace)) {
    for (const auto& worker : impl_->workers) worker->close_all();
    if (!impl_->wait_for_workers(last_grace))
      impl_->shared.log.warn("handlers were still waiting when the HTTP server stopped");
  }
  for (const auto& worker : impl_->workers) worker->abandon();
}

std::size_t Server::connections() const noexcept {
  return impl_->shared.connections.load(std::memory_order_relaxed);
}

}  // namespace syncservice::http
