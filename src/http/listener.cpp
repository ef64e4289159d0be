#include "listener.hpp"

#include "tls.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace syncservice::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using UnixProtocol = asio::local::stream_protocol;

constexpr std::chrono::milliseconds accept_pause{100};
// So many may be on their way out with a 503; while they are, any further connection is closed at once.
constexpr std::size_t refused_at_once = 64;

std::string cure(const error_code& error, const Endpoint& endpoint) {
  if (error == asio::error::address_in_use)
    return "the port is taken; stop the program that holds it (ss -ltnp shows it) or choose another port";
  if (error == asio::error::access_denied || error == boost::system::errc::operation_not_permitted) {
    return endpoint.port < 1024 ? "not permitted; ports below 1024 need the capability CAP_NET_BIND_SERVICE: grant it "
                                  "to the service or choose a port from 1024 on"
                                : "not permitted; the system's policy forbids this port: allow it or choose another";
  }
  if (error == boost::system::errc::address_not_available)
    return "this machine does not have that address; use one that \"ip address\" shows, or 0.0.0.0 for all";
  return error.message();
}

Error listen_error(const error_code& error, const std::string& where, const std::string& why) {
  return {error, "can't listen on " + where + ": " + why, FailureClass::permanent, std::nullopt};
}

Peer peer_of(const Stream::Socket& socket, const std::string& scheme) {
  Peer peer;
  peer.tls = scheme == "https";
  if (scheme == "unix") {
    peer.address = "local";
    peer.loopback = peer.local_socket = true;
    return peer;
  }
  error_code error;
  const auto generic = socket.remote_endpoint(error);
  tcp::endpoint endpoint;
  if (error || generic.size() > endpoint.capacity()) return peer;
  std::memcpy(endpoint.data(), generic.data(), generic.size());
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  peer.address = address.to_string();
  peer.loopback = address.is_loopback();
  return peer;
}

// A socket file that nobody listens on any more is what a killed process leaves behind.
Result<void> remove_stale(const asio::any_io_executor& executor, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return listen_error(asio::error::address_in_use, "unix:" + path,
                        "there is a file that is not a socket; move it away or choose another path");
  }
  UnixProtocol::socket probe{executor};
  error_code error;
  probe.connect(UnixProtocol::endpoint{path}, error);
  if (!error) {
    return listen_error(asio::error::address_in_use, "unix:" + path,
                        "another process listens there; stop it or choose another path");
  }
  ::unlink(path.c_str());
  return {};
}

}  // namespace

Listener::Listener(const Workers& workers, const Endpoint& endpoint, const TlsFiles& tls)
    : workers_(workers),
      endpoint_(endpoint),
      files_(tls),
      acceptor_(workers.front()->executor()),
      pause_(workers.front()->executor()) {}

Listener::~Listener() {
  close();
}

Result<std::unique_ptr<Listener>> Listener::bind(const Workers& workers, const Endpoint& endpoint,
                                                 const TlsFiles& tls) {
  std::unique_ptr<Listener> listener{new Listener{workers, endpoint, tls}};
  if (endpoint.scheme == "https") {
    if (auto loaded = listener->reload(); !loaded) return loaded.error();
  }
  if (auto opened = listener->open(); !opened) return opened.error();
  return listener;
}

Result<void> Listener::reload() {
  if (endpoint_.scheme != "https") return {};
  auto loaded = load_tls(files_);
  if (!loaded) return loaded.error();
  const std::lock_guard lock{tls_mutex_};
  tls_ = *std::move(loaded);
  return {};
}

Result<void> Listener::open() {
  return endpoint_.scheme == "unix" ? open_unix() : open_tcp();
}

