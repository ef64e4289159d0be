#include "pass.hpp"

#include "backoff.hpp"
#include "conflicts.hpp"
#include "fault.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::sync {
namespace {

bool has_project(const registry::AppLink& app_link, Side side, const ProjectName& project) {
  return std::any_of(app_link.projects.begin(), app_link.projects.end(), [&](const registry::ProjectPair& pair) {
    return (side == Side::source ? pair.source : pair.destination) == project;
  });
}

// Does `now` hold all that `patch` was to write?
bool holds(const record::Fields& now, const record::Fields& patch) {
  return std::all_of(patch.begin(), patch.end(), [&](const auto& item) {
    const auto found = now.find(item.first);
    return (found == now.end() ? record::Value{} : found->second) == item.second;
  });
}

const record::Value& at(const record::Fields& fields, const std::string& name) {
  static const record::Value empty;
  const auto found = fields.find(name);
  return found == fields.end() ? empty : found->second;
}

bool same_applications(const registry::AppLink& one, Side one_side, const registry::AppLink& two, Side two_side) {
  return one.end(one_side).application->name == two.end(two_side).application->name &&
         one.end(other(one_side)).application->name == two.end(other(two_side)).application->name;
}

// Does each side still hold what the person saw who decided?
bool still_valid(const Decision& decision, const std::string& field, const mapping::PassInput& input) {
  if (!input.other_now) return false;
  const bool from_source = input.pusher == Side::source;
  const record::Fields& source = from_source ? input.pusher_now : *input.other_now;
  const record::Fields& destination = from_source ? *input.other_now : input.pusher_now;
  return holds(source, {{field, decision.source_value}}) &&
         holds(destination, {{decision.destination, decision.destination_value}});
}

// For how long, at least, a creation whose outcome is not known may still happen.
constexpr std::chrono::milliseconds settling{5'000};

bool is_uncertain(const Error& error) {
  return error.code == adapter::Failure::uncertain;
}

// Did a creation that failed certainly not happen?
bool certainly_not_created(const Error& error) {
  if (is_uncertain(error) || error.code == adapter::Failure::incomplete) return false;
  switch (error.failure) {
    case FailureClass::permanent:
    case FailureClass::throttled:
    case FailureClass::auth:
    case FailureClass::gone:
      return true;
    case FailureClass::transient:
    case FailureClass::internal:
      return false;
  }
  return false;
}

}  // namespace

std::string in_quotes(const std::string& name) {
  return '"' + text::printable(name) + '"';
}

record::Fields overlay(record::Fields fields, const record::Fields& patch, const record::Fields& read_back) {
  for (const auto& [name, value] : patch) {
    const auto found = read_back.find(name);
    fields.insert_or_assign(name, found == read_back.end() ? record::Value{} : found->second);
  }
  return fields;
}

Engine::Pass::Pass(Engine& engine, const Assignment& assignment, const std::stop_token& stop, Mode mode)
    : engine_(engine),
      assignment_(assignment),
      stop_(stop),
      mode_(mode),
      push_(assignment.push),
      app_link_(assignment.app_link.get()),
      side_(assignment.push.key.side),
      started_(engine.clock_.now()),
      self_(assignment.push.key) {}

Report Engine::Pass::run() {
  if (app_link_ == nullptr) {
    return dead("The app link " + in_quotes(push_.key.app_link.str()) +
                " is no longer configured. Add it again and retry this push, or discard it.");
  }
  if (!preview() && (stop_.stop_requested() || engine_.must_wait(*app_link_))) return Report{};
  if (!app_link_->sends(side_)) {
    return dead("The app link " + in_quotes(app_link_->name.str()) + " no longer synchronizes from its " +
                std::string{to_string(side_)} + " side. Change its direction and retry this push, or discard it.");
  }
  if (!app_link_->projects.empty() && !has_project(*app_link_, side_, push_.key.project)) {
    return dead("The project " + in_quotes(push_.key.project.str()) + " is no longer among those of the app link " +
                in_quotes(app_link_->name.str()) + ". Add it again and retry this push, or discard it.");
  }

  Result<record::Record> read = call(side_, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.read(push_.key.project, push_.key.id, context);
  });
  if (!read)
    return read.error().failure == FailureClass::gone ? origin_gone(read.error()) : failed(side_, read.error());
  mine_ = std::move(*read);
  // Systems that ignore case or zeros know a record by several ids; its link knows one.
  if (!mine_.id.empty()) self_.id = mine_.id;
  if (self_ != push_.key && !assignment_.extend(self_)) return lost_race();
  return find_pair();
}

