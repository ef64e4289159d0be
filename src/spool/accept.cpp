#include "core.hpp"

#include "syncservice/telemetry/log.hpp"

#include <algorithm>

namespace syncservice::spool {

namespace {

constexpr std::size_t longest_note = 100;

std::string cut(std::string text) {
  if (text.size() <= longest_note) return text;
  std::size_t end = longest_note;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

Error queue_full(std::int64_t limit) {
  return {make_error_code(Errc::queue_full),
          "The queue is full: " + std::to_string(limit) + " pushes wait (push.service.queue.limit). Try again later.",
          FailureClass::transient, std::chrono::seconds{10}};
}

Error disk_full(const std::string& folder) {
  return {make_error_code(Errc::disk_full),
          "The disk that holds the data folder " + folder + " is full. Free some space; try again later.",
          FailureClass::transient, std::chrono::seconds{60}};
}

Error shutting_down() {
  return {make_error_code(Errc::unavailable), "The service is shutting down. Try again later.", FailureClass::transient,
          std::chrono::seconds{5}};
}

}  // namespace

Acceptance::Acceptance(const ValidPush& push, std::string pushed_by, std::string peer, std::string delivery)
    : push_(push), pushed_by_(cut(std::move(pushed_by))), peer_(cut(std::move(peer))), delivery_(std::move(delivery)) {}

void Acceptance::run(store::Transaction& tx) {
  core_->accept(tx, *this);
}

void Acceptance::finished(const Result<void>& outcome) noexcept {
  core_->told(*this, outcome);
}

void Spool::accept(Acceptance& acceptance) noexcept {
  if (core_->closed) {
    core_->instruments.refused(Errc::unavailable);
    acceptance.accepted(shutting_down());
    return;
  }
  acceptance.core_ = core_.get();
  core_->under_way.fetch_add(1);
  core_->store.submit(acceptance);
}

void Spool::after_batch(std::function<void()> told) {
  (void)core_->store.write([&](store::Transaction&) { core_->after_batch = std::move(told); });
}

Result<void> Spool::ready() const {
  if (core_->closed) return shutting_down();
  if (core_->store_failing) {
    return Error{make_error_code(Errc::unavailable),
                 "The database could not be written at the last attempt; see the log.", FailureClass::transient,
                 std::chrono::seconds{5}};
  }
  const std::int64_t limit = core_->waiting_limit;
  {
    const std::scoped_lock lock{core_->mutex};
    if (core_->waiting >= limit) return queue_full(limit);
  }
  if (DiskGuard{core_->store.folder(), core_->settings.disk_reserve_bytes}.low())
    return disk_full(core_->store.folder());
  return {};
}

Link& Core::add_link(std::int64_t id, const AppLinkName& name, bool stored) {
  auto fresh = std::make_unique<Link>();
  fresh->id = id;
  fresh->name = name;
  fresh->stored = stored;
  Link& out = *fresh;
  links_by_name.emplace(name, std::move(fresh));
  const std::scoped_lock lock{mutex};
  out.place = links.size();
  links.push_back(&out);
  links_by_id.emplace(id, &out);
  return out;
}

Link& Core::link(const AppLinkName& name) {
  const auto known = links_by_name.find(name);
  return known != links_by_name.end() ? *known->second : add_link(next_link++, name, false);
}

void Core::begin_batch() {
  batch_begun = true;
  now = clock.now();
  inserted.clear();
  take_hints();
  const std::scoped_lock lock{mutex};
  waiting_now = waiting;
}

void Core::take_hints() {
  std::vector<std::pair<std::int64_t, KeyHash>> again;
  {
    const std::scoped_lock lock{mutex};
    again.swap(wait_again);
  }
  for (const auto& [id, hash] : again) index.remember(id, hash);
}

bool Core::is_busy(std::int64_t id) const {
  const std::scoped_lock lock{mutex};
  return busy.contains(id);
}

std::optional<std::int64_t> Core::waiting_push(store::Connection& connection, std::int64_t link_id,
                                               const RecordKey& key, const KeyHash& hash, std::int64_t self) const {
  const auto fits = [&](std::int64_t id) {
    return id != self && !is_busy(id) && waits_as(connection, id, link_id, key);
  };
  return index.find(connection, hash, [&fits](std::int64_t id) { return fits(id); });
}

void Core::accept(store::Transaction& tx, Acceptance& acceptance) {
  if (!batch_begun) begin_batch();
  acceptance.inserted_ = acceptance.repeats_ = false;
  acceptance.refusal_.reset();
  const RecordKey& key = acceptance.push_.key();
  Link& to = link(key.app_link);
  acceptance.link_ = &to;
  if (const auto before = deliveries.find(acceptance.delivery_, to.id, key)) {
    acceptance.row_ = *before;
    acceptance.repeats_ = true;
    return;
  }
  const KeyHash hash = hash_key(to.id, static_cast<int>(key.side), key.project.str(), key.id.str());
  if (const auto joins = waiting_push(tx, to.id, key, hash, 0)) {
    acceptance.row_ = *joins;
    return;
  }
  if (const std::int64_t limit = waiting_limit; waiting_now >= limit) {
    acceptance.refusal_ = queue_full(limit);
    return;
  }
  if (disk.low()) {
    acceptance.refusal_ = disk_full(disk.folder());
    return;
  }
  if (!to.stored) {
    tx.prepare("INSERT OR IGNORE INTO app_link_name(id, name) VALUES(?, ?)")
        .bind(1, to.id)
        .bind(2, to.name.str())
        .run();
  }
  const std::int64_t id = next_id++;
  const std::int64_t at = to_millis(now);
  tx.prepare(
        "INSERT INTO push(id, link, side, state, attempts, accepted, due, changed, project, record, pushed_by, peer, "
        "delivery) VALUES(?1, ?2, ?3, 0, 0, ?4, ?4, ?4, ?5, ?6, ?7, ?8, nullif(?9, ''))")
      .bind(1, id)
      .bind(2, to.id)
      .bind(3, static_cast<std::int64_t>(key.side))
      .bind(4, at)
      .bind(5, key.project.str())
      .bind(6, key.id.str())
      .bind(7, acceptance.pushed_by_)
      .bind(8, acceptance.peer_)
      .bind(9, acceptance.delivery_)
      .run();
  index.add(id, hash);
  inserted.push_back({id, &to});
  acceptance.row_ = id;
  acceptance.inserted_ = true;
  ++waiting_now;
}

void Core::count_inserted() noexcept {
  if (inserted.empty()) return;
  {
    const std::scoped_lock lock{mutex};
    for (const Inserted& push : inserted) {
      push.link->stored = true;
      count_waiting(*push.link, push.id, 1);
      push.link->next_due = std::min(push.link->next_due, now);
      ++push.link->version;
    }
    ++events;
  }
  wake.notify_all();
  accepted_total += static_cast<std::int64_t>(inserted.size());
  inserted.clear();
}

void Core::told(Acceptance& acceptance, const Result<void>& outcome) noexcept {
  if (!outcome) {
    inserted.clear();
    const Error& cause = outcome.error();
    const bool closing = cause.code == store::make_error_code(store::Errc::closed);
    const bool full = cause.code == store::make_error_code(store::Errc::full);
    if (!closing && !store_failing.exchange(true)) log.error("pushes can't be stored", {{"why", cause.message}});
    Error error = full ? disk_full(store.folder()) : shutting_down();
    if (!full && !closing) error.message = "The push could not be stored. Try again later.";
    instruments.refused(full ? Errc::disk_full : Errc::unavailable);
    acceptance.accepted(error);
  } else if (acceptance.refusal_) {
    const Error error = *acceptance.refusal_;
    instruments.refused(static_cast<Errc>(error.code.value()));
    acceptance.accepted(error);
  } else if (acceptance.inserted_) {
    // Acceptances of one batch succeed or fail together, so the first that is told counts for all.
    count_inserted();
    deliveries.note(acceptance.delivery_, acceptance.link_->id, acceptance.push_.key(), acceptance.row_);
    acceptance.accepted(Receipt{PushId{acceptance.row_}, false});
  } else if (acceptance.repeats_) {
    ++joined_total;
    acceptance.accepted(Receipt{PushId{acceptance.row_}, true});
  } else if (is_busy(acceptance.row_)) {
    // Claimed since it joined: that pass may have read the record already.
    store.submit(acceptance);
    return;
  } else {
    ++joined_total;
    deliveries.note(acceptance.delivery_, acceptance.link_->id, acceptance.push_.key(), acceptance.row_);
    acceptance.accepted(Receipt{PushId{acceptance.row_}, true});
  }
  job_ended();
}

void Core::job_ended() noexcept {
  if (under_way.fetch_sub(1) == 1 && closed) under_way.notify_all();
}

void Core::end_batch(const store::Batch& batch) {
  if (after_batch) after_batch();
  batch_begun = false;
  inserted.clear();
  if (batch.committed) store_failing = false;
  std::int64_t waiting_rows = 0;
  std::size_t running = 0;
  {
    const std::scoped_lock lock{mutex};
    waiting_rows = waiting;
    running = leased.size();
  }
  if (accepted_total > 0) instruments.accepted.add(static_cast<double>(std::exchange(accepted_total, 0)));
  if (joined_total > 0) instruments.joined.add(static_cast<double>(std::exchange(joined_total, 0)));
  instruments.waiting.set(static_cast<double>(waiting_rows));
  instruments.running.set(static_cast<double>(running));
  instruments.batch_jobs.observe(static_cast<double>(batch.jobs));
  instruments.commit_seconds.observe(std::chrono::duration<double>(batch.commit).count());
  if (index.run_complete(next_id)) run_job->submit();
}

void Core::RunJob::submit() noexcept {
  if (under_way_) return;
  under_way_ = true;
  core_.under_way.fetch_add(1);
  core_.store.submit(*this);
}

void Core::RunJob::run(store::Transaction& tx) {
  core_.index.write_run(tx);
}

void Core::RunJob::finished(const Result<void>& outcome) noexcept {
  under_way_ = false;
  if (outcome) {
    core_.index.run_written();
    core_.index.drop_filters([this](std::int64_t run) {
      const std::scoped_lock lock{core_.mutex};
      return core_.waiting_runs.contains(run);
    });
  }
  core_.job_ended();
}

}  // namespace syncservice::spool