Result<void> Listener::open_tcp() {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(endpoint_.address, error);
  if (error) return listen_error(error, endpoint_.url(), "\"" + endpoint_.address + "\" is not a numeric address");
  const tcp::endpoint wanted{address, endpoint_.port};
  const std::string where = endpoint_.url().substr(endpoint_.url().find("//") + 2);
  acceptor_.open(Protocol{wanted.protocol()}, error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address{true}, error);
  if (!error && address.is_v6()) acceptor_.set_option(asio::ip::v6_only{false}, error);
  if (!error) acceptor_.bind(wanted, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return listen_error(error, where, cure(error, endpoint_));

  const auto bound = acceptor_.local_endpoint(error);
  tcp::endpoint actual;
  std::memcpy(actual.data(), bound.data(), std::min(bound.size(), actual.capacity()));
  endpoint_.port = actual.port();
  return {};
}

Result<void> Listener::open_unix() {
  const std::string& path = endpoint_.address;
  constexpr std::size_t longest = 107;  // sun_path, less its final NUL
  if (path.empty() || path.size() > longest) {
    return listen_error(asio::error::name_too_long, "unix:" + path,
                        "a socket's path has 1 to 107 bytes; choose a shorter one");
  }
  if (auto removed = remove_stale(acceptor_.get_executor(), path); !removed) return removed;
  error_code error;
  acceptor_.open(Protocol{UnixProtocol{}}, error);
  // The file gets the mode of the socket it is made from, so nobody else can connect even for a moment.
  if (!error && ::fchmod(acceptor_.native_handle(), S_IRUSR | S_IWUSR) != 0)
    error = {errno, boost::system::system_category()};
  if (!error) acceptor_.bind(UnixProtocol::endpoint{path}, error);
  owns_file_ = !error;
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return listen_error(error, "unix:" + path,
                        error.message() + "; its folder must exist and be writable for the user that runs the service");
  }
  return {};
}

void Listener::start() {
  asio::co_spawn(acceptor_.get_executor(), accept_all(), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

void Listener::close() noexcept {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  if (owns_file_) ::unlink(endpoint_.address.c_str());
  owns_file_ = false;
}

asio::awaitable<void> Listener::accept_all() {
  constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
  bool paused = false;
  while (acceptor_.is_open()) {
    Worker& worker = least_loaded();
    auto [error, socket] = co_await acceptor_.async_accept(worker.executor(), as_result);
    if (!error) {
      paused = false;
      try {
        take(worker, std::move(socket));
      } catch (const std::exception& e) {  // out of memory: this connection is lost, the next may not be
        worker.shared().log.error("a connection could not be taken", {{"cause", e.what()}});
      }
    } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
      // Out of descriptors or memory: the connection stays in the backlog, and accept would fail again at once.
      if (!paused) worker.shared().log.warn("can't accept connections for now", {{"cause", error.message()}});
      paused = true;
      pause_.expires_after(accept_pause);
      co_await pause_.async_wait(as_result);
    }
  }
}

void Listener::take(Worker& worker, Stream::Socket socket) {
  Shared& shared = worker.shared();
  const std::size_t limit = shared.settings.max_connections;
  if (shared.refusals.load(std::memory_order_relaxed) >= refused_at_once) {
    shared.instruments.refused.add();
    return;
  }
  error_code ignored;
  socket.non_blocking(true, ignored);
  if (endpoint_.scheme != "unix") {
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.set_option(asio::socket_base::keep_alive{true}, ignored);
  }
  TlsContext tls;
  {
    const std::lock_guard lock{tls_mutex_};
    tls = tls_;
  }
  Peer peer = peer_of(socket, endpoint_.scheme);
  auto session = std::make_shared<Session>(worker, std::move(socket), std::move(peer), std::move(tls));
  if (shared.connections.load(std::memory_order_relaxed) <= limit) {
    worker.adopt(std::move(session), false);
    return;
  }
  const auto settle = [&worker, session = std::move(session)](bool evicted) {
    if (!evicted) worker.shared().instruments.refused.add();
    worker.adopt(session, !evicted);
  };
  if (Worker* const idle = longest_idle()) {
    idle->evict(settle);
  } else {
    settle(false);
  }
}

Worker& Listener::least_loaded() const noexcept {
  Worker* best = workers_.front().get();
  for (const auto& worker : workers_) {
    if (worker->load().load(std::memory_order_relaxed) < best->load().load(std::memory_order_relaxed))
      best = worker.get();
  }
  return *best;
}

Worker* Listener::longest_idle() const noexcept {
  Worker* best = nullptr;
  auto oldest = Worker::TimePoint::max();
  for (const auto& worker : workers_) {
    const auto since = worker->oldest_idle();
    if (since >= oldest) continue;
    oldest = since;
    best = worker.get();
  }
  return best;
}

}  // namespace syncservice::http
