// How many passes a second the engine makes from folder to folder, beside the same calls of the adapters without it;
// how well it keeps its workers busy when each call takes long; and what a store with many record links costs.
//   sync_bench [--records N] [--links N] [--latency MS] [--json FILE]
#include "support/eventually.hpp"
#include "support/temp_folder.hpp"

#include "syncservice/adapters/folder/folder.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace syncservice;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

/// What all adapters of one bench share: how long a call takes longer, and how many there were.
struct Wire {
  std::chrono::milliseconds latency{};
  std::atomic<std::int64_t> calls = 0;
};

/// A system behind a wire: each call goes to the folder adapter once the latency has passed.
class FarFolder final : public adapter::Adapter {
 public:
  FarFolder(std::unique_ptr<Adapter> folder, Wire& wire) : folder_(std::move(folder)), wire_(wire) {}

  Result<record::Record> read(const ProjectName& project, const RecordId& id,
                              const adapter::CallContext& context) override {
    return cross(context)->read(project, id, context);
  }
  Result<record::Record> create(const adapter::NewRecord& wanted, const adapter::CallContext& context) override {
    return cross(context)->create(wanted, context);
  }
  Result<record::Record> update(const ProjectName& project, const RecordId& id, const record::Fields& patch,
                                const adapter::CallContext& context) override {
    return cross(context)->update(project, id, patch, context);
  }
  Result<std::optional<record::Record>> find_by_marker(const ProjectName& project, const std::string& marker,
                                                       const adapter::CallContext& context) override {
    return cross(context)->find_by_marker(project, marker, context);
  }
  Result<void> ping(const adapter::CallContext& context) override { return cross(context)->ping(context); }

 private:
  Adapter* cross(const adapter::CallContext& context) {
    ++wire_.calls;
    if (wire_.latency.count() > 0) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any().wait_for(lock, context.stop, wire_.latency, [] { return false; });
    }
    return folder_.get();
  }
  std::unique_ptr<Adapter> folder_;
  Wire& wire_;
};

adapter::Kind far_folder(Wire& wire) {
  adapter::Kind kind = adapter::folder_kind();
  kind.make = [make = kind.make,
               &wire](const adapter::Settings& settings) -> Result<std::unique_ptr<adapter::Adapter>> {
    Result<std::unique_ptr<adapter::Adapter>> folder = make(settings);
    if (!folder) return folder;
    return std::unique_ptr<adapter::Adapter>{std::make_unique<FarFolder>(std::move(*folder), wire)};
  };
  return kind;
}

class Accepted final : public spool::Acceptance {
 public:
  Accepted(const ValidPush& push, std::counting_semaphore<>& told)
      : Acceptance(push, "bench", "127.0.0.1"), told_(told) {}

 private:
  void accepted(const Result<spool::Receipt>& receipt) noexcept override {
    if (!receipt) std::terminate();
    std::counting_semaphore<>& told = told_;
    delete this;
    told.release();
  }
  std::counting_semaphore<>& told_;
};

enum class Phase : std::uint8_t { create, update, nothing };
constexpr const char* phase_name[] = {"create", "update", "nothing to do"};

struct Rate {
  double per_second = 0;
  double calls_per_pass = 0;
};

