#include "stored_side.hpp"

#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::sync {
namespace {

void read_changes(store::Connection& connection, PassRecord& pass) {
  store::Statement row = connection.prepare(
      "SELECT side, field, from_value, to_value, because FROM field_change WHERE pass = ? ORDER BY number");
  row.bind(1, pass.id);
  while (row.step()) {
    pass.changes.push_back({side_of(row.integer(0)), row.text(1), row.text(2), row.text(3), row.text(4)});
  }
}

std::vector<PassRecord> read_passes(store::Connection& connection, store::Statement rows) {
  std::vector<PassRecord> passes;
  while (rows.step()) {
    PassRecord pass;
    pass.id = rows.integer(0);
    pass.push = PushId{rows.integer(1)};
    pass.record = {AppLinkName{rows.text(2)}, side_of(rows.integer(3)), ProjectName{rows.text(4)},
                   RecordId{rows.text(5)}};
    if (!rows.is_null(7)) {
      pass.twin =
          RecordKey{pass.record.app_link, other(pass.record.side), ProjectName{rows.text(6)}, RecordId{rows.text(7)}};
    }
    pass.started = from_millis(rows.integer(8));
    pass.ended = from_millis(rows.integer(9));
    pass.outcome = rows.text(10);
    pass.reason = rows.text(11);
    passes.push_back(std::move(pass));
  }
  for (PassRecord& pass : passes) read_changes(connection, pass);
  return passes;
}

}  // namespace

Result<std::vector<PassRecord>> passes(const store::Store& store, const RecordId& record, int limit) {
  return store.read([&](store::Connection& connection) {
    store::Statement rows = connection.prepare(
        "SELECT id, push, app_link, side, project, record, twin_project, twin, started, ended, outcome, reason "
        "FROM pass WHERE id IN (SELECT id FROM pass WHERE record = ?1 UNION SELECT id FROM pass WHERE twin = ?1) "
        "ORDER BY id DESC LIMIT ?2");
    rows.bind(1, record.str()).bind(2, std::int64_t{std::clamp(limit, 1, 1000)});
    return read_passes(connection, std::move(rows));
  });
}

Result<std::vector<PassRecord>> passes(const store::Store& store, PushId push, int limit) {
  return store.read([&](store::Connection& connection) {
    store::Statement rows = connection.prepare(
        "SELECT id, push, app_link, side, project, record, twin_project, twin, started, ended, outcome, reason "
        "FROM pass WHERE push = ? ORDER BY id DESC LIMIT ?");
    rows.bind(1, static_cast<std::int64_t>(push)).bind(2, std::int64_t{std::clamp(limit, 1, 1000)});
    return read_passes(connection, std::move(rows));
  });
}

Result<std::vector<RecordLink>> record_links(const store::Store& store, const RecordId& record) {
  return store.read([&](store::Connection& connection) {
    store::Statement row = connection.prepare(
        "SELECT app_link, source_project, source_id, destination_project, destination_id, created, changed "
        "FROM record_link WHERE id IN (SELECT id FROM record_link WHERE source_id = ?1 "
        "UNION SELECT id FROM record_link WHERE destination_id = ?1) ORDER BY app_link, id");
    row.bind(1, record.str());
    std::vector<RecordLink> links;
    while (row.step()) {
      const AppLinkName app_link{row.text(0)};
      links.push_back({{app_link, Side::source, ProjectName{row.text(1)}, RecordId{row.text(2)}},
                       {app_link, Side::destination, ProjectName{row.text(3)}, RecordId{row.text(4)}},
                       from_millis(row.integer(5)),
                       from_millis(row.integer(6))});
    }
    return links;
  });
}

}  // namespace syncservice::sync
