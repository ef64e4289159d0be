#include <algorithm>

#include "alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::alm {

std::string about(std::string_view verb, const RecordId& id) {
  std::string out{verb};
  return out.append("record \"").append(text::printable(id.str())).append("\"");
}

bool is_number(std::string_view text) noexcept {
  constexpr std::size_t longest = 18;
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

AlmAdapter::AlmAdapter(rest::Endpoint endpoint, std::shared_ptr<Sessions> sessions, Options options,
                       std::shared_ptr<const Clock> clock)
    : options_(std::move(options)),
      sessions_(std::move(sessions)),
      clock_(std::move(clock)),
      api_(std::move(endpoint), sessions_, options_.form),
      customization_(api_, {options_.marker, options_.comments, options_.entities}) {}

Capabilities AlmAdapter::capabilities() const noexcept {
  Capabilities can;
  can.describe = can.changed_since = can.native_query = can.remove = true;
  can.comments = can.attachments = can.remove_attachments = true;
  return can;
}

Result<Place> AlmAdapter::place_of(const ProjectName& project) const {
  const std::string& name = project.str();
  const std::size_t slash = name.find('/');
  const Place place =
      slash == std::string::npos ? Place{options_.domain, name} : Place{name.substr(0, slash), name.substr(slash + 1)};
  if (place.project.empty() || place.project.find('/') != std::string::npos)
    return make_error(Failure::refused, "ALM needs a project, and \"" + text::printable(name) +
                                            "\" is none; give one such as QualityCenter or DEFAULT/QualityCenter.");
  if (place.domain.empty())
    return make_error(Failure::refused, "Project \"" + text::printable(name) + "\" is of no domain; write DEFAULT/" +
                                            text::printable(name) + ", or give the setting domain.");
  return place;
}

Result<Spot> AlmAdapter::spot_of(const ProjectName& project, const RecordId& id, const std::string& doing,
                                 const CallContext& context) const {
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  auto place = place_of(project);
  if (!place) return place.error();
  const std::size_t slash = id.str().find('/');
  const std::string type = slash == std::string::npos ? options_.entities.front() : id.str().substr(0, slash);
  const std::string number = slash == std::string::npos ? id.str() : id.str().substr(slash + 1);
  const bool known = std::find(options_.entities.begin(), options_.entities.end(), type) != options_.entities.end();
  if (!known || !is_number(number))
    return make_error(Failure::not_found, "There is no " + about("", id) +
                                              " in ALM: an id is a number, or one such as " + options_.entities.back() +
                                              "/12.");
  return Spot{std::move(*place), type, number};
}

RecordId AlmAdapter::id_of(const std::string& type, const std::string& number) const {
  return RecordId{type == options_.entities.front() ? number : type + '/' + number};
}

record::Record AlmAdapter::record_of(const Schema& schema, const Entity& entity, const ProjectName& project) const {
  record::Record record = to_record(schema, entity, options_.zone);
  record.project = project;
  record.id = id_of(schema.type.name, entity.first("id"));
  return record;
}

Result<record::Record> AlmAdapter::read(const ProjectName& project, const RecordId& id, const CallContext& context) {
  const std::string doing = about("reading ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto schema = customization_.get(spot->place, spot->type, context);
  if (!schema) return schema.error();
  const auto entity = settled(**schema, *spot, doing, context);
  if (!entity) return entity.error();
  return record_of(**schema, *entity, project);
}

bool AlmAdapter::is_ours(const Entity& entity) const {
  const std::string& holder = entity.first("vc-checkout-user-name");
  return !holder.empty() && holder == sessions_->user();
}

Result<Entity> AlmAdapter::settled(const Schema& schema, const Spot& spot, const std::string& doing,
                                   const CallContext& context) const {
  auto entity = api_.read(spot, doing, context);
  if (!schema.versioned || !entity || !is_ours(*entity)) return entity;
  // Once no thread is at it: one that is checks it in itself.
  const auto alone = sessions_->alone(spot.str(), doing, context);
  if (!alone) return alone.error();
  entity = api_.read(spot, doing, context);
  if (!entity || !is_ours(*entity)) return entity;
  if (auto in = api_.check_in(spot, about("checking in ", RecordId{spot.type + '/' + spot.id}), context); !in)
    return in.error();
  return api_.read(spot, doing, context);
}

Result<Entity> AlmAdapter::document_of(SchemaPointer schema, const Place& place, const record::Fields& fields,
                                       bool is_new, const CallContext& context) {
  const Write write = is_new ? Write::create : Write::update;
  const auto fitted = [&]() -> Result<record::Fields> {
    auto named = schema->named(fields);
    if (!named) return named;
    return fit(schema->type, *named, write);
  };
  auto fitting = fitted();
  if (!fitting) {  // the project may have been changed since
    auto newer = customization_.refreshed(place, schema->type.name, context);
    if (!newer) return newer.error();
    if (*newer == schema) return fitting.error();
    schema = std::move(*newer);
    fitting = fitted();
    if (!fitting) return fitting.error();
  }
  Entity entity;
  entity.type = schema->type.name;
  for (const auto& [name, value] : *fitting) {
    auto stored = to_stored(*find_field(schema->type, name), value, *schema, options_.zone);
    if (!stored) return stored.error();
    entity.fields[name] = std::move(*stored);
  }
  return entity;
}

void AlmAdapter::add_defaults(const Schema& schema, Entity& entity) const {
  const auto give = [&](const char* name, std::string value) {
    if (!is_given_by_us(schema.type.name, name) || find_field(schema.type, name) == nullptr) return;
    auto& values = entity.fields[name];
    if (values.empty() && !value.empty()) values.push_back(std::move(value));
  };
  give("detected-by", sessions_->user());
  give("creation-time", options_.zone.wall(clock_->now()).substr(0, 10));
}

Result<void> AlmAdapter::add_marker(const Schema& schema, const std::string& marker, Entity& entity) const {
  if (schema.marker.empty())
    return make_error(Failure::misconfigured,
                      "The field \"" + text::printable(options_.marker) + "\" of " + schema.type.name +
                          ", which is to keep our marker, is not there or takes no text; name a user field of type "
                          "String in the setting markerField.");
  std::string stored = marker_to_stored(marker);
  if (schema.marker_size > 0 && stored.size() > schema.marker_size)
    return make_error(Failure::refused, "The marker \"" + text::printable(marker) + "\" is longer than field " +
                                            schema.marker + ", which takes " + std::to_string(schema.marker_size) +
                                            " characters; make it longer.");
  entity.fields[schema.marker] = {std::move(stored)};
  return {};
}

Result<record::Record> AlmAdapter::create(const NewRecord& wanted, const CallContext& context) {
  const std::string type = wanted.type.empty() ? options_.entities.front() : wanted.type;
  const std::string doing =
      "creating a " + text::printable(type) + " in project \"" + text::printable(wanted.project.str()) + '"';
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (wanted.marker.empty()) return make_error(Failure::refused, "A new record needs a marker, and this one has none.");
  if (std::find(options_.entities.begin(), options_.entities.end(), type) == options_.entities.end())
    return make_error(Failure::refused, "Type \"" + text::printable(type) +
                                            "\" is none of the application's entities; name it in the setting "
                                            "entities, which has " +
                                            text::quoted_list(options_.entities) + '.');
  const auto place = place_of(wanted.project);
  if (!place) return place.error();
  const auto schema = customization_.get(*place, type, context);
  if (!schema) return schema.error();
  auto entity = document_of(*schema, *place, wanted.fields, true, context);
  if (!entity) return entity.error();
  add_defaults(**schema, *entity);
  if (auto marked = add_marker(**schema, wanted.marker, *entity); !marked) return marked.error();

  const auto made = api_.create(*place, *entity, doing, context);
  if (!made) return made.error();
  const std::string number = made->first("id");
  if (!is_number(number)) return make_error(Failure::uncertain, "ALM's answer when " + doing + " names no id.");
  const Spot spot{*place, type, number};
  if (made->first((*schema)->marker) != entity->first((*schema)->marker)) {
    // Without its marker nobody would find it again, and the next try would make another one.
    static_cast<void>(api_.remove(spot, "taking back the new record", context));
    return make_error(Failure::unauthorized, "ALM did not take our marker into field " + (*schema)->marker + " of " +
                                                 type + "; give the account the right to write and read it.");
  }
  if (!(*schema)->versioned) return record_of(**schema, *made, wanted.project);
  // It is there, checked out to us; others see it once it is checked in.
  if (auto in = api_.check_in(spot, "checking in the new record", context);
      !in && in.error().failure != FailureClass::permanent)
    return make_error(Failure::uncertain, in.error().message);
  return read(wanted.project, id_of(type, number), context);
}

Result<void> AlmAdapter::check_out(const Spot& spot, const std::string& doing, const CallContext& context) const {
  auto out = api_.check_out(spot, doing, context);
  if (out || out.error().failure != FailureClass::transient) return out;
  // Perhaps it is checked out to us, and a pass before this one did not come to its end.
  const auto entity = api_.read(spot, doing, context);
  if (entity && is_ours(*entity)) return {};
  return out;
}

Result<Entity> AlmAdapter::write(const Schema& schema, const Spot& spot, const Entity& entity, const std::string& doing,
                                 const CallContext& context) const {
  if (!schema.versioned) return api_.update(spot, entity, doing, context);
  if (auto out = check_out(spot, doing, context); !out) return out.error();
  const auto written = api_.update(spot, entity, doing, context);
  const auto in = api_.check_in(spot, about("checking in ", RecordId{spot.type + '/' + spot.id}), context);
  if (!written) return written.error();
  if (!in) return in.error();
  return api_.read(spot, doing, context);
}

Result<record::Record> AlmAdapter::update(const ProjectName& project, const RecordId& id, const record::Fields& patch,
                                          const CallContext& context) {
  if (patch.empty()) return read(project, id, context);
  const std::string doing = about("updating ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto schema = customization_.get(spot->place, spot->type, context);
  if (!schema) return schema.error();
  const auto document = document_of(*schema, spot->place, patch, false, context);
  if (!document) return document.error();
  Sessions::Alone alone;
  if ((*schema)->versioned) {
    auto lock = sessions_->alone(spot->str(), doing, context);
    if (!lock) return lock.error();
    alone = std::move(*lock);
  }
  const auto entity = write(**schema, *spot, *document, doing, context);
  if (!entity) return entity.error();
  return record_of(**schema, *entity, project);
}

Result<std::optional<record::Record>> AlmAdapter::find_by_marker(const ProjectName& project, const std::string& marker,
                                                                 const CallContext& context) {
  using Maybe = std::optional<record::Record>;
  const std::string doing = "looking for a marker";
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (marker.empty()) return Maybe{};
  const auto place = place_of(project);
  if (!place) return place.error();
  std::optional<Error> no_field;
  bool looked = false;
  for (const std::string& type : options_.entities) {
    const auto schema = customization_.get(*place, type, context);
    if (!schema) return schema.error();
    Entity wanted;
    if (auto usable = add_marker(**schema, marker, wanted); !usable) {
      no_field = usable.error();  // no record of that type can have it
      continue;
    }
    looked = true;
    const std::string& field = (*schema)->marker;
    Listing listing;
    listing.query = equals(field, wanted.first(field));
    listing.fields = "id," + field;
    listing.order_by = "{id}";
    listing.limit = 50;  // where case does not count, other markers are found, too
    const auto listed = api_.list(*place, type, listing, doing, context);
    if (!listed) return listed.error();
    for (const Entity& entity : listed->page.entities) {
      if (entity.first(field) != wanted.first(field)) continue;
      auto record = read(project, id_of(type, entity.first("id")), context);
      if (!record) return record.error();
      return Maybe{std::move(*record)};
    }
  }
  if (no_field && !looked) return *no_field;
  return Maybe{};
}

Result<void> AlmAdapter::ping(const CallContext& context) {
  if (auto may_go_on = check(context, "signing in"); !may_go_on) return may_go_on;
  const auto domains = api_.domains(context);
  if (!domains) return domains.error();
  return {};
}

Result<Description> AlmAdapter::describe(const ProjectName& project, const CallContext& context) {
  if (auto may_go_on = check(context, "reading the description of the projects"); !may_go_on) return may_go_on.error();
  std::optional<Place> wanted;
  if (!project.empty()) {
    auto place = place_of(project);
    if (!place) return place.error();
    wanted = std::move(*place);
  }
  std::vector<std::string> domains{options_.domain};
  if (options_.domain.empty()) {
    auto all = api_.domains(context);
    if (!all) return all.error();
    domains = std::move(*all);
  } else if (wanted && wanted->domain != options_.domain) {
    domains.push_back(wanted->domain);
  }
  Description description;
  bool there = false;
  for (const std::string& domain : domains) {
    const auto projects = api_.projects(domain, context);
    if (!projects) return projects.error();
    for (const std::string& name : *projects) {
      const Place place{domain, name};
      const bool is_wanted = wanted && place.str() == wanted->str();
      there = there || is_wanted;
      const std::string called = is_wanted ? project.str() : domain == options_.domain ? name : place.str();
      description.projects.push_back({ProjectName{called}, name});
    }
  }
  if (!there) return description;
  for (const std::string& type : options_.entities) {
    const auto schema = customization_.refreshed(*wanted, type, context);
    if (!schema) return schema.error();
    description.types.push_back((*schema)->type);
  }
  return description;
}

Result<void> AlmAdapter::remove(const ProjectName& project, const RecordId& id, const CallContext& context) {
  const std::string doing = about("deleting ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  return api_.remove(*spot, doing, context);
}

}  // namespace syncservice::adapter::alm
