#include "pass.hpp"

#include "backoff.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::sync {
namespace {

// A lost race is tried again after a wait from this range; two passes that each want the other's end part that way.
constexpr std::chrono::milliseconds race_wait_low{100}, race_wait_high{1'000};

std::string quoted(const std::string& name) {
  return '"' + text::printable(name) + '"';
}

std::string field_names(const record::Fields& fields) {
  std::string names;
  for (const auto& [name, value] : fields) names += (names.empty() ? "" : ", ") + name;
  return names;
}

std::string_view outcome_of(const spool::Verdict& verdict) {
  switch (verdict.kind) {
    case spool::Verdict::Kind::done:
      return spool::to_string(verdict.outcome);
    case spool::Verdict::Kind::again:
      return "failed";
    case spool::Verdict::Kind::dead_letter:
      return "dead letter";
    case spool::Verdict::Kind::held:
      return "held";
  }
  return "failed";
}

bool has_project(const registry::AppLink& app_link, Side side, const ProjectName& project) {
  return std::any_of(app_link.projects.begin(), app_link.projects.end(), [&](const registry::ProjectPair& pair) {
    return (side == Side::source ? pair.source : pair.destination) == project;
  });
}

// `fields` with every field that `patch` names as `read_back` has it. Other fields stay as they were read before the
// write: what else changed over there meanwhile nobody has looked at, and the next pass must find it changed.
record::Fields overlay(record::Fields fields, const record::Fields& patch, const record::Fields& read_back) {
  for (const auto& [name, value] : patch) {
    const auto found = read_back.find(name);
    fields.insert_or_assign(name, found == read_back.end() ? record::Value{} : found->second);
  }
  return fields;
}

}  // namespace

Engine::Pass::Pass(Engine& engine, const Assignment& assignment, const std::stop_token& stop)
    : engine_(engine),
      assignment_(assignment),
      stop_(stop),
      push_(assignment.push),
      app_link_(assignment.app_link.get()),
      side_(assignment.push.key.side),
      started_(engine.clock_.now()),
      self_(assignment.push.key) {}

template <class Call>
Engine::Pass::Answer<Call> Engine::Pass::call(Side side, const Call& call) {
  const registry::Application& application = *app_link_->end(side).application;
  const adapter::CallContext context{stop_, std::chrono::steady_clock::now() + engine_.settings_.call_timeout};
  Answer<Call> result = call(*application.adapter, context);
  if (result) {
    engine_.applications_.succeeded(application.name);
    return result;
  }
  switch (result.error().failure) {
    case FailureClass::gone:
    case FailureClass::permanent:
      engine_.applications_.succeeded(application.name);
      break;  // it did answer
    case FailureClass::transient:
    case FailureClass::throttled:
    case FailureClass::auth:
    case FailureClass::internal:
      if (!stop_.stop_requested()) engine_.applications_.failed(application.name, result.error());
      break;
  }
  return result;
}

Report Engine::Pass::run() {
  if (app_link_ == nullptr) {
    return dead("The app link " + quoted(push_.key.app_link.str()) +
                " is no longer configured. Add it again and retry this push, or discard it.");
  }
  if (stop_.stop_requested() || engine_.must_wait(*app_link_)) return Report{};
  if (!(side_ == Side::source ? app_link_->to_destination : app_link_->to_source)) {
    return dead("The app link " + quoted(app_link_->name.str()) + " no longer synchronizes from its " +
                std::string{to_string(side_)} + " side. Change its direction and retry this push, or discard it.");
  }
  if (!app_link_->projects.empty() && !has_project(*app_link_, side_, push_.key.project)) {
    return dead("The project " + quoted(push_.key.project.str()) + " is no longer among those of the app link " +
                quoted(app_link_->name.str()) + ". Add it again and retry this push, or discard it.");
  }

  Result<record::Record> read = call(side_, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.read(push_.key.project, push_.key.id, context);
  });
  if (!read) return failed(side_, read.error());
  mine_ = std::move(*read);
  // Systems that ignore case or zeros know a record by several ids; its link knows one.
  if (!mine_.id.empty()) self_.id = mine_.id;
  if (self_ != push_.key && !assignment_.extend(self_)) return lost_race();
  if (!app_link_->plan->admits(side_, mine_.fields)) {
    return done(spool::Outcome::filtered,
                "The app link's onlyWhen does not hold for it at the " + std::string{to_string(side_)} + ".");
  }
  return find_pair();
}

