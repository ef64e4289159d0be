#include "session.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "judgement.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::alm {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds farewell{5}, upkeep{30}, pause_after_refusal{10};
constexpr std::chrono::minutes longest_wait{10};
constexpr std::chrono::milliseconds look_again{50};
constexpr std::uint64_t most_sessions = 16;
constexpr std::string_view signing_in = "signing in";
constexpr std::string_view session_path = "/rest/site-session", session_cookie = "QCSession";

CallContext within(std::chrono::milliseconds time) {
  CallContext context;
  context.deadline = steady_clock::now() + time;
  return context;
}

// Takes what the answer sets; a cookie without a value is deleted.
template <class Cookies>
void take_cookies(Cookies& cookies, const client::Response& response) {
  for (const client::Header& header : response.headers) {
    if (!text::iequals(header.name, "Set-Cookie")) continue;
    const std::string_view pair = std::string_view{header.value}.substr(0, header.value.find(';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name{text::trim(pair.substr(0, equals))}, value{text::trim(pair.substr(equals + 1))};
    if (value.empty()) {
      cookies.erase(name);
    } else {
      cookies.insert_or_assign(name, value);
    }
  }
}

}  // namespace

Session::Session(rest::Endpoint endpoint, Account account, std::chrono::milliseconds keep_alive)
    : account_(std::move(account)),
      server_(std::make_shared<const rest::Server>(std::move(endpoint), rest::NoCredential{}, sign_in_vendor())),
      keep_alive_(keep_alive),
      user_(account_.api_key ? std::string{} : account_.user) {}

Session::~Session() {
  keeper_ = {};
  sign_out();
}

std::shared_ptr<const rest::Server> Session::server() const {
  const std::lock_guard lock{server_mutex_};
  return server_;
}

void Session::configure(rest::Endpoint endpoint, std::chrono::milliseconds keep_alive) {
  auto server = std::make_shared<const rest::Server>(std::move(endpoint), rest::NoCredential{}, sign_in_vendor());
  {
    const std::lock_guard lock{server_mutex_};
    server_.swap(server);
  }
  const std::lock_guard lock{mutex_};
  keep_alive_ = keep_alive;
  ++configured_;
  changed_.notify_all();
}

void Session::sign(std::vector<client::Header>& headers, const Cookies& cookies) const {
  std::string line;
  for (const auto& [name, value] : cookies) {
    if (!line.empty()) line += "; ";
    line.append(name).append("=").append(value);
  }
  if (!line.empty()) headers.push_back({"Cookie", std::move(line)});
  if (const auto token = cookies.find("XSRF-TOKEN"); token != cookies.end())
    headers.push_back({"X-XSRF-TOKEN", token->second});
  if (!account_.customer_id.empty()) headers.push_back({"customer-id", account_.customer_id});
}

rest::Call Session::call(std::string method, std::string_view path, std::string doing, const Cookies& cookies) const {
  rest::Call call;
  call.method = std::move(method);
  call.url = server()->url(path);
  call.doing = std::move(doing);
  call.headers.push_back({"Accept", accept_of(Form::xml)});
  call.only_reads = true;  // of no record
  sign(call.headers, cookies);
  return call;
}

Result<Session::Cookies> Session::open_by_password(const CallContext& context) const {
  rest::Call sign_in = call("POST", "/authentication-point/alm-authenticate", std::string{signing_in}, {});
  sign_in.headers.push_back({"Content-Type", content_type_of(Form::xml)});
  sign_in.body = write_sign_in(account_.user, account_.password);
  const auto known = server()->call(sign_in, context);
  if (!known) return known.error();
  Cookies cookies;
  take_cookies(cookies, *known);
  const auto opened = server()->call(call("POST", session_path, "opening a session", cookies), context);
  if (!opened) {
    Error error = opened.error();
    // The password was right: what is refused is one more session.
    if (error.failure != FailureClass::permanent) return error;
    error.message.append(" End sessions of this account in Site Administration, or allow it more.");
    return make_error(Failure::unavailable, std::move(error.message));
  }
  take_cookies(cookies, *opened);
  return cookies;
}

Result<Session::Cookies> Session::open_by_key(const CallContext& context) const {
  rest::Call sign_in = call("POST", "/rest/oauth2/login", std::string{signing_in}, {});
  sign_in.headers.push_back({"Content-Type", "application/json"});
  sign_in.with(nlohmann::json{{"clientId", account_.user}, {"secret", account_.password}});
  const auto opened = server()->call(sign_in, context);
  if (!opened) {
    Error error = opened.error();
    if (error.failure == FailureClass::permanent) return make_error(Failure::unauthorized, std::move(error.message));
    return error;
  }
  Cookies cookies;
  take_cookies(cookies, *opened);
  return cookies;
}

Result<Session::Cookies> Session::open(const CallContext& context) const {
  auto cookies = account_.api_key ? open_by_key(context) : open_by_password(context);
  if (!cookies) return cookies;
  if (!cookies->contains(session_cookie) && !cookies->contains("LWSSO_COOKIE_KEY"))
    return make_error(Failure::unauthorized,
                      "ALM answered a sign-in without a cookie: check the setting url, for example "
                      "https://alm.acme.com/qcbin.");
  return cookies;
}

Result<Session::Cookies> Session::renew(const Cookies& former, const std::vector<Rotated>& others,
                                        const CallContext& context) const {
  for (const Rotated& other : others) {
    Cookies cookies = former;
    cookies.insert_or_assign(std::string{session_cookie}, other.value);
    const auto answer = server()->call(call("GET", session_path, "looking for the session", cookies), context);
    if (answer) {
      take_cookies(cookies, *answer);
      return cookies;
    }
    if (answer.error().failure != FailureClass::auth) return answer.error();
  }
  return open(context);
}

Result<rest::Pass> Session::pass(const CallContext& context) {
  std::unique_lock lock{mutex_};
  const auto until = std::min(context.deadline, steady_clock::now() + longest_wait);
  const bool others_turn = opening_;
  if (!changed_.wait_until(lock, context.stop, until, [this] { return !opening_; })) {
    lock.unlock();
    if (auto may_go_on = check(context, signing_in); !may_go_on) return may_go_on.error();
    return make_error(Failure::timed_out, "The time for the call ran out while signing in.");
  }
  // A sign-in that was refused is not tried once more for each who waits: that would lock the account.
  const bool just_refused = failure_ && failure_->failure == FailureClass::auth && steady_clock::now() < refused_until_;
  if (cookies_.empty() && failure_ && (others_turn || just_refused)) return *failure_;
  if (cookies_.empty()) {
    opening_ = true;
    failure_.reset();
    const Cookies former = former_;
    const std::vector<Rotated> others = others_;
    lock.unlock();
    Result<Cookies> cookies = make_error(Failure::unavailable, "The sign-in came to no end.");
    try {
      cookies = renew(former, others, context);
    } catch (...) {
      lock.lock();
      opening_ = false;
      changed_.notify_all();
      throw;
    }
    lock.lock();
    opening_ = false;
    changed_.notify_all();
    if (!cookies) {
      failure_ = cookies.error();
      refused_until_ = steady_clock::now() + pause_after_refusal;
      return cookies.error();
    }
    cookies_ = std::move(*cookies);
    former_.clear();
    others_.clear();
    opened_ = received_ = ++ticks_;
    if (const auto name = cookies_.find("ALM_USER"); user_.empty() && name != cookies_.end()) user_ = name->second;
  }
  if (keep_alive_.count() > 0 && !keeper_.joinable())
    keeper_ = std::jthread{[this](const std::stop_token& stop) { keep_alive(stop); }};
  used_ = steady_clock::now();
  rest::Pass pass;
  pass.number = ++ticks_;
  sign(pass.headers, cookies_);
  return pass;
}

void Session::take(const client::Response& response, std::uint64_t signed_at) {
  const auto current = [this] {
    const auto found = cookies_.find(session_cookie);
    return found == cookies_.end() ? std::string{} : found->second;
  };
  const std::string before = current();
  take_cookies(cookies_, response);
  if (before.empty() || current() == before) return;
  // Where calls overlap, the order of their answers is not that of the cookies, so an earlier one may be the newest.
  std::erase_if(others_, [&](const Rotated& other) { return other.received < signed_at; });
  if (received_ > signed_at) others_.insert(others_.begin(), {before, received_});
  received_ = ++ticks_;
}

void Session::lose() {
  former_ = std::exchange(cookies_, {});
}

bool Session::is_gone(std::uint64_t signed_at, const Cookies& cookies, const CallContext& context) {
  const auto answer = server()->call(call("GET", session_path, "looking at the session", cookies), context);
  if (!answer) return answer.error().failure == FailureClass::auth;
  const std::lock_guard lock{mutex_};
  if (is_ours(signed_at)) take(*answer, signed_at);
  return false;
}

bool Session::lost(const rest::Pass& pass, const client::Response& response, const CallContext& context) {
  const SessionState state = session_state(response);
  Cookies cookies;
  {
    const std::lock_guard lock{mutex_};
    const bool ours = is_ours(pass.number);
    if (state == SessionState::good) {
      if (ours) take(response, pass.number);
      return false;
    }
    if (!ours) return true;  // it was renewed meanwhile
    if (state == SessionState::lost) {
      lose();
      return true;
    }
    cookies = cookies_;
  }
  if (!is_gone(pass.number, cookies, context)) return false;
  const std::lock_guard lock{mutex_};
  if (is_ours(pass.number)) lose();
  return true;
}

std::string Session::user() const {
  const std::lock_guard lock{mutex_};
  return user_;
}

void Session::keep_alive(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    const std::uint64_t configured = configured_;
    const auto newly = [&] { return configured_ != configured; };
    if (keep_alive_.count() == 0) {
      changed_.wait(lock, stop, newly);
      continue;
    }
    if (changed_.wait_until(lock, stop, used_ + keep_alive_, newly)) continue;
    if (steady_clock::now() < used_ + keep_alive_) continue;
    used_ = steady_clock::now();
    if (stop.stop_requested() || opening_ || cookies_.empty()) continue;
    const rest::Call touch = call("GET", session_path, "keeping the session alive", cookies_);
    const std::uint64_t signed_at = ++ticks_;
    lock.unlock();
    CallContext context = within(upkeep);
    context.stop = stop;
    const auto answer = server()->call(touch, context);
    lock.lock();
    if (answer && is_ours(signed_at)) take(*answer, signed_at);
  }
}

