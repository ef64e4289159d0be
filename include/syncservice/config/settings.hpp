// config/settings — ConnectAll.properties as a plain struct. Owns the list of keys, their defaults and ranges; the
// values are valid and immutable once loaded. Nothing below the wiring (app) reads a key.
#pragma once

#include "syncservice/base/complaint.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/config/location.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::config {

/// Every key of ConnectAll.properties. Paths are absolute, or empty where the key has no value.
struct Settings {
  std::string file;                                  ///< the properties file itself, absolute
  std::string shown_file;                            ///< the same as it was given, for messages
  std::string listen = "http://0.0.0.0:7070";        ///< push.service.port, as written (contract §6)
  std::string tls_certificate;                       ///< push.service.tls.certificate
  std::string tls_key;                               ///< push.service.tls.key
  std::string data_folder;                           ///< push.service.data, default "data"
  std::string mappings;                              ///< push.service.mappings, default "app-links"
  std::string admin_user = "admin";                  ///< push.service.admin.user
  std::string admin_password_hash;                   ///< push.service.admin.password.hash
  unsigned workers = 8;                              ///< push.service.workers, 0–256; 0: accept pushes, run no passes
  std::int64_t queue_limit = 1'000'000;              ///< push.service.queue.limit, 1–1,000,000,000
  std::int64_t disk_reserve = 64LL * 1024 * 1024;    ///< push.service.queue.disk.reserve
  unsigned http_threads = 0;                         ///< push.service.http.threads, 0: one per core; up to 64
  std::int64_t header_limit = 16LL * 1024;           ///< push.service.http.header.limit, 1 KiB–1 MiB
  std::int64_t body_limit = 64LL * 1024;             ///< push.service.http.body.limit, 1 KiB–16 MiB
  std::int64_t discard_limit = 64LL * 1024 * 1024;   ///< push.service.http.discard.limit, 1 KiB–4 GiB
  std::int64_t hook_limit = 1024LL * 1024;           ///< push.service.http.hook.limit, 1 KiB–64 MiB
  unsigned connections = 4096;                       ///< push.service.http.connections, 1–1,000,000
  std::chrono::milliseconds header_timeout{10'000};  ///< push.service.http.header.timeout, 100 ms–1 h
  std::chrono::milliseconds body_timeout{30'000};    ///< push.service.http.body.timeout, 100 ms–1 h
  std::chrono::milliseconds idle_timeout{75'000};    ///< push.service.http.idle.timeout, 100 ms–1 d
  std::chrono::milliseconds shutdown_grace{8'000};   ///< push.service.shutdown.grace, 0–10 min
  std::chrono::milliseconds retry_first{5'000};      ///< push.service.retry.first, 1 ms–1 d
  std::chrono::milliseconds retry_longest{3'600'000};                   ///< push.service.retry.longest, ≥ retry.first
  std::chrono::milliseconds retry_total{86'400'000};                    ///< push.service.retry.total, ≥ retry.first
  std::chrono::milliseconds call_timeout{60'000};                       ///< push.service.call.timeout, 100 ms–1 h
  std::chrono::milliseconds keep_history{std::chrono::hours{24 * 90}};  ///< push.service.history.keep, ≥ 1 h
  std::string log_level = "info";   ///< push.service.log.level: trace, debug, info, warn, error
  std::string log_format = "text";  ///< push.service.log.format: text, json
  std::string log_file;             ///< push.service.log.file; empty: standard error

  std::map<std::string, Location, std::less<>> locations;  ///< by key, for complaints found later
  /// A complaint about the value of a key, at its place in the file.
  [[nodiscard]] Complaint complain(std::string_view key, std::string what) const;
};

/// One key as the shipped file and the documentation describe it. From the same table that reads the values.
struct KeySpec {
  std::string_view name;
  std::string default_value;  ///< as the file writes it; may be empty
  std::string allowed;        ///< what may stand there, for example "a number from 1 to 256"
  std::string_view help;      ///< one sentence
};
/// Every key, in the order of the shipped file.
[[nodiscard]] std::vector<KeySpec> known_keys();

/// What came of reading a properties file.
struct LoadedSettings {
  std::optional<Settings> settings;  ///< empty when a complaint is not a warning
  Settings draft;                    ///< what was read, with defaults for what can't be used: to look for more faults
  std::vector<Complaint> complaints;
};

/// Reads and checks a properties file (java.util.Properties syntax, UTF-8). All faults at once; an unknown key that
/// starts with "push.service." is a warning with the nearest known key, other keys belong to other programs and are
/// left alone. A key given twice is a warning, the last one counts (as in Java). Relative paths are relative to the
/// file's folder. Sizes: "64 KiB", "20 MiB", "1 GiB", or bytes; durations as base's parse_duration.
[[nodiscard]] LoadedSettings load_settings(const std::string& path);
/// The same from text; `path` is used for messages and relative paths only.
[[nodiscard]] LoadedSettings parse_settings(std::string_view text, const std::string& path);

/// Sets one key in the file and leaves every other byte as it is: replaces the key's logical line, or adds one at the
/// end. Written beside and renamed; keeps the file's mode.
[[nodiscard]] Result<void> write_property(const std::string& path, std::string_view key, std::string_view value);

}  // namespace syncservice::config
