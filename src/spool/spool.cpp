#include "core.hpp"

#include "syncservice/telemetry/log.hpp"

#include <algorithm>

namespace syncservice::spool {

Core::Core(store::Store& store_used, const Clock& clock_used, const Settings& settings_used, telemetry::Log& log_used,
           telemetry::Metrics& metrics)
    : store(store_used),
      clock(clock_used),
      settings(settings_used),
      log(log_used),
      instruments(metrics),
      waiting_limit(settings_used.waiting_limit),
      disk(store_used.folder(), settings_used.disk_reserve_bytes),
      run_job(std::make_unique<RunJob>(*this)) {}

Core::~Core() = default;

Result<void> Core::open() {
  const Result<void> loaded = store.read([this](store::Connection& connection) {
    store::Statement names = connection.prepare("SELECT id, name FROM app_link_name ORDER BY id");
    while (names.step()) {
      add_link(names.integer(0), AppLinkName{names.text(1)}, true);
      next_link = std::max(next_link, names.integer(0) + 1);
    }
    store::Statement last = connection.prepare("SELECT max(id) FROM push");
    if (last.step()) next_id = last.integer(0) + 1;
    store::Statement rows = connection.prepare("SELECT id, link FROM push INDEXED BY push_waiting WHERE state = 0");
    while (rows.step()) count_waiting(*links_by_id.at(rows.integer(1)), rows.integer(0), 1);
    index.load(connection, waiting_runs);
    load_deliveries(connection);
  });
  if (!loaded) return loaded.error();
  store.observe([this](const store::Batch& batch) { end_batch(batch); });
  return {};
}

void Core::load_deliveries(store::Connection& connection) {
  store::Statement rows = connection.prepare(
      "SELECT id, link, side, project, record, delivery FROM push WHERE id > ? AND delivery IS NOT NULL ORDER BY id");
  rows.bind(1, next_id - static_cast<std::int64_t>(Deliveries::most));
  while (rows.step()) {
    const RecordKey key{links_by_id.at(rows.integer(1))->name, static_cast<Side>(rows.integer(2)),
                        ProjectName{rows.text(3)}, RecordId{rows.text(4)}};
    deliveries.note(rows.text(5), rows.integer(1), key, rows.integer(0));
  }
}

void Core::drain() noexcept {
  closed = true;
  const auto wait = [this] {
    for (std::int64_t left = under_way; left != 0; left = under_way) under_way.wait(left);
  };
  wait();
  store.observe(nullptr);
  wait();  // for what the last batch's end may have handed to the writer
  // The job that was told last may still be on its way out.
  (void)store.write([](store::Transaction&) {});
}

Spool::Spool(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Spool::~Spool() {
  close();
  core_->drain();
}

Result<std::unique_ptr<Spool>> Spool::open(store::Store& store, const Clock& clock, Settings settings,
                                           telemetry::Log& log, telemetry::Metrics& metrics) {
  auto core = std::make_unique<Core>(store, clock, settings, log, metrics);
  if (Result<void> opened = core->open(); !opened) return opened.error();
  log.debug("spool opened", {{"waiting", core->waiting}});
  return std::unique_ptr<Spool>{new Spool{std::move(core)}};
}

void Spool::close() noexcept {
  {
    const std::scoped_lock lock{core_->mutex};
    core_->closed = true;
    ++core_->events;
  }
  core_->wake.notify_all();
}

void Spool::set_waiting_limit(std::int64_t limit) noexcept {
  core_->waiting_limit = limit;
}

void Spool::nudge() noexcept {
  {
    const std::scoped_lock lock{core_->mutex};
    ++core_->events;
  }
  core_->wake.notify_all();
}

std::vector<Lease> Spool::claim(std::size_t most, const TwinLookup& twin, const Blocked& blocked, std::stop_token stop,
                                std::chrono::steady_clock::time_point until) {
  return core_->claim(most, twin, blocked, stop, until);
}

void Spool::finish(store::Transaction& tx, const Lease& lease, const Verdict& verdict) {
  core_->finish(tx, *lease.impl_, verdict);
}

void Spool::settle(Lease lease) noexcept {
  core_->settle(*lease.impl_);
}

}  // namespace syncservice::spool