void Session::sign_out() {
  if (cookies_.empty()) return;
  const CallContext context = within(farewell);
  // Whether it works or not, nothing more can be done: the server ends what is left by itself.
  const auto ended = server()->call(call("DELETE", session_path, "ending the session", cookies_), context);
  if (ended) take_cookies(cookies_, *ended);
  static_cast<void>(server()->call(call("POST", "/authentication-point/logout", "signing out", cookies_), context));
}

Sessions::Sessions(const rest::Endpoint& endpoint, Account account, std::chrono::milliseconds keep_alive,
                   std::size_t most)
    : account_(std::move(account)) {
  for (std::size_t i = 0; i < most; ++i) sessions_.push_back(std::make_shared<Session>(endpoint, account_, keep_alive));
}

Sessions::~Sessions() {
  std::vector<std::jthread> leaving;
  for (std::shared_ptr<Session>& session : sessions_) leaving.emplace_back([&session] { session.reset(); });
}

void Sessions::configure(const rest::Endpoint& endpoint, std::chrono::milliseconds keep_alive, std::size_t most) {
  std::vector<std::shared_ptr<Session>> leaving;  // signed out when the last call that is in one ends
  const std::lock_guard lock{mutex_};
  while (sessions_.size() > most) {
    leaving.push_back(std::move(sessions_.back()));
    sessions_.pop_back();
  }
  for (const std::shared_ptr<Session>& session : sessions_) session->configure(endpoint, keep_alive);
  while (sessions_.size() < most) sessions_.push_back(std::make_shared<Session>(endpoint, account_, keep_alive));
}

