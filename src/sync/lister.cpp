#include "lister.hpp"

#include "admin.hpp"
#include "run_records.hpp"

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/mapping/plan.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <tuple>
#include <utility>

namespace syncservice::sync {
namespace {

// After a listing failed, or when a run's window is full.
constexpr std::chrono::milliseconds after_failure{60'000}, when_crowded{25};
constexpr std::chrono::milliseconds idle{1'000};

// Waits until every push of a page is on disk, or refused.
class Receipts {
 public:
  void expect(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    open_ = count;
    ids_.resize(count);
  }
  void add(std::size_t place, const Result<spool::Receipt>& receipt) {
    const std::scoped_lock lock(mutex_);
    if (receipt) {
      ids_[place] = receipt->id();
    } else if (!problem_) {
      problem_ = receipt.error();
    }
    if (--open_ == 0) all_.notify_all();
  }
  Result<std::vector<PushId>> wait() {
    std::unique_lock lock(mutex_);
    all_.wait(lock, [this] { return open_ == 0; });
    if (problem_) return *problem_;
    return std::move(ids_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::size_t open_ = 0;
  std::vector<PushId> ids_;
  std::optional<Error> problem_;
};

class OwnPush final : public spool::Acceptance {
 public:
  OwnPush(const ValidPush& push, std::string by, Receipts& receipts, std::size_t place)
      : Acceptance(push, std::move(by), "syncservice"), receipts_(receipts), place_(place) {}

 protected:
  void accepted(const Result<spool::Receipt>& receipt) noexcept override { receipts_.add(place_, receipt); }

 private:
  Receipts& receipts_;
  const std::size_t place_;
};

auto place(const Listing& listing) {
  return std::tie(listing.run, listing.app_link, listing.side, listing.project);
}

// What a standing listing pushes as.
std::string author(const registry::AppLink& app_link) {
  switch (app_link.sync_type) {
    case registry::SyncType::push:
      return "sweep";
    case registry::SyncType::poll:
      return "poll";
    case registry::SyncType::scheduled:
      return "schedule";
  }
  return "sweep";
}

// Would the same request fail for ever? A standing listing goes on even then: the cause may be mended over there.
bool ends_run(const Error& error) {
  return error.failure == FailureClass::permanent || error.failure == FailureClass::gone;
}

bool has_standing(const registry::AppLink& app_link) {
  return app_link.poll_every || !app_link.run_at.empty();
}

}  // namespace

Timestamp next_time_of_day(const std::vector<std::chrono::minutes>& times, Timestamp now) {
  const auto midnight = std::chrono::floor<std::chrono::days>(now);
  for (const std::chrono::minutes time : times) {
    if (midnight + time > now) return midnight + time;
  }
  return midnight + std::chrono::days{1} + times.front();
}

Lister::Lister(store::Store& store, spool::Spool& spool, const registry::Registry& registry, const Clock& clock,
               Engine& engine, std::size_t window, const telemetry::Log& log)
    : store_(store), spool_(spool), registry_(registry), clock_(clock), engine_(engine), window_(window), log_(log) {}

Timestamp Lister::step(const std::stop_token& stop) {
  const Timestamp later = clock_.now() + idle;
  const std::shared_ptr<const registry::Snapshot> snapshot = registry_.current();
  if (!snapshot) return later;
  Result<std::vector<Listing>> listings = open_listings(store_);
  if (!listings) {
    log_.error("listings can't be read", {{"what", listings.error().message}});
    return later;
  }
  if (standing_for_ != snapshot->version() && keep_standing(*listings, *snapshot)) {
    standing_for_ = snapshot->version();
  }
  Timestamp back = later;
  for (Listing& listing : *listings) {
    if (stop.stop_requested()) break;
    if (listing.next && *listing.next <= clock_.now()) advance(listing, *snapshot, stop);
    if (listing.next) back = std::min(back, *listing.next);
  }
  std::int64_t run = 0;
  while (!stop.stop_requested()) {
    const Result<std::optional<std::int64_t>> next = next_to_push(store_, run);
    if (!next) log_.error("runs can't be read", {{"what", next.error().message}});
    if (!next || !*next) break;
    run = **next;
    back = std::min(back, feed(run, *snapshot));
  }
  return back;
}

// Standing listings follow the app links in force.
bool Lister::keep_standing(std::vector<Listing>& listings, const registry::Snapshot& snapshot) {
  bool kept = true;
  std::erase_if(listings, [&](const Listing& listing) {
    if (listing.run != 0) return false;
    const std::shared_ptr<const registry::AppLink> app_link = snapshot.find(listing.app_link);
    if (app_link && has_standing(*app_link) && app_link->sends(listing.side)) return false;
    if (const Result<void> removed = remove_standing(store_, listing); !removed) {
      log_.error("a listing can't be removed", {{"what", removed.error().message}});
      kept = false;
    }
    return true;
  });
  for (const std::shared_ptr<const registry::AppLink>& app_link : snapshot.app_links()) {
    if (!has_standing(*app_link)) continue;
    for (const Side side : {Side::source, Side::destination}) {
      if (!app_link->sends(side) || !app_link->end(side).application->adapter->capabilities().changed_since) continue;
      std::vector<ProjectName> projects;
      for (const registry::ProjectPair& pair : app_link->projects) {
        projects.push_back(side == Side::source ? pair.source : pair.destination);
      }
      if (projects.empty()) projects.emplace_back();
      for (const ProjectName& project : projects) {
        Listing wanted;
        wanted.app_link = app_link->name;
        wanted.side = side;
        wanted.project = project;
        const bool there = std::any_of(listings.begin(), listings.end(),
                                       [&](const Listing& listing) { return place(listing) == place(wanted); });
        if (there) continue;
        const Timestamp now = clock_.now();
        wanted.since = wanted.started = wanted.changed = now;
        wanted.next = next_turn(*app_link);
        wanted.by = author(*app_link);
        if (const Result<void> saved = save_listing(store_, wanted); !saved) {
          log_.error("a listing can't be stored", {{"what", saved.error().message}});
          kept = false;
          continue;
        }
        listings.push_back(std::move(wanted));
      }
    }
  }
  return kept;
}

void Lister::advance(Listing& listing, const registry::Snapshot& snapshot, const std::stop_token& stop) {
  const std::shared_ptr<const registry::AppLink> app_link = snapshot.find(listing.app_link);
  listing.changed = clock_.now();
  std::vector<adapter::ChangedRecord> records;
  if (!app_link) {
    listing.problem = "The app link is no longer configured.";
    listing.next.reset();
  } else if (engine_.must_wait(*app_link)) {
    listing.next = clock_.now() + idle;
    return;
  } else {
    Result<Page> page = fetch(engine_, listing, *app_link, stop);
    Result<void> pushed;
    if (!page) {
      pushed = page.error();
    } else if (listing.run == 0) {
      pushed = push(listing, snapshot, page->records);
    }
    if (stop.stop_requested()) return;
    if (pushed) {
      listing.problem.clear();
      listing.found += static_cast<std::int64_t>(page->found);
      if (listing.run == 0) listing.queued += static_cast<std::int64_t>(page->records.size());
      listing.cursor = std::move(page->cursor);
      if (listing.run != 0) records = std::move(page->records);
      if (page->more) {
        listing.next = clock_.now();
      } else if (listing.run == 0) {
        listing.next = next_turn(*app_link);
      } else {
        listing.next.reset();
      }
    } else {
      listing.problem = pushed.error().message;
      if (listing.run != 0 && ends_run(pushed.error())) {
        listing.next.reset();
      } else {
        listing.next = clock_.now() + pushed.error().retry_after.value_or(after_failure);
      }
      log_.warn("listing changes failed",
                {{"app_link", listing.app_link.str()}, {"side", to_string(listing.side)}, {"what", listing.problem}});
    }
  }
  const Result<void> saved = listing.run == 0 ? save_listing(store_, listing) : save_page(store_, listing, records);
  if (!saved) {
    log_.error("a listing can't be stored", {{"what", saved.error().message}});
    listing.next = clock_.now() + idle;
  }
}

Timestamp Lister::feed(std::int64_t run, const registry::Snapshot& snapshot) {
  const Timestamp soon = clock_.now() + when_crowded, later = clock_.now() + idle;
  const Result<std::vector<Listing>> parts = show_run(store_, run);
  const std::shared_ptr<const registry::AppLink> app_link = parts ? snapshot.find(parts->front().app_link) : nullptr;
  if (parts && !app_link) {
    static_cast<void>(drop_unpushed(store_, run, "The app link is no longer configured."));
    return later;
  }
  if (!parts || engine_.must_wait(*app_link)) return later;
  const std::size_t room = room_of(run);
  if (room == 0) return soon;
  const Result<std::vector<RunRecord>> records = to_push(store_, run, room);
  if (!records) return later;
  Receipts receipts;
  std::deque<OwnPush> pushes;
  for (const RunRecord& record : *records) {
    Listing part;
    part.app_link = app_link->name;
    part.side = record.side;
    part.project = record.project;
    const Result<ValidPush> valid = push_for(part, snapshot, record.record);
    if (!valid) {
      static_cast<void>(drop_unpushed(store_, run, valid.error().message));
      return later;
    }
    pushes.emplace_back(*valid, "sync by " + parts->front().by, receipts, pushes.size());
  }
  if (pushes.empty()) return soon;
  receipts.expect(pushes.size());
  for (OwnPush& push : pushes) spool_.accept(push);
  const Result<std::vector<PushId>> ids = receipts.wait();
  const Result<void> saved = ids ? save_pushed(store_, run, *records, *ids) : Result<void>(ids.error());
  if (!saved) {
    log_.warn("records of a run can't be pushed yet", {{"run", run}, {"what", saved.error().message}});
    return later;
  }
  std::vector<PushId>& waiting = under_way_[run];
  waiting.insert(waiting.end(), ids->begin(), ids->end());
  return soon;
}

Result<Page> fetch(Engine& engine, const Listing& listing, const registry::AppLink& app_link,
                   const std::stop_token& stop) {
  const registry::End& end = app_link.end(listing.side);
  const bool native = end.application->adapter->capabilities().native_query;
  const adapter::Selection selection{listing.project, end.type, listing.since, native ? listing.query : std::string{}};
  Result<adapter::Changes> changes =
      engine.call(*end.application, {}, stop, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.changed_since(selection, listing.cursor, context);
      });
  if (!changes) return changes.error();
  Page page{std::move(changes->records), 0, std::move(changes->cursor), changes->more};
  page.found = page.records.size();
  if (native || listing.query.empty()) return page;

  const Result<std::shared_ptr<const mapping::Plan>> filter = filter_of(listing.query);
  if (!filter) return filter.error();
  std::vector<adapter::ChangedRecord> admitted;
  for (adapter::ChangedRecord& candidate : page.records) {
    const Result<record::Record> read = engine.call(
        *end.application, candidate.id, stop, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
          return adapter.read(candidate.project, candidate.id, context);
        });
    // What may not be read is for its pass to tell.
    const bool refused = !read && read.error().failure == FailureClass::permanent;
    if (!read && !refused && read.error().failure != FailureClass::gone) return read.error();
    if (refused || (read && (*filter)->admits(Side::source, read->fields))) admitted.push_back(std::move(candidate));
  }
  page.records = std::move(admitted);
  return page;
}

Result<ValidPush> push_for(const Listing& listing, const registry::Snapshot& snapshot, const RecordId& record) {
  return snapshot.resolve({listing.app_link, listing.side, record,
                           listing.project.empty() ? std::optional<ProjectName>{} : std::optional{listing.project}});
}

Result<void> Lister::push(const Listing& listing, const registry::Snapshot& snapshot,
                          const std::vector<adapter::ChangedRecord>& records) {
  Receipts receipts;
  std::deque<OwnPush> pushes;
  for (const adapter::ChangedRecord& record : records) {
    const Result<ValidPush> valid = push_for(listing, snapshot, record.id);
    if (!valid) return valid.error();
    pushes.emplace_back(*valid, listing.by, receipts, pushes.size());
  }
  if (pushes.empty()) return {};
  receipts.expect(pushes.size());
  for (OwnPush& push : pushes) spool_.accept(push);
  const Result<std::vector<PushId>> ids = receipts.wait();
  if (!ids) return ids.error();
  return {};
}

// How many pushes more of the run the queue may take.
std::size_t Lister::room_of(std::int64_t run) {
  std::vector<PushId>& pushes = under_way_[run];
  std::erase_if(pushes, [this](PushId id) {
    const Result<spool::Push> push = spool_.find(id);
    return !push || (push->state != spool::State::waiting && push->state != spool::State::running);
  });
  return window_ - std::min(window_, pushes.size());
}

Timestamp Lister::next_turn(const registry::AppLink& app_link) const {
  const Timestamp now = clock_.now();
  if (app_link.poll_every) return now + *app_link.poll_every;
  return next_time_of_day(app_link.run_at, now);
}

}  // namespace syncservice::sync
