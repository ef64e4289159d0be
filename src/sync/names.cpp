#include "names.hpp"

#include "stored_side.hpp"

#include "syncservice/sync/sync.hpp"

#include <algorithm>
#include <string>

namespace syncservice::sync {

Result<std::optional<RecordKey>> end_named(const store::Store& store, const RecordKey& name) {
  return store.read([&](store::Connection& connection) -> std::optional<RecordKey> {
    store::Statement row = connection.prepare(
        "SELECT CASE side WHEN 0 THEN source_id ELSE destination_id END FROM record_name AS n "
        "JOIN record_link AS l ON l.id = n.link WHERE n.name = ? AND n.app_link = ? AND n.side = ? AND n.project = ?");
    row.bind(1, name.id.str()).bind(2, name.app_link.str()).bind(3, stored(name.side)).bind(4, name.project.str());
    if (!row.step()) return std::nullopt;
    return RecordKey{name.app_link, name.side, name.project, RecordId{row.text(0)}};
  });
}

void remember_name(store::Transaction& tx, const RecordKey& name, std::int64_t link) {
  store::Statement row = tx.prepare(
      "INSERT INTO record_name (name, app_link, side, project, link) "
      "SELECT ?1, ?2, ?3, ?4, id FROM record_link "
      "WHERE id = ?5 AND CASE ?3 WHEN 0 THEN source_id ELSE destination_id END <> ?1 "
      "ON CONFLICT DO UPDATE SET link = excluded.link WHERE link <> excluded.link");
  row.bind(1, name.id.str())
      .bind(2, name.app_link.str())
      .bind(3, stored(name.side))
      .bind(4, name.project.str())
      .bind(5, link);
  row.run();
}

Result<std::vector<RecordId>> names_of(const store::Store& store, const RecordId& record) {
  return store.read([&](store::Connection& connection) {
    std::vector<RecordId> names{record};
    const auto add = [&](store::Statement& rows) {
      while (rows.step()) {
        RecordId name{rows.text(0)};
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
      }
    };
    {
      store::Statement ids = connection.prepare(
          "SELECT CASE side WHEN 0 THEN source_id ELSE destination_id END FROM record_name AS n "
          "JOIN record_link AS l ON l.id = n.link WHERE n.name = ?");
      ids.bind(1, record.str());
      add(ids);
    }
    const std::size_t ids = names.size();
    for (std::size_t i = 0; i < ids; ++i) {
      const std::string id = names[i].str();
      store::Statement others = connection.prepare(
          "SELECT name FROM record_name WHERE side = 0 AND link IN (SELECT id FROM record_link WHERE source_id = ?1) "
          "UNION SELECT name FROM record_name WHERE side = 1 AND link IN "
          "(SELECT id FROM record_link WHERE destination_id = ?1)");
      others.bind(1, id);
      add(others);
    }
    return names;
  });
}

}  // namespace syncservice::sync