Report Engine::Pass::find_pair() {
  Result<Known> known = lookup(engine_.store_, self_, mine_.marker);
  if (!known) return try_again(known.error().message);
  if (known->link) {
    link_ = std::move(known->link);
    return go_on_linked();
  }
  if (known->own_intent) return go_on_after_crash(*known->own_intent);
  if (known->twin_intent) return go_on_as_twin(*known->twin_intent);
  return decide(input());
}

Report Engine::Pass::go_on_linked() {
  if (!take_twin()) return lost_race();
  if (app_link_->plan->unchanged(side_, mine_.fields, link_->snapshot(side_))) {
    return done(spool::Outcome::nothing_to_do, "Nothing that this side sends has changed since the last pass.");
  }
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
  if (!*twin) return decide(input());
  pair_with(twin_project(), (*twin)->id);
  if (!take_twin()) return lost_race();
  mapping::PassInput found = input();
  found.other_now = (*twin)->fields;
  found.other_updated = (*twin)->updated;
  return decide(found);
}

Report Engine::Pass::go_on_as_twin(const Intent& intent) {
  marker_ = intent.marker;
  pair_with(intent.origin.project, intent.origin.id);
  if (!take_twin()) return lost_race();
  // Snapshots of empty records: each field that differs changed on both sides, as far as anybody knows.
  mapping::PassInput found = input();
  found.pusher_snapshot = app_link_->plan->mapped(side_, {});
  found.other_snapshot = app_link_->plan->mapped(other(side_), {});
  return read_twin(std::move(found));
}

Report Engine::Pass::read_twin(mapping::PassInput input) {
  const RecordKey& twin = link_->end(other(side_));
  Result<record::Record> read = call(other(side_), [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.read(twin.project, twin.id, context);
  });
  if (!read) return failed(other(side_), read.error());
  input.other_now = std::move(read->fields);
  input.other_updated = read->updated;
  return decide(input);
}

Report Engine::Pass::decide(const mapping::PassInput& input) {
  Result<mapping::PassPlan> plan = app_link_->plan->decide(input);
  if (!plan) return dead(plan.error().message);
  changes_ = std::move(plan->changes);
  if (!plan->held.empty()) return held(*plan);
  if (!input.other_now) return create(input, *plan);

  record::Fields other_now = *input.other_now;
  if (!plan->to_other.empty()) {
    const RecordKey& twin = link_->end(other(side_));
    Result<record::Record> written =
        call(other(side_), [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
          return adapter.update(twin.project, twin.id, plan->to_other, context);
        });
    if (!written) return failed(other(side_), written.error());
    wrote_other_ = true;
    other_now = overlay(std::move(other_now), plan->to_other, written->fields);
    if (link_->id != 0) {
      // Should the write to the pusher fail, this one must not look like a change made over there.
      link_to_save_ = link_;
      record::Fields& snapshot = link_to_save_->snapshot(other(side_));
      snapshot = overlay(std::move(snapshot), plan->to_other, written->fields);
    }
  }
  return write_back(input, *plan, other_now);
}

