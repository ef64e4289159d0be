// The spool against a model in memory: whatever is done to it in whatever order, states, joins and claims agree.
#include "spool_fixture.hpp"

#include <rapidcheck/gtest.h>

namespace syncservice::spool {
namespace {

constexpr int records = 5;

struct ModelPush {
  int record = 0;
  State state = State::waiting;
  Outcome outcome = Outcome::none;
  int attempts = 0;
  Timestamp due{};
};

class World : public SpoolTest {
 public:
  World() { SetUp(); }
  ~World() override {
    leases_.clear();
    spool_.reset();
  }
  void TestBody() override {}

  void accept_one(int record) {
    const Result<Receipt> receipt = push(ValidPushForTests::make("r" + std::to_string(record), link(record)));
    RC_ASSERT(receipt.has_value());
    const auto waiting = waiting_of(record);
    RC_ASSERT(receipt->joined() == waiting.has_value());
    if (waiting) {
      RC_ASSERT(receipt->id() == *waiting);
    } else {
      RC_ASSERT((model_.empty() || receipt->id() > model_.rbegin()->first));  // the macro would not short-circuit
      model_[receipt->id()] = {.record = record, .due = clock_.now()};
    }
  }

  void claim_some(std::size_t most) {
    std::set<int> busy;
    for (const Lease& lease : leases_) busy.insert(model_.at(lease.push().id).record);
    std::set<int> claimable;
    for (const auto& [id, push] : model_) {
      if (push.state == State::waiting && push.due <= clock_.now() && !busy.contains(push.record))
        claimable.insert(push.record);
    }
    std::vector<Lease> leases = claim(most);
    RC_ASSERT(leases.size() == std::min(most, claimable.size()));
    for (Lease& lease : leases) {
      ModelPush& push = model_.at(lease.push().id);
      RC_ASSERT((push.state == State::waiting && push.due <= clock_.now()));
      RC_ASSERT(busy.insert(push.record).second);
      RC_ASSERT(lease.push().attempts == push.attempts);
      push.state = State::running;
      leases_.push_back(std::move(lease));
    }
  }

  void end_one(std::size_t pick, Verdict::Kind kind) {
    if (leases_.empty()) return;
    Lease lease = take(pick);
    const PushId id = lease.push().id;
    ModelPush& push = model_.at(id);
    Verdict verdict{.kind = kind, .reason = "because"};
    switch (kind) {
      case Verdict::Kind::done:
        verdict.outcome = Outcome::synchronized;
        push.state = State::done;
        push.outcome = Outcome::synchronized;
        for (auto& [other, old] : model_) {
          if (other >= id || old.record != push.record) continue;
          if (old.state != State::dead_letter && old.state != State::held) continue;
          old.state = State::done;
          old.outcome = Outcome::superseded;
        }
        break;
      case Verdict::Kind::dead_letter:
        push.state = State::dead_letter;
        ++push.attempts;
        break;
      case Verdict::Kind::held:
        push.state = State::held;
        break;
      case Verdict::Kind::again: {
        verdict.due = clock_.now() + seconds{5};
        const auto other = waiting_of(push.record);
        const int attempts = push.attempts + 1;
        if (other) {
          push.state = State::done;
          push.outcome = Outcome::joined;
        }
        ModelPush& next = other ? model_.at(*other) : push;
        next.state = State::waiting;
        next.attempts = std::max(next.attempts, attempts);
        next.due = other ? std::max(next.due, verdict.due) : verdict.due;
        break;
      }
    }
    finish(std::move(lease), verdict);
  }

  void give_up_one(std::size_t pick) {
    if (leases_.empty()) return;
    const Lease lease = take(pick);
    model_.at(lease.push().id).state = State::waiting;
  }

  void retry_one(std::size_t pick) {
    if (model_.empty()) return;
    auto& [id, push] = *std::next(model_.begin(), static_cast<std::ptrdiff_t>(pick % model_.size()));
    const Result<PushId> result = spool_->retry(id, "admin");
    if (push.state == State::running || push.state == State::done) {
      RC_ASSERT(!result.has_value());
      return;
    }
    RC_ASSERT(result.has_value());
    const State before = push.state;
    push.state = State::running;  // out of the way
    const auto other = waiting_of(push.record);
    push.state = before;
    RC_ASSERT(*result == other.value_or(id));
    if (other) {
      push.state = State::done;
      push.outcome = Outcome::joined;
      model_.at(*other).due = clock_.now();
    } else {
      push.state = State::waiting;
      push.due = clock_.now();
    }
  }

