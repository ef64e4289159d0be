// spool/spool_fixture — a spool over a store in a folder of its own, and pushes whose receipt can be waited for.
#pragma once

#include "support/fake_clock.hpp"
#include "support/temp_folder.hpp"
#include "support/valid_push.hpp"

#include "syncservice/spool/spool.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <latch>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace syncservice::spool {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TestAcceptance final : public Acceptance {
 public:
  explicit TestAcceptance(const ValidPush& push, std::string delivery = {})
      : Acceptance(push, "tester", "127.0.0.1", std::move(delivery)) {}
  [[nodiscard]] Result<Receipt> receipt() { return told_.get_future().get(); }

 private:
  void accepted(const Result<Receipt>& receipt) noexcept override { told_.set_value(receipt); }
  std::promise<Result<Receipt>> told_;
};

/// Keeps the writer inside a job, so that what is submitted meanwhile becomes one batch.
class HeldWriter final : public store::Job {
 public:
  explicit HeldWriter(store::Store& store) {
    store.submit(*this);
    inside_.wait();
  }
  void release() {
    go_.count_down();
    done_.wait();
  }
  void run(store::Transaction&) override {
    inside_.count_down();
    go_.wait();
  }
  void finished(const Result<void>&) noexcept override { done_.count_down(); }

 private:
  std::latch inside_{1}, go_{1}, done_{1};
};

class SpoolTest : public testing::Test {
 protected:
  support::TempFolder folder_;
  support::FakeClock clock_;
  telemetry::Log log_{telemetry::LogSettings{.level = telemetry::Level::off}};
  telemetry::Metrics metrics_;
  Settings settings_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Spool> spool_;

  void SetUp() override { open(); }

  void open() {
    spool_.reset();
    store_.reset();
    auto store = store::Store::open(store::Settings{.folder = folder_.path()});
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
    auto spool = Spool::open(*store_, clock_, settings_, log_, metrics_);
    ASSERT_TRUE(spool) << spool.error().message;
    spool_ = std::move(*spool);
  }

  [[nodiscard]] Result<Receipt> push(const ValidPush& push, std::string delivery = {}) {
    TestAcceptance acceptance{push, std::move(delivery)};
    spool_->accept(acceptance);
    return acceptance.receipt();
  }
  template <class... Args>
  PushId accept(Args... args) {
    const Result<Receipt> receipt = push(ValidPushForTests::make(args...));
    EXPECT_TRUE(receipt) << receipt.error().message;
    return receipt ? receipt->id() : PushId{};
  }

  [[nodiscard]] std::vector<Lease> claim(std::size_t most = 100, const TwinLookup& twin = {},
                                         const Blocked& blocked = {}) {
    return spool_->claim(most, twin, blocked, {}, std::chrono::steady_clock::now());
  }
  [[nodiscard]] Lease claim_one() {
    std::vector<Lease> leases = claim(1);
    EXPECT_EQ(leases.size(), 1U);
    return std::move(leases.at(0));
  }

  void finish(Lease lease, const Verdict& verdict) {
    const Result<void> done = store_->write([&](store::Transaction& tx) { spool_->finish(tx, lease, verdict); });
    ASSERT_TRUE(done) << done.error().message;
    spool_->settle(std::move(lease));
  }
  void synchronize(Lease lease) { finish(std::move(lease), done()); }

  [[nodiscard]] static Verdict done(Outcome outcome = Outcome::synchronized) {
    return {.kind = Verdict::Kind::done, .outcome = outcome, .reason = "well"};
  }
  [[nodiscard]] Verdict again(milliseconds after, bool counts = true) const {
    return {.kind = Verdict::Kind::again,
            .reason = "connection refused",
            .due = clock_.now() + after,
            .counts_attempt = counts};
  }
  [[nodiscard]] static Verdict dead() { return {.kind = Verdict::Kind::dead_letter, .reason = "unknown field"}; }
  [[nodiscard]] static Verdict held() { return {.kind = Verdict::Kind::held, .reason = "conflict"}; }

  [[nodiscard]] Push find(PushId id) const {
    const Result<Push> push = spool_->find(id);
    EXPECT_TRUE(push) << push.error().message;
    return push ? *push : Push{};
  }
  [[nodiscard]] Counts counts() const { return spool_->counts().value(); }

  [[nodiscard]] static std::vector<PushId> ids(const std::vector<Lease>& leases) {
    std::vector<PushId> out;
    for (const Lease& lease : leases) out.push_back(lease.push().id);
    return out;
  }
  [[nodiscard]] static std::vector<PushId> ids(const std::vector<Push>& pushes) {
    std::vector<PushId> out;
    for (const Push& push : pushes) out.push_back(push.id);
    return out;
  }
};

}  // namespace syncservice::spool