/// One data folder on disk, two folders of records, and one app link between them.
class Site {
 public:
  /// Records behind a wire are in memory: how long calls take is then the latency alone.
  explicit Site(std::chrono::milliseconds latency)
      : records_(latency.count() > 0 ? support::TempFolder::in_memory() : support::TempFolder()) {
    wire_.latency = latency;
    support::write_file(records_ / "app-links.yaml",
                        "applications:\n"
                        "  left: { adapter: folder, path: left }\n"
                        "  right: { adapter: folder, path: right }\n"
                        "appLinks:\n"
                        "  - name: Bench\n"
                        "    syncType: PUSH\n"
                        "    source: { application: left, project: L, type: Story }\n"
                        "    destination: { application: right, project: R, type: requirement }\n"
                        "    direction: both\n"
                        "    fields:\n"
                        "      - { source: summary, destination: name }\n"
                        "      - { source: text, destination: description }\n"
                        "      - { source: priority, destination: severity }\n");
    std::filesystem::create_directories(records_ / "right" / "R");
    const registry::LoadResult loaded =
        registry::load((records_ / "app-links.yaml").string(), {far_folder(wire_)}, nullptr);
    if (!loaded.snapshot) throw std::runtime_error(to_string(loaded.complaints.front()));
    registry_.replace(loaded.snapshot);
    store_ = store::Store::open(store::Settings{.folder = (folder_ / "data").string()}).value();
    spool_ = spool::Spool::open(*store_, clock_, {}, log_, metrics_).value();
  }

  /// Links of records that are in no folder: they only fill the store.
  void fill_links(std::int64_t count) {
    constexpr std::int64_t step = 20'000;
    for (std::int64_t at = 0; at < count; at += step) {
      const std::int64_t end = std::min(count, at + step);
      store_
          ->write([&](store::Transaction& tx) {
            for (std::int64_t n = at; n < end; ++n) {
              const std::string source = "OTHER-" + std::to_string(n);
              const std::string destination = "OTHER-" + std::to_string(count - n);
              store::Statement row = tx.prepare(
                  "INSERT INTO record_link (app_link, source_project, source_id, destination_project, destination_id, "
                  "created, changed, source_snapshot, destination_snapshot) VALUES ('Bench', 'L', ?, 'R', ?, 0, 0, "
                  R"('{"priority":"High","summary":"A door that sticks","text":"It sticks when it rains"}', )"
                  R"('{"description":"It sticks when it rains","name":"A door that sticks","severity":"High"}'))");
              row.bind(1, source).bind(2, destination).run();
            }
          })
          .value();
    }
  }

  /// Runs one pass for each of the records [from, to) and says how fast they went.
  Rate run(Phase phase, int from, int to, unsigned workers) {
    if (phase != Phase::nothing) write_records(phase, from, to);
    sync::Settings settings;
    settings.workers = workers;
    settings.scratch_folder = folder_.path().string();
    sync::Service service(*store_, *spool_, registry_, clock_, settings, log_, metrics_);
    push(from, to);
    wire_.calls = 0;
    const auto start = Steady::now();
    service.start();
    if (!support::eventually([this] { return !waiting(); }, std::chrono::minutes{10}))
      throw std::runtime_error("passes hang");
    const double took = seconds_since(start);
    service.stop(std::chrono::seconds{10});
    const double passes = to - from;
    return {passes / took, static_cast<double>(wire_.calls) / passes};
  }

 private:
  void write_records(Phase phase, int from, int to) {
    ++edition_;
    for (int n = from; n < to; ++n) {
      const nlohmann::json record = {
          {"type", "Story"},
          {"fields",
           {{"summary", "Door " + std::to_string(n) + ", edition " + std::to_string(edition_)},
            {"text", "It sticks when it rains"},
            {"priority", "High"}}}};
      nlohmann::json changed = record;
      const std::filesystem::path file = records_ / "left" / "L" / ("L-" + std::to_string(n) + ".json");
      if (phase == Phase::update) {
        changed = nlohmann::json::parse(support::read_file(file));
        changed["fields"] = record["fields"];
      }
      support::write_file(file, changed.dump());
    }
  }

  void push(int from, int to) {
    std::counting_semaphore<> told{0};
    for (int n = from; n < to; ++n) {
      const ValidPush valid =
          registry_.current()
              ->validate({AppLinkName{"Bench"}, Side::source, RecordId{"L-" + std::to_string(n)}, std::nullopt})
              .value();
      spool_->accept(*new Accepted(valid, told));
    }
    for (int n = from; n < to; ++n) told.acquire();
  }