Result<rest::Pass> Sessions::pass(const CallContext& context) {
  std::shared_ptr<Session> session;
  std::size_t place = 0;
  {
    const std::lock_guard lock{mutex_};
    place = std::hash<std::thread::id>{}(std::this_thread::get_id()) % sessions_.size();
    session = sessions_[place];
  }
  auto pass = session->pass(context);
  if (pass) pass->number = pass->number * most_sessions + place;
  return pass;
}

bool Sessions::lost(const rest::Pass& pass, const client::Response& response, const CallContext& context) {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock{mutex_};
    const std::size_t place = pass.number % most_sessions;
    if (place < sessions_.size()) session = sessions_[place];
  }
  // One that was given up meanwhile: the call may have come after it was signed out.
  if (!session) return session_state(response) != SessionState::good;
  rest::Pass own = pass;
  own.number /= most_sessions;
  return session->lost(own, response, context);
}

std::string Sessions::user() const {
  const std::lock_guard lock{mutex_};
  for (const std::shared_ptr<Session>& session : sessions_) {
    if (std::string name = session->user(); !name.empty()) return name;
  }
  return {};
}

Result<Sessions::Alone> Sessions::alone(const std::string& record, const std::string& doing,
                                        const CallContext& context) {
  Alone lock{records_[std::hash<std::string>{}(record) % records_.size()], std::defer_lock};
  while (!lock.try_lock_for(look_again)) {
    if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  }
  return Result<Alone>{std::move(lock)};
}

std::shared_ptr<Sessions> SessionPool::get(const rest::Endpoint& endpoint, const Account& account,
                                           std::chrono::milliseconds keep_alive, std::size_t most) {
  const std::lock_guard lock{mutex_};
  std::erase_if(entries_, [](const Entry& entry) { return entry.sessions.expired(); });
  for (const Entry& entry : entries_) {
    if (entry.url != endpoint.url || entry.account != account) continue;
    if (auto sessions = entry.sessions.lock()) {
      sessions->configure(endpoint, keep_alive, most);
      return sessions;
    }
  }
  auto sessions = std::make_shared<Sessions>(endpoint, account, keep_alive, most);
  entries_.push_back({endpoint.url, account, sessions});
  return sessions;
}

}  // namespace syncservice::adapter::alm
