// Failed attempts by address: how long an answer is held back, and when attempts are refused unseen.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "crypto.hpp"
#include "syncservice/base/clock.hpp"

namespace syncservice::auth {

/// Addresses as they are counted: IPv4 alone, IPv6 by its /64, anything else as it is.
[[nodiscard]] std::string address_key(std::string_view address);

/// Counts two things for each address. *Failures* lengthen the penalty; one is forgiven every 10 s. *Guesses* are
/// failures with a password not just tried from there, so that a client with an outdated password, repeated for ever,
/// does not shut out its neighbours; one is forgiven every 30 s, and from 50 on passwords are refused unseen, which
/// leaves an attacker 2 guesses a minute. Holds at most 10,000 addresses, of which the longest quiet is dropped first.
/// Thread-safe.
class FailureTable {
 public:
  explicit FailureTable(const Clock& clock) : clock_(clock) {}

  /// `credential`: digest of the password tried; none for keys, which can't be guessed.
  void record(std::string_view address, const std::optional<Digest>& credential);
  [[nodiscard]] std::chrono::milliseconds penalty(std::string_view address) const;
  /// Empty: passwords may be tried. Else: how long not.
  [[nodiscard]] std::optional<std::chrono::milliseconds> refused_for(std::string_view address) const;
  [[nodiscard]] std::size_t size() const;

  static constexpr std::size_t most_addresses = 10'000;
  static constexpr int most_guesses = 50;

 private:
  // A count that loses one at each full interval.
  struct Decaying {
    int count = 0;
    Timestamp since{};
    [[nodiscard]] int at(Timestamp now, std::chrono::milliseconds interval) const noexcept;
    void add(Timestamp now, std::chrono::milliseconds interval, int most) noexcept;
  };
  struct Entry {
    std::string address;
    Timestamp last{};
    Decaying failures, guesses;
    std::array<Digest, 4> tried{};  // the latest different ones
    std::size_t next = 0;           // the place of the oldest of them
  };
  using Entries = std::list<Entry>;

  [[nodiscard]] const Entry* find(std::string_view address) const;
  Entry& touch(std::string_view address, Timestamp now);

  const Clock& clock_;
  mutable std::mutex mutex_;
  Entries entries_;  // the latest failure first
  std::unordered_map<std::string, Entries::iterator> by_address_;
};

}  // namespace syncservice::auth