Report Engine::Pass::find_pair() {
  Result<Known> known = lookup(engine_.store_, self_, mine_.marker);
  if (!known) return try_again(known.error().message);
  link_ = std::move(known->link);
  if (!app_link_->plan->admits(side_, mine_.fields, link_ ? &link_->snapshot(side_) : nullptr)) return not_admitted();
  // Snapshots that know no field: an administrator made the link, and no pass has been over it yet.
  newly_linked_ = !link_ || (link_->source_snapshot.empty() && link_->destination_snapshot.empty());
  if (link_) return go_on_linked();
  if (known->own_intent) return go_on_after_crash(*known->own_intent);
  if (known->twin_intent) return go_on_as_twin(*known->twin_intent);
  return decide(input());
}

Report Engine::Pass::go_on_linked() {
  if (!take_twin()) return lost_race();
  if (link_->withdrawn == other(side_)) {
    return done(spool::Outcome::filtered, "Its twin " + in_quotes(end(other(side_)).id.str()) +
                                              " was deleted or is no longer synchronized; nothing goes across until "
                                              "it is back.");
  }
  // It is back: what it holds goes across, whatever the other side was closed with.
  if (link_->withdrawn) return read_twin(input());
  if (!link_->pending && !link_->held &&
      app_link_->plan->unchanged(side_, mine_.fields, link_->snapshot(side_), &link_->snapshot(other(side_))))
    return mirror();
  mapping::PassInput found = input();
  found.pusher_snapshot = link_->snapshot(side_);
  found.other_snapshot = link_->snapshot(other(side_));
  return read_twin(std::move(found));
}

Report Engine::Pass::go_on_after_crash(const Intent& intent) {
  marker_ = intent.marker;
  Result<std::optional<record::Record>> twin =
      call(other(side_), [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.find_by_marker(twin_project(), marker_, context);
      });
  if (!twin) return failed(other(side_), twin.error());
  if (!*twin) {
    const std::chrono::milliseconds hidden =
        intent.ended + capabilities(other(side_)).marker_lag - engine_.clock_.now();
    if (hidden.count() > 0) {
      return later("A record may have been created in " + name_of(other(side_)) +
                       " that its search does not show yet; looking again before creating one.",
                   hidden, hidden);
    }
    return decide(input());
  }
  pair_with(twin_project(), (*twin)->id);
  if (!take_twin()) return lost_race();
  found_.append("An earlier pass had created ").append((*twin)->id.str()).append(" in ").append(name_of(other(side_)));
  found_.append(". ");
  mapping::PassInput found = input();
  found.other_now = (*twin)->fields;
  found.other_updated = (*twin)->updated;
  if (intent.pending) adopt_creation(found, *intent.pending, other(side_), (*twin)->fields);
  return decide(std::move(found));
}

Report Engine::Pass::go_on_as_twin(const Intent& intent) {
  marker_ = intent.marker;
  pair_with(intent.origin.project, intent.origin.id);
  if (!take_twin()) return lost_race();
  found_.append("An earlier pass had created ").append(self_.id.str()).append(" in ").append(name_of(side_));
  found_.append(". ");
  mapping::PassInput found = input();
  if (intent.pending) {
    adopt_creation(found, *intent.pending, side_, mine_.fields);
  } else {
    // Snapshots of empty records: each field that differs changed on both sides, as far as anybody knows.
    found.pusher_snapshot = app_link_->plan->mapped(side_, {});
    found.other_snapshot = app_link_->plan->mapped(other(side_), {});
  }
  return read_twin(std::move(found));
}

