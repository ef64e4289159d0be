// support/simulator — a simulator of a remote system (tests/simulators) as a process of its own, and its control
// interface. What its control interface offers is told in tests/simulators/simulator.py.
#pragma once

#include "support/process.hpp"
#include "support/raw_client.hpp"
#include "support/temp_folder.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::support {

/// A running simulator. The test fails when it ends and the simulator has refused a request that departs from what the
/// vendor documents. Used by one thread; calls throw std::runtime_error when the simulator refuses them.
class Simulator {
 public:
  /// Starts `script` of tests/simulators ("jira.py") and waits for its ports. Throws with its standard error when it
  /// does not name them within 30 s.
  explicit Simulator(const std::string& script, std::vector<std::string> arguments = {});
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;
  ~Simulator();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// "http://127.0.0.1:<port><path>"; https when it was started with --cert.
  [[nodiscard]] std::string url(std::string_view path = {}) const;

  /// What was refused as departing from the documented shape: "GET /x?y: unknown query parameter 'y'".
  [[nodiscard]] std::vector<std::string> violations() const;
  /// Fails the test for each violation, and forgets them. The end of this object does so too.
  void verify();
  /// Returns the violations and forgets them: the test meant to provoke them.
  [[nodiscard]] std::vector<std::string> take_violations();

  /// Requests so far whose method is this (empty: any) and whose whole path matches the regular expression:
  /// {"count", "connections", "requests": [{"method", "path", "query", "headers", "body", "status", "user", …}]}.
  [[nodiscard]] nlohmann::json requests(std::string_view method = {}, std::string_view path = ".*") const;
  [[nodiscard]] std::size_t count(std::string_view method = {}, std::string_view path = ".*") const;
  void forget_requests();

  /// Arms a fault: {"kind": "answer", "method": "POST", "path": "/x", "times": 2, "status": 429, …}.
  void fault(const nlohmann::json& fault);
  void drop_faults();
  void advance_clock(double seconds);
  /// Seconds since the epoch by the simulated clock.
  [[nodiscard]] double now() const;
  /// Sets one of the simulator's settings, for example ("index_lag", 2.5).
  void set(const std::string& setting, const nlohmann::json& value);
  /// Everything as at the start.
  void reset();
  /// Makes a record past all checks; returns it as the simulator holds it.
  nlohmann::json seed(const std::string& kind, const nlohmann::json& record);
  /// The record as held; without an id all of that kind.
  [[nodiscard]] nlohmann::json record(const std::string& kind, const std::string& id = {}) const;
  /// What sessions and tokens it issued are worth nothing from now on.
  void expire_tokens();
  /// What it pushed: [{"url", "headers", "status", "answer"}]; waits for pushes under way.
  [[nodiscard]] nlohmann::json deliveries() const;

  /// Any other control call; `path` begins after "/_control".
  nlohmann::json control(const std::string& method, const std::string& path,
                         const nlohmann::json& body = nullptr) const;

 private:
  void await_ports(int output);

  TempFolder folder_;
  int input_ = -1;  ///< our end of its standard input; the simulator ends when it closes
  std::vector<std::string> arguments_;
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0, control_port_ = 0;
};

/// `text` with everything but letters, digits and "-._~" as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace syncservice::support