  [[nodiscard]] bool waiting() const {
    const spool::Counts counts = spool_->counts().value();
    if (counts.dead_letters + counts.held > 0) throw std::runtime_error("a pass failed");
    return counts.waiting + counts.running > 0;
  }

  int edition_ = 0;
  support::TempFolder folder_;
  support::TempFolder records_;
  SystemClock clock_;
  telemetry::Log log_{telemetry::LogSettings{.level = telemetry::Level::error}};
  telemetry::Metrics metrics_;
  Wire wire_;
  registry::Registry registry_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<spool::Spool> spool_;
};

/// The calls of a pass, made by as many threads as there would be workers, with no engine around them.
Rate bare(Phase phase, int records, unsigned workers) {
  const support::TempFolder folder;
  Wire wire;
  const adapter::Kind kind = far_folder(wire);
  const auto application = [&](const char* path) {
    adapter::Settings settings;
    settings.base_folder = folder.path().string();
    settings.values = {{"path", path}};
    std::filesystem::create_directories(folder / path / path);
    return kind.make(settings).value();
  };
  const std::unique_ptr<adapter::Adapter> left = application("left");
  const std::unique_ptr<adapter::Adapter> right = application("right");
  const record::Fields fields{{"name", record::Value{std::string{"Door"}}},
                              {"description", record::Value{std::string{"It sticks when it rains"}}},
                              {"severity", record::Value{std::string{"High"}}}};
  const ProjectName left_project{"left"}, right_project{"right"};
  const adapter::CallContext context;
  const auto id = [](const char* project, int n) { return RecordId{project + std::string{"-"} + std::to_string(n)}; };
  const auto create = [&](adapter::Adapter& at, const ProjectName& project, int n) {
    (void)at.create({project, "requirement", fields, "m" + std::to_string(n)}, context).value();
  };
  for (int n = 1; n <= records; ++n) {
    create(*left, left_project, n);
    if (phase != Phase::create) create(*right, right_project, n);
  }
  wire.calls = 0;
  std::atomic<int> next = 1;
  const auto start = Steady::now();
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < workers; ++i) {
      threads.emplace_back([&] {
        for (int n = next++; n <= records; n = next++) {
          (void)left->read(left_project, id("left", n), context).value();
          if (phase == Phase::create) {
            create(*right, right_project, n);
            continue;
          }
          (void)right->read(right_project, id("right", n), context).value();
          if (phase == Phase::nothing) continue;
          const record::Fields patch{{"name", record::Value{"Gate " + std::to_string(n)}}};
          (void)right->update(right_project, id("right", n), patch, context).value();
        }
      });
    }
  }
  return {records / seconds_since(start), static_cast<double>(wire.calls) / records};
}

struct Options {
  int records = 2000;
  std::int64_t links = 1'000'000;
  int latency = 50;
  std::string json;
};

constexpr unsigned worker_counts[] = {1, 2, 4, 8, 16};
constexpr Phase phases[] = {Phase::create, Phase::update, Phase::nothing};

nlohmann::json speed(const Options& options) {
  nlohmann::json rows = nlohmann::json::array();
  std::printf("Passes a second, folder to folder, %d records each\n", options.records);
  std::printf("%-8s %-14s %10s %14s %8s\n", "workers", "", "engine", "calls alone", "ratio");
  for (const unsigned workers : worker_counts) {
    Site site{std::chrono::milliseconds{0}};
    for (const Phase phase : phases) {
      const char* name = phase_name[static_cast<int>(phase)];
      const Rate ours = site.run(phase, 0, options.records, workers);
      const Rate alone = bare(phase, options.records, workers);
      const double ratio = ours.per_second / alone.per_second;
      std::printf("%-8u %-14s %8.0f/s %12.0f/s %8.2f\n", workers, name, ours.per_second, alone.per_second, ratio);
      std::fflush(stdout);
      rows.push_back({{"workers", workers},
                      {"pass", name},
                      {"per_second", ours.per_second},
                      {"calls_alone_per_second", alone.per_second},
                      {"ratio", ratio},
                      {"calls_per_pass", ours.calls_per_pass}});
    }
  }
  return rows;
}

