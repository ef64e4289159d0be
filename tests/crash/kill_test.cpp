// A 201 is a promise (contract §4). The daemon is killed at random moments under load, again and again; at the end
// every record whose push was acknowledged is synchronized in that version or a later one, and no twin exists twice.
#include "support/daemon.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

namespace syncservice::crash {
namespace {

using nlohmann::json;
using support::Daemon;
using support::eventually;

constexpr int rounds = 25;
constexpr int records = 60;
constexpr int pushers = 4;

/// A record at the left: how often it was changed, and which of its versions a 201 was given for.
struct Source {
  std::atomic<int> written = 0, acknowledged = 0;
};

/// Threads that change records and push them, whatever happens to the daemon.
class Load {
 public:
  Load(const Daemon& daemon, std::string key, std::uint64_t seed)
      : daemon_(daemon), key_(std::move(key)), sources_(records) {
    for (int i = 0; i < pushers; ++i) {
      threads_.emplace_back(
          [this, i, seed](const std::stop_token& stop) { run(stop, i, seed + static_cast<unsigned>(i)); });
    }
  }

  /// The daemon serves at this port now; 0: it does not.
  void serve_at(std::uint16_t port) { port_ = port; }
  [[nodiscard]] int acknowledgements() const { return acknowledgements_; }
  [[nodiscard]] const std::vector<Source>& sources() const { return sources_; }
  void stop() { threads_.clear(); }

 private:
  void run(const std::stop_token& stop, int thread, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    while (!stop.stop_requested()) {
      const std::uint16_t port = port_;
      try {
        if (port != 0) push_over(stop, support::RawClient(port), thread, random);
      } catch (const std::exception&) {
        // Killed in the middle of something: that push has no 201.
      }
      static_cast<void>(
          eventually([&] { return stop.stop_requested() || port_ != port; }, std::chrono::milliseconds{50}));
    }
  }

  void push_over(const std::stop_token& stop, support::RawClient client, int thread, std::mt19937_64& random) {
    while (!stop.stop_requested()) {
      // Each record belongs to one thread, so its versions are written in order.
      const auto number = static_cast<int>(random() % (records / pushers)) * pushers + thread;
      Source& source = sources_[static_cast<std::size_t>(number)];
      const int version = ++source.written;
      const std::string id = "QC-" + std::to_string(number);
      support::write_record(daemon_.left(), "QC", id,
                            {{"summary", id + " version " + std::to_string(version)}, {"priority", "High"}});
      if (random() % 2 == 0) {
        client.send(support::to_bytes({.target = "/SyncService/push/Jira6QC11Req/source/" + id + "?apikey=" + key_}));
      } else {
        client.send(
            support::to_bytes({.target = "/SyncService/push",
                               .headers = {{"Content-Type", "application/json"}, {"apikey", key_}},
                               .body = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":")" + id + "\"}"}));
      }
      if (client.read_answer().status == 201) {
        source.acknowledged = version;
        ++acknowledgements_;
      }
    }
  }

  const Daemon& daemon_;
  std::string key_;
  std::vector<Source> sources_;
  std::atomic<std::uint16_t> port_ = 0;
  std::atomic<int> acknowledgements_ = 0;
  std::vector<std::jthread> threads_;  // last: they use everything above
};

json queue_counts(const Daemon& daemon) {
  const support::Answer answer =
      support::ask(daemon.address(), {.method = "GET",
                                      .target = "/api/v1/pushes?limit=1",
                                      .headers = {{"Authorization", support::basic("admin", "welcome")}}});
  return json::parse(answer.body).at("counts");
}

TEST(Kill, EveryAcknowledgedPushIsSynchronizedOnce) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};

  Daemon daemon;
  const std::string key = daemon.create_key("load");
  Load load(daemon, key, seed);
  for (int round = 0; round < rounds; ++round) {
    daemon.start();
    load.serve_at(daemon.port());
    // A random moment of the work: after some number of further acknowledgements, 0 included.
    const int until = load.acknowledgements() + static_cast<int>(random() % 120);
    ASSERT_TRUE(eventually([&] { return load.acknowledgements() >= until; }, std::chrono::seconds{30})) << daemon.log();
    daemon.kill();
    load.serve_at(0);
  }
  load.stop();
  ASSERT_GT(load.acknowledgements(), rounds);

  daemon.start();
  json counts;
  ASSERT_TRUE(eventually(
      [&] {
        counts = queue_counts(daemon);
        return counts.at("waiting") == 0 && counts.at("running") == 0;
      },
      std::chrono::seconds{60}))
      << counts.dump() << "\n"
      << daemon.log();
  EXPECT_EQ(counts.at("deadLetters"), 0);
  EXPECT_EQ(counts.at("held"), 0);

  std::map<int, std::vector<int>> twins;  // by the source's number: the versions found over there
  for (const json& twin : support::read_records(daemon.right(), "QualityCenter")) {
    int number = -1, version = -1;
    const std::string name = twin.at("fields").at("name");
    ASSERT_EQ(std::sscanf(name.c_str(), "QC-%d version %d", &number, &version), 2) << name;
    twins[number].push_back(version);
  }
  int checked = 0;
  for (int number = 0; number < records; ++number) {
    const Source& source = load.sources()[static_cast<std::size_t>(number)];
    const std::vector<int>& found = twins[number];
    EXPECT_LE(found.size(), 1U) << "QC-" << number << " has several twins";
    if (source.acknowledged == 0) continue;
    ++checked;
    ASSERT_EQ(found.size(), 1U) << "QC-" << number << ": acknowledged version " << source.acknowledged << " is lost";
    EXPECT_GE(found.front(), source.acknowledged) << "QC-" << number << " is behind";
    EXPECT_LE(found.front(), source.written);
  }
  EXPECT_GT(checked, records / 2);
  RecordProperty("acknowledged", load.acknowledgements());
}

}  // namespace
}  // namespace syncservice::crash
