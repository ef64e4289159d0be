#include "rows.hpp"

namespace syncservice::spool {

Row read_row(const store::Statement& row) {
  Row out;
  out.push.id = PushId{row.integer(0)};
  out.push.key = RecordKey{AppLinkName{row.text(1)}, static_cast<Side>(row.integer(2)), ProjectName{row.text(3)},
                           RecordId{row.text(4)}};
  out.push.state = static_cast<State>(row.integer(5));
  out.push.outcome = parse_outcome(row.text(6)).value_or(Outcome::none);
  out.push.reason = row.text(7);
  out.push.attempts = static_cast<int>(row.integer(8));
  out.push.accepted = from_millis(row.integer(9));
  out.push.changed = from_millis(row.integer(10));
  out.push.due = from_millis(row.integer(11));
  out.push.pushed_by = row.text(12);
  out.push.peer = row.text(13);
  if (!row.is_null(14)) out.failing_since = from_millis(row.integer(14));
  out.link = row.integer(15);
  return out;
}

std::optional<Row> find_row(store::Connection& connection, std::int64_t id) {
  store::Statement row = connection.prepare(SYNCSERVICE_PUSH_COLUMNS SYNCSERVICE_PUSH_TABLE "WHERE p.id = ?");
  if (!row.bind(1, id).step()) return std::nullopt;
  return read_row(row);
}

bool waits_as(store::Connection& connection, std::int64_t id, std::int64_t link, const RecordKey& key) {
  store::Statement row = connection.prepare(
      "SELECT 1 FROM push WHERE id = ? AND state = 0 AND link = ? AND side = ? AND project = ? AND record = ?");
  return row.bind(1, id)
      .bind(2, link)
      .bind(3, static_cast<std::int64_t>(key.side))
      .bind(4, key.project.str())
      .bind(5, key.id.str())
      .step();
}

void end_push(store::Transaction& tx, std::int64_t id, Outcome outcome, std::string_view reason, Timestamp now) {
  tx.prepare("UPDATE push SET state = 2, outcome = ?, reason = ?, changed = ? WHERE id = ?")
      .bind(1, to_string(outcome))
      .bind(2, reason)
      .bind(3, to_millis(now))
      .bind(4, id)
      .run();
}

Error no_such_push(PushId id) {
  return {make_error_code(Errc::no_such_push),
          "There is no push " + to_string(id) + "; it may have been removed after its time of retention.",
          FailureClass::gone, std::nullopt};
}

Error wrong_state(PushId id, std::string_view is, std::string_view may_be) {
  return {make_error_code(Errc::wrong_state),
          "Push " + to_string(id) + " is " + std::string{is} + "; it would have to be " + std::string{may_be} + ".",
          FailureClass::permanent, std::nullopt};
}

}  // namespace syncservice::spool
