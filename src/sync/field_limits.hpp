// sync/field_limits — how much text the fields of an application take, as its adapter describes them.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/telemetry/log.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace syncservice::sync {

/// Remembers what an application said for an hour, or until it is configured anew. Asking is best effort: where it
/// fails, what was known before holds on, and it is asked again in five minutes. Thread-safe; no lock is held while an
/// application is asked, so that several passes may ask one that nothing is known of.
class FieldLimits {
 public:
  /// Characters (code points) by field; fields without a limit are left out.
  using Limits = std::map<std::string, std::size_t, std::less<>>;
  using Ask = std::function<Result<adapter::Description>()>;

  FieldLimits(const Clock& clock, const telemetry::Log& log) noexcept : clock_(clock), log_(log) {}

  /// Of the records of that type (empty: the only one) in the project; none where they are not known. `ask` calls
  /// describe() for that project; it is not called for adapters that have none.
  [[nodiscard]] Limits of(const std::shared_ptr<const registry::Application>& application, const ProjectName& project,
                          const std::string& type, const Ask& ask);

 private:
  using Types = std::map<std::string, Limits, std::less<>>;
  struct Known {
    std::weak_ptr<const registry::Application> application;
    Timestamp ask_again{};
    std::shared_ptr<const Types> types;
  };

  const Clock& clock_;
  const telemetry::Log& log_;
  std::mutex mutex_;
  std::map<std::pair<ApplicationName, ProjectName>, Known> known_;
};

}  // namespace syncservice::sync
