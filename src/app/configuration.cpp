#include "configuration.hpp"

#include "syncservice/http/server.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace syncservice::app {
namespace {

/// The number of the system's error; 0 when lines can be appended.
int log_file_error(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return EISDIR;
  if (::access(file.c_str(), W_OK) == 0) return 0;
  if (errno != ENOENT) return errno;
  return ::access(file.parent_path().c_str(), W_OK | X_OK) == 0 ? 0 : errno;
}

}  // namespace

config::LoadedSettings load_configuration(const std::string& path) {
  config::LoadedSettings loaded = config::load_settings(path);
  if (loaded.draft.listen.empty()) return loaded;
  if (const auto endpoints = http::parse_endpoints(loaded.draft.listen); !endpoints) {
    loaded.complaints.push_back(loaded.draft.complain("push.service.port", endpoints.error().message));
    loaded.settings.reset();
  }
  return loaded;
}

std::vector<Complaint> unusable_files(const config::Settings& settings) {
  std::vector<Complaint> out;
  if (!settings.tls_certificate.empty() && !settings.tls_key.empty()) {
    const auto usable = http::check_tls({.certificate = settings.tls_certificate, .key = settings.tls_key});
    if (!usable) out.push_back(settings.complain("push.service.tls.certificate", usable.error().message));
  }
  if (settings.log_file.empty()) return out;
  if (const int number = log_file_error(settings.log_file); number != 0) {
    out.push_back(settings.complain("push.service.log.file",
                                    "can't open the log file \"" + settings.log_file +
                                        "\": " + std::generic_category().message(number) +
                                        "; its folder must exist and be writable for the user that runs the service"));
  }
  return out;
}

}  // namespace syncservice::app