Report Engine::Pass::create(const mapping::PassInput& input, const mapping::PassPlan& plan) {
  if (marker_.empty()) {
    Intent intent{engine_.random_.marker(), self_};
    const Result<void> kept =
        engine_.store_.write([&](store::Transaction& tx) { put_intent(tx, intent, engine_.clock_.now()); });
    if (!kept) return try_again(kept.error().message);
    marker_ = std::move(intent.marker);
  }
  const adapter::NewRecord wanted{twin_project(), app_link_->end(other(side_)).type, plan.to_other, marker_};
  Result<record::Record> twin = call(other(side_), [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.create(wanted, context);
  });
  if (!twin) return failed(other(side_), twin.error());
  created_ = wrote_other_ = true;
  pair_with(wanted.project, twin->id);
  // Whether the twin's own push is already running does not matter: it finds the intent and, wanting this end, gives
  // way.
  static_cast<void>(take_twin());
  // Not what the system filled in by itself: that has yet to come over here.
  const record::Fields other_now = overlay({}, plan.to_other, twin->fields);
  return write_back(input, plan, other_now);
}

Report Engine::Pass::write_back(const mapping::PassInput& input, const mapping::PassPlan& plan,
                                const record::Fields& other_now) {
  record::Fields own_now = input.pusher_now;
  if (!plan.to_pusher.empty()) {
    Result<record::Record> written = call(side_, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
      return adapter.update(self_.project, self_.id, plan.to_pusher, context);
    });
    if (!written) return failed(side_, written.error());
    wrote_pusher_ = true;
    own_now = overlay(std::move(own_now), plan.to_pusher, written->fields);
  }
  return finish_written(plan, app_link_->plan->mapped(side_, own_now),
                        app_link_->plan->mapped(other(side_), other_now));
}

Report Engine::Pass::finish_written(const mapping::PassPlan& plan, record::Fields own_snapshot,
                                    record::Fields other_snapshot) {
  if (link_->id == 0 || link_->snapshot(side_) != own_snapshot || link_->snapshot(other(side_)) != other_snapshot) {
    link_->snapshot(side_) = std::move(own_snapshot);
    link_->snapshot(other(side_)) = std::move(other_snapshot);
    link_to_save_ = link_;
  } else {
    link_to_save_.reset();
  }
  if (!wrote_other_ && !wrote_pusher_) {
    return done(spool::Outcome::nothing_to_do, "Both sides agree already.");
  }
  std::string what;
  const std::string& twin = link_->end(other(side_)).id.str();
  if (created_) what = "Created " + twin + " in " + name_of(other(side_)) + ".";
  if (wrote_other_ && !created_) {
    what = "Wrote " + field_names(plan.to_other) + " of " + twin + " in " + name_of(other(side_)) + ".";
  }
  if (wrote_pusher_) {
    what += (what.empty() ? "Wrote " : " Wrote ") + field_names(plan.to_pusher) + " of " + self_.id.str() + " in " +
            name_of(side_) + ".";
  }
  return done(spool::Outcome::synchronized, std::move(what));
}

Report Engine::Pass::done(spool::Outcome outcome, std::string reason) {
  spool::Verdict verdict;
  verdict.kind = spool::Verdict::Kind::done;
  verdict.outcome = outcome;
  verdict.reason = std::move(reason);
  return finish(std::move(verdict));
}

Report Engine::Pass::dead(std::string reason) {
  spool::Verdict verdict;
  verdict.kind = spool::Verdict::Kind::dead_letter;
  verdict.reason = std::move(reason);
  return finish(std::move(verdict));
}

Report Engine::Pass::held(const mapping::PassPlan& plan) {
  spool::Verdict verdict;
  verdict.kind = spool::Verdict::Kind::held;
  std::vector<std::string> names;
  for (const mapping::HeldField& field : plan.held) names.push_back(field.source);
  verdict.reason = "Changed on both sides since the last pass: " + text::quoted_list(names) +
                   ". Make them agree on one side and retry this push.";
  return finish(std::move(verdict));
}

Report Engine::Pass::lost_race() const {
  spool::Verdict verdict;
  verdict.kind = spool::Verdict::Kind::again;
  verdict.reason = "Another pass of the same pair is running.";
  verdict.due = engine_.clock_.now() + engine_.random_.between(race_wait_low, race_wait_high);
  verdict.counts_attempt = false;
  return Report{std::move(verdict), std::nullopt, std::nullopt, {}};
}

