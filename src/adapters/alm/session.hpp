// alm/session — the session with an ALM server that all who sign in with the same account share, or the few.
#pragma once

#include "syncservice/rest/rest.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace syncservice::adapter::alm {

/// Who signs in.
struct Account {
  std::string user;      ///< or the client id of an API key
  std::string password;  ///< or its secret
  bool api_key = false;
  std::string customer_id;  ///< header customer-id of hosted servers; empty: none
  friend bool operator==(const Account&, const Account&) = default;
};

/// One session. Opened when the first call needs it, kept alive by a thread of its own, renewed once it is lost, signed
/// out at the end (within 5 s). Thread-safe.
class Session final : public rest::SignIn {
 public:
  /// A session that no call has used for `keep_alive` is touched, so that the server does not end it; 0: never.
  Session(rest::Endpoint endpoint, Account account, std::chrono::milliseconds keep_alive);
  ~Session() override;

  [[nodiscard]] Result<rest::Pass> pass(const CallContext& context) override;
  [[nodiscard]] bool lost(const rest::Pass& pass, const client::Response& response,
                          const CallContext& context) override;

  /// The login name; of an API key empty until the session was opened.
  [[nodiscard]] std::string user() const;

  /// From now on it is reached and touched so; an open session stays open.
  void configure(rest::Endpoint endpoint, std::chrono::milliseconds keep_alive);

 private:
  using Cookies = std::map<std::string, std::string, std::less<>>;
  /// A value of the rotating cookie that came with an answer, and when.
  struct Rotated {
    std::string value;
    std::uint64_t received = 0;
  };

  [[nodiscard]] Result<Cookies> open(const CallContext& context) const;
  [[nodiscard]] Result<Cookies> open_by_password(const CallContext& context) const;
  [[nodiscard]] Result<Cookies> open_by_key(const CallContext& context) const;
  [[nodiscard]] rest::Call call(std::string method, std::string_view path, std::string doing,
                                const Cookies& cookies) const;
  /// Another cookie of the session that was lost with its own, if the server still takes one, else a new session.
  [[nodiscard]] Result<Cookies> renew(const Cookies& former, const std::vector<Rotated>& others,
                                      const CallContext& context) const;
  /// Asks the server whether the session that a call was made in, with these cookies, is there.
  [[nodiscard]] bool is_gone(std::uint64_t signed_at, const Cookies& cookies, const CallContext& context);
  /// Takes the cookies of an answer to a call that was signed then. Holds mutex_.
  void take(const client::Response& response, std::uint64_t signed_at);
  /// True for a call that was signed in the session that is open. Holds mutex_.
  [[nodiscard]] bool is_ours(std::uint64_t signed_at) const { return signed_at >= opened_ && !cookies_.empty(); }
  /// Holds mutex_.
  void lose();
  void sign(std::vector<client::Header>& headers, const Cookies& cookies) const;
  void keep_alive(const std::stop_token& stop);
  void sign_out();

  const Account account_;
  [[nodiscard]] std::shared_ptr<const rest::Server> server() const;

  mutable std::mutex server_mutex_;
  std::shared_ptr<const rest::Server> server_;  // guarded by server_mutex_
  mutable std::mutex mutex_;
  std::chrono::milliseconds keep_alive_;  // guarded by mutex_
  std::uint64_t configured_ = 0;          // guarded by mutex_; how often
  std::condition_variable_any changed_;
  bool opening_ = false;                     // guarded by mutex_
  std::optional<Error> failure_;             // guarded by mutex_; of the last sign-in, if it failed
  Cookies cookies_;                          // guarded by mutex_; empty: no session
  Cookies former_;                           // guarded by mutex_; of the session that was lost
  std::vector<Rotated> others_;              // guarded by mutex_; any of them may be newer than the one in cookies_
  std::uint64_t ticks_ = 0;                  // guarded by mutex_; calls signed and answers taken
  std::uint64_t opened_ = 0, received_ = 0;  // guarded by mutex_; ticks of the session and its newest cookie
  std::chrono::steady_clock::time_point used_{};           // guarded by mutex_
  std::chrono::steady_clock::time_point refused_until_{};  // guarded by mutex_
  std::string user_;                                       // guarded by mutex_
  std::jthread keeper_;                                    // guarded by mutex_ until it is joined
};

/// Up to `most` sessions of an account, 16 at the very most. All calls of a thread go into the same one, as ALM's locks
/// are of the session. Thread-safe.
class Sessions final : public rest::SignIn {
 public:
  Sessions(const rest::Endpoint& endpoint, Account account, std::chrono::milliseconds keep_alive, std::size_t most = 1);
  ~Sessions() override;

  [[nodiscard]] Result<rest::Pass> pass(const CallContext& context) override;
  [[nodiscard]] bool lost(const rest::Pass& pass, const client::Response& response,
                          const CallContext& context) override;

  /// The login name, known once a call was made.
  [[nodiscard]] std::string user() const;

  /// From now on there are so many, reached and touched so; those that are open and still wanted stay open.
  void configure(const rest::Endpoint& endpoint, std::chrono::milliseconds keep_alive, std::size_t most);

  using Alone = std::unique_lock<std::timed_mutex>;
  /// What is read, changed and written back as a whole is so by one thread at a time, for ALM's locks do not part the
  /// threads of a session. `record` names the record on the server.
  [[nodiscard]] Result<Alone> alone(const std::string& record, const std::string& doing, const CallContext& context);

 private:
  const Account account_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Session>> sessions_;  // guarded by mutex_; never empty
  std::array<std::timed_mutex, 64> records_;
};

/// The sessions in use. Thread-safe.
class SessionPool {
 public:
  /// Those of that account at that URL, if anybody has them, with these settings from now on; else new ones.
  [[nodiscard]] std::shared_ptr<Sessions> get(const rest::Endpoint& endpoint, const Account& account,
                                              std::chrono::milliseconds keep_alive, std::size_t most);

 private:
  struct Entry {
    std::string url;
    Account account;
    std::weak_ptr<Sessions> sessions;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;  // guarded by mutex_
};

}  // namespace syncservice::adapter::alm
