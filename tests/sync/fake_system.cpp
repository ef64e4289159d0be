#include "fake_system.hpp"

#include <stdexcept>
#include <utility>

namespace syncservice::sync {

Error failure(FailureClass failure, std::string message, std::optional<std::chrono::milliseconds> retry_after) {
  return Error{boost::system::errc::make_error_code(boost::system::errc::io_error), std::move(message), failure,
               retry_after};
}

class FakeSystem::Port final : public adapter::Adapter {
 public:
  explicit Port(FakeSystem& system) : system_(system) {}

  Result<record::Record> read(const ProjectName& /*project*/, const RecordId& id,
                              const adapter::CallContext& context) override {
    return system_.run<record::Record>(Op::read, id.str(), context, [&] { return system_.find(id); });
  }

  Result<record::Record> create(const adapter::NewRecord& wanted, const adapter::CallContext& context) override {
    return system_.run<record::Record>(Op::create, {}, context, [&]() -> Result<record::Record> {
      record::Record made;
      made.id = RecordId{system_.prefix_ + std::to_string(system_.next_++)};
      made.project = wanted.project;
      made.type = wanted.type;
      made.marker = wanted.marker;
      made.fields = system_.defaults;
      system_.write(made, wanted.fields);
      system_.records_[made.id.str()] = made;
      return made;
    });
  }

  Result<record::Record> update(const ProjectName& /*project*/, const RecordId& id, const record::Fields& patch,
                                const adapter::CallContext& context) override {
    return system_.run<record::Record>(Op::update, id.str(), context, [&]() -> Result<record::Record> {
      Result<record::Record> found = system_.find(id);
      if (!found) return found;
      system_.write(*found, patch);
      system_.records_[found->id.str()] = *found;
      return found;
    });
  }

  Result<std::optional<record::Record>> find_by_marker(const ProjectName& /*project*/, const std::string& marker,
                                                       const adapter::CallContext& context) override {
    return system_.run<std::optional<record::Record>>(Op::find, {}, context,
                                                      [&]() -> Result<std::optional<record::Record>> {
                                                        for (const auto& [id, record] : system_.records_) {
                                                          if (record.marker == marker) return std::optional{record};
                                                        }
                                                        return std::optional<record::Record>{};
                                                      });
  }

  Result<void> ping(const adapter::CallContext& context) override {
    const Result<bool> answered = system_.run<bool>(Op::ping, {}, context, [] { return Result<bool>{true}; });
    if (!answered) return answered.error();
    return {};
  }

 private:
  FakeSystem& system_;
};

template <class Value, class Work>
Result<Value> FakeSystem::run(Op op, const std::string& id, const adapter::CallContext& context, const Work& work) {
  if (on_enter) on_enter(op, id);
  Result<Value> result = [&]() -> Result<Value> {
    const std::optional<Failure> scripted = begin(op, context);
    if (scripted && scripted->strikes == Strikes::before) return scripted->error;
    const std::scoped_lock lock(mutex_);
    Result<Value> done = work();
    if (scripted) return scripted->error;
    return done;
  }();
  if (on_leave) on_leave(op, id);
  return result;
}

std::optional<FakeSystem::Failure> FakeSystem::begin(Op op, const adapter::CallContext& context) {
  std::unique_lock lock(mutex_);
  ++calls_[op];
  if (throws_ == op) throw std::runtime_error("the fake broke");
  if (held_ == op) {
    ++waiting_;
    changed_.notify_all();
    const bool released = changed_.wait(lock, context.stop, [&] { return held_ != op; });
    --waiting_;
    if (!released) return Failure{failure(FailureClass::transient, "The call was stopped."), Strikes::before};
  }
  std::deque<Failure>& queue = failures_[op];
  if (queue.empty()) return std::nullopt;
  Failure next = std::move(queue.front());
  queue.pop_front();
  return next;
}

Result<record::Record> FakeSystem::find(const RecordId& id) const {
  const auto alias = aliases.find(id.str());
  const auto found = records_.find(alias == aliases.end() ? id.str() : alias->second);
  if (found == records_.end()) return failure(FailureClass::gone, "There is no record \"" + id.str() + "\".");
  return found->second;
}

void FakeSystem::write(record::Record& record, const record::Fields& patch) {
  last_patch_ = patch;
  for (const auto& [name, value] : patch) {
    record.fields.insert_or_assign(name, normalise ? normalise(name, value) : value);
  }
}

void FakeSystem::put(const std::string& id, record::Fields fields, std::optional<Timestamp> updated) {
  const std::scoped_lock lock(mutex_);
  record::Record& record = records_[id];
  record.id = RecordId{id};
  record.fields = std::move(fields);
  record.updated = updated;
}

void FakeSystem::erase(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  records_.erase(id);
}

void FakeSystem::copy(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  record::Record& made = records_[to] = records_.at(from);
  made.id = RecordId{to};
}

void FakeSystem::set(const std::string& id, const std::string& field, record::Value value) {
  const std::scoped_lock lock(mutex_);
  records_.at(id).fields.insert_or_assign(field, std::move(value));
}

record::Fields FakeSystem::fields(const std::string& id) const {
  return record(id).fields;
}

record::Record FakeSystem::record(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = records_.find(id);
  return found == records_.end() ? record::Record{} : found->second;
}

std::vector<std::string> FakeSystem::ids() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [id, record] : records_) all.push_back(id);
  return all;
}

void FakeSystem::fail(Op op, Error error, Strikes strikes) {
  const std::scoped_lock lock(mutex_);
  failures_[op].push_back({std::move(error), strikes});
}

void FakeSystem::mend() {
  const std::scoped_lock lock(mutex_);
  failures_.clear();
}

void FakeSystem::hold(Op op) {
  const std::scoped_lock lock(mutex_);
  held_ = op;
}

void FakeSystem::release() {
  const std::scoped_lock lock(mutex_);
  held_.reset();
  changed_.notify_all();
}

void FakeSystem::await_held() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ > 0; });
}

int FakeSystem::calls(Op op) const {
  const std::scoped_lock lock(mutex_);
  const auto found = calls_.find(op);
  return found == calls_.end() ? 0 : found->second;
}

record::Fields FakeSystem::last_patch() const {
  const std::scoped_lock lock(mutex_);
  return last_patch_;
}

std::unique_ptr<adapter::Adapter> FakeSystem::adapter() {
  return std::make_unique<Port>(*this);
}

}  // namespace syncservice::sync
