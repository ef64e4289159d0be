#include "history.hpp"

#include "stored_side.hpp"

namespace syncservice::sync {
namespace {

constexpr std::size_t longest_value = 4096;

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::string kept_of(std::string_view value) {
  if (value.size() <= longest_value) return std::string{value};
  std::size_t end = longest_value;
  while (end > 0 && continues_character(value[end])) --end;
  return std::string{value.substr(0, end)} + "… (" + std::to_string(value.size()) + " bytes in all)";
}

void write_pass(store::Transaction& tx, const PassRecord& pass) {
  store::Statement row = tx.prepare(
      "INSERT INTO pass (push, app_link, side, project, record, twin_project, twin, started, ended, outcome, reason) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(1, static_cast<std::int64_t>(pass.push))
      .bind(2, pass.record.app_link.str())
      .bind(3, stored(pass.record.side))
      .bind(4, pass.record.project.str())
      .bind(5, pass.record.id.str());
  if (pass.twin) {
    row.bind(6, pass.twin->project.str()).bind(7, pass.twin->id.str());
  } else {
    row.bind_null(6).bind_null(7);
  }
  row.bind(8, to_millis(pass.started)).bind(9, to_millis(pass.ended)).bind(10, pass.outcome).bind(11, pass.reason);
  row.run();

  const std::int64_t id = tx.last_insert_id();
  std::int64_t number = 0;
  for (const FieldChange& change : pass.changes) {
    store::Statement field = tx.prepare(
        "INSERT INTO field_change (pass, number, side, field, from_value, to_value, because) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)");
    const std::string from = kept_of(change.from);
    const std::string to = kept_of(change.to);
    field.bind(1, id)
        .bind(2, number++)
        .bind(3, stored(change.side))
        .bind(4, change.field)
        .bind(5, from)
        .bind(6, to)
        .bind(7, change.because);
    field.run();
  }
}

// Ids rise with the time of the commit, so the oldest passes have the lowest ids and no index on `ended` is needed.
Result<std::int64_t> prune_passes(store::Store& store, Timestamp before, int most) {
  return store.write([&](store::Transaction& tx) -> std::int64_t {
    std::int64_t last = 0;
    {
      store::Statement oldest =
          tx.prepare("SELECT max(id) FROM (SELECT id, ended FROM pass ORDER BY id LIMIT ?) WHERE ended < ?");
      oldest.bind(1, std::int64_t{most}).bind(2, to_millis(before));
      if (!oldest.step() || oldest.is_null(0)) return 0;
      last = oldest.integer(0);
    }
    store::Statement fields = tx.prepare("DELETE FROM field_change WHERE pass <= ?");
    fields.bind(1, last);
    fields.run();
    store::Statement passes = tx.prepare("DELETE FROM pass WHERE id <= ?");
    passes.bind(1, last);
    return passes.run();
  });
}

}  // namespace syncservice::sync