  void discard_one(std::size_t pick) {
    if (model_.empty()) return;
    auto& [id, push] = *std::next(model_.begin(), static_cast<std::ptrdiff_t>(pick % model_.size()));
    const bool allowed = push.state != State::running && push.state != State::done;
    RC_ASSERT(spool_->discard(id, "admin").has_value() == allowed);
    if (!allowed) return;
    push.state = State::done;
    push.outcome = Outcome::discarded;
  }

  void reopen() {
    leases_.clear();
    open();
    for (auto& [id, push] : model_) {
      if (push.state == State::running) push.state = State::waiting;
    }
  }

  void advance() { clock_.advance(seconds{3}); }

  void check() {
    Counts expected;
    for (const auto& [id, push] : model_) {
      const Result<Push> real = spool_->find(id);
      RC_ASSERT(real.has_value());
      RC_ASSERT(to_string(real->state) == to_string(push.state));
      RC_ASSERT(to_string(real->outcome) == to_string(push.outcome));
      RC_ASSERT(real->attempts == push.attempts);
      RC_ASSERT((push.state != State::waiting || real->due == push.due));
      expected.waiting += push.state == State::waiting ? 1 : 0;
      expected.running += push.state == State::running ? 1 : 0;
      expected.dead_letters += push.state == State::dead_letter ? 1 : 0;
      expected.held += push.state == State::held ? 1 : 0;
    }
    const Counts real = counts();
    RC_ASSERT(real.waiting == expected.waiting);
    RC_ASSERT(real.running == expected.running);
    RC_ASSERT(real.dead_letters == expected.dead_letters);
    RC_ASSERT(real.held == expected.held);
    RC_ASSERT(spool_->list(Query{.limit = 1000})->size() == model_.size());
  }

  /// Whatever happened, in the end every record that waits is synchronized.
  void run_out() {
    leases_.clear();
    for (auto& [id, push] : model_) {
      if (push.state == State::running) push.state = State::waiting;
    }
    clock_.advance(std::chrono::hours{1});
    while (true) {
      claim_some(10);
      if (leases_.empty()) break;
      while (!leases_.empty()) end_one(0, Verdict::Kind::done);
    }
    check();
    RC_ASSERT(counts().waiting == 0);
  }

 private:
  static std::string link(int record) { return record % 2 == 0 ? "even" : "odd"; }

  /// The waiting push that a new one of this record joins.
  [[nodiscard]] std::optional<PushId> waiting_of(int record) const {
    std::optional<PushId> found;
    for (const auto& [id, push] : model_) {
      if (push.record == record && push.state == State::waiting) found = id;
    }
    return found;
  }

  Lease take(std::size_t pick) {
    const auto at = leases_.begin() + static_cast<std::ptrdiff_t>(pick % leases_.size());
    Lease lease = std::move(*at);
    leases_.erase(at);
    return lease;
  }

  std::map<PushId, ModelPush> model_;
  std::vector<Lease> leases_;
};

RC_GTEST_PROP(SpoolModel, AgreesWithTheModel, ()) {
  World world;
  const auto length = *rc::gen::inRange(1, 60);
  for (int i = 0; i < length; ++i) {
    const auto pick = static_cast<std::size_t>(*rc::gen::inRange(0, 100));
    switch (*rc::gen::weightedElement<int>(
        {{6, 0}, {5, 1}, {4, 2}, {3, 3}, {2, 4}, {1, 5}, {1, 6}, {2, 7}, {2, 8}, {1, 9}, {3, 10}})) {
      case 0:
        world.accept_one(static_cast<int>(pick) % records);
        break;
      case 1:
        world.claim_some(1 + pick % 3);
        break;
      case 2:
        world.end_one(pick, Verdict::Kind::done);
        break;
      case 3:
        world.end_one(pick, Verdict::Kind::again);
        break;
      case 4:
        world.end_one(pick, Verdict::Kind::dead_letter);
        break;
      case 5:
        world.end_one(pick, Verdict::Kind::held);
        break;
      case 6:
        world.give_up_one(pick);
        break;
      case 7:
        world.retry_one(pick);
        break;
      case 8:
        world.discard_one(pick);
        break;
      case 9:
        world.reopen();
        break;
      default:
        world.advance();
        break;
    }
    world.check();
  }
  world.run_out();
}

}  // namespace
}  // namespace syncservice::spool
