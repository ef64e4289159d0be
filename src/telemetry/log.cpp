#include "syncservice/telemetry/log.hpp"

#include "format.hpp"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace syncservice::telemetry {
namespace {

// The line as it is: format.cpp has laid it out already.
std::unique_ptr<spdlog::formatter> verbatim() {
  return std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n");
}

std::shared_ptr<spdlog::sinks::sink> open_sink(const std::string& file) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(file);
  }
  sink->set_formatter(verbatim());
  return sink;
}

std::string cannot_open(const std::string& file, const std::exception& cause) {
  return "can't open the log file \"" + file + "\": " + cause.what() +
         "; its folder must exist and be writable for the user that runs the service";
}

}  // namespace

struct Log::Impl {
  explicit Impl(const LogSettings& settings) : format(settings.format), file(settings.file), level(settings.level) {}

  const Format format;
  const std::string file;
  std::atomic<Level> level;
  // Locks around each line, so the sink behind it may be exchanged at any time.
  spdlog::sinks::dist_sink_mt sink;
};

Log::Log(const LogSettings& settings) : impl_(std::make_unique<Impl>(settings)) {
  try {
    impl_->sink.set_sinks({open_sink(settings.file)});
  } catch (const spdlog::spdlog_ex& cause) {
    throw std::runtime_error(cannot_open(settings.file, cause));
  }
}

Log::~Log() = default;

bool Log::enabled(Level level) const noexcept {
  return level != Level::off && level >= impl_->level.load(std::memory_order_relaxed);
}

void Log::set_level(Level level) noexcept {
  impl_->level.store(level, std::memory_order_relaxed);
}

void Log::write(Level level, std::string_view message, std::initializer_list<Field> fields) const noexcept {
  if (!enabled(level)) return;
  try {
    const Timestamp now = SystemClock{}.now();
    const std::string line =
        impl_->format == Format::json ? json_line(now, level, message, fields) : text_line(now, level, message, fields);
    impl_->sink.log(spdlog::details::log_msg{spdlog::string_view_t{}, spdlog::level::info, line});
    impl_->sink.flush();
  } catch (const std::exception&) {  // a full disk must not stop the service; the line is dropped
  }
}

Result<void> Log::reopen() const noexcept {
  if (impl_->file.empty()) return {};
  try {
    impl_->sink.set_sinks({open_sink(impl_->file)});
    return {};
  } catch (const spdlog::spdlog_ex& cause) {
    return Error{boost::system::errc::make_error_code(boost::system::errc::io_error),
                 cannot_open(impl_->file, cause) + "; lines go to the old file until then", FailureClass::transient,
                 std::nullopt};
  }
}

void Log::flush() const noexcept {
  try {
    impl_->sink.flush();
  } catch (const std::exception&) {  // as in write
  }
}

}  // namespace syncservice::telemetry
