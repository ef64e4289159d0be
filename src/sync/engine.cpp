#include "engine.hpp"

#include "conflicts.hpp"
#include "history.hpp"
#include "names.hpp"
#include "pass.hpp"

#include <utility>

namespace syncservice::sync {

Engine::Engine(store::Store& store, const Clock& clock, const Settings& settings, Applications& applications,
               Random& random, const Pauses& pauses, const telemetry::Log& log)
    : store_(store),
      clock_(clock),
      settings_(settings),
      applications_(applications),
      random_(random),
      log_(log),
      pauses_(pauses),
      field_limits_(clock, log) {}

Report Engine::pass(const Assignment& assignment, const std::stop_token& stop) {
  return Pass(*this, assignment, stop, Pass::Mode::real).run();
}

Report Engine::preview(const Assignment& assignment, const std::stop_token& stop) {
  return Pass(*this, assignment, stop, Pass::Mode::preview).run();
}

Report Engine::broken(const spool::Push& push, Timestamp started, const char* what) {
  const std::string incident = random_.incident();
  log_.error("pass broke off", {{"incident", incident},
                                {"push", to_string(push.id)},
                                {"app_link", push.key.app_link.str()},
                                {"record", push.key.id.str()},
                                {"what", what}});
  spool::Verdict verdict;
  verdict.kind = spool::Verdict::Kind::dead_letter;
  verdict.reason = "An internal error ended the pass. The log has more under incident " + incident + ".";
  PassRecord history;
  history.push = push.id;
  history.record = push.key;
  history.started = started;
  history.ended = clock_.now();
  history.outcome = "dead letter";
  history.reason = verdict.reason;
  Report report;
  report.verdict = std::move(verdict);
  report.history = std::move(history);
  return report;
}

bool Engine::must_wait(const registry::AppLink& app_link) const {
  return !app_link.enabled || pauses_.hold(app_link) || applications_.blocked(app_link.source.application->name) ||
         applications_.blocked(app_link.destination.application->name);
}

std::string Engine::must_wait_because(const registry::AppLink& app_link) const {
  std::string why;
  if (!app_link.enabled) return why.append("disabled: app link ").append(app_link.name.str());
  if (std::string paused = pauses_.what_holds(app_link); !paused.empty()) {
    return why.append("paused: ").append(paused);
  }
  for (const registry::End* end : {&app_link.source, &app_link.destination}) {
    const ApplicationName& name = end->application->name;
    const Health health = applications_.report(name);
    if (health.circuit_open) {
      why.append("application ").append(name.str()).append(": circuit open");
      if (health.blocked_until) why.append(" until ").append(to_rfc3339(*health.blocked_until));
      return why.append(", last error: ").append(health.last_error);
    }
    if (const auto until = applications_.throttled_until(name)) {
      return why.append("application ").append(name.str()).append(" is throttled until ").append(to_rfc3339(*until));
    }
  }
  return why;
}

void Engine::save(store::Transaction& tx, const Report& report) const {
  std::int64_t held_link = report.held_link;
  if (report.link) {
    const std::int64_t id = save_link(tx, *report.link, clock_.now());
    if (held_link == 0) held_link = id;
  }
  if (!report.settled.empty()) remove_intent(tx, report.settled);
  for (const Copies& copies : report.copies) copies.save(tx);
  if (report.held && held_link != 0) save_held(tx, held_link, *report.held, report.history->push, clock_.now());
  if (report.history && held_link != 0) remember_name(tx, report.history->record, held_link);
  if (report.drop_link != 0) remove_link(tx, report.drop_link);
  if (report.history) write_pass(tx, *report.history);
}

}  // namespace syncservice::sync
