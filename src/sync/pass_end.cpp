#include "backoff.hpp"
#include "pass.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::sync {
namespace {

using std::chrono::milliseconds;
using Kind = spool::Verdict::Kind;

// A lost race is tried again after a wait from this range; two passes that each want the other's end part that way.
constexpr milliseconds race_wait_low{100}, race_wait_high{1'000};
// How long a record waits before it looks again whether the one that it refers to has a twin.
constexpr milliseconds reference_wait_low{2'000}, reference_wait_high{30'000};

std::string_view outcome_of(const spool::Verdict& verdict) {
  switch (verdict.kind) {
    case Kind::done:
      return spool::to_string(verdict.outcome);
    case Kind::again:
      return verdict.counts_attempt ? "failed" : "waiting";
    case Kind::dead_letter:
      return "dead letter";
    case Kind::held:
      return "held";
  }
  return "failed";
}

}  // namespace

Report Engine::Pass::conclude() {
  if (!said_.empty()) return done(spool::Outcome::synchronized, found_ + std::exchange(said_, {}));
  const bool looked = agreed_ || !found_.empty() || !changes_.empty() || newly_linked_;
  return done(spool::Outcome::nothing_to_do,
              found_ + (looked ? "Both sides agree already."
                               : "Nothing that this side sends has changed since the last pass."));
}

Report Engine::Pass::done(spool::Outcome outcome, std::string reason) {
  spool::Verdict verdict;
  verdict.kind = Kind::done;
  verdict.outcome = outcome;
  verdict.reason = std::move(reason);
  return finish(std::move(verdict));
}

Report Engine::Pass::dead(std::string reason) {
  spool::Verdict verdict;
  verdict.kind = Kind::dead_letter;
  verdict.reason = std::move(reason);
  return finish(std::move(verdict));
}

Report Engine::Pass::held(mapping::PassPlan plan) {
  spool::Verdict verdict;
  verdict.kind = Kind::held;
  std::vector<std::string> names;
  for (const mapping::HeldField& field : plan.held)
    names.push_back(field.source.empty() ? field.destination : field.source);
  verdict.reason = "Changed on both sides since the last pass: " + text::quoted_list(names) +
                   ". Choose with `syncservice conflicts resolve`, or make them agree on one side and retry this push.";
  if (link_->id == 0) save_link_ = true;  // what is held belongs to a link
  return finish(std::move(verdict));
}

Report Engine::Pass::waits_for(const std::vector<mapping::UnlinkedReference>& references) {
  std::vector<std::string> names;
  for (const mapping::UnlinkedReference& reference : references) names.push_back(reference.to.id.str());
  std::string reason = "It refers to " + text::quoted_list(names) + ", which is not synchronized yet.";
  if (engine_.clock_.now() - push_.accepted > engine_.settings_.backoff.total) {
    return dead(reason + " Given up after waiting since " + to_rfc3339(push_.accepted) +
                "; synchronize that record and retry this push, or give the field's rule `unlinked: leave-out`.");
  }
  return later(reason + " It waits for that; where the field's rule has `unlinked: leave-out`, it goes on without.",
               reference_wait_low, reference_wait_high);
}

Report Engine::Pass::later(std::string reason, milliseconds low, milliseconds high) {
  spool::Verdict verdict;
  verdict.kind = Kind::again;
  verdict.reason = std::move(reason);
  verdict.due = engine_.clock_.now() + engine_.random_.between(low, high);
  verdict.counts_attempt = false;
  return finish(std::move(verdict));
}

Report Engine::Pass::lost_race() {
  Report report = later("Another pass of the same pair is running.", race_wait_low, race_wait_high);
  report.history.reset();
  return report;
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
  verdict.kind = Kind::again;
  verdict.reason = std::move(reason);
  verdict.due = *due;
  return finish(std::move(verdict));
}

Report Engine::Pass::failed(Side side, const Error& error) {
  const std::string reason = name_of(side) + ": " + error.message;
  const Timestamp now = engine_.clock_.now();
  spool::Verdict wait;
  wait.kind = Kind::again;
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
      return dead(
          "Its twin " + in_quotes(end(side).id.str()) + " in " + name_of(side) +
          " no longer exists. Restore it there and retry this push; or give the link up, `syncservice links remove " +
          std::to_string(link_->id) + "`, and the next push makes a new twin; or discard this push. (" + error.message +
          ")");
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
  // Without an id it is one that a preview would have made.
  if (link_ && !end(other(side_)).id.empty()) history.twin = end(other(side_));
  history.started = started_;
  history.ended = engine_.clock_.now();
  history.outcome = outcome_of(verdict);
  // What was done before a failure is part of its story, and what was found.
  if (verdict.kind != Kind::done && !found_.empty()) verdict.reason = found_ + verdict.reason;
  history.reason = said_.empty() ? verdict.reason : said_ + ' ' + verdict.reason;
  if (!said_.empty()) verdict.reason = history.reason;
  for (mapping::Change& change : changes_) {
    const bool written = change.side == side_ ? wrote_pusher_ : wrote_other_;
    const bool unsure = change.side == side_ ? unsure_pusher_ : unsure_other_;
    if (!written) change.because.append(unsure ? "; not known whether written" : "; not written");
    history.changes.push_back(
        {change.side, std::move(change.field), change.from.text(), change.to.text(), std::move(change.because)});
  }
  for (FieldChange& written : notes_) history.changes.push_back(std::move(written));

  Report report;
  report.verdict = std::move(verdict);
  report.history = std::move(history);
  report.held_link = link_ ? link_->id : 0;
  if (link_ && (link_->id != 0 || save_link_)) report.held = std::move(held_);
  if (intent_void_) report.settled = marker_;
  if (save_link_ && drop_link_ == 0) {
    if (link_->id == 0) report.settled = marker_;
    report.link = std::move(link_);
  }
  report.drop_link = drop_link_;
  for (std::optional<Copies>* copies : {&comments_, &attachments_}) {
    if (*copies && (*copies)->changed() && drop_link_ == 0) report.copies.push_back(std::move(**copies));
  }
  return report;
}

}  // namespace syncservice::sync