Report Engine::Pass::read_twin(mapping::PassInput input) {
  const RecordKey& twin = end(other(side_));
  Result<record::Record> read = call(other(side_), [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.read(twin.project, twin.id, context);
  });
  if (!read) return failed(other(side_), read.error());
  if (link_->pending && input.other_snapshot) adopt_pending(input, read->fields);
  input.other_now = std::move(read->fields);
  input.other_updated = read->updated;
  return decide(std::move(input));
}

void Engine::Pass::adopt_pending(mapping::PassInput& input, const record::Fields& other_now) {
  adopt_pending(input, side_, mine_.fields);
  adopt_pending(input, other(side_), other_now);
  // What is not written yet stays pending, in case this pass breaks off before it writes.
  if (link_->pending->to_source.empty() && link_->pending->to_destination.empty()) link_->pending.reset();
  save_link_ = true;
  input.pusher_snapshot = link_->snapshot(side_);
  input.other_snapshot = link_->snapshot(other(side_));
}

// Field by field: that one field arrived says nothing of the next (ADR 11).
void Engine::Pass::adopt_pending(mapping::PassInput& input, Side written, const record::Fields& now) {
  const bool at_source = written == Side::source;
  record::Fields& patch = at_source ? link_->pending->to_source : link_->pending->to_destination;
  const record::Fields& was = at_source ? link_->pending->source_was : link_->pending->destination_was;
  const record::Fields& made_from = at_source ? link_->pending->destination_was : link_->pending->source_was;
  const auto came_of = [&](const std::string& name, const record::Value& wanted) {
    const mapping::Arrival came = mapping::arrival(at(was, name), wanted, at(now, name));
    // Somebody's edit, or one of the steps of our write? A step, as far as there are any.
    return came == mapping::Arrival::something_else && in_steps(written, name) ? mapping::Arrival::not_written : came;
  };
  const bool begun = std::any_of(patch.begin(), patch.end(), [&](const auto& field) {
    return came_of(field.first, field.second) == mapping::Arrival::written ||
           !holds(now, {{field.first, at(was, field.first)}});
  });
  std::string names;
  for (auto field = patch.begin(); field != patch.end();) {
    const auto& [name, wanted] = *field;
    const mapping::Arrival came = came_of(name, wanted);
    // An edit there that the policy had decided against: it decides again, unless our own write has changed since when
    // that record counts as changed.
    const bool overruled =
        link_->snapshot(written).contains(name) && !holds(link_->snapshot(written), {{name, at(was, name)}});
    if (came == mapping::Arrival::not_written && (begun || !overruled)) {
      (written == side_ ? input.pusher_unfinished : input.other_unfinished).insert(name);
      ++field;
      continue;
    }
    if (came == mapping::Arrival::written) {
      names.append(names.empty() ? "" : ", ").append(name);
      link_->snapshot(written).insert_or_assign(name, at(now, name));
      // What it was made from is what it was then: an edit since has yet to go across.
      for (const mapping::RuleUse& rule : app_link_->plan->uses()) {
        const std::string& origin = at_source ? rule.destination : rule.source;
        if ((at_source ? rule.source : rule.destination) == name && !origin.empty())
          link_->snapshot(other(written)).insert_or_assign(origin, at(made_from, origin));
      }
    }
    field = patch.erase(field);
  }
  if (names.empty()) return;
  found_.append("An earlier pass had written ").append(names).append(" of ").append(end(written).id.str());
  found_.append(" in ").append(name_of(written)).append(". ");
}

