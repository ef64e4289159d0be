// Rows of `push` as values.
#pragma once

#include "key_index.hpp"

#include "syncservice/spool/spool.hpp"

#include <optional>
#include <string_view>

/// What read_push expects a statement to select, from SYNCSERVICE_PUSH_TABLE.
#define SYNCSERVICE_PUSH_COLUMNS                                                                             \
  "SELECT p.id, n.name, p.side, p.project, p.record, p.state, p.outcome, p.reason, p.attempts, p.accepted, " \
  "p.changed, "                                                                                              \
  "p.due, p.pushed_by, p.peer, p.failing_since, p.link FROM "
#define SYNCSERVICE_PUSH_TABLE "push p CROSS JOIN app_link_name n ON n.id = p.link "

namespace syncservice::spool {

struct Row {
  Push push;
  std::int64_t link = 0;
  std::optional<Timestamp> failing_since;

  [[nodiscard]] KeyHash hash() const noexcept {
    return hash_key(link, static_cast<int>(push.key.side), push.key.project.str(), push.key.id.str());
  }
};

[[nodiscard]] Row read_row(const store::Statement& row);
[[nodiscard]] std::optional<Row> find_row(store::Connection& connection, std::int64_t id);

/// True when push `id` waits under this key.
[[nodiscard]] bool waits_as(store::Connection& connection, std::int64_t id, std::int64_t link, const RecordKey& key);

/// Ends a push.
void end_push(store::Transaction& tx, std::int64_t id, Outcome outcome, std::string_view reason, Timestamp now);

[[nodiscard]] inline std::int64_t number(PushId id) noexcept {
  return static_cast<std::int64_t>(id);
}

[[nodiscard]] Error no_such_push(PushId id);
[[nodiscard]] Error wrong_state(PushId id, std::string_view is, std::string_view may_be);

}  // namespace syncservice::spool
