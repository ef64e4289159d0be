#include "core.hpp"

#include "syncservice/telemetry/log.hpp"

#include <algorithm>
#include <array>

namespace syncservice::spool {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t window_rows = 256;
/// The clock of due times may be set; a wait for one is never longer than this at a time.
constexpr std::chrono::milliseconds longest_nap{1000};

}  // namespace

Lease::Impl::~Impl() {
  if (core != nullptr) core->release(*this);
}

Lease::Lease(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Lease::Lease(Lease&&) noexcept = default;
Lease& Lease::operator=(Lease&&) noexcept = default;
Lease::~Lease() = default;

const Push& Lease::push() const noexcept {
  return impl_->row.push;
}

std::optional<Timestamp> Lease::failing_since() const noexcept {
  return impl_->row.failing_since;
}

bool Lease::extend(const RecordKey& end) {
  Core& core = *impl_->core;
  const std::scoped_lock lock{core.mutex};
  if (std::find(impl_->ends.begin(), impl_->ends.end(), end) != impl_->ends.end()) return true;
  if (!core.leased_ends.insert(end).second) return false;
  impl_->ends.push_back(end);
  return true;
}

std::vector<Lease> Core::claim(std::size_t most, const TwinLookup& twin, const Blocked& blocked,
                               const std::stop_token& stop, Steady::time_point until) {
  std::vector<Lease> leases;
  while (most > 0 && !closed && !stop.stop_requested()) {
    std::uint64_t seen = 0;
    {
      const std::scoped_lock lock{mutex};
      seen = events;
    }
    take_in_turns(leases, most, twin, blocked);
    if (!leases.empty()) break;

    std::unique_lock lock{mutex};
    const Timestamp at = clock.now();
    auto nap_end = until;
    for (const Link* link : links) {
      // What is due already has been looked at: only an event makes it claimable.
      if (link->waiting == 0 || link->next_due <= at || link->next_due == Timestamp::max()) continue;
      nap_end = std::min(nap_end, Steady::now() + std::min(longest_nap, link->next_due - at));
    }
    wake.wait_until(lock, stop, nap_end, [&] { return events != seen; });
    if (events == seen && Steady::now() >= until) break;
  }
  return leases;
}

std::vector<Link*> Core::due_links() {
  const std::scoped_lock lock{mutex};
  const Timestamp at = clock.now();
  std::vector<Link*> due;
  for (std::size_t i = 0; i < links.size(); ++i) {
    Link* link = links[(turn + i) % links.size()];
    if (link->waiting > 0 && (!link->window.empty() || link->next_due <= at)) due.push_back(link);
  }
  return due;
}

void Core::take_in_turns(std::vector<Lease>& leases, std::size_t most, const TwinLookup& twin, const Blocked& blocked) {
  std::vector<Link*> due = due_links();
  std::erase_if(due, [&](const Link* link) { return blocked && blocked(link->name); });
  while (!due.empty()) {
    for (auto link = due.begin(); link != due.end();) {
      std::optional<Lease> lease = take_one(**link, twin);
      if (!lease) {
        link = due.erase(link);
        continue;
      }
      leases.push_back(std::move(*lease));
      turn = (*link)->place + 1;
      if (leases.size() == most) return;
      ++link;
    }
  }
}

std::optional<Lease> Core::take_one(Link& from, const TwinLookup& twin) {
  {
    const std::scoped_lock lock{mutex};
    if (from.reload) {
      from.window.clear();
      from.next_due = Timestamp{};  // what the window held is due, and is to be read again
    }
    from.reload = false;
  }
  for (const bool refilled : {false, true}) {
    // Also when rows are left in the window: their records may be leased for long, while others have come.
    if (refilled && !refill(from)) break;
    for (auto row = from.window.begin(); row != from.window.end(); ++row) {
      {
        const std::scoped_lock lock{mutex};
        if (busy.contains(number(row->push.id)) || leased_ends.contains(row->push.key)) continue;
      }
      auto lease = std::make_unique<Lease::Impl>();
      lease->link = &from;
      lease->row = *row;
      if (!lease_ends(*lease, twin ? twin(row->push.key) : std::nullopt)) continue;
      from.window.erase(row);
      return Lease{std::move(lease)};
    }
  }
  return std::nullopt;
}

bool Core::lease_ends(Lease::Impl& lease, const std::optional<RecordKey>& twin) {
  const std::int64_t id = number(lease.row.push.id);
  const RecordKey& key = lease.row.push.key;
  const std::scoped_lock lock{mutex};
  if (closed || lease.link->reload || busy.contains(id) || leased_ends.contains(key)) return false;
  if (twin && leased_ends.contains(*twin)) return false;
  busy.insert(id);
  leased.insert(id);
  lease.ends.push_back(key);
  if (twin && *twin != key) lease.ends.push_back(*twin);
  leased_ends.insert(lease.ends.begin(), lease.ends.end());
  lease.row.push.state = State::running;
  lease.core = this;
  return true;
}

bool Core::refill(Link& of) {
  const Timestamp at = clock.now();
  std::uint64_t version = 0;
  std::size_t most = window_rows;
  {
    const std::scoped_lock lock{mutex};
    if (of.waiting == 0 || of.next_due > at) return false;
    version = of.version;
    most += busy.size();
    refilling = true;
    ended_meanwhile.clear();
  }
  std::vector<Row> rows;
  Timestamp next = Timestamp::max();
  const Result<void> read = store.read([&](store::Connection& connection) {
    store::Statement due =
        connection.prepare(SYNCSERVICE_PUSH_COLUMNS
                           "push p INDEXED BY push_waiting CROSS JOIN app_link_name n ON n.id = p.link "
                           "WHERE p.state = 0 AND p.link = ? AND p.due <= ? ORDER BY p.due, p.id LIMIT ?");
    due.bind(1, of.id).bind(2, to_millis(at)).bind(3, static_cast<std::int64_t>(most));
    while (due.step()) rows.push_back(read_row(due));
    store::Statement later = connection.prepare(
        "SELECT due FROM push INDEXED BY push_waiting WHERE state = 0 AND link = ? AND due > ? ORDER BY due LIMIT 1");
    if (later.bind(1, of.id).bind(2, to_millis(at)).step()) next = from_millis(later.integer(0));
  });
  const std::scoped_lock lock{mutex};
  refilling = false;
  if (!read) {
    log.error("waiting pushes can't be read", {{"why", read.error().message}});
    of.next_due = at + longest_nap;
    return false;
  }
  of.window.clear();
  const bool all = rows.size() < most;
  for (Row& row : rows) {
    const std::int64_t id = number(row.push.id);
    const bool ended = std::find(ended_meanwhile.begin(), ended_meanwhile.end(), id) != ended_meanwhile.end();
    if (!ended && !busy.contains(id)) of.window.push_back(std::move(row));
  }
  if (all && of.version == version) of.next_due = next;
  return !of.window.empty();
}

}  // namespace syncservice::spool
