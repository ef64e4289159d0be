#include "worker.hpp"

#include "response_writer.hpp"

#include <algorithm>
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace syncservice::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr auto never = Worker::TimePoint::max().time_since_epoch().count();

// Often enough for the shortest timeout, seldom enough to cost nothing.
milliseconds sweep_interval(const ServerSettings& settings) {
  const milliseconds shortest =
      std::min({settings.header_timeout, settings.body_timeout, settings.idle_timeout, settings.write_timeout});
  return std::clamp(shortest / 4, milliseconds{5}, milliseconds{200});
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

Worker::Worker(Shared& shared)
    : shared_(shared),
      interval_(sweep_interval(shared.settings)),
      oldest_idle_(never),
      id_state_(random_seed()),
      guard_(context_.get_executor()),
      timer_(context_),
      ended_(end_.get_future().share()) {
  refresh();
}

Worker::~Worker() = default;

Worker::TimePoint Worker::oldest_idle() const noexcept {
  return TimePoint{TimePoint::duration{oldest_idle_.load(std::memory_order_relaxed)}};
}

void Worker::start() {
  arm_sweep();
  thread_ = std::jthread{[this] { run(); }};
}

void Worker::run() {
  for (;;) {
    try {
      context_.run();
      break;
    } catch (const std::exception& e) {
      shared_.log.error("a completion on an I/O thread failed", {{"cause", e.what()}});
    }
  }
  end_.set_value();
}

void Worker::adopt(std::shared_ptr<Session> session, bool refused) {
  asio::post(context_, [this, session = std::move(session), refused]() mutable {
    if (drained_) return;
    all_.push_back(*session);
    auto life = refused ? Session::refuse(std::move(session)) : Session::run(std::move(session));
    asio::co_spawn(context_, std::move(life), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  });
}

void Worker::evict(std::function<void(bool)> then) {
  asio::post(context_, [this, then = std::move(then)] {
    const bool any = !idle_.empty();
    if (any) idle_.front().close();
    then(any);
  });
}

void Worker::drain() {
  asio::post(context_, [this] {
    drained_ = true;
    for (Session& session : all_) {
      if (session.quiet()) session.close();
    }
    end_if_drained();
  });
}

void Worker::close_all() {
  asio::post(context_, [this] {
    for (Session& session : all_) session.close();
  });
}

bool Worker::finished(TimePoint deadline) const {
  return ended_.wait_until(deadline) == std::future_status::ready;
}

void Worker::abandon() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
  if (!drained_ || !all_.empty()) return;
  // A connection that was handed over after the last one had ended: `adopt` drops it.
  context_.restart();
  context_.poll();
}

std::array<char, 16> Worker::next_id() noexcept {
  // The splitmix64 generator: every 64-bit number once, in an order that looks random.
  constexpr std::string_view digits = "0123456789abcdef";
  std::uint64_t mixed = id_state_ += 0x9E3779B97F4A7C15U;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  mixed ^= mixed >> 31U;
  std::array<char, 16> id{};
  for (char& digit : id) {
    digit = digits[mixed & 0xFU];
    mixed >>= 4U;
  }
  return id;
}

void Worker::add_idle(Session& session) {
  idle_.push_back(session);
  publish_oldest_idle();
}

void Worker::remove_idle(Session& session) noexcept {
  session.IdleHook::unlink();
  publish_oldest_idle();
}

void Worker::leave(Session& session) noexcept {
  session.AllHook::unlink();
  end_if_drained();
}

void Worker::publish_oldest_idle() noexcept {
  const auto oldest = idle_.empty() ? never : idle_.front().idle_since().time_since_epoch().count();
  oldest_idle_.store(oldest, std::memory_order_relaxed);
}

void Worker::refresh() {
  now_ = std::chrono::steady_clock::now();
  date_ = http_date(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

void Worker::sweep() {
  refresh();
  for (Session& session : all_) {
    if (session.deadline() <= now_) session.expire();
  }
}

void Worker::arm_sweep() {
  timer_.expires_after(interval_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    sweep();
    arm_sweep();
  });
}

void Worker::end_if_drained() {
  if (!drained_ || !all_.empty()) return;
  timer_.cancel();
  guard_.reset();
}

}  // namespace syncservice::http