void Engine::Pass::adopt_creation(mapping::PassInput& input, const Pending& pending, Side twin,
                                  const record::Fields& twin_now) {
  link_->source_snapshot = overlay(pending.source_was, pending.to_source, pending.to_source);
  link_->destination_snapshot = overlay(pending.destination_was, pending.to_destination, pending.to_destination);
  for (const auto& [name, wanted] : twin == Side::source ? pending.to_source : pending.to_destination) {
    const mapping::Arrival came = mapping::arrival({}, wanted, at(twin_now, name));
    if (came == mapping::Arrival::not_written || (came == mapping::Arrival::something_else && in_steps(twin, name)))
      (twin == side_ ? input.pusher_unfinished : input.other_unfinished).insert(name);
  }
  input.pusher_snapshot = link_->snapshot(side_);
  input.other_snapshot = link_->snapshot(other(side_));
}

bool Engine::Pass::in_steps(Side side, const std::string& field) const {
  return app_link_->end(side).application->adapter->in_steps(field);
}

Pending Engine::Pass::pending_for(const mapping::PassInput& input, const mapping::PassPlan& plan) const {
  Pending pending;
  const bool from_source = side_ == Side::source;
  (from_source ? pending.source_was : pending.destination_was) = app_link_->plan->mapped(side_, input.pusher_now);
  if (input.other_now) {
    (from_source ? pending.destination_was : pending.source_was) =
        app_link_->plan->mapped(other(side_), *input.other_now);
  }
  (from_source ? pending.to_destination : pending.to_source) = plan.to_other;
  (from_source ? pending.to_source : pending.to_destination) = plan.to_pusher;
  return pending;
}

Report Engine::Pass::decide(mapping::PassInput input) {
  input.pusher_id = self_.id;
  input.pusher_project = self_.project;
  if (link_) {
    input.other_id = end(other(side_)).id;
    input.other_project = end(other(side_)).project;
  }
  input.twin_of = [this](Side from, const record::Reference& to) { return twin_of(from, to); };
  input.pusher_limits = limits(side_);
  input.other_limits = limits(other(side_));
  if (link_ && link_->held) {
    const Result<Decisions> decided = decisions(engine_.store_, link_->id);
    if (!decided) return try_again(decided.error().message);
    for (const auto& [field, decision] : *decided) {
      if (still_valid(decision, field, input)) input.decided.insert_or_assign(field, decision.winner);
    }
  }
  Result<mapping::PassPlan> plan = app_link_->plan->decide(input);
  if (!plan) return dead(plan.error().message);
  changes_ = std::move(plan->changes);
  agreed_ = plan->agreed;
  if (!plan->held.empty() || (link_ && link_->held)) held_ = plan->held;
  if (!plan->waits_for.empty()) return waits_for(plan->waits_for);
  if (!plan->held.empty()) return held(std::move(*plan));
  return input.other_now ? write(input, *plan) : create(input, *plan);
}

Report Engine::Pass::write(const mapping::PassInput& input, const mapping::PassPlan& plan) {
  if (preview()) return fields_written(plan, link_->snapshot(side_), link_->snapshot(other(side_)));
  if (!plan.to_other.empty() || !plan.to_pusher.empty()) {
    if (auto end = store_link()) return std::move(*end);
    link_->pending = pending_for(input, plan);
    // With the snapshots as this pass knows them: what it took over from an earlier unfinished write must not be lost.
    const Result<void> kept =
        engine_.store_.write([&](store::Transaction& tx) { save_link(tx, *link_, engine_.clock_.now()); });
    if (!kept) return try_again(kept.error().message);
    pending_stored_ = true;
    fault_point("pending stored");
  }
  record::Fields other_now = *input.other_now;
  if (!plan.to_other.empty()) {
    const RecordKey& twin = end(other(side_));
    Result<record::Record> written =
        call(other(side_), [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
          return adapter.update(twin.project, twin.id, plan.to_other, context);
        });
    fault_point("twin updated");
    if (!written) {
      unsure_other_ = is_uncertain(written.error());
      return failed(other(side_), written.error());
    }
    wrote_other_ = true;
    other_now = overlay(std::move(other_now), plan.to_other, written->fields);
    // Should the write to the pusher fail, this one must not look like a change made over there.
    save_link_ = true;
    record::Fields& snapshot = link_->snapshot(other(side_));
    snapshot = overlay(std::move(snapshot), plan.to_other, written->fields);
  }
  return write_back(input, plan, other_now);
}

