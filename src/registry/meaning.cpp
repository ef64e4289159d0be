#include "meaning.hpp"

#include <utility>

namespace syncservice::registry {
namespace {

using config::AppLinkDef;
using config::FieldDef;
using config::Location;

SyncType meaning(config::SyncTypeWord word) noexcept {
  switch (word) {
    case config::SyncTypeWord::push:
      return SyncType::push;
    case config::SyncTypeWord::poll:
      return SyncType::poll;
    case config::SyncTypeWord::scheduled:
      return SyncType::scheduled;
  }
  return SyncType::push;
}

mapping::Direction meaning(config::DirectionWord word) noexcept {
  switch (word) {
    case config::DirectionWord::both:
      return mapping::Direction::both;
    case config::DirectionWord::to_destination:
      return mapping::Direction::to_destination;
    case config::DirectionWord::to_source:
      return mapping::Direction::to_source;
  }
  return mapping::Direction::both;
}

mapping::ConflictPolicy meaning(config::ConflictWord word) noexcept {
  switch (word) {
    case config::ConflictWord::source:
      return mapping::ConflictPolicy::source;
    case config::ConflictWord::destination:
      return mapping::ConflictPolicy::destination;
    case config::ConflictWord::newest:
      return mapping::ConflictPolicy::newest;
    case config::ConflictWord::oldest:
      return mapping::ConflictPolicy::oldest;
    case config::ConflictWord::pusher:
      return mapping::ConflictPolicy::pusher;
    case config::ConflictWord::hold:
      return mapping::ConflictPolicy::hold;
  }
  return mapping::ConflictPolicy::newest;
}

WhenGone meaning(config::GoneWord word) noexcept {
  switch (word) {
    case config::GoneWord::nothing:
      return WhenGone::nothing;
    case config::GoneWord::close:
      return WhenGone::close;
    case config::GoneWord::remove:
      return WhenGone::remove;
  }
  return WhenGone::nothing;
}

WhenEdited meaning(config::EditedWord word) noexcept {
  switch (word) {
    case config::EditedWord::update:
      return WhenEdited::update;
    case config::EditedWord::append:
      return WhenEdited::append;
    case config::EditedWord::ignore:
      return WhenEdited::ignore;
  }
  return WhenEdited::update;
}

WhenRemoved meaning(config::DeletedWord word) noexcept {
  return word == config::DeletedWord::remove ? WhenRemoved::remove : WhenRemoved::keep;
}

bool goes(config::FlowWord flow, Side from) noexcept {
  return flow == config::FlowWord::both ||
         flow == (from == Side::source ? config::FlowWord::to_destination : config::FlowWord::to_source);
}

mapping::As meaning(config::AsWord word) noexcept {
  switch (word) {
    case config::AsWord::text:
      return mapping::As::text;
    case config::AsWord::rich_text:
      return mapping::As::rich_text;
    case config::AsWord::integer:
      return mapping::As::integer;
    case config::AsWord::decimal:
      return mapping::As::decimal;
    case config::AsWord::boolean:
      return mapping::As::boolean;
    case config::AsWord::date:
      return mapping::As::date;
    case config::AsWord::instant:
      return mapping::As::instant;
    case config::AsWord::user:
      return mapping::As::user;
    case config::AsWord::option:
      return mapping::As::option;
    case config::AsWord::reference:
      return mapping::As::reference;
  }
  return mapping::As::text;
}

mapping::UserPart meaning(config::UserPartWord word) noexcept {
  switch (word) {
    case config::UserPartWord::email:
      return mapping::UserPart::email;
    case config::UserPartWord::name:
      return mapping::UserPart::name;
    case config::UserPartWord::id:
      return mapping::UserPart::id;
  }
  return mapping::UserPart::email;
}

struct ToValue {
  record::Value operator()(std::monostate) const { return record::Value{}; }
  record::Value operator()(const config::Scalar& scalar) const { return std::visit(*this, scalar); }
  record::Value operator()(const std::vector<config::Scalar>& items) const {
    record::List list;
    for (const config::Scalar& item : items) list.push_back((*this)(item));
    return record::Value{std::move(list)};
  }
  template <class T>
  record::Value operator()(const T& value) const {
    return record::Value{value};
  }
};

mapping::FieldRule to_rule(FieldDef& def) {
  mapping::FieldRule rule;
  rule.source = def.source;
  rule.destination = def.destination;
  if (def.constant) rule.constant = std::visit(ToValue{}, *def.constant);
  if (def.fallback) rule.fallback = std::visit(ToValue{}, *def.fallback);
  rule.values = std::move(def.values);
  rule.users = std::move(def.users);
  if (def.users_by) rule.users_by = meaning(*def.users_by);
  rule.direction = meaning(def.direction);
  if (def.conflict) rule.conflict = meaning(*def.conflict);
  if (def.as) rule.as = meaning(*def.as);
  rule.pattern = std::move(def.pattern.text);
  rule.only_when = std::move(def.only_when.text);
  if (def.only_when_destination.at.line != 0) rule.only_when_destination = std::move(def.only_when_destination.text);
  rule.create_only = def.create_only;
  rule.max_length = def.max_length;
  rule.separator = std::move(def.separator);
  rule.joins = def.joins;
  rule.unlinked = def.leave_unlinked_out ? mapping::WhenUnlinked::leave_out : mapping::WhenUnlinked::wait;
  rule.line = def.at.line;
  rule.column = def.at.column;
  return rule;
}

record::Fields to_fields(const std::map<std::string, config::Constant>& constants) {
  record::Fields fields;
  for (const auto& [name, constant] : constants) fields.emplace(name, std::visit(ToValue{}, constant));
  return fields;
}

}  // namespace

void take_rules(const AppLinkDef& def, AppLink& link) {
  link.name = AppLinkName{def.name.text};
  link.enabled = def.enabled;
  link.sync_type = meaning(def.sync_type);
  link.to_destination = def.direction != config::DirectionWord::to_source;
  link.to_source = def.direction != config::DirectionWord::to_destination;
  link.comments = {.to_destination = goes(def.comments.direction, Side::source),
                   .to_source = goes(def.comments.direction, Side::destination),
                   .private_too = def.comments.private_too,
                   .existing = def.comments.existing,
                   .edited = meaning(def.comments.edited),
                   .removed = meaning(def.comments.deleted)};
  link.attachments = {.to_destination = goes(def.attachments.direction, Side::source),
                      .to_source = goes(def.attachments.direction, Side::destination),
                      .existing = def.attachments.existing,
                      .removed = meaning(def.attachments.deleted),
                      .max_size = def.attachments.max_size};
  link.when_deleted = meaning(def.on_delete);
  link.when_filtered = meaning(def.on_leave);
  link.close_source = to_fields(def.close_with.source);
  link.close_destination = to_fields(def.close_with.destination);
  constexpr std::chrono::minutes midnight{0};
  constexpr std::chrono::milliseconds usual_poll = std::chrono::minutes{5};
  if (def.sync_type == config::SyncTypeWord::poll) {
    link.poll_every = def.every.at.line == 0 ? usual_poll : def.every.time;
  } else if (def.sync_type == config::SyncTypeWord::push && def.sweep.at.line != 0) {
    link.poll_every = def.sweep.time;
  }
  link.run_at = def.run_at;
  if (def.sync_type == config::SyncTypeWord::scheduled && link.run_at.empty()) link.run_at = {midnight};
}

PlanParts take_plan(AppLinkDef& def) {
  PlanParts out;
  out.spec.fields.reserve(def.fields.size());
  out.fields.reserve(def.fields.size());
  for (std::size_t i = 0; i < def.fields.size(); ++i) {
    if (!def.fields[i].sound) continue;
    out.spec.fields.push_back(to_rule(def.fields[i]));
    out.fields.push_back(i);
  }
  out.spec.only_when_source = std::move(def.only_when_source.text);
  out.spec.only_when_destination = std::move(def.only_when_destination.text);
  out.spec.conflict = meaning(def.conflict);
  out.spec.direction = meaning(def.direction);
  return out;
}

Location place_of(const AppLinkDef& def, const PlanParts& parts, const mapping::Fault& fault) noexcept {
  if (fault.rule == -1) return def.only_when_source.at;
  if (fault.rule == -2) return def.only_when_destination.at;
  const auto rule = static_cast<std::size_t>(fault.rule);
  if (rule >= parts.fields.size()) return def.at;
  const FieldDef& field = def.fields[parts.fields[rule]];
  switch (fault.part) {
    case mapping::Part::rule:
      return field.at;
    case mapping::Part::only_when:
      return field.only_when.at;
    case mapping::Part::only_when_destination:
      return field.only_when_destination.at;
    case mapping::Part::pattern:
      return field.pattern.at;
  }
  return field.at;
}

}  // namespace syncservice::registry
