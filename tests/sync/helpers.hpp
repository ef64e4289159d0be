// Settings and rules in few words.
#pragma once

#include "syncservice/mapping/plan.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/telemetry/log.hpp"

#include <filesystem>
#include <string>

namespace syncservice::sync {

[[nodiscard]] inline telemetry::LogSettings quiet() {
  telemetry::LogSettings settings;
  settings.level = telemetry::Level::off;
  return settings;
}

[[nodiscard]] inline store::Settings in_folder(const std::filesystem::path& folder) {
  store::Settings settings;
  settings.folder = folder.string();
  return settings;
}

[[nodiscard]] inline mapping::FieldRule rule(std::string source, std::string destination) {
  mapping::FieldRule made;
  made.source = std::move(source);
  made.destination = std::move(destination);
  return made;
}

}  // namespace syncservice::sync