Report Engine::Pass::create(const mapping::PassInput& input, const mapping::PassPlan& plan) {
  const std::string& type = app_link_->end(other(side_)).type;
  if (preview()) {
    say("Would create a record" + (type.empty() ? std::string{} : " of type " + type) + " in " + name_of(other(side_)) +
        ".");
    pair_with(twin_project(), {});
    created_ = true;
    return mirror();
  }
  const Timestamp asked = engine_.clock_.now();
  // What a search shows late, a system makes by itself: it may be at it when we have died.
  const bool shown_late = capabilities(other(side_)).marker_lag.count() > 0;
  const Intent intent{marker_.empty() ? engine_.random_.marker() : marker_, self_,
                      shown_late ? asked + engine_.settings_.call_timeout : asked, pending_for(input, plan)};
  const Result<void> kept = engine_.store_.write([&](store::Transaction& tx) { put_intent(tx, intent); });
  if (!kept) return try_again(kept.error().message);
  marker_ = intent.marker;
  fault_point("creation intended");
  const adapter::NewRecord wanted{twin_project(), type, plan.to_other, marker_};
  Result<record::Record> twin = call(other(side_), [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.create(wanted, context);
  });
  fault_point("twin created");
  if (!twin) {
    intent_void_ = certainly_not_created(twin.error());
    unsure_other_ = is_uncertain(twin.error());
    if (!intent_void_) creation_ended(intent, asked, twin.error());
    return failed(other(side_), twin.error());
  }
  created_ = wrote_other_ = true;
  pair_with(wanted.project, twin->id);
  // Whether the twin's own push is already running does not matter: it finds the intent and, wanting this end, gives
  // way.
  static_cast<void>(take_twin());
  // Not what the system filled in by itself: that has yet to come over here.
  const record::Fields other_now = overlay({}, plan.to_other, twin->fields);
  return write_back(input, plan, other_now);
}

void Engine::Pass::creation_ended(Intent intent, Timestamp asked, const Error& error) {
  intent.ended = engine_.clock_.now();
  // A request that nobody waits for any more may be under way there, about as long again.
  if (is_uncertain(error)) intent.ended += std::max<Timestamp::duration>(settling, intent.ended - asked);
  const Result<void> kept = engine_.store_.write([&](store::Transaction& tx) { put_intent(tx, intent); });
  // Where that fails, the time that the intent was kept with counts.
  static_cast<void>(kept);
}

Report Engine::Pass::write_back(const mapping::PassInput& input, const mapping::PassPlan& plan,
                                const record::Fields& other_now) {
  record::Fields own_now = input.pusher_now;
  if (!plan.to_pusher.empty()) {
    Result<record::Record> written = call(side_, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
      return adapter.update(self_.project, self_.id, plan.to_pusher, context);
    });
    fault_point("pusher updated");
    if (!written) {
      unsure_pusher_ = is_uncertain(written.error());
      return failed(side_, written.error());
    }
    wrote_pusher_ = true;
    own_now = overlay(std::move(own_now), plan.to_pusher, written->fields);
  }
  return fields_written(plan, app_link_->plan->mapped(side_, own_now),
                        app_link_->plan->mapped(other(side_), other_now));
}