nlohmann::json far(const Options& options) {
  nlohmann::json rows = nlohmann::json::array();
  std::printf("\nWith %d ms for each call: share of workers / (calls x latency)\n", options.latency);
  std::printf("%-8s %-14s %10s %12s %8s\n", "workers", "", "engine", "calls/pass", "share");
  for (const unsigned workers : worker_counts) {
    Site site{std::chrono::milliseconds{options.latency}};
    const int records = static_cast<int>(workers) * 40;
    for (const Phase phase : phases) {
      const char* name = phase_name[static_cast<int>(phase)];
      const Rate rate = site.run(phase, 0, records, workers);
      const double possible = workers / (rate.calls_per_pass * options.latency / 1000.0);
      const double share = rate.per_second / possible;
      std::printf("%-8u %-14s %8.1f/s %12.2f %7.1f%%\n", workers, name, rate.per_second, rate.calls_per_pass,
                  share * 100);
      std::fflush(stdout);
      rows.push_back({{"workers", workers},
                      {"pass", name},
                      {"per_second", rate.per_second},
                      {"calls_per_pass", rate.calls_per_pass},
                      {"share", share}});
    }
  }
  return rows;
}

// Both sites run in turn, so that whatever else the machine does meets both.
nlohmann::json many_links(const Options& options) {
  nlohmann::json rows = nlohmann::json::array();
  constexpr int rounds = 6;
  constexpr std::int64_t few = 1000;
  const int records = options.records / 2;
  Site small{std::chrono::milliseconds{0}}, large{std::chrono::milliseconds{0}};
  small.fill_links(few);
  large.fill_links(options.links);
  std::printf("\nPasses a second among %lld and %lld record links, 4 workers\n", static_cast<long long>(few),
              static_cast<long long>(options.links));
  (void)small.run(Phase::create, 0, records, 4);
  (void)large.run(Phase::create, 0, records, 4);
  for (const Phase phase : {Phase::update, Phase::nothing}) {
    double with_few = 0, with_many = 0;
    for (int round = 0; round < rounds; ++round) {
      with_few = std::max(with_few, small.run(phase, 0, records, 4).per_second);
      with_many = std::max(with_many, large.run(phase, 0, records, 4).per_second);
    }
    const char* name = phase_name[static_cast<int>(phase)];
    std::printf("%-14s %8.0f/s %8.0f/s  ratio %.2f\n", name, with_few, with_many, with_many / with_few);
    rows.push_back({{"pass", name}, {"few", with_few}, {"many", with_many}, {"ratio", with_many / with_few}});
  }
  return rows;
}

bool read_number(const char* text, auto& number) {
  const char* end = text + std::strlen(text);
  return std::from_chars(text, end, number).ptr == end && number > 0;
}

std::optional<Options> parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string name = arguments[i];
    if (i + 1 == count) return std::nullopt;
    const char* value = arguments[i + 1];
    if (name == "--json") {
      options.json = value;
    } else if (!(name == "--records" && read_number(value, options.records)) &&
               !(name == "--links" && read_number(value, options.links)) &&
               !(name == "--latency" && read_number(value, options.latency))) {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  const std::optional<Options> options = parse(count, arguments);
  if (!options) {
    std::fprintf(stderr, "sync_bench [--records N] [--links N] [--latency MS] [--json FILE]\n");
    return 2;
  }
  const nlohmann::json report = {
      {"speed", speed(*options)}, {"far", far(*options)}, {"many_links", many_links(*options)}};
  if (!options->json.empty()) std::ofstream{options->json} << report.dump(2) << '\n';
}
