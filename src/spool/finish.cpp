#include "core.hpp"

#include <algorithm>

namespace syncservice::spool {

namespace {

// `from`: dead letters and held pushes, or held ones alone.
void supersede_older(store::Transaction& tx, const Row& row, State from, const char* because, Timestamp now) {
  const std::string reason = "push " + to_string(row.push.id) + " of the same record " + because;
  tx.prepare(
        "UPDATE push INDEXED BY push_stuck SET state = 2, outcome = 'superseded', reason = ?1, changed = ?2 "
        "WHERE state >= 3 AND state >= ?8 AND record = ?3 AND link = ?4 AND side = ?5 AND project = ?6 AND id < ?7")
      .bind(1, reason)
      .bind(2, to_millis(now))
      .bind(3, row.push.key.id.str())
      .bind(4, row.link)
      .bind(5, static_cast<std::int64_t>(row.push.key.side))
      .bind(6, row.push.key.project.str())
      .bind(7, number(row.push.id))
      .bind(8, static_cast<std::int64_t>(from))
      .run();
}

void set_aside(store::Transaction& tx, const Row& row, State state, std::string_view reason, bool failed,
               Timestamp now) {
  tx.prepare("UPDATE push SET state = ?, reason = ?, attempts = attempts + ?, changed = ? WHERE id = ?")
      .bind(1, static_cast<std::int64_t>(state))
      .bind(2, reason)
      .bind(3, std::int64_t{failed ? 1 : 0})
      .bind(4, to_millis(now))
      .bind(5, number(row.push.id))
      .run();
}

}  // namespace

void Core::finish(store::Transaction& tx, Lease::Impl& lease, const Verdict& verdict) {
  const Row& row = lease.row;
  const std::int64_t id = number(row.push.id);
  const Timestamp at = clock.now();
  switch (verdict.kind) {
    case Verdict::Kind::done:
      end_push(tx, id, verdict.outcome, verdict.reason, at);
      if (verdict.outcome == Outcome::synchronized || verdict.outcome == Outcome::nothing_to_do)
        supersede_older(tx, row, State::dead_letter, "succeeded", at);
      break;
    case Verdict::Kind::dead_letter:
      set_aside(tx, row, State::dead_letter, verdict.reason, true, at);
      break;
    case Verdict::Kind::held:
      set_aside(tx, row, State::held, verdict.reason, false, at);
      supersede_older(tx, row, State::held, "waits for the decision", at);
      break;
    case Verdict::Kind::again:
      go_on(tx, lease, verdict);
      break;
  }
  if (verdict.kind != Verdict::Kind::again || lease.went_on) index.forget(id, row.hash());
  lease.verdict = verdict;
}

void Core::go_on(store::Transaction& tx, Lease::Impl& lease, const Verdict& verdict) {
  const Row& row = lease.row;
  const std::int64_t id = number(row.push.id);
  const Timestamp at = clock.now();
  const int attempts = row.push.attempts + (verdict.counts_attempt ? 1 : 0);
  const std::optional<Timestamp> since = verdict.counts_attempt ? row.failing_since.value_or(at) : row.failing_since;
  const std::optional<std::int64_t> since_millis = since ? std::optional{to_millis(*since)} : std::nullopt;
  take_hints();
  const auto other = waiting_push(tx, row.link, row.push.key, row.hash(), id);
  lease.went_on = other.has_value();
  lease.next_due = verdict.due;
  if (other) {
    end_push(tx, id, Outcome::joined, "push " + std::to_string(*other) + " of the same record goes on for it", at);
  } else {
    index.remember(id, row.hash());
  }
  // The one that goes on takes over the failures so far, or a record that is pushed often would never be given up.
  tx.prepare(
        "UPDATE push SET due = max(?, CASE WHEN id = ? THEN 0 ELSE due END), attempts = max(attempts, ?), "
        "failing_since = coalesce(min(failing_since, ?), failing_since, ?), reason = ?, changed = ? WHERE id = ?")
      .bind(1, to_millis(verdict.due))
      .bind(2, id)
      .bind(3, std::int64_t{attempts})
      .bind(4, since_millis)
      .bind(5, since_millis)
      .bind(6, verdict.reason)
      .bind(7, to_millis(at))
      .bind(8, other.value_or(id))
      .run();
}

void Core::free_ends(Lease::Impl& lease) {
  const std::int64_t id = number(lease.row.push.id);
  busy.erase(id);
  leased.erase(id);
  for (const RecordKey& end : lease.ends) leased_ends.erase(end);
  lease.core = nullptr;
  ++lease.link->version;
  ++events;
}

void Core::settle(Lease::Impl& lease) noexcept {
  if (lease.core == nullptr) return;
  if (!lease.verdict) {
    release(lease);
    return;
  }
  {
    const std::scoped_lock lock{mutex};
    const std::int64_t id = number(lease.row.push.id);
    Link& link = *lease.link;
    const bool again = lease.verdict->kind == Verdict::Kind::again;
    if (!again || lease.went_on) count_waiting(link, id, -1);
    note_ended(id);
    if (again) link.next_due = std::min(link.next_due, lease.next_due);
    if (lease.went_on) link.reload = true;
    free_ends(lease);
  }
  wake.notify_all();
}

void Core::release(Lease::Impl& lease) noexcept {
  {
    const std::scoped_lock lock{mutex};
    if (lease.verdict) {
      // Told to the index, but not committed.
      wait_again.emplace_back(number(lease.row.push.id), lease.row.hash());
      lease.link->reload = true;
    }
    lease.link->next_due = Timestamp{};
    free_ends(lease);
  }
  wake.notify_all();
}

void Core::count_waiting(Link& of, std::int64_t id, std::int64_t more) {
  waiting += more;
  of.waiting += more;
  const auto run = waiting_runs.try_emplace(KeyIndex::run_of(id), 0).first;
  run->second += more;
  if (run->second == 0) waiting_runs.erase(run);
}

void Core::note_ended(std::int64_t id) {
  if (refilling) ended_meanwhile.push_back(id);
}

}  // namespace syncservice::spool
