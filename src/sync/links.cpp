#include "links.hpp"

#include <utility>

namespace syncservice::sync {
namespace {

record::Fields snapshot_from(const store::Statement& row, int column, std::int64_t link) {
  Result<record::Fields> fields = record::fields_from_json(row.text(column));
  if (fields) return std::move(*fields);
  throw store::Failure(
      Error{store::make_error_code(store::Errc::corrupt),
            "The snapshot of record link " + std::to_string(link) + " can't be read: " + fields.error().message,
            FailureClass::internal, std::nullopt});
}

void bind_end(store::Statement& statement, const RecordKey& end) {
  statement.bind(1, end.id.str()).bind(2, end.app_link.str()).bind(3, end.project.str());
}

std::optional<Link> find_link(store::Connection& connection, const RecordKey& end) {
  store::Statement row =
      connection.prepare(end.side == Side::source ? "SELECT id, source_project, source_id, destination_project, "
                                                    "destination_id, source_snapshot, destination_snapshot "
                                                    "FROM record_link "
                                                    "WHERE source_id = ? AND app_link = ? AND source_project = ?"
                                                  : "SELECT id, source_project, source_id, destination_project, "
                                                    "destination_id, source_snapshot, destination_snapshot "
                                                    "FROM record_link "
                                                    "WHERE destination_id = ? AND app_link = ? AND "
                                                    "destination_project = ?");
  bind_end(row, end);
  if (!row.step()) return std::nullopt;
  Link link;
  link.id = row.integer(0);
  link.source = {end.app_link, Side::source, ProjectName{row.text(1)}, RecordId{row.text(2)}};
  link.destination = {end.app_link, Side::destination, ProjectName{row.text(3)}, RecordId{row.text(4)}};
  link.source_snapshot = snapshot_from(row, 5, link.id);
  link.destination_snapshot = snapshot_from(row, 6, link.id);
  return link;
}

std::optional<Intent> find_own_intent(store::Connection& connection, const RecordKey& origin) {
  store::Statement row = connection.prepare(
      "SELECT marker FROM creation_intent WHERE id = ? AND app_link = ? AND project = ? AND side = ?");
  bind_end(row, origin);
  row.bind(4, std::int64_t{origin.side == Side::destination});
  if (!row.step()) return std::nullopt;
  return Intent{row.text(0), origin};
}

// An intent of another app link, or from the same side (a copy of the origin), does not make this record a twin.
std::optional<Intent> find_twin_intent(store::Connection& connection, const RecordKey& end, const std::string& marker) {
  store::Statement row =
      connection.prepare("SELECT project, id FROM creation_intent WHERE marker = ? AND app_link = ? AND side = ?");
  const Side origin_side = other(end.side);
  row.bind(1, marker).bind(2, end.app_link.str()).bind(3, std::int64_t{origin_side == Side::destination});
  if (!row.step()) return std::nullopt;
  return Intent{marker, {end.app_link, origin_side, ProjectName{row.text(0)}, RecordId{row.text(1)}}};
}

}  // namespace

Result<Known> lookup(const store::Store& store, const RecordKey& end, const std::string& marker) {
  return store.read([&](store::Connection& connection) {
    Known known;
    known.link = find_link(connection, end);
    if (known.link) return known;
    known.own_intent = find_own_intent(connection, end);
    if (!known.own_intent && !marker.empty()) known.twin_intent = find_twin_intent(connection, end, marker);
    return known;
  });
}

Result<std::optional<RecordKey>> twin_of(const store::Store& store, const RecordKey& end) {
  return store.read([&](store::Connection& connection) -> std::optional<RecordKey> {
    store::Statement row = connection.prepare(
        end.side == Side::source ? "SELECT destination_project, destination_id FROM record_link "
                                   "WHERE source_id = ? AND app_link = ? AND source_project = ?"
                                 : "SELECT source_project, source_id FROM record_link "
                                   "WHERE destination_id = ? AND app_link = ? AND destination_project = ?");
    bind_end(row, end);
    if (!row.step()) return std::nullopt;
    return RecordKey{end.app_link, other(end.side), ProjectName{row.text(0)}, RecordId{row.text(1)}};
  });
}

void put_intent(store::Transaction& tx, const Intent& intent, Timestamp now) {
  store::Statement row = tx.prepare(
      "INSERT INTO creation_intent (marker, app_link, side, project, id, created) VALUES (?, ?, ?, ?, ?, ?)");
  row.bind(1, intent.marker)
      .bind(2, intent.origin.app_link.str())
      .bind(3, std::int64_t{intent.origin.side == Side::destination})
      .bind(4, intent.origin.project.str())
      .bind(5, intent.origin.id.str())
      .bind(6, to_millis(now));
  row.run();
}

void remove_intent(store::Transaction& tx, const std::string& marker) {
  store::Statement row = tx.prepare("DELETE FROM creation_intent WHERE marker = ?");
  row.bind(1, marker);
  row.run();
}

void save_link(store::Transaction& tx, const Link& link, Timestamp now) {
  const std::string source_snapshot = record::to_json(link.source_snapshot);
  const std::string destination_snapshot = record::to_json(link.destination_snapshot);
  if (link.id != 0) {
    store::Statement row =
        tx.prepare("UPDATE record_link SET changed = ?, source_snapshot = ?, destination_snapshot = ? WHERE id = ?");
    row.bind(1, to_millis(now)).bind(2, source_snapshot).bind(3, destination_snapshot).bind(4, link.id);
    row.run();
    return;
  }
  // REPLACE: a twin that was just created or carries our marker is new, so an older link of its id belongs to a
  // deleted record whose id the other system has given anew.
  store::Statement row = tx.prepare(
      "INSERT OR REPLACE INTO record_link (app_link, source_project, source_id, destination_project, destination_id, "
      "created, changed, source_snapshot, destination_snapshot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(1, link.source.app_link.str())
      .bind(2, link.source.project.str())
      .bind(3, link.source.id.str())
      .bind(4, link.destination.project.str())
      .bind(5, link.destination.id.str())
      .bind(6, to_millis(now))
      .bind(7, to_millis(now))
      .bind(8, source_snapshot)
      .bind(9, destination_snapshot);
  row.run();
}

}  // namespace syncservice::sync
