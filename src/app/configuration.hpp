// app/configuration — the properties file as the daemon takes it: beside what config checks, what only the parts that
// use a value can tell.
#pragma once

#include "syncservice/base/complaint.hpp"
#include "syncservice/config/settings.hpp"

#include <string>
#include <vector>

namespace syncservice::app {

/// config::load_settings, with the endpoints checked too: settings that are there can be listened on, but for ports
/// that others hold. Thread-safe.
[[nodiscard]] config::LoadedSettings load_configuration(const std::string& path);

/// What of the files that the settings name this process could not use: the certificate and its key, the log file.
/// Opens and changes nothing that it finds good.
[[nodiscard]] std::vector<Complaint> unusable_files(const config::Settings& settings);

}  // namespace syncservice::app
