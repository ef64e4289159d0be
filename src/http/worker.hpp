// One I/O thread with an event loop of its own, and the sessions bound to it. Deadlines cost nothing per request: a
// sweep every so often looks for those that have passed.
#pragma once

#include "session.hpp"
#include "shared.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

namespace syncservice::http {

class Worker {
 public:
  using TimePoint = Session::TimePoint;

  explicit Worker(Shared& shared);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  // Any thread.
  [[nodiscard]] boost::asio::any_io_executor executor() noexcept { return context_.get_executor(); }
  [[nodiscard]] Shared& shared() const noexcept { return shared_; }
  /// Connections bound to this worker.
  [[nodiscard]] std::atomic<std::size_t>& load() noexcept { return load_; }
  /// When the longest idle session became idle; the maximum when none is.
  [[nodiscard]] TimePoint oldest_idle() const noexcept;
  void start();
  /// Lets the session begin; `refused`: only to say 503.
  void adopt(std::shared_ptr<Session> session, bool refused);
  /// Closes the session idle for longest, then says whether there was one.
  void evict(std::function<void(bool evicted)> then);
  /// Closes quiet sessions; the thread ends with the last of the others.
  void drain();
  void close_all();
  /// Waits for the thread's end.
  [[nodiscard]] bool finished(TimePoint deadline) const;
  /// Ends the thread whatever is under way; what still waits for a completion stays suspended until destruction.
  void abandon();

  // Its own thread.
  /// The instant of the latest sweep.
  [[nodiscard]] TimePoint now() const noexcept { return now_; }
  /// Not before `timeout` has passed in full.
  [[nodiscard]] TimePoint deadline_in(std::chrono::milliseconds timeout) const noexcept {
    return now_ + timeout + interval_;
  }
  [[nodiscard]] std::string_view date() const noexcept { return date_; }
  /// 16 hex digits, different every time.
  [[nodiscard]] std::array<char, 16> next_id() noexcept;
  void add_idle(Session& session);
  void remove_idle(Session& session) noexcept;
  void leave(Session& session) noexcept;

 private:
  void run();
  void sweep();
  void refresh();
  void arm_sweep();
  void end_if_drained();
  void publish_oldest_idle() noexcept;

  Shared& shared_;
  const std::chrono::milliseconds interval_;
  std::atomic<std::size_t> load_{0};
  std::atomic<TimePoint::rep> oldest_idle_;
  boost::intrusive::list<Session, boost::intrusive::base_hook<AllHook>, boost::intrusive::constant_time_size<false>>
      all_;
  boost::intrusive::list<Session, boost::intrusive::base_hook<IdleHook>, boost::intrusive::constant_time_size<false>>
      idle_;
  TimePoint now_;
  std::string date_;
  std::uint64_t id_state_;
  bool drained_ = false;

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer timer_;
  std::promise<void> end_;
  std::shared_future<void> ended_;
  std::jthread thread_;
};

}  // namespace syncservice::http
