#include "core.hpp"

#include <algorithm>
#include <limits>

namespace syncservice::spool {

namespace {

/// Up to this many waiting rows are sorted for a page; above it, they are found soon when walking back from the newest.
constexpr std::int64_t few_waiting = 20'000;

void show_running(Push& push, const std::set<std::int64_t>& leased) {
  if (push.state == State::waiting && leased.contains(number(push.id))) push.state = State::running;
}

class Page {
 public:
  Page(const Query& query, const std::set<std::int64_t>& leased)
      : query_(query), leased_(leased), most_(static_cast<std::size_t>(std::clamp(query.limit, 1, 1000))) {}

  [[nodiscard]] bool full() const noexcept { return pushes_.size() >= most_; }
  /// True when the page is full.
  bool offer(Row row) {
    show_running(row.push, leased_);
    const bool wanted = (!query_.state || row.push.state == *query_.state) &&
                        (!query_.app_link || row.push.key.app_link == *query_.app_link) &&
                        (!query_.record || row.push.key.id == *query_.record);
    if (wanted) pushes_.push_back(std::move(row.push));
    return full();
  }
  void offer_all(store::Statement& rows) {
    while (rows.step()) {
      if (offer(read_row(rows))) return;
    }
  }
  [[nodiscard]] std::vector<Push> take() && { return std::move(pushes_); }

 private:
  const Query& query_;
  const std::set<std::int64_t>& leased_;
  std::size_t most_;
  std::vector<Push> pushes_;
};

/// The rows in the order of a page, from the index that holds the fewest candidates.
store::Statement candidates(store::Connection& connection, const std::optional<State>& state, std::int64_t waiting) {
  if (state == State::dead_letter || state == State::held) {
    return connection.prepare(SYNCSERVICE_PUSH_COLUMNS
                              "push p INDEXED BY push_stuck CROSS JOIN app_link_name n ON n.id = p.link "
                              "WHERE p.state >= 3 AND p.id < ? ORDER BY p.id DESC");
  }
  if (state == State::waiting && waiting <= few_waiting) {
    return connection.prepare(SYNCSERVICE_PUSH_COLUMNS
                              "push p INDEXED BY push_waiting CROSS JOIN app_link_name n ON n.id = p.link "
                              "WHERE p.state = 0 AND p.id < ? ORDER BY p.id DESC");
  }
  return connection.prepare(SYNCSERVICE_PUSH_COLUMNS SYNCSERVICE_PUSH_TABLE "WHERE p.id < ? ORDER BY p.id DESC");
}

}  // namespace

std::set<std::int64_t> Core::leased_now() const {
  const std::scoped_lock lock{mutex};
  return leased;
}

Result<std::vector<Push>> Core::list(const Query& query) const {
  const std::set<std::int64_t> running = leased_now();
  std::int64_t waiting_rows = 0;
  {
    const std::scoped_lock lock{mutex};
    waiting_rows = waiting;
  }
  const std::int64_t before = query.before ? number(*query.before) : std::numeric_limits<std::int64_t>::max();
  return store.read([&](store::Connection& connection) {
    Page page{query, running};
    const auto offer_id = [&](std::int64_t id) {
      std::optional<Row> row = find_row(connection, id);
      return row && page.offer(std::move(*row));
    };
    if (query.record) {
      KeyIndex::visit_record(connection, query.record->str(), before, offer_id);
    } else if (query.state == State::running) {
      for (auto id = running.rbegin(); id != running.rend() && !page.full(); ++id) {
        if (*id < before) offer_id(*id);
      }
    } else {
      store::Statement rows = candidates(connection, query.state, waiting_rows);
      page.offer_all(rows.bind(1, before));
    }
    return std::move(page).take();
  });
}

Result<std::vector<Push>> Spool::list(const Query& query) const {
  return core_->list(query);
}

Result<std::vector<Push>> Spool::story(const RecordId& record, int limit) const {
  Query query;
  query.record = record;
  query.limit = limit;
  return core_->list(query);
}

Result<Push> Spool::find(PushId id) const {
  const std::set<std::int64_t> running = core_->leased_now();
  const auto row = core_->store.read([&](store::Connection& connection) { return find_row(connection, number(id)); });
  if (!row) return row.error();
  if (!*row) return no_such_push(id);
  Push push = (*row)->push;
  show_running(push, running);
  return push;
}

Result<Counts> Spool::counts() const {
  Counts counts;
  std::vector<std::int64_t> links;
  std::set<std::int64_t> running;
  {
    const std::scoped_lock lock{core_->mutex};
    running = core_->leased;
    counts.running = static_cast<std::int64_t>(running.size());
    counts.waiting = core_->waiting - counts.running;
    for (const Link* link : core_->links) {
      if (link->waiting > 0) links.push_back(link->id);
    }
  }
  const Result<void> read = core_->store.read([&](store::Connection& connection) {
    store::Statement stuck =
        connection.prepare("SELECT state, count(*) FROM push INDEXED BY push_stuck WHERE state >= 3 GROUP BY state");
    while (stuck.step()) {
      (static_cast<State>(stuck.integer(0)) == State::held ? counts.held : counts.dead_letters) = stuck.integer(1);
    }
    store::Statement first = connection.prepare(
        "SELECT id, accepted FROM push INDEXED BY push_waiting WHERE state = 0 AND link = ? ORDER BY due, id");
    for (const std::int64_t link : links) {
      first.bind(1, link);
      while (first.step()) {
        if (running.contains(first.integer(0))) continue;
        const Timestamp accepted = from_millis(first.integer(1));
        counts.oldest_waiting = std::min(counts.oldest_waiting.value_or(accepted), accepted);
        break;
      }
      first.reset();
    }
  });
  if (!read) return read.error();
  return counts;
}

}  // namespace syncservice::spool