Report Engine::Pass::try_again(std::string reason) {
  const Timestamp now = engine_.clock_.now();
  const Timestamp failing_since = assignment_.failing_since.value_or(now);
  const std::optional<Timestamp> due =
      retry_at(engine_.settings_.backoff, push_.attempts + 1, failing_since, now, engine_.random_);
  if (!due) {
    return dead(reason + " Given up after failing since " + to_rfc3339(failing_since) +
                "; retry this push when the cause is mended.");
  }
  spool::Verdict verdict;
  verdict.kind = spool::Verdict::Kind::again;
  verdict.reason = std::move(reason);
  verdict.due = *due;
  return finish(std::move(verdict));
}

Report Engine::Pass::failed(Side side, const Error& error) {
  const std::string reason = name_of(side) + ": " + error.message;
  const Timestamp now = engine_.clock_.now();
  spool::Verdict wait;
  wait.kind = spool::Verdict::Kind::again;
  wait.due = now;
  wait.counts_attempt = false;
  switch (error.failure) {
    case FailureClass::transient: {
      if (!stop_.stop_requested()) return try_again(reason);
      wait.reason = "Interrupted because the daemon stops; it runs again at the next start.";
      return finish(std::move(wait));
    }
    case FailureClass::throttled: {
      wait.reason = reason;
      wait.due = engine_.applications_.throttled_until(app_link_->end(side).application->name).value_or(now);
      return finish(std::move(wait));
    }
    case FailureClass::auth: {
      // Due at once: it is the open circuit that keeps it, and closing it lets it go.
      wait.reason = reason + " It waits until signing in works again.";
      return finish(std::move(wait));
    }
    case FailureClass::permanent:
      return dead(reason);
    case FailureClass::gone: {
      if (side == side_) return done(spool::Outcome::gone, reason);
      if (!link_) return dead(reason);
      return dead("Its twin " + quoted(link_->end(side).id.str()) + " in " + name_of(side) +
                  " no longer exists. Restore it there and retry this push, or discard it. (" + error.message + ")");
    }
    case FailureClass::internal: {
      const std::string incident = engine_.random_.incident();
      engine_.log_.error("adapter failed", {{"incident", incident},
                                            {"push", to_string(push_.id)},
                                            {"application", name_of(side)},
                                            {"what", error.message}});
      return dead(reason + " (incident " + incident + ")");
    }
  }
  return dead(reason);
}

Report Engine::Pass::finish(spool::Verdict verdict) {
  PassRecord history;
  history.push = push_.id;
  history.record = push_.key;
  if (link_) history.twin = link_->end(other(side_));
  history.started = started_;
  history.ended = engine_.clock_.now();
  history.outcome = outcome_of(verdict);
  history.reason = verdict.reason;
  for (mapping::Change& change : changes_) {
    const bool written = change.side == side_ ? wrote_pusher_ : wrote_other_;
    history.changes.push_back({change.side, std::move(change.field), change.from.text(), change.to.text(),
                               std::move(change.because) + (written ? "" : "; not written")});
  }
  std::string fulfilled = link_to_save_ && link_to_save_->id == 0 ? marker_ : std::string{};
  return Report{std::move(verdict), std::move(history), std::move(link_to_save_), std::move(fulfilled)};
}

mapping::PassInput Engine::Pass::input() const {
  mapping::PassInput input;
  input.pusher = side_;
  input.pusher_now = mine_.fields;
  input.pusher_updated = mine_.updated;
  return input;
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

bool Engine::Pass::take_twin() {
  return assignment_.extend(link_->end(other(side_)));
}

ProjectName Engine::Pass::twin_project() const {
  return app_link_->twin_project(side_, push_.key.project);
}

}  // namespace syncservice::sync
