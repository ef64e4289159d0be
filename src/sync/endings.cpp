#include "endings.hpp"

#include "fault.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace syncservice::sync {

class Endings::Ending final : public store::Job {
 public:
  Ending(Endings& endings, spool::Lease lease, Report report, std::chrono::steady_clock::duration took)
      : endings_(endings), lease_(std::move(lease)), report_(std::move(report)), took_(took) {}

  void run(store::Transaction& tx) override {
    endings_.engine_.save(tx, report_);
    endings_.spool_.finish(tx, lease_, *report_.verdict);
  }

  void finished(const Result<void>& outcome) noexcept override {
    const std::unique_ptr<Ending> self(this);
    Endings& endings = endings_;
    if (outcome) {
      fault_point("pass committed");
      endings.instruments_.ended(lease_.push(), report_, took_);
      endings.spool_.settle(std::move(lease_));
    } else {
      endings.log_.error("the end of a pass can't be committed; the push waits and is looked at again",
                         {{"push", to_string(lease_.push().id)}, {"what", outcome.error().message}});
      const spool::Lease gone_back = std::move(lease_);
    }
    endings.ended(outcome.has_value(), report_.held && report_.held->empty());
  }

 private:
  Endings& endings_;
  spool::Lease lease_;
  const Report report_;
  const std::chrono::steady_clock::duration took_;
};

Endings::Endings(store::Store& store, spool::Spool& spool, const Engine& engine, const Instruments& instruments,
                 const telemetry::Log& log, std::size_t most)
    : store_(store),
      spool_(spool),
      engine_(engine),
      instruments_(instruments),
      log_(log),
      most_(std::max<std::size_t>(most, 1)) {}

Endings::~Endings() {
  drain();
}

void Endings::commit(spool::Lease lease, Report report, std::chrono::steady_clock::duration took) {
  auto ending = std::make_unique<Ending>(*this, std::move(lease), std::move(report), took);
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return under_way_ < most_; });
    ++under_way_;
  }
  store_.submit(*ending.release());
}

bool Endings::failed() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(failed_, false);
}

bool Endings::ended_conflict() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(ended_conflict_, false);
}

void Endings::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return under_way_ == 0; });
}

// Told with the lock held: once it is let go, whoever drains may destroy us.
void Endings::ended(bool committed, bool conflict) noexcept {
  const std::scoped_lock lock(mutex_);
  --under_way_;
  if (!committed) failed_ = true;
  if (committed && conflict) ended_conflict_ = true;
  changed_.notify_all();
}

}  // namespace syncservice::sync
