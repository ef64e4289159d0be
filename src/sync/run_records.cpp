#include "run_records.hpp"

#include "listings.hpp"
#include "stored_side.hpp"

#include "syncservice/spool/spool.hpp"

#include <algorithm>
#include <string>

namespace syncservice::sync {

Result<void> save_page(store::Store& store, const Listing& listing,
                       const std::vector<adapter::ChangedRecord>& records) {
  return store.write([&](store::Transaction& tx) {
    store::Statement open = tx.prepare(
        "SELECT 1 FROM listing WHERE run = ? AND app_link = ? AND side = ? AND project = ? AND next IS NOT NULL");
    open.bind(1, listing.run).bind(2, listing.app_link.str()).bind(3, stored(listing.side));
    open.bind(4, listing.project.str());
    if (!open.step()) return;  // ended by an administrator meanwhile
    store::Statement row =
        tx.prepare("INSERT OR IGNORE INTO run_record (run, side, project, record) VALUES (?, ?, ?, ?)");
    for (const adapter::ChangedRecord& record : records) {
      row.bind(1, listing.run).bind(2, stored(listing.side)).bind(3, listing.project.str()).bind(4, record.id.str());
      row.run();
      row.reset();
    }
    update_listing(tx, listing);
  });
}

Result<std::optional<std::int64_t>> next_to_push(const store::Store& store, std::int64_t run) {
  return store.read([&](store::Connection& connection) -> std::optional<std::int64_t> {
    store::Statement row = connection.prepare("SELECT min(run) FROM run_record WHERE push IS NULL AND run > ?");
    row.bind(1, run);
    if (!row.step() || row.is_null(0)) return std::nullopt;
    return row.integer(0);
  });
}

Result<std::vector<RunRecord>> to_push(const store::Store& store, std::int64_t run, std::size_t most) {
  return store.read([&](store::Connection& connection) {
    store::Statement row =
        connection.prepare("SELECT side, project, record FROM run_record WHERE run = ? AND push IS NULL LIMIT ?");
    row.bind(1, run).bind(2, static_cast<std::int64_t>(most));
    std::vector<RunRecord> records;
    while (row.step()) records.push_back({side_of(row.integer(0)), ProjectName{row.text(1)}, RecordId{row.text(2)}});
    return records;
  });
}

Result<void> save_pushed(store::Store& store, std::int64_t run, const std::vector<RunRecord>& records,
                         const std::vector<PushId>& pushes) {
  return store.write([&](store::Transaction& tx) {
    store::Statement row =
        tx.prepare("UPDATE run_record SET push = ? WHERE run = ? AND side = ? AND project = ? AND record = ?");
    store::Statement part =
        tx.prepare("UPDATE listing SET queued = queued + 1 WHERE run = ? AND side = ? AND project = ?");
    for (std::size_t i = 0; i < records.size(); ++i) {
      row.bind(1, static_cast<std::int64_t>(pushes[i]))
          .bind(2, run)
          .bind(3, stored(records[i].side))
          .bind(4, records[i].project.str())
          .bind(5, records[i].record.str());
      row.run();
      row.reset();
      part.bind(1, run).bind(2, stored(records[i].side)).bind(3, records[i].project.str());
      part.run();
      part.reset();
    }
  });
}

Result<void> drop_unpushed(store::Store& store, std::int64_t run, const std::string& problem) {
  return store.write([&](store::Transaction& tx) {
    store::Statement rows = tx.prepare("DELETE FROM run_record WHERE run = ? AND push IS NULL");
    rows.bind(1, run);
    rows.run();
    store::Statement parts = tx.prepare("UPDATE listing SET problem = ? WHERE run = ?");
    parts.bind(1, problem).bind(2, run);
    parts.run();
  });
}

Result<std::int64_t> prune_runs(store::Store& store, Timestamp before, int most) {
  return store.write([&](store::Transaction& tx) -> std::int64_t {
    store::Statement rows = tx.prepare(
        "DELETE FROM run_record WHERE (run, side, project, record) IN (SELECT run, side, project, record "
        "FROM run_record WHERE push IS NOT NULL AND run IN (SELECT run FROM listing WHERE run > 0 "
        "GROUP BY run HAVING max(changed) < ? AND count(next) = 0) LIMIT ?)");
    rows.bind(1, to_millis(before)).bind(2, std::int64_t{most});
    return rows.run();
  });
}

Result<RunCounts> count_run(const store::Store& store, std::int64_t run) {
  return store.read([&](store::Connection& connection) {
    RunCounts counts;
    store::Statement row = connection.prepare(
        "SELECT run_record.push IS NULL, push.state, push.outcome, push.attempts > 0, count(*) FROM run_record "
        "LEFT JOIN push ON push.id = run_record.push WHERE run_record.run = ? GROUP BY 1, 2, 3, 4");
    row.bind(1, run);
    while (row.step()) {
      const std::int64_t number = row.integer(4);
      counts.records += number;
      if (row.integer(0) == 1) {
        counts.to_push += number;
        continue;
      }
      if (row.is_null(1)) continue;
      switch (static_cast<spool::State>(row.integer(1))) {
        case spool::State::waiting:
        case spool::State::running:
          counts.waiting += number;
          if (row.integer(3) == 1) counts.retrying += number;
          break;
        case spool::State::dead_letter:
          counts.dead_letters += number;
          break;
        case spool::State::held:
          counts.held += number;
          break;
        case spool::State::done: {
          const auto outcome = spool::parse_outcome(row.text(2));
          if (outcome == spool::Outcome::synchronized) {
            counts.synchronized += number;
          } else if (outcome == spool::Outcome::nothing_to_do) {
            counts.nothing_to_do += number;
          } else {
            counts.other += number;
          }
          break;
        }
      }
    }
    return counts;
  });
}

}  // namespace syncservice::sync
