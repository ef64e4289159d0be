#include "links.hpp"

#include "stored_side.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace syncservice::sync {
namespace {

[[noreturn]] void unreadable(std::int64_t link, const std::string& why) {
  throw store::Failure(Error{store::make_error_code(store::Errc::corrupt),
                             "The snapshot of record link " + std::to_string(link) + " can't be read: " + why,
                             FailureClass::internal, std::nullopt});
}

record::Fields fields_from(std::string_view json, std::int64_t link) {
  Result<record::Fields> fields = record::fields_from_json(json);
  if (!fields) unreadable(link, fields.error().message);
  return std::move(*fields);
}

constexpr std::array<record::Fields Pending::*, 4> pending_parts{&Pending::source_was, &Pending::destination_was,
                                                                 &Pending::to_source, &Pending::to_destination};

std::string to_json(const Pending& pending) {
  auto parts = nlohmann::json::array();
  for (const auto part : pending_parts) parts.push_back(record::to_json(pending.*part));
  return parts.dump();
}

std::optional<Pending> pending_from(const std::string& json, std::int64_t link) {
  if (json.empty()) return std::nullopt;
  const nlohmann::json parts = nlohmann::json::parse(json, nullptr, false);
  if (!parts.is_array() || parts.size() != pending_parts.size()) unreadable(link, "its pending write is no list");
  Pending pending;
  for (std::size_t i = 0; i < pending_parts.size(); ++i) {
    if (!parts[i].is_string()) unreadable(link, "its pending write holds no fields");
    pending.*pending_parts[i] = fields_from(parts[i].get_ref<const std::string&>(), link);
  }
  return pending;
}

void bind_end(store::Statement& statement, const RecordKey& end) {
  statement.bind(1, end.id.str()).bind(2, end.app_link.str()).bind(3, end.project.str());
}

std::optional<Link> find_link(store::Connection& connection, const RecordKey& end) {
  store::Statement row = connection.prepare(end.side == Side::source
                                                ? "SELECT id, source_project, source_id, destination_project, "
                                                  "destination_id, source_snapshot, destination_snapshot, "
                                                  "created, withdrawn, pending, "
                                                  "EXISTS (SELECT 1 FROM held_field WHERE link = id) FROM record_link "
                                                  "WHERE source_id = ? AND app_link = ? AND source_project = ?"
                                                : "SELECT id, source_project, source_id, destination_project, "
                                                  "destination_id, source_snapshot, destination_snapshot, "
                                                  "created, withdrawn, pending, "
                                                  "EXISTS (SELECT 1 FROM held_field WHERE link = id) FROM record_link "
                                                  "WHERE destination_id = ? AND app_link = ? AND "
                                                  "destination_project = ?");
  bind_end(row, end);
  if (!row.step()) return std::nullopt;
  Link link;
  link.id = row.integer(0);
  link.source = {end.app_link, Side::source, ProjectName{row.text(1)}, RecordId{row.text(2)}};
  link.destination = {end.app_link, Side::destination, ProjectName{row.text(3)}, RecordId{row.text(4)}};
  link.source_snapshot = fields_from(row.text(5), link.id);
  link.destination_snapshot = fields_from(row.text(6), link.id);
  link.created = from_millis(row.integer(7));
  if (const std::int64_t gone = row.integer(8); gone != 0)
    link.withdrawn = gone == 1 ? Side::source : Side::destination;
  link.pending = pending_from(row.text(9), link.id);
  link.held = row.integer(10) != 0;
  return link;
}

std::optional<Intent> find_own_intent(store::Connection& connection, const RecordKey& origin) {
  store::Statement row = connection.prepare(
      "SELECT marker, created, pending FROM creation_intent WHERE id = ? AND app_link = ? AND project = ? AND side = "
      "?");
  bind_end(row, origin);
  row.bind(4, stored(origin.side));
  if (!row.step()) return std::nullopt;
  return Intent{row.text(0), origin, from_millis(row.integer(1)), pending_from(row.text(2), 0)};
}

// An intent of another app link, or from the same side (a copy of the origin), does not make this record a twin.
std::optional<Intent> find_twin_intent(store::Connection& connection, const RecordKey& end, const std::string& marker) {
  store::Statement row = connection.prepare(
      "SELECT project, id, created, pending FROM creation_intent WHERE marker = ? AND app_link = ? AND side = ?");
  const Side origin_side = other(end.side);
  row.bind(1, marker).bind(2, end.app_link.str()).bind(3, stored(origin_side));
  if (!row.step()) return std::nullopt;
  return Intent{marker,
                {end.app_link, origin_side, ProjectName{row.text(0)}, RecordId{row.text(1)}},
                from_millis(row.integer(2)),
                pending_from(row.text(3), 0)};
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

void put_intent(store::Transaction& tx, const Intent& intent) {
  const std::string pending = intent.pending ? to_json(*intent.pending) : std::string{};
  store::Statement row = tx.prepare(
      "INSERT OR REPLACE INTO creation_intent (marker, app_link, side, project, id, created, pending) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)");
  row.bind(1, intent.marker)
      .bind(2, intent.origin.app_link.str())
      .bind(3, stored(intent.origin.side))
      .bind(4, intent.origin.project.str())
      .bind(5, intent.origin.id.str())
      .bind(6, to_millis(intent.ended))
      .bind(7, pending);
  row.run();
}

void remove_intent(store::Transaction& tx, const std::string& marker) {
  store::Statement row = tx.prepare("DELETE FROM creation_intent WHERE marker = ?");
  row.bind(1, marker);
  row.run();
}

std::int64_t save_link(store::Transaction& tx, const Link& link, Timestamp now) {
  const std::string source_snapshot = record::to_json(link.source_snapshot);
  const std::string destination_snapshot = record::to_json(link.destination_snapshot);
  const std::int64_t withdrawn = !link.withdrawn ? 0 : *link.withdrawn == Side::source ? 1 : 2;
  const std::string pending = link.pending ? to_json(*link.pending) : std::string{};
  if (link.id != 0) {
    store::Statement row = tx.prepare(
        "UPDATE record_link SET changed = ?, source_snapshot = ?, destination_snapshot = ?, withdrawn = ?, "
        "pending = ? WHERE id = ?");
    row.bind(1, to_millis(now))
        .bind(2, source_snapshot)
        .bind(3, destination_snapshot)
        .bind(4, withdrawn)
        .bind(5, pending)
        .bind(6, link.id);
    row.run();
    return link.id;
  }
  // A twin that was just created or carries our marker is new, so an older link of its id belongs to a deleted record
  // whose id the other system has given anew.
  for (const Side side : {Side::source, Side::destination}) {
    if (const std::optional<Link> older = find_link(tx, link.end(side))) remove_link(tx, older->id);
  }
  store::Statement row = tx.prepare(
      "INSERT INTO record_link (app_link, source_project, source_id, destination_project, destination_id, "
      "created, changed, source_snapshot, destination_snapshot, withdrawn, pending) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(1, link.source.app_link.str())
      .bind(2, link.source.project.str())
      .bind(3, link.source.id.str())
      .bind(4, link.destination.project.str())
      .bind(5, link.destination.id.str())
      .bind(6, to_millis(now))
      .bind(7, to_millis(now))
      .bind(8, source_snapshot)
      .bind(9, destination_snapshot)
      .bind(10, withdrawn)
      .bind(11, pending);
  row.run();
  return tx.last_insert_id();
}

void remove_link(store::Transaction& tx, std::int64_t link) {
  for (const char* sql : {"DELETE FROM comment_copy WHERE link = ?", "DELETE FROM attachment_copy WHERE link = ?",
                          "DELETE FROM held_field WHERE link = ?", "DELETE FROM record_name WHERE link = ?",
                          "DELETE FROM record_link WHERE id = ?"}) {
    store::Statement row = tx.prepare(sql);
    row.bind(1, link);
    row.run();
  }
}

}  // namespace syncservice::sync
