// end_to_end/gateway — the daemon between simulated systems, and waiting until nothing moves any more.
#pragma once

#include "support/daemon.hpp"
#include "support/simulator.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace syncservice::end_to_end {

using nlohmann::json;

/// For what other processes do.
inline constexpr std::chrono::seconds patience{30};

/// A running daemon with one app link and a key that may push for it.
class Gateway {
 public:
  Gateway(std::string app_link, support::Installation installation);

  /// The path form of a push from this origin ("source" or "destination"); `id` as it stands in the URL.
  [[nodiscard]] std::string push_url(const std::string& origin, const std::string& id) const;
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] support::Daemon& daemon() { return daemon_; }
  [[nodiscard]] const support::Daemon& daemon() const { return daemon_; }
  /// Pushes a record; the test fails when that is not answered 201.
  void push(const std::string& origin, const std::string& id) const;
  /// What GET /api/v1/pushes says.
  [[nodiscard]] json pushes() const;
  [[nodiscard]] int dead_letters() const { return pushes().at("counts").at("deadLetters"); }
  /// True once every push that these systems sent is done with, and no further one comes of it.
  [[nodiscard]] bool calm(const std::vector<const support::Simulator*>& systems) const;
  /// The queue and the daemon's log, for a failing test.
  [[nodiscard]] std::string story() const { return pushes().dump(2) + "\n" + daemon_.log(); }

 private:
  std::string app_link_;
  support::Daemon daemon_;
  std::string key_;
};

/// The text with the first of these replaced; throws when there is none.
[[nodiscard]] std::string replaced(std::string text, const std::string& what, const std::string& by);

/// How often this account wrote to a system so far, searches by POST not counted.
[[nodiscard]] std::size_t writes_of(const support::Simulator& system, const std::string& account);

}  // namespace syncservice::end_to_end
