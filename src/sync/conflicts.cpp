#include "conflicts.hpp"

#include "admin.hpp"
#include "stored_side.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::sync {
namespace {

// A field's value on its own, in the canonical form of fields.
std::string to_text(const record::Value& value) {
  return record::to_json(record::Fields{{"value", value}});
}

record::Value value_from(const std::string& json) {
  Result<record::Fields> fields = record::fields_from_json(json);
  if (fields && fields->contains("value")) return fields->at("value");
  throw store::Failure(Error{store::make_error_code(store::Errc::corrupt), "The value of a held field can't be read.",
                             FailureClass::internal, std::nullopt});
}

}  // namespace

Result<Decisions> decisions(const store::Store& store, std::int64_t link) {
  return store.read([&](store::Connection& connection) {
    Decisions decided;
    store::Statement row = connection.prepare(
        "SELECT source, decided, destination, source_value, destination_value FROM held_field "
        "WHERE link = ? AND decided IS NOT NULL");
    row.bind(1, link);
    while (row.step()) {
      decided.insert_or_assign(row.text(0), Decision{side_of(row.integer(1)), row.text(2), value_from(row.text(3)),
                                                     value_from(row.text(4))});
    }
    return decided;
  });
}

void save_held(store::Transaction& tx, std::int64_t link, const std::vector<mapping::HeldField>& held, PushId push,
               Timestamp now) {
  {
    store::Statement clear = tx.prepare(held.empty() ? "DELETE FROM held_field WHERE link = ?"
                                                     : "DELETE FROM held_field WHERE link = ? AND decided IS NULL");
    clear.bind(1, link);
    clear.run();
  }
  for (const mapping::HeldField& field : held) {
    const std::string source_value = to_text(field.source_value);
    const std::string destination_value = to_text(field.destination_value);
    store::Statement row = tx.prepare(
        "INSERT OR REPLACE INTO held_field (link, source, destination, source_value, destination_value, push, since) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)");
    row.bind(1, link)
        .bind(2, field.source)
        .bind(3, field.destination)
        .bind(4, source_value)
        .bind(5, destination_value)
        .bind(6, static_cast<std::int64_t>(push))
        .bind(7, to_millis(now));
    row.run();
  }
}

Result<bool> is_held(const store::Store& store, const RecordKey& pushed) {
  return store.read([&](store::Connection& connection) {
    store::Statement row = connection.prepare(
        "SELECT 1 FROM held_field WHERE link IN ("
        "SELECT id FROM record_link WHERE ?3 = 0 AND source_id = ?1 AND app_link = ?2 AND source_project = ?4 UNION "
        "ALL "
        "SELECT id FROM record_link WHERE ?3 = 1 AND destination_id = ?1 AND app_link = ?2 AND destination_project = "
        "?4 "
        "UNION ALL SELECT link FROM record_name WHERE name = ?1 AND app_link = ?2 AND side = ?3 AND project = ?4)");
    row.bind(1, pushed.id.str())
        .bind(2, pushed.app_link.str())
        .bind(3, stored(pushed.side))
        .bind(4, pushed.project.str());
    return row.step();
  });
}

Result<std::vector<Conflict>> list_conflicts(const store::Store& store, const std::optional<std::int64_t>& link,
                                             int limit, std::int64_t skip) {
  return store.read([&](store::Connection& connection) {
    store::Statement row = connection.prepare(
        "SELECT h.link, l.app_link, l.source_project, l.source_id, l.destination_project, l.destination_id, h.source, "
        "h.destination, h.source_value, h.destination_value, h.push, h.since, h.decided, h.decided_by "
        "FROM held_field h JOIN record_link l ON l.id = h.link WHERE ?1 IS NULL OR h.link = ?1 "
        "ORDER BY h.since, h.link, h.source LIMIT ?2 OFFSET ?3");
    row.bind(1, link).bind(2, std::int64_t{std::clamp(limit, 1, 1000)}).bind(3, skip);
    std::vector<Conflict> conflicts;
    while (row.step()) {
      const AppLinkName app_link{row.text(1)};
      Conflict conflict;
      conflict.link = row.integer(0);
      conflict.source = {app_link, Side::source, ProjectName{row.text(2)}, RecordId{row.text(3)}};
      conflict.destination = {app_link, Side::destination, ProjectName{row.text(4)}, RecordId{row.text(5)}};
      conflict.source_field = row.text(6);
      conflict.destination_field = row.text(7);
      conflict.source_value = value_from(row.text(8));
      conflict.destination_value = value_from(row.text(9));
      conflict.push = PushId{row.integer(10)};
      conflict.since = from_millis(row.integer(11));
      if (!row.is_null(12)) {
        conflict.decided = side_of(row.integer(12));
        conflict.decided_by = row.text(13);
      }
      conflicts.push_back(std::move(conflict));
    }
    return conflicts;
  });
}