Report Engine::Pass::fields_written(const mapping::PassPlan& plan, record::Fields own_snapshot,
                                    record::Fields other_snapshot) {
  if (link_->id == 0 || pending_stored_ || link_->pending || link_->withdrawn ||
      link_->snapshot(side_) != own_snapshot || link_->snapshot(other(side_)) != other_snapshot) {
    link_->snapshot(side_) = std::move(own_snapshot);
    link_->snapshot(other(side_)) = std::move(other_snapshot);
    link_->withdrawn.reset();
    save_link_ = true;
  }
  link_->pending.reset();
  const std::string& twin = end(other(side_)).id.str();
  const char* wrote = preview() ? "Would write " : "Wrote ";
  const auto names = [](const record::Fields& fields) {
    std::string all;
    for (const auto& [name, value] : fields) all += (all.empty() ? "" : ", ") + name;
    return all;
  };
  if (created_) {
    say("Created " + twin + " in " + name_of(other(side_)) + ".");
  } else if (!plan.to_other.empty()) {
    say(wrote + names(plan.to_other) + " of " + twin + " in " + name_of(other(side_)) + ".");
  }
  if (!plan.to_pusher.empty()) {
    say(wrote + names(plan.to_pusher) + " of " + self_.id.str() + " in " + name_of(side_) + ".");
  }
  return mirror();
}

Report Engine::Pass::mirror() {
  std::vector<Side> senders{side_};
  // Two records that existed before they were linked: both may have what the other lacks.
  if (newly_linked_ && !created_) senders.push_back(other(side_));
  for (const Side from : senders) {
    if (auto end = mirror_comments(from)) return std::move(*end);
    if (auto end = mirror_attachments(from)) return std::move(*end);
  }
  return conclude();
}

mapping::PassInput Engine::Pass::input() const {
  mapping::PassInput input;
  input.pusher = side_;
  input.pusher_now = mine_.fields;
  input.pusher_updated = mine_.updated;
  return input;
}

FieldLimits::Limits Engine::Pass::limits(Side side) {
  const registry::End& there = app_link_->end(side);
  const ProjectName project = side == side_ ? self_.project : link_ ? end(side).project : twin_project();
  return engine_.field_limits_.of(there.application, project, there.type, [&] {
    return engine_.call_aside(*there.application, stop_,
                              [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
                                return adapter.describe(project, context);
                              });
  });
}

std::optional<record::Reference> Engine::Pass::twin_of(Side from, const record::Reference& to) const {
  const Result<std::vector<RecordLink>> links = record_links(engine_.store_, to.id);
  if (!links) return std::nullopt;
  for (const RecordLink& link : *links) {
    for (const Side side : {Side::source, Side::destination}) {
      const RecordKey& here = side == Side::source ? link.source : link.destination;
      const RecordKey& there = side == Side::source ? link.destination : link.source;
      if (here.id != to.id || (!to.project.empty() && here.project != to.project)) continue;
      const std::shared_ptr<const registry::AppLink> along = here.app_link == app_link_->name ? assignment_.app_link
                                                             : assignment_.registry
                                                                 ? assignment_.registry->find(here.app_link)
                                                                 : nullptr;
      if (along && same_applications(*along, side, *app_link_, from)) return record::Reference{there.project, there.id};
    }
  }
  return std::nullopt;
}

void Engine::Pass::pair_with(const ProjectName& project, const RecordId& id) {
  Link link;
  const RecordKey twin{self_.app_link, other(side_), project, id};
  link.source = side_ == Side::source ? self_ : twin;
  link.destination = side_ == Side::source ? twin : self_;
  link_ = std::move(link);
}

std::string Engine::Pass::name_of(Side side) const {
  return app_link_->end(side).application->name.str();
}

adapter::Capabilities Engine::Pass::capabilities(Side side) const {
  return app_link_->end(side).application->adapter->capabilities();
}

bool Engine::Pass::take_twin() {
  return assignment_.extend(end(other(side_)));
}

ProjectName Engine::Pass::twin_project() const {
  return app_link_->twin_project(side_, push_.key.project);
}

void Engine::Pass::say(std::string sentence) {
  if (!said_.empty()) said_ += ' ';
  said_ += sentence;
}

void Engine::Pass::note(Side side, std::string field, std::string from, std::string to, std::string because) {
  notes_.push_back({side, std::move(field), std::move(from), std::move(to), std::move(because)});
}

}  // namespace syncservice::sync
