// Many acceptors, one claimer, several workers that finish: whatever got a receipt is synchronized, and no record is
// worked on twice at a time. Run under the thread sanitizer, too.
#include "spool_fixture.hpp"

#include <thread>

namespace syncservice::spool {
namespace {

constexpr int acceptors = 4;
constexpr int pushes_each = 600;
constexpr int records = 40;
constexpr int workers = 3;

/// What the workers see of the records.
class Watch {
 public:
  void begin(const RecordKey& key) {
    const std::scoped_lock lock{mutex_};
    EXPECT_TRUE(running_.insert(key).second) << "two passes at a time";
    ++passes_[key];
  }
  void end(const RecordKey& key) {
    const std::scoped_lock lock{mutex_};
    running_.erase(key);
  }
  [[nodiscard]] std::size_t records() const { return passes_.size(); }

 private:
  std::mutex mutex_;
  std::set<RecordKey> running_;
  std::map<RecordKey, int> passes_;
};

class Leases {
 public:
  void add(Lease lease) {
    {
      const std::scoped_lock lock{mutex_};
      leases_.push_back(std::move(lease));
    }
    wake_.notify_one();
  }
  std::optional<Lease> take(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    if (!wake_.wait(lock, stop, [this] { return !leases_.empty(); })) return std::nullopt;
    std::optional<Lease> lease{std::move(leases_.front())};
    leases_.pop_front();
    return lease;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Lease> leases_;
};

class Stress : public SpoolTest {
 protected:
  Watch watch_;
  Leases leases_;
  std::mutex mutex_;
  std::set<PushId> receipts_;
  std::latch accepted_{acceptors * pushes_each};

  class One final : public Acceptance {
   public:
    One(Stress& stress, const ValidPush& push) : Acceptance(push, "key", "127.0.0.1"), stress_(stress) {}

   private:
    void accepted(const Result<Receipt>& receipt) noexcept override {
      Stress& stress = stress_;
      EXPECT_TRUE(receipt);
      if (receipt) {
        const std::scoped_lock lock{stress.mutex_};
        stress.receipts_.insert(receipt->id());
      }
      delete this;
      stress.accepted_.count_down();
    }
    Stress& stress_;
  };

  void accept_many(int seed) {
    for (int i = 0; i < pushes_each; ++i) {
      const int n = (seed * 7919 + i * 31) % records;
      spool_->accept(*new One{*this, ValidPushForTests::make("r" + std::to_string(n), n % 3 == 0 ? "one" : "two",
                                                             n % 2 == 0 ? Side::source : Side::destination)});
    }
  }

  void claim_for_ever(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (Lease& lease : spool_->claim(4, {}, {}, stop, std::chrono::steady_clock::time_point::max())) {
        leases_.add(std::move(lease));
      }
    }
  }

  void work(const std::stop_token& stop) {
    for (int n = 0; auto lease = leases_.take(stop); ++n) {
      const RecordKey key = lease->push().key;
      watch_.begin(key);
      if (n % 11 == 0) {
        watch_.end(key);
        continue;  // given up: waits again
      }
      const Verdict verdict = n % 5 == 0 ? again(milliseconds{0}) : done();
      const auto stored = store_->write([&](store::Transaction& tx) { spool_->finish(tx, *lease, verdict); });
      EXPECT_TRUE(stored);
      watch_.end(key);
      spool_->settle(std::move(*lease));
    }
  }

  void wait_until_empty() {
    while (true) {
      const Counts now = counts();
      if (now.waiting + now.running == 0) return;
      std::this_thread::yield();
    }
  }
};

TEST_F(Stress, WhateverGotAReceiptIsSynchronized) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < workers; ++i) threads.emplace_back([this](const std::stop_token& stop) { work(stop); });
    threads.emplace_back([this](const std::stop_token& stop) { claim_for_ever(stop); });
    {
      std::vector<std::jthread> submitters;
      for (int i = 0; i < acceptors; ++i) submitters.emplace_back([this, i] { accept_many(i); });
    }
    accepted_.wait();
    wait_until_empty();
  }
  open();
  EXPECT_EQ(counts().waiting, 0);
  EXPECT_EQ(watch_.records(), static_cast<std::size_t>(records));
  EXPECT_GE(receipts_.size(), static_cast<std::size_t>(records));
  for (const PushId id : receipts_) EXPECT_EQ(find(id).state, State::done);
}

}  // namespace
}  // namespace syncservice::spool
