// telemetry/log — structured log lines. The one module that knows spdlog; owns the rule that a line is one line
// (control characters in values are escaped) and that a value marked secret never appears.
#pragma once

#include "syncservice/base/result.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace syncservice::telemetry {

/// error: a person must act; warn: something is off but handled; info: start, stop, reload, what an operator did;
/// debug: one line per request and pass; trace: everything.
enum class Level : std::uint8_t { trace, debug, info, warn, error, off };

enum class Format : std::uint8_t { text, json };

struct LogSettings {
  Level level = Level::info;
  Format format = Format::text;
  std::string file;  ///< empty: standard error
};

/// One named value of a line. Holds views: use only as an argument.
struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view{v}) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view{v}) {}
  Field(std::string_view n, std::int64_t v) : name(n), value(v) {}
  Field(std::string_view n, int v) : name(n), value(std::int64_t{v}) {}
  Field(std::string_view n, std::size_t v) : name(n), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
};

/// Writes lines. Thread-safe; never throws; a line that can't be written is dropped.
/// Text: `2026-11-24T02:53:11.042Z info  listening url=http://0.0.0.0:7070`. JSON: one object a line with `time`,
/// `level`, `message` and the fields.
class Log {
 public:
  /// Throws std::runtime_error when the file can't be opened (start-up).
  explicit Log(const LogSettings& settings);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  [[nodiscard]] bool enabled(Level level) const noexcept;
  void set_level(Level level) noexcept;
  void write(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const noexcept;

  void debug(std::string_view m, std::initializer_list<Field> f = {}) const noexcept { write(Level::debug, m, f); }
  void info(std::string_view m, std::initializer_list<Field> f = {}) const noexcept { write(Level::info, m, f); }
  void warn(std::string_view m, std::initializer_list<Field> f = {}) const noexcept { write(Level::warn, m, f); }
  void error(std::string_view m, std::initializer_list<Field> f = {}) const noexcept { write(Level::error, m, f); }

  /// Opens the file anew by its name, after logrotate moved the old one away. On failure the old one stays in use.
  /// Nothing to do for standard error.
  [[nodiscard]] Result<void> reopen() const noexcept;

  /// Writes out what is buffered.
  void flush() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::telemetry
