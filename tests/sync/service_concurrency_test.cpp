// Invariant 2 of the design: one pass at a time per record pair. Also run under the thread sanitizer.
#include "service_fixture.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

namespace syncservice::sync {
namespace {

constexpr int pairs = 6;

class ServiceConcurrency : public ServiceFixture {
 protected:
  ServiceConcurrency() {
    for (int i = 1; i <= pairs; ++i) left.put(left_id(i), {{"title", "t" + std::to_string(i)}, {"text", "0"}});
  }
  static std::string left_id(int pair) { return "L-1" + std::to_string(pair); }

  /// Both directions of every pair, from two threads, `rounds` times each.
  void hammer(const std::array<std::string, pairs>& twins, int rounds) {
    const auto side_of = [&](Side side) {
      for (int round = 1; round <= rounds; ++round) {
        for (int i = 1; i <= pairs; ++i) {
          if (side == Side::source) {
            left.set(left_id(i), "title", "left " + std::to_string(round));
            push(side, left_id(i));
          } else {
            right.set(twins[static_cast<std::size_t>(i - 1)], "description", "right " + std::to_string(round));
            push(side, twins[static_cast<std::size_t>(i - 1)]);
          }
        }
      }
    };
    std::jthread from_left([&] { side_of(Side::source); });
    std::jthread from_right([&] { side_of(Side::destination); });
  }
};

TEST_F(ServiceConcurrency, PassesOfOnePairNeverOverlap) {
  service->start();
  for (int i = 1; i <= pairs; ++i) push(Side::source, left_id(i));
  await_idle();
  std::array<std::string, pairs> twins;
  std::map<std::string, std::size_t> pair_of;
  for (int i = 1; i <= pairs; ++i) {
    const auto at = static_cast<std::size_t>(i - 1);
    const std::vector<RecordLink> links = record_links(*store, RecordId{left_id(i)}).value();
    ASSERT_EQ(links.size(), 1U);
    twins[at] = links[0].destination.id.str();
    pair_of[left_id(i)] = pair_of[twins[at]] = at;
  }

  std::array<std::atomic<int>, pairs> inside{};
  std::atomic<int> overlaps = 0;
  std::atomic<int> most_at_once = 0;
  std::atomic<int> at_once = 0;
  const auto enter = [&](Op, const std::string& id) {
    if (inside[pair_of.at(id)].fetch_add(1) != 0) ++overlaps;
    const int now = ++at_once;
    int most = most_at_once;
    while (now > most && !most_at_once.compare_exchange_weak(most, now)) {
    }
    std::this_thread::yield();
  };
  const auto leave = [&](Op, const std::string& id) {
    --at_once;
    --inside[pair_of.at(id)];
  };
  service->stop(std::chrono::seconds{10});
  left.on_enter = right.on_enter = enter;
  left.on_leave = right.on_leave = leave;
  service = std::make_unique<Service>(*store, *spool, registry, clock, settings, log, metrics);
  service->start();
  hammer(twins, 40);
  await_idle();
  service->stop(std::chrono::seconds{10});

  EXPECT_EQ(overlaps, 0);
  EXPECT_GT(left.calls(Op::read) + right.calls(Op::read), 2 * pairs);
  for (int i = 1; i <= pairs; ++i) {
    const record::Fields here = left.fields(left_id(i));
    const record::Fields there = right.fields(twins[static_cast<std::size_t>(i - 1)]);
    EXPECT_EQ(here.at("title"), record::Value{"left 40"});
    EXPECT_EQ(there.at("name"), record::Value{"left 40"});
    EXPECT_EQ(here.at("text"), record::Value{"right 40"});
    EXPECT_EQ(there.at("description"), record::Value{"right 40"});
  }
  EXPECT_EQ(left.ids().size(), static_cast<std::size_t>(pairs));
  EXPECT_EQ(right.ids().size(), static_cast<std::size_t>(pairs));
}

// Each system announces a new record before its creation is even answered.
TEST_F(ServiceConcurrency, TheTwinsOwnPushDuringItsCreationMakesNoSecondTwin) {
  std::atomic<int> created = 0;
  right.on_leave = [&](Op op, const std::string&) {
    if (op != Op::create) return;
    const int number = ++created;
    push(Side::destination, "R-" + std::to_string(number));
  };
  service->start();
  for (int i = 1; i <= pairs; ++i) push(Side::source, left_id(i));
  await_idle();
  EXPECT_EQ(right.ids().size(), static_cast<std::size_t>(pairs));
  EXPECT_EQ(left.ids().size(), static_cast<std::size_t>(pairs));
  EXPECT_EQ(left.calls(Op::create), 0);
  EXPECT_EQ(right.calls(Op::create), pairs);
  std::set<std::string> twins;
  for (int i = 1; i <= pairs; ++i) {
    const std::vector<RecordLink> links = record_links(*store, RecordId{left_id(i)}).value();
    ASSERT_EQ(links.size(), 1U);
    twins.insert(links[0].destination.id.str());
  }
  EXPECT_EQ(twins.size(), static_cast<std::size_t>(pairs));
}

// Creations break off at random steps, both ends push, the daemon restarts in between.
TEST_F(ServiceConcurrency, NoSecondTwinHoweverCreationsBreakOff) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3; ++i) {
      right.fail(Op::create, failure(FailureClass::transient, "Timeout."), Strikes::after);
      right.fail(Op::create, failure(FailureClass::transient, "Connection refused."));
    }
    service->start();
    for (int i = 1; i <= pairs; ++i) push(Side::source, left_id(i));
    for (const std::string& id : right.ids()) push(Side::destination, id);
    ASSERT_TRUE(support::eventually([&] { return right.calls(Op::create) > round; }));
    close();
    open();
  }
  right.mend();
  service->start();
  await_idle();
  EXPECT_EQ(right.ids().size(), static_cast<std::size_t>(pairs));
  EXPECT_EQ(left.ids().size(), static_cast<std::size_t>(pairs));
  for (int i = 1; i <= pairs; ++i) {
    EXPECT_EQ(record_links(*store, RecordId{left_id(i)}).value().size(), 1U) << left_id(i);
  }
}

}  // namespace
}  // namespace syncservice::sync
