#include "gate.hpp"

#include "syncservice/adapter/failure.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace syncservice::adapter::helix_alm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds window{60}, longest{3600};

std::optional<seconds> seconds_in(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || count < 0) return std::nullopt;
  return std::min(seconds{count}, longest);
}

// Called a date and time in one place of the documents, and seconds in another.
std::optional<milliseconds> until_reset(const client::Response& response, Timestamp now) {
  const std::string_view text = response.header("X-RateLimit-Reset");
  if (const auto count = seconds_in(text)) return *count;
  const auto at = record::instant_from_text(text);
  if (!at) return std::nullopt;
  const auto date = client::parse_http_date(std::string{response.header("Date")});
  const milliseconds left = at->at - (date ? Timestamp{*date} : now);
  return std::clamp<milliseconds>(left, milliseconds{0}, longest);
}

}  // namespace

milliseconds wait_after_429(const client::Response& response, Timestamp now) {
  for (const char* name : {"RetryAfter", "Retry-After"}) {
    if (const auto count = seconds_in(response.header(name)); count && count->count() > 0) return *count;
  }
  const auto reset = until_reset(response, now);
  return reset && reset->count() > 0 ? *reset : milliseconds{window};
}

void Pace::set(std::uint64_t rate) {
  const std::lock_guard lock{mutex_};
  apart_ = rate == 0 ? steady_clock::duration{} : steady_clock::duration{seconds{1}} / static_cast<std::int64_t>(rate);
}

Result<void> Pace::wait(const CallContext& context, const std::string& doing) {
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on;
  std::unique_lock lock{mutex_};
  const auto turn = std::max(next_, steady_clock::now());
  if (turn > context.deadline) {
    lock.unlock();
    return make_error(Failure::timed_out,
                      "The time for the call ends before its turn comes when " + doing + "; it will be tried again.");
  }
  next_ = turn + apart_;
  never_.wait_until(lock, context.stop, turn, [] { return false; });
  lock.unlock();
  return check(context, doing);
}

std::shared_ptr<Pace> Pace::of(const std::string& server_url, std::uint64_t rate) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Pace>, std::less<>> paces;
  const std::lock_guard lock{mutex};
  std::erase_if(paces, [](const auto& one) { return one.second.expired(); });
  auto& known = paces[server_url];
  auto pace = known.lock();
  if (!pace) {
    pace = std::make_shared<Pace>();
    known = pace;
  }
  pace->set(rate);
  return pace;
}

Result<void> Gate::pass(const std::string& doing) const {
  const std::lock_guard lock{mutex_};
  const auto left = std::chrono::ceil<milliseconds>(closed_until_ - steady_clock::now());
  if (left.count() <= 0) return {};
  Error error = make_error(Failure::throttled, "Helix ALM takes no more requests for the project in this minute; " +
                                                   doing + " waits for the next.");
  error.retry_after = left;
  return error;
}

void Gate::saw(const client::Response& response, Timestamp now) {
  // A 429 of something else on the way says nothing of the project.
  if (response.header("X-RateLimit-Remaining") != "0") return;
  const auto wait = response.status == 429 ? wait_after_429(response, now) : until_reset(response, now);
  if (!wait) return;
  const std::lock_guard lock{mutex_};
  closed_until_ = std::max(closed_until_, steady_clock::now() + *wait);
}

}  // namespace syncservice::adapter::helix_alm
