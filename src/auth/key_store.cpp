#include "key_store.hpp"

#include <algorithm>

#include "syncservice/store/store.hpp"

namespace syncservice::auth {
namespace {

std::optional<Timestamp> instant(const store::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_millis(row.integer(column));
}

// Text that names no side would widen the key's scope if it were taken for "both".
Error damaged(std::int64_t id) {
  return {make_error_code(Errc::internal),
          "API key " + std::to_string(id) + " is damaged in the database; restore it from a backup.",
          FailureClass::internal,
          {}};
}

StoredKey read_key(const store::Statement& row) {
  StoredKey stored;
  ApiKey& key = stored.key;
  key.id = row.integer(0);
  key.name = row.text(1);
  const std::string hash = row.blob(2);
  if (hash.size() != stored.hash.size()) throw store::Failure{damaged(key.id)};
  std::copy(hash.begin(), hash.end(), stored.hash.begin());
  if (!row.is_null(3)) {
    key.origin = parse_side(row.text(3));
    if (!key.origin) throw store::Failure{damaged(key.id)};
  }
  key.created = from_millis(row.integer(4));
  key.expires = instant(row, 5);
  key.revoked = instant(row, 6);
  return stored;
}

}  // namespace

Result<std::vector<StoredKey>> load_keys(const store::Store& store) {
  return store.read([](store::Connection& db) {
    std::vector<StoredKey> keys;
    store::Statement rows = db.prepare(
        "SELECT k.id, k.name, k.hash, k.origin, k.created, k.expires, k.revoked, l.app_link "
        "FROM api_key k LEFT JOIN api_key_app_link l ON l.api_key = k.id ORDER BY k.id, l.app_link");
    while (rows.step()) {
      if (keys.empty() || keys.back().key.id != rows.integer(0)) keys.push_back(read_key(rows));
      if (!rows.is_null(7)) keys.back().key.app_links.emplace_back(rows.text(7));
    }
    return keys;
  });
}

Result<std::optional<std::int64_t>> insert_key(store::Store& store, const ApiKey& key, const Digest& hash) {
  return store.write([&](store::Transaction& tx) -> std::optional<std::int64_t> {
    store::Statement taken = tx.prepare("SELECT 1 FROM api_key WHERE name = ? AND revoked IS NULL");
    taken.bind(1, std::string_view{key.name});
    if (taken.step()) return std::nullopt;

    store::Statement insert =
        tx.prepare("INSERT INTO api_key (name, hash, origin, created, expires) VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, std::string_view{key.name}).bind_blob(2, bytes_of(hash));
    if (key.origin) {
      insert.bind(3, to_string(*key.origin));
    } else {
      insert.bind_null(3);
    }
    insert.bind(4, to_millis(key.created));
    insert.bind(5, key.expires ? std::optional{to_millis(*key.expires)} : std::nullopt);
    insert.run();
    const std::int64_t id = tx.last_insert_id();

    store::Statement link = tx.prepare("INSERT INTO api_key_app_link (api_key, app_link) VALUES (?, ?)");
    for (const AppLinkName& name : key.app_links) {
      link.bind(1, id).bind(2, std::string_view{name.str()});
      link.run();
      link.reset();
    }
    return id;
  });
}

Result<Timestamp> mark_revoked(store::Store& store, std::int64_t id, Timestamp when) {
  return store.write([&](store::Transaction& tx) {
    store::Statement update = tx.prepare("UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL");
    update.bind(1, to_millis(when)).bind(2, id);
    update.run();
    store::Statement stands = tx.prepare("SELECT revoked FROM api_key WHERE id = ?");
    stands.bind(1, id);
    if (!stands.step()) throw store::Failure{damaged(id)};
    return from_millis(stands.integer(0));
  });
}

}  // namespace syncservice::auth