Result<std::optional<std::int64_t>> conflict_of(const store::Store& store, PushId push) {
  return store.read([&](store::Connection& connection) -> std::optional<std::int64_t> {
    store::Statement row = connection.prepare("SELECT max(link) FROM held_field WHERE push = ?");
    row.bind(1, static_cast<std::int64_t>(push));
    if (!row.step() || row.is_null(0)) return std::nullopt;
    return row.integer(0);
  });
}

Result<void> move_conflict(store::Store& store, std::int64_t link, PushId push) {
  return store.write([&](store::Transaction& tx) {
    store::Statement row = tx.prepare("UPDATE held_field SET push = ? WHERE link = ?");
    row.bind(1, static_cast<std::int64_t>(push)).bind(2, link);
    row.run();
  });
}

Result<void> drop_conflict(store::Store& store, std::int64_t link) {
  return store.write([&](store::Transaction& tx) { save_held(tx, link, {}, PushId{}, Timestamp{}); });
}

Result<std::optional<PushId>> resolve_conflict(store::Store& store, std::int64_t link, const std::string& source_field,
                                               Side winner, const std::string& by) {
  struct Outcome {
    int decided = 0;
    std::int64_t open = 0, push = 0, otherwise = 0;
  };
  const Result<Outcome> outcome = store.write([&](store::Transaction& tx) {
    Outcome out;
    store::Statement decide = tx.prepare(
        "UPDATE held_field SET decided = ?, decided_by = ? "
        "WHERE link = ? AND CASE ?4 WHEN '' THEN decided IS NULL ELSE source = ?4 END");
    decide.bind(1, stored(winner)).bind(2, by).bind(3, link).bind(4, source_field);
    out.decided = decide.run();
    store::Statement rest = tx.prepare(
        "SELECT count(*) FILTER (WHERE decided IS NULL), max(push), count(*), count(*) FILTER (WHERE decided <> ?) "
        "FROM held_field WHERE link = ?");
    rest.bind(1, stored(winner)).bind(2, link);
    if (rest.step() && !rest.is_null(1)) {
      out.open = rest.integer(0);
      out.push = rest.integer(1);
      out.otherwise = rest.integer(3);
      // Decided before as it is now: what may be missing is the pass.
      if (source_field.empty() && out.decided == 0 && out.otherwise == 0)
        out.decided = static_cast<int>(rest.integer(2));
    }
    return out;
  });
  if (!outcome) return outcome.error();
  if (outcome->decided == 0 && outcome->otherwise > 0 && source_field.empty()) {
    return refuse(Refusal::wrong_request, "Every field held of record link " + std::to_string(link) +
                                              " is decided already; name a field (`--field`) to decide it anew.");
  }
  if (outcome->decided == 0) {
    std::string message = "Nothing is held of record link " + std::to_string(link);
    if (!source_field.empty()) message.append(" in a field \"").append(source_field).append("\"");
    return refuse(Refusal::no_such_conflict, message + "; `syncservice conflicts list` shows what is.");
  }
  if (outcome->open > 0) return std::optional<PushId>{};
  return std::optional{PushId{outcome->push}};
}

}  // namespace syncservice::sync
