#include "fault.hpp"
#include "names.hpp"
#include "pass.hpp"

#include <utility>

namespace syncservice::sync {
namespace {

// The part of `fields` that `now` does not hold already.
record::Fields differing(const record::Fields& fields, const record::Fields& now) {
  record::Fields patch;
  for (const auto& [name, value] : fields) {
    const auto found = now.find(name);
    if ((found == now.end() ? record::Value{} : found->second).text() != value.text()) patch.emplace(name, value);
  }
  return patch;
}

}  // namespace

Report Engine::Pass::origin_gone(const Error& error) {
  Result<Known> known = lookup(engine_.store_, self_, {});
  if (!known) return try_again(known.error().message);
  if (!known->link) {
    const Result<std::optional<RecordKey>> named = end_named(engine_.store_, self_);
    if (!named) return try_again(named.error().message);
    if (*named) return gone_by_name(**named, error);
  }
  link_ = std::move(known->link);
  return withdraw(app_link_->when_deleted, spool::Outcome::gone, name_of(side_) + ": " + error.message);
}

// It was pushed by another name than its id: that this leads nowhere now says nothing of the record yet.
Report Engine::Pass::gone_by_name(const RecordKey& end, const Error& error) {
  self_ = end;
  if (!assignment_.extend(self_)) return lost_race();
  Result<record::Record> read = call(side_, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.read(self_.project, self_.id, context);
  });
  if (!read) return read.error().failure == FailureClass::gone ? origin_gone(error) : failed(side_, read.error());
  mine_ = std::move(*read);
  return find_pair();
}

Report Engine::Pass::not_admitted() {
  return withdraw(app_link_->when_filtered, spool::Outcome::filtered,
                  "The app link's onlyWhen does not hold for it at the " + std::string{to_string(side_)} + ".");
}

Report Engine::Pass::withdraw(registry::WhenGone policy, spool::Outcome outcome, std::string reason) {
  if (!link_) return done(outcome, std::move(reason));
  if (link_->held) held_.emplace();  // nothing is left to choose between
  if (!take_twin()) return lost_race();
  if (link_->withdrawn) return done(outcome, reason + " Its twin was seen to before.");
  switch (policy) {
    case registry::WhenGone::nothing:
      return done(outcome, std::move(reason));
    case registry::WhenGone::close:
      return close_twin(outcome, std::move(reason));
    case registry::WhenGone::remove:
      return remove_twin(outcome, std::move(reason));
  }
  return done(outcome, std::move(reason));
}

Report Engine::Pass::close_twin(spool::Outcome outcome, std::string reason) {
  const Side there = other(side_);
  const RecordKey& twin = end(there);
  Result<record::Record> now = call(there, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.read(twin.project, twin.id, context);
  });
  if (!now && now.error().failure != FailureClass::gone) return failed(there, now.error());
  if (now) {
    const record::Fields patch = differing(app_link_->close_with(there), now->fields);
    for (const auto& [name, value] : patch) {
      const auto found = now->fields.find(name);
      changes_.push_back({there, name, found == now->fields.end() ? record::Value{} : found->second, value, "closed"});
    }
    if (!patch.empty() && !preview()) {
      Result<record::Record> written = call(there, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.update(twin.project, twin.id, patch, context);
      });
      fault_point("twin closed");
      if (!written) return failed(there, written.error());
      wrote_other_ = true;
      record::Fields& snapshot = link_->snapshot(there);
      for (auto& [name, value] : snapshot) {
        if (!patch.contains(name)) continue;
        const auto found = written->fields.find(name);
        value = found == written->fields.end() ? record::Value{} : found->second;
      }
    }
    reason += (preview() ? " Would close " : " Closed ") + twin.id.str() + " in " + name_of(there) + ".";
  }
  link_->withdrawn = side_;
  save_link_ = true;
  return done(outcome, std::move(reason));
}

Report Engine::Pass::remove_twin(spool::Outcome outcome, std::string reason) {
  const Side there = other(side_);
  const RecordKey twin = end(there);
  reason += (preview() ? " Would delete " : " Deleted ") + twin.id.str() + " in " + name_of(there) + ".";
  if (preview()) return done(outcome, std::move(reason));
  const Result<void> removed = call(there, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.remove(twin.project, twin.id, context);
  });
  fault_point("twin deleted");
  if (!removed && removed.error().failure != FailureClass::gone) return failed(there, removed.error());
  note(there, "(record)", twin.id.str(), {}, "deleted with its twin");
  drop_link_ = link_->id;
  return done(outcome, std::move(reason));
}

}  // namespace syncservice::sync
