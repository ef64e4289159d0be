#include "admin.hpp"
#include "conflicts.hpp"
#include "endings.hpp"
#include "engine.hpp"
#include "fault.hpp"
#include "health.hpp"
#include "history.hpp"
#include "instruments.hpp"
#include "lease_queue.hpp"
#include "links.hpp"
#include "lister.hpp"
#include "listings.hpp"
#include "pauses.hpp"
#include "random.hpp"
#include "run_records.hpp"

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/admin.hpp"
#include "syncservice/sync/sync.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace syncservice::sync {
namespace {

using Steady = std::chrono::steady_clock;

// The longest that dispatcher and keeper wait before they look at the clock again, whatever wakes them earlier.
constexpr std::chrono::milliseconds tick{1'000};
// After trouble with our own store or a fault of ours.
constexpr std::chrono::milliseconds pause{1'000};
// A pass that has waited this long for one answer leaves its place to another; how often that is looked at, and how
// many threads may come of it.
constexpr std::chrono::milliseconds stalled_after{2'000}, stall_check{250};
constexpr std::size_t most_threads = 256;
constexpr int prune_step = 500;
constexpr std::chrono::milliseconds prune_busy{50}, prune_idle{60'000};

}  // namespace

struct Service::Impl {
  Impl(store::Store& the_store, spool::Spool& the_spool, const registry::Registry& the_registry, const Clock& the_clock,
       const Settings& the_settings, telemetry::Log& the_log, telemetry::Metrics& metrics)
      : store(the_store),
        spool(the_spool),
        registry(the_registry),
        clock(the_clock),
        settings(the_settings),
        log(the_log),
        random(settings.seed),
        applications(clock, settings.probe_after, log, metrics),
        engine(store, clock, settings, applications, random, pauses, log),
        lister(store, spool, registry, clock, engine, std::size_t{4} * workers(), log),
        instruments(log, metrics),
        endings(store, spool, engine, instruments, log, workers()),
        queue(workers()) {}

  // Threads.
  void dispatch() noexcept;
  void work() noexcept;
  void keep() noexcept;
  void list() noexcept;
  void watch_stalls() noexcept;

  [[nodiscard]] unsigned workers() const { return std::max(settings.workers, 1U); }
  [[nodiscard]] Shares shares(const registry::AppLink* app_link) const;
  void add_workers(std::size_t number);
  void reload_pauses();
  void claim(std::size_t room);
  [[nodiscard]] std::optional<RecordKey> twin(const RecordKey& end) const;
  [[nodiscard]] bool blocked(const AppLinkName& name) const;
  void run(spool::Lease lease);
  [[nodiscard]] Report pass(spool::Lease& lease);
  void probe();
  void probe(const ApplicationName& name, const registry::Snapshot* snapshot);
  void release_held();
  [[nodiscard]] bool prune();
  void rest(std::chrono::milliseconds time, const std::stop_token& stop);

  store::Store& store;
  spool::Spool& spool;
  const registry::Registry& registry;
  const Clock& clock;
  const Settings settings;
  telemetry::Log& log;
  Random random;
  Applications applications;
  Pauses pauses;
  Engine engine;
  Lister lister;
  Instruments instruments;
  Endings endings;
  LeaseQueue queue;

  std::stop_source intake;  // no new passes, no more upkeep
  std::stop_source abort;   // running passes end, too
  std::mutex lifecycle;     // of start and stop
  std::mutex mutex;
  std::condition_variable worker_ended;
  std::condition_variable_any wake;
  std::size_t workers_running = 0;
  bool nudged = false, list_nudged = false;
  std::vector<std::jthread> worker_threads, threads;
};

void Service::Impl::dispatch() noexcept {
  while (const std::size_t room = queue.wait_for_room()) {
    if (endings.failed()) rest(pause, intake.get_token());
    try {
      claim(room);
    } catch (const std::exception& error) {
      log.error("claiming pushes failed", {{"what", error.what()}});
      rest(pause, intake.get_token());
    }
  }
}

void Service::Impl::claim(std::size_t room) {
  std::chrono::milliseconds wait = tick;
  if (const auto release = applications.next_release()) {
    wait = std::clamp(*release - clock.now(), std::chrono::milliseconds{1}, tick);
  }
  const Steady::time_point until = Steady::now() + wait;
  std::vector<spool::Lease> leases = spool.claim(
      room, [this](const RecordKey& end) { return twin(end); },
      [this](const AppLinkName& name) { return blocked(name); }, intake.get_token(), until);
  if (leases.empty() && Steady::now() < until) rest(pause, intake.get_token());  // the spool was closed before us
  const std::shared_ptr<const registry::Snapshot> snapshot = registry.current();
  for (spool::Lease& lease : leases) {
    const std::shared_ptr<const registry::AppLink> app_link =
        snapshot ? snapshot->find(lease.push().key.app_link) : nullptr;
    const Shares its = shares(app_link.get());
    queue.push(std::move(lease), its);
  }
}

// Half as many more than there are workers, so that none has to wait for the next claim.
Shares Service::Impl::shares(const registry::AppLink* app_link) const {
  const std::size_t usual = workers() + std::max(workers() / 2, 1U);
  if (app_link == nullptr) return {{}, {}, usual, usual};
  const auto most = [&](const registry::Application& application) {
    return application.limits.concurrent == 0 ? usual : std::min<std::size_t>(usual, application.limits.concurrent);
  };
  const registry::Application& source = *app_link->source.application;
  const registry::Application& destination = *app_link->destination.application;
  return {source.name, destination.name, most(source), most(destination)};
}

// A failure here is not lost: the pass looks again, and ends when it can't.
std::optional<RecordKey> Service::Impl::twin(const RecordKey& end) const {
  Result<std::optional<RecordKey>> found = twin_of(store, end);
  if (found) return std::move(*found);
  log.error("a record link can't be read", {{"record", end.id.str()}, {"what", found.error().message}});
  return std::nullopt;
}

bool Service::Impl::blocked(const AppLinkName& name) const {
  const std::shared_ptr<const registry::Snapshot> snapshot = registry.current();
  if (!snapshot) return true;
  const std::shared_ptr<const registry::AppLink> app_link = snapshot->find(name);
  return app_link && (engine.must_wait(*app_link) || queue.full(shares(app_link.get())));
}

void Service::Impl::work() noexcept {
  while (std::optional<LeaseQueue::Running> running = queue.pop()) {
    try {
      run(running->take());
    } catch (const std::exception& error) {
      log.error("the end of a pass can't be handed over; its push waits and is looked at again",
                {{"what", error.what()}});
      rest(pause, intake.get_token());
    }
    running.reset();
    if (queue.took_room_back()) spool.nudge();
  }
  const std::scoped_lock lock(mutex);
  --workers_running;
  worker_ended.notify_all();
}

void Service::Impl::run(spool::Lease lease) {
  const Instruments::Running counted = instruments.running();
  const Steady::time_point started = Steady::now();
  Report report = pass(lease);
  if (!report.verdict) return;
  fault_point("pass ended");
  endings.commit(std::move(lease), std::move(report), Steady::now() - started);
}

Report Service::Impl::pass(spool::Lease& lease) {
  const Timestamp started = clock.now();
  try {
    const std::shared_ptr<const registry::Snapshot> snapshot = registry.current();
    const Assignment assignment{lease.push(), lease.failing_since(),
                                snapshot ? snapshot->find(lease.push().key.app_link) : nullptr,
                                [&lease](const RecordKey& end) { return lease.extend(end); }, snapshot};
    return engine.pass(assignment, abort.get_token());
  } catch (const std::exception& error) {
    return engine.broken(lease.push(), started, error.what());
  }
}

void Service::Impl::keep() noexcept {
  const std::stop_token stop = intake.get_token();
  Steady::time_point next_prune = Steady::now();
  bool conflict_ended = true;  // perhaps just before the last stop
  while (!stop.stop_requested()) {
    try {
      probe();
      if (std::exchange(conflict_ended, false) || endings.ended_conflict()) release_held();
      if (Steady::now() >= next_prune) next_prune = Steady::now() + (prune() ? prune_busy : prune_idle);
    } catch (const std::exception& error) {
      log.error("upkeep failed", {{"what", error.what()}});
      next_prune = Steady::now() + prune_idle;
    }
    std::unique_lock lock(mutex);
    static_cast<void>(wake.wait_until(lock, stop, std::min(next_prune, Steady::now() + tick),
                                      [this] { return std::exchange(nudged, false); }));
  }
}

// Workers whose passes hang are replaced for as long as they do, so that one application's outage costs the others
// nothing.
void Service::Impl::watch_stalls() noexcept {
  const std::stop_token stop = intake.get_token();
  while (!stop.stop_requested()) {
    const std::size_t stalled = queue.set_stalled(engine.waiting_longer_than(stalled_after));
    try {
      const std::scoped_lock lock(mutex);
      if (workers_running > 0 && !stop.stop_requested()) {
        const std::size_t wanted = std::min(workers() + stalled, most_threads);
        if (wanted > workers_running) add_workers(wanted - workers_running);
      }
    } catch (const std::exception& error) {
      log.error("no thread can be had for another worker", {{"what", error.what()}});
    }
    if (queue.took_room_back()) spool.nudge();
    rest(stall_check, stop);
  }
}

// With mutex held.
void Service::Impl::add_workers(std::size_t number) {
  for (std::size_t i = 0; i < number; ++i) {
    worker_threads.emplace_back([this] { work(); });
    ++workers_running;
  }
}

void Service::Impl::list() noexcept {
  const std::stop_token stop = intake.get_token();
  while (!stop.stop_requested()) {
    std::chrono::milliseconds wait = pause;
    try {
      wait = std::clamp(lister.step(stop) - clock.now(), std::chrono::milliseconds{0}, tick);
    } catch (const std::exception& error) {
      log.error("listing changes failed", {{"what", error.what()}});
    }
    std::unique_lock lock(mutex);
    static_cast<void>(wake.wait_for(lock, stop, wait, [this] { return std::exchange(list_nudged, false); }));
  }
}

void Service::Impl::reload_pauses() {
  if (const Result<void> read = pauses.reload(store); !read) {
    log.error("pauses can't be read; those known before stay", {{"what", read.error().message}});
  }
}

void Service::Impl::probe() {
  const std::vector<ApplicationName> due = applications.due_probes();
  if (due.empty()) return;
  const std::shared_ptr<const registry::Snapshot> snapshot = registry.current();
  for (const ApplicationName& name : due) probe(name, snapshot.get());
}

void Service::Impl::probe(const ApplicationName& name, const registry::Snapshot* snapshot) {
  std::shared_ptr<const registry::Application> application;
  if (snapshot != nullptr) {
    for (const auto& candidate : snapshot->applications()) {
      if (candidate->name == name) application = candidate;
    }
  }
  if (!application) {
    applications.forget(name);
    return;
  }
  const std::stop_token stop = intake.get_token();
  const Result<void> answered = application->adapter->ping({stop, Steady::now() + settings.call_timeout});
  if (answered) {
    applications.probe_succeeded(name);
    spool.nudge();
  } else if (!stop.stop_requested()) {
    applications.probe_failed(name, answered.error());
  }
}

// A conflict may end by a pass over the other end of its pair. What was held for it runs then: its own part, comments
// for one, has yet to go across.
void Service::Impl::release_held() {
  spool::Query query{.state = spool::State::held, .limit = 1000};
  for (bool more = true; more;) {
    const Result<std::vector<spool::Push>> page = spool.list(query);
    if (!page) {
      log.error("held pushes can't be read", {{"what", page.error().message}});
      return;
    }
    for (const spool::Push& push : *page) {
      const Result<bool> held = is_held(store, push.key);
      if (held && *held) continue;
      const Result<PushId> runs =
          held ? spool.retry(push.id, "the service, since its conflict has ended") : held.error();
      if (!runs)
        log.error("a held push can't be let go", {{"push", to_string(push.id)}, {"what", runs.error().message}});
    }
    more = page->size() == static_cast<std::size_t>(query.limit);
    if (more) query.before = page->back().id;
  }
}

// True when there is more to remove.
bool Service::Impl::prune() {
  const Timestamp before = clock.now() - settings.keep_history;
  const Result<std::int64_t> pushes = spool.prune(before, prune_step);
  const Result<std::int64_t> passes = prune_passes(store, before, prune_step);
  const Result<std::int64_t> runs = prune_runs(store, before, prune_step);
  for (const auto* removed : {&pushes, &passes, &runs}) {
    if (!*removed) log.error("old history can't be removed", {{"what", removed->error().message}});
  }
  return pushes && passes && runs && std::max({*pushes, *passes, *runs}) == prune_step;
}

void Service::Impl::rest(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  static_cast<void>(wake.wait_for(lock, stop, time, [] { return false; }));
}

Service::Service(store::Store& store, spool::Spool& spool, const registry::Registry& registry, const Clock& clock,
                 const Settings& settings, telemetry::Log& log, telemetry::Metrics& metrics)
    : impl_(std::make_unique<Impl>(store, spool, registry, clock, settings, log, metrics)) {}

Service::~Service() {
  stop(std::chrono::milliseconds{0});
}

void Service::start() {
  const std::scoped_lock lifecycle(impl_->lifecycle);
  if (!impl_->threads.empty() || impl_->intake.stop_requested()) return;
  impl_->reload_pauses();
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->add_workers(impl_->workers());
  }
  impl_->threads.emplace_back([this] { impl_->dispatch(); });
  impl_->threads.emplace_back([this] { impl_->keep(); });
  impl_->threads.emplace_back([this] { impl_->list(); });
  impl_->threads.emplace_back([this] { impl_->watch_stalls(); });
}

void Service::stop(std::chrono::milliseconds grace) noexcept {
  const std::scoped_lock lifecycle(impl_->lifecycle);
  impl_->intake.request_stop();
  impl_->queue.close();
  {
    std::unique_lock lock(impl_->mutex);
    impl_->worker_ended.wait_for(lock, grace, [this] { return impl_->workers_running == 0; });
  }
  impl_->abort.request_stop();
  impl_->threads.clear();
  impl_->worker_threads.clear();
  impl_->endings.drain();
}

void Service::nudge() noexcept {
  impl_->reload_pauses();
  impl_->applications.probe_all_now();
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->nudged = impl_->list_nudged = true;
  }
  impl_->wake.notify_all();
  impl_->spool.nudge();
}

Result<PassRecord> Service::preview(const ValidPush& record) const {
  spool::Push push;
  push.key = record.key();
  push.accepted = impl_->clock.now();
  const std::shared_ptr<const registry::Snapshot> snapshot = impl_->registry.current();
  const Assignment assignment{push, std::nullopt, snapshot ? snapshot->find(push.key.app_link) : nullptr,
                              [](const RecordKey&) { return true; }, snapshot};
  try {
    Report report = impl_->engine.preview(assignment, impl_->abort.get_token());
    return std::move(*report.history);
  } catch (const std::exception& error) {
    return Error{boost::system::errc::make_error_code(boost::system::errc::state_not_recoverable),
                 std::string{"The preview broke off: "}.append(error.what()), FailureClass::internal, std::nullopt};
  }
}

Result<void> Service::look_for(const ValidPush& record) const {
  const RecordKey& key = record.key();
  const std::shared_ptr<const registry::Snapshot> snapshot = impl_->registry.current();
  const std::shared_ptr<const registry::AppLink> app_link = snapshot ? snapshot->find(key.app_link) : nullptr;
  if (!app_link) return {};
  const registry::Application& application = *app_link->end(key.side).application;
  const auto read = impl_->engine.call_aside(application, impl_->abort.get_token(),
                                             [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
                                               return adapter.read(key.project, key.id, context);
                                             });
  if (read) return {};
  if (read.error().failure != FailureClass::gone) return read.error();
  std::string message = "The ";
  message.append(to_string(key.side)).append(", ").append(application.name.str()).append(", has no record ");
  if (!key.project.empty()) message.append(key.project.str()).append("/");
  Error gone = read.error();
  gone.message = message.append(key.id.str()).append(".");
  return gone;
}

// A page is named by the part of the run and the adapter's cursor in it: "1:…".
Result<RunRecords> Service::run_records(const RunRequest& request, const std::string& from) const {
  const std::shared_ptr<const registry::Snapshot> snapshot = impl_->registry.current();
  if (!snapshot) return RunRecords{};
  Result<std::vector<Listing>> parts = parts_of(*snapshot, request);
  if (!parts) return parts.error();
  std::size_t part = 0;
  const std::size_t colon = from.find(':');
  if (!from.empty()) {
    const char* end = from.data() + std::min(colon, from.size());
    const auto [stopped, error] = std::from_chars(from.data(), end, part);
    if (colon == std::string::npos || error != std::errc{} || stopped != end || part >= parts->size()) {
      return refuse(Refusal::wrong_request,
                    "\"" + text::printable(from) + "\" names no page of this run; give `next` of the page before.");
    }
    (*parts)[part].cursor = from.substr(colon + 1);
  }
  const Listing& listing = (*parts)[part];
  const std::shared_ptr<const registry::AppLink> app_link = snapshot->find(listing.app_link);
  Result<Page> page = fetch(impl_->engine, listing, *app_link, impl_->abort.get_token());
  if (!page) return page.error();
  RunRecords out;
  for (const adapter::ChangedRecord& record : page->records) {
    const Result<ValidPush> valid = push_for(listing, *snapshot, record.id);
    if (!valid) return valid.error();
    out.records.push_back(valid->key());
  }
  if (page->more) {
    out.next = std::to_string(part) + ':' + page->cursor;
  } else if (part + 1 < parts->size()) {
    out.next = std::to_string(part + 1) + ':';
  }
  return out;
}

std::string Service::waits_because(const AppLinkName& name) const {
  const std::shared_ptr<const registry::Snapshot> snapshot = impl_->registry.current();
  const std::shared_ptr<const registry::AppLink> app_link = snapshot ? snapshot->find(name) : nullptr;
  return app_link ? impl_->engine.must_wait_because(*app_link) : std::string{};
}

std::vector<Health> Service::health() const {
  std::vector<Health> all;
  const std::shared_ptr<const registry::Snapshot> snapshot = impl_->registry.current();
  if (!snapshot) return all;
  for (const auto& application : snapshot->applications()) {
    all.push_back(impl_->applications.report(application->name));
  }
  return all;
}

}  // namespace syncservice::sync
