#include "core.hpp"

namespace syncservice::spool {

namespace {

Row row_for_change(store::Connection& connection, PushId id, std::string_view may_be) {
  std::optional<Row> row = find_row(connection, number(id));
  if (!row) throw store::Failure(no_such_push(id));
  if (row->push.state == State::done) throw store::Failure(wrong_state(id, to_string(row->push.state), may_be));
  return std::move(*row);
}

constexpr std::string_view changeable = "waiting, dead letter or held";

}  // namespace

Result<void> Core::reserve(PushId id) {
  const std::scoped_lock lock{mutex};
  if (!busy.insert(number(id)).second) return wrong_state(id, "running", changeable);
  return {};
}

void Core::unreserve(PushId id, const std::optional<Effect>& effect) noexcept {
  {
    const std::scoped_lock lock{mutex};
    busy.erase(number(id));
    note_ended(number(id));
    if (effect) {
      Link& link = *links_by_id.at(effect->link);
      if (effect->waiting != 0) count_waiting(link, number(id), effect->waiting);
      link.next_due = Timestamp{};
      link.reload = true;
      ++link.version;
    } else {
      // The change failed, and a refill may have passed the row over meanwhile.
      for (Link* link : links) link->next_due = Timestamp{};
    }
    ++events;
  }
  wake.notify_all();
}

Result<PushId> Core::retry(PushId id, const std::string& by) {
  if (Result<void> mine = reserve(id); !mine) return mine.error();
  Effect effect;
  const Result<PushId> runs = store.write([&](store::Transaction& tx) {
    const Timestamp at = clock.now();
    const Row row = row_for_change(tx, id, changeable);
    effect.link = row.link;
    take_hints();
    const auto other = waiting_push(tx, row.link, row.push.key, row.hash(), number(id));
    const bool waited = row.push.state == State::waiting;
    effect.waiting = (other ? 0 : 1) - (waited ? 1 : 0);
    if (other) {
      end_push(tx, number(id), Outcome::joined,
               "retried by " + by + "; push " + std::to_string(*other) + " of the same record runs for it", at);
      index.forget(number(id), row.hash());
    } else {
      index.remember(number(id), row.hash());
    }
    tx.prepare("UPDATE push SET state = 0, due = ?, changed = ?, failing_since = NULL, reason = ? WHERE id = ?")
        .bind(1, to_millis(at))
        .bind(2, to_millis(at))
        .bind(3, "retried by " + by)
        .bind(4, other.value_or(number(id)))
        .run();
    return PushId{other.value_or(number(id))};
  });
  unreserve(id, runs ? std::optional{effect} : std::nullopt);
  return runs;
}

Result<void> Core::discard(PushId id, const std::string& by) {
  if (Result<void> mine = reserve(id); !mine) return mine.error();
  Effect effect;
  const Result<void> done = store.write([&](store::Transaction& tx) {
    const Row row = row_for_change(tx, id, changeable);
    effect.link = row.link;
    effect.waiting = row.push.state == State::waiting ? -1 : 0;
    end_push(tx, number(id), Outcome::discarded, "discarded by " + by, clock.now());
    index.forget(number(id), row.hash());
  });
  unreserve(id, done ? std::optional{effect} : std::nullopt);
  return done;
}

Result<PushId> Spool::retry(PushId id, const std::string& by) {
  return core_->retry(id, by);
}

Result<void> Spool::discard(PushId id, const std::string& by) {
  return core_->discard(id, by);
}

Result<std::int64_t> Spool::prune(Timestamp before, int most) {
  return core_->store.write([&](store::Transaction& tx) {
    const int removed =
        tx.prepare(
              "DELETE FROM push WHERE id IN (SELECT id FROM push INDEXED BY push_ended WHERE state = 2 AND "
              "changed < ? ORDER BY changed LIMIT ?) AND id < (SELECT max(id) FROM push)")
            .bind(1, to_millis(before))
            .bind(2, std::int64_t{most})
            .run();
    tx.prepare("DELETE FROM push_run_part WHERE id < (SELECT min(id) FROM push) / 65536 * 64").run();
    return std::int64_t{removed};
  });
}

}  // namespace syncservice::spool
