// The wiring: builds every part from the settings in the order of the layers, and stops them in the reverse order.
#pragma once

#include "syncservice/base/complaint.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/config/settings.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace syncservice::app {

/// The UNIX socket of a data folder, over which the subcommands talk to the daemon (design §8).
[[nodiscard]] std::string control_socket(const config::Settings& settings);

class Daemon {
 public:
  enum class Mode : std::uint8_t {
    full,          ///< listens, runs passes
    control_only,  ///< the UNIX socket alone: what a subcommand uses when no daemon runs
  };

  /// Opens the data folder, recovers, listens. A failure's message says what to do. Complaints about the app links do
  /// not keep it from starting: it answers 503 until they are mended.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> start(const config::Settings& settings, Mode mode);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Reads properties, app links and certificates again; what is broken changes nothing. Thread-safe.
  std::vector<Complaint> reload();
  /// Reloads when a file has changed. Called about once a second.
  void look_at_files();
  /// Opens the log file anew (after it was renamed by log rotation).
  void reopen_log();
  /// Refuses new requests, ends those under way and the running passes, closes the data folder: all within the grace
  /// of the settings. Idempotent.
  void stop() noexcept;

 private:
  struct Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::app
