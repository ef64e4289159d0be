#include "field_limits.hpp"

#include <chrono>

namespace syncservice::sync {
namespace {

constexpr std::chrono::milliseconds good_for = std::chrono::hours{1}, after_failure = std::chrono::minutes{5};

FieldLimits::Limits limits_of(const adapter::TypeInfo& type) {
  FieldLimits::Limits limits;
  for (const adapter::FieldInfo& field : type.fields) {
    if (field.max_length && *field.max_length > 0) limits.emplace(field.name, *field.max_length);
  }
  return limits;
}

}  // namespace

FieldLimits::Limits FieldLimits::of(const std::shared_ptr<const registry::Application>& application,
                                    const ProjectName& project, const std::string& type, const Ask& ask) {
  if (!application->adapter->capabilities().describe) return {};
  std::shared_ptr<const Types> types;
  bool due = false;
  {
    const std::scoped_lock lock(mutex_);
    Known& known = known_[{application->name, project}];
    if (known.application.lock() != application) known = Known{application, {}, nullptr};
    due = clock_.now() >= known.ask_again;
    // Who comes meanwhile goes by what is known.
    if (due && known.types) known.ask_again = clock_.now() + after_failure;
    types = known.types;
  }
  if (due) {
    const Result<adapter::Description> described = ask();
    if (described) {
      auto fresh = std::make_shared<Types>();
      for (const adapter::TypeInfo& info : described->types) fresh->insert_or_assign(info.name, limits_of(info));
      types = std::move(fresh);
    } else {
      log_.warn("the fields of an application are not known; their limits are not heeded",
                {{"application", application->name.str()}, {"what", described.error().message}});
    }
    const std::scoped_lock lock(mutex_);
    known_[{application->name, project}] = {application, clock_.now() + (described ? good_for : after_failure), types};
  }
  if (!types) return {};
  if (const auto found = types->find(type); found != types->end()) return found->second;
  // Applications without types, or with one, and app links that name none.
  const bool only_one = types->size() == 1 && (type.empty() || types->begin()->first.empty());
  return only_one ? types->begin()->second : Limits{};
}

}  // namespace syncservice::sync
