#include "customization.hpp"

namespace syncservice::adapter::alm {

Result<Customization::SchemaPointer> Customization::get(const Place& place, const std::string& type,
                                                        const CallContext& context) {
  return younger_than(std::chrono::hours{1}, place, type, context);
}

Result<Customization::SchemaPointer> Customization::refreshed(const Place& place, const std::string& type,
                                                              const CallContext& context) {
  return younger_than(std::chrono::minutes{1}, place, type, context);
}

Result<Customization::SchemaPointer> Customization::younger_than(std::chrono::steady_clock::duration age,
                                                                 const Place& place, const std::string& type,
                                                                 const CallContext& context) {
  const std::string key = place.str() + '/' + type;
  {
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(key);
    if (found != known_.end() && std::chrono::steady_clock::now() - found->second->read_at < age) return found->second;
  }
  auto schema = load(place, type, context);
  if (!schema) return schema.error();
  auto fresh = std::make_shared<const Schema>(std::move(*schema));
  const std::lock_guard lock{mutex_};
  known_[key] = fresh;
  return fresh;
}

Result<Schema> Customization::load(const Place& place, const std::string& type, const CallContext& context) const {
  SchemaSource source;
  auto fields = api_.fields(place, type, context);
  if (!fields) return fields.error();
  source.fields = std::move(*fields);
  auto lists = api_.lists(place, context);
  if (!lists) return lists.error();
  source.lists = std::move(*lists);
  auto users = api_.users(place, context);
  if (!users) return users.error();
  source.users = std::move(*users);
  const auto versioned = api_.versioned(place, type, context);
  if (!versioned) return versioned.error();
  source.versioned = *versioned;
  return make_schema(type, source, names_);
}

}  // namespace syncservice::adapter::alm
