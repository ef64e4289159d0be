#include "course.hpp"

#include "support/temp_folder.hpp"

#include "syncservice/sync/admin.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace syncservice::model {

using mapping::ConflictPolicy;

namespace {

constexpr std::array both{Side::source, Side::destination};

std::size_t at(Side side) {
  return side == Side::source ? 0 : 1;
}

}  // namespace

void showValue(const Step& step, std::ostream& out) {
  constexpr std::array<const char*, 11> names{"edit left", "edit right", "comment left", "comment right",
                                              "push left", "push right", "crash left",   "crash right",
                                              "fail left", "fail right", "wait"};
  out << names.at(static_cast<std::size_t>(step.act)) << ' ' << step.choice;
}

Course::Course(store::Store& store, const Systems& systems, ConflictPolicy policy, std::int64_t number,
               std::uint64_t seed)
    : store_(store), systems_(systems), policy_(policy), random_(seed) {
  link_ = std::make_shared<registry::AppLink>();
  link_->name = AppLinkName{"Model" + std::to_string(number)};
  link_->source = systems.left.end();
  link_->destination = systems.right.end();
  link_->projects = {{systems.left.project(), systems.right.project()}};
  link_->comments = {.to_destination = true, .to_source = true};
  mapping::PlanSpec spec;
  for (std::size_t field = 0; field < fields; ++field) {
    spec.fields.push_back(sync::rule(systems.left.field(field), systems.right.field(field)));
    spec.fields.back().as = systems.right.takes(field);
  }
  spec.conflict = policy;
  std::vector<mapping::Fault> faults;
  link_->plan = mapping::Plan::compile(std::move(spec), faults);
  settings_.scratch_folder = "/tmp";
  restart();
  systems.left.begin({"start", "start", "start"});
  edited_[at(Side::source)].fill("start");
}

void Course::run(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    advance(std::chrono::seconds{1});
    take(step);
  }
  settle();
}

std::string Course::id(Side side) const {
  const std::vector<std::string> all = system(side).ids();
  RC_ASSERT(all.size() <= 1U);  // never a second twin
  return all.empty() ? std::string{} : all.front();
}

std::array<std::string, fields> Course::values(Side side) const {
  std::array<std::string, fields> all;
  if (id(side).empty()) return all;
  for (std::size_t field = 0; field < fields; ++field) all.at(field) = value(side, field);
  return all;
}

bool Course::agree(std::size_t field, const std::string& left, const std::string& right) const {
  const auto kept = [&](const std::string& text) {
    return systems_.right.kept(field, systems_.left.kept(field, text));
  };
  return kept(left) == kept(right);
}

bool Course::edited(Side side) const {
  const auto& edits = edited_.at(at(side));
  return std::any_of(edits.begin(), edits.end(), [](const std::string& edit) { return !edit.empty(); });
}

void Course::take(const Step& step) {
  const auto field = static_cast<std::size_t>(step.choice) % fields;
  switch (step.act) {
    case Act::edit_left:
      return edit(Side::source, field);
    case Act::edit_right:
      return edit(Side::destination, field);
    case Act::comment_left:
      return comment(Side::source);
    case Act::comment_right:
      return comment(Side::destination);
    case Act::push_left:
      return push(Side::source, true);
    case Act::push_right:
      return push(Side::destination, true);
    case Act::crash_left:
      return push(Side::source, false);
    case Act::crash_right:
      return push(Side::destination, false);
    case Act::fail_left:
      return systems_.left.fail(step.choice);
    case Act::fail_right:
      return systems_.right.fail(step.choice);
    case Act::wait:
      return advance(std::chrono::seconds{5 * step.choice});
  }
}

void Course::edit(Side side, std::size_t field) {
  if (id(side).empty()) return;
  const std::string text = "v" + std::to_string(++edits_);
  // What the other system made of a value looks like an edit over there, as long as nobody has read it back.
  const bool reshaped = field == 2 && unsure_.at(at(other(side))).contains(field);
  if (unsure_.at(at(side)).contains(field) || reshaped) ambiguous_.insert(field);
  // To the next pass this edit may be what that write left here: whom it had decided for then stands.
  ambiguous_.insert(contested_.begin(), contested_.end());
  system(side).edit(id(side), field, text);
  edited_.at(at(side)).at(field) = system(side).kept(field, text);
}

void Course::comment(Side side) {
  if (id(side).empty()) return;
  const std::string text = "remark" + std::to_string(++edits_) + ".";
  system(side).comment(id(side), text);
  comments_.insert(text);
}

void Course::advance(std::chrono::milliseconds by) {
  clock_.advance(by);
  systems_.left.advance(by);
  systems_.right.advance(by);
}

sync::Report Course::pass(Side side) {
  spool::Push push;
  push.id = PushId{++pushes_};
  push.key = {link_->name, side, system(side).project(), RecordId{id(side)}};
  push.accepted = clock_.now();
  const sync::Assignment assignment{push, std::nullopt, link_, [](const RecordKey&) { return true; }, nullptr};
  for (const Side each : both) system(each).pass_begins();
  sync::Report report = engine_->pass(assignment, stop_.get_token());
  for (const Side each : both) system(each).pass_ended();
  return report;
}

// A pass; `committed`: or the daemon dies before its end is stored.
void Course::push(Side side, bool committed) {
  if (id(side).empty()) return;
  const Expectation expected = expectation(side);
  const std::array before{values(Side::source), values(Side::destination)};
  const sync::Report report = pass(side);
  notice_overwritten();
  const bool ended = committed && report.verdict && report.verdict->kind == spool::Verdict::Kind::done;
  for (const Side written : both) {
    if (!ended) note_unsure(written, before.at(at(written)));
  }
  if (!committed) {
    settle_agreements();
    restart();
    return;
  }
  if (!report.verdict) return;
  const Result<void> saved = store_.write([&](store::Transaction& tx) { engine_->save(tx, report); });
  RC_ASSERT(saved.has_value());
  if (report.verdict->kind == spool::Verdict::Kind::dead_letter) RC_FAIL(report.verdict->reason);
  if (report.verdict->kind == spool::Verdict::Kind::held) {
    RC_ASSERT(policy_ == ConflictPolicy::hold);
    decide();
  } else if (report.verdict->kind == spool::Verdict::Kind::done) {
    end_well(expected, side, report);
  }
  settle_agreements();
}

void Course::note_unsure(Side written, const std::array<std::string, fields>& before) {
  const std::array<std::string, fields> after = values(written);
  for (std::size_t field = 0; field < fields; ++field) {
    if (after.at(field) != before.at(field)) unsure_.at(at(written)).insert(field);
  }
  // A conflict was decided before the write broke off. If any of it arrived, what the record's time says now is our
  // doing.
  const bool winner_is_fixed = policy_ == ConflictPolicy::source || policy_ == ConflictPolicy::destination;
  for (std::size_t field = 0; field < fields; ++field) {
    if (edited_.at(0).at(field).empty() || edited_.at(1).at(field).empty()) continue;
    if (after != before) {
      ambiguous_.insert(field);
    } else if (!winner_is_fixed) {
      contested_.insert(field);
    }
  }
}

// Without a change of its own a side's push need not look at the other side, whose own push is to come.
void Course::end_well(const Expectation& expected, Side side, const sync::Report& report) {
  const bool own_changes = edited(side);
  wrote_ = report.verdict->outcome == spool::Outcome::synchronized;
  if (own_changes || wrote_) check(expected, side, own_changes);
}

// What agrees is settled, also by a pass that failed further on or died.
void Course::settle_agreements() {
  if (id(Side::destination).empty()) return;
  for (std::size_t field = 0; field < fields; ++field) {
    if (!agree(field, value(Side::source, field), value(Side::destination, field))) continue;
    for (auto& edits : edited_) edits.at(field).clear();
  }
}

Course::Expectation Course::expectation(Side pusher) const {
  Expectation expected;
  expected.pair = !id(Side::destination).empty();
  const auto expect = [&](std::size_t field, const std::string& text) {
    expected.value.at(field) = text;
    expected.known.at(field) = true;
  };
  for (std::size_t field = 0; field < fields; ++field) {
    const std::string left = value(Side::source, field);
    if (!expected.pair) {
      expect(field, left);
      continue;
    }
    const std::string right = value(Side::destination, field);
    const bool by_left = !edited_.at(0).at(field).empty();
    const bool by_right = !edited_.at(1).at(field).empty();
    if (agree(field, left, right)) {
      expect(field, left);
    } else if (ambiguous_.contains(field)) {
      continue;
    } else if (pairing_ && by_left && by_right) {
      continue;  // the first pass over the pair: either side's may count
    } else if (by_left != by_right) {
      expect(field, by_left ? left : right);
    } else if (by_left) {
      const std::optional<Side> winner = wins(field, pusher);
      if (winner) expect(field, *winner == Side::source ? left : right);
    }
  }
  return expected;
}

std::optional<Side> Course::wins(std::size_t field, Side pusher) const {
  const Timestamp left = systems_.left.updated(id(Side::source));
  const Timestamp right = systems_.right.updated(id(Side::destination));
  switch (policy_) {
    case ConflictPolicy::source:
      return Side::source;
    case ConflictPolicy::destination:
      return Side::destination;
    case ConflictPolicy::pusher:
      return pusher;
    case ConflictPolicy::newest:
      return left == right ? pusher : left > right ? Side::source : Side::destination;
    case ConflictPolicy::oldest:
      return left == right ? pusher : left < right ? Side::source : Side::destination;
    case ConflictPolicy::hold: {
      const auto found = decided_.find(field);
      return found == decided_.end() ? std::nullopt : std::optional{found->second};
    }
  }
  return std::nullopt;
}

void Course::check(const Expectation& expected, Side pusher, bool own_changes) {
  if (id(Side::destination).empty()) return;
  // Comments went across, or what was left of an unfinished write.
  if (!own_changes && edited(other(pusher))) return;
  for (std::size_t field = 0; field < fields; ++field) {
    const std::string left = value(Side::source, field);
    const std::string right = value(Side::destination, field);
    RC_LOG() << "after push " << pushes_ << ": field " << field << " left " << left << ", right " << right << '\n';
    RC_ASSERT(agree(field, left, right));
    if (expected.known.at(field)) RC_ASSERT(agree(field, left, expected.value.at(field)));
    for (auto& edits : edited_) edits.at(field).clear();
  }
  decided_.clear();
  for (auto& unsure : unsure_) unsure.clear();
  ambiguous_.clear();
  contested_.clear();
  pairing_ = false;
}

// An edit that our own write replaced no longer counts as one.
void Course::notice_overwritten() {
  for (const Side side : both) {
    if (id(side).empty()) continue;
    for (std::size_t field = 0; field < fields; ++field) {
      std::string& edit = edited_.at(at(side)).at(field);
      if (!edit.empty() && value(side, field) != edit) edit.clear();
    }
  }
}

// A person looks at the conflicts of the pair and decides each.
void Course::decide() {
  const std::vector<sync::Conflict> held = sync::list_conflicts(store_, std::nullopt, 1000).value();
  for (const sync::Conflict& conflict : held) {
    if (conflict.source.app_link != link_->name || conflict.decided) continue;
    const Side winner = random_.between(std::chrono::milliseconds{0}, std::chrono::milliseconds{1}).count() == 0
                            ? Side::source
                            : Side::destination;
    RC_ASSERT(sync::resolve_conflict(store_, conflict.link, conflict.source_field, winner, "jane").has_value());
    for (std::size_t field = 0; field < fields; ++field) {
      if (systems_.left.field(field) == conflict.source_field) decided_[field] = winner;
    }
  }
}

void Course::restart() {
  applications_ = std::make_unique<sync::Applications>(clock_, settings_.probe_after, log_, metrics_);
  engine_ = std::make_unique<sync::Engine>(store_, clock_, settings_, *applications_, random_, pauses_, log_);
}

// The outages are over, the lost pushes are swept up: everything must come to rest.
void Course::settle() {
  for (const Side side : both) system(side).mend();
  int quiet = 0;
  for (int round = 0; quiet < 4; ++round) {
    RC_ASSERT(round < 20);  // else it never falls silent
    advance(std::chrono::seconds{60});
    for (const ApplicationName& name : applications_->open_circuits()) applications_->probe_succeeded(name);
    wrote_ = false;
    const std::int64_t before = pushes_;
    push(round % 2 == 0 ? Side::source : Side::destination, true);
    quiet = wrote_ || pushes_ == before ? 0 : quiet + 1;
    if (id(Side::destination).empty()) quiet = 0;
  }
  for (std::size_t field = 0; field < fields; ++field) {
    RC_ASSERT(agree(field, value(Side::source, field), value(Side::destination, field)));
  }
  for (const Side side : both) check_comments(side);
}

void Course::check_comments(Side side) const {
  std::map<std::string, int> found;
  for (const std::string& text : system(side).comments(id(side))) {
    const std::size_t begin = text.find("remark");
    RC_ASSERT(begin != std::string::npos);
    ++found[text.substr(begin, text.find('.', begin) + 1 - begin)];
  }
  RC_ASSERT(found.size() == comments_.size());
  for (const std::string& text : comments_) RC_ASSERT(found[text] == 1);
}

void check_courses(ConflictPolicy policy, int sequences, const std::function<Systems()>& systems) {
  ::setenv("RC_PARAMS", ("max_success=" + std::to_string(sequences)).c_str(), 0);
  const support::TempFolder folder = support::TempFolder::in_memory();
  const Result<std::unique_ptr<store::Store>> store = store::Store::open(sync::in_folder(folder.path()));
  ASSERT_TRUE(store.has_value()) << store.error().message;
  std::int64_t number = 0;
  const auto step = rc::gen::construct<Step>(rc::gen::weightedElement<Act>({{4, Act::edit_left},
                                                                            {4, Act::edit_right},
                                                                            {1, Act::comment_left},
                                                                            {1, Act::comment_right},
                                                                            {4, Act::push_left},
                                                                            {4, Act::push_right},
                                                                            {1, Act::crash_left},
                                                                            {1, Act::crash_right},
                                                                            {1, Act::fail_left},
                                                                            {1, Act::fail_right},
                                                                            {1, Act::wait}}),
                                             rc::gen::inRange(0, 36));
  EXPECT_TRUE(rc::check("both sides agree", [&] {
    const auto steps = *rc::gen::container<std::vector<Step>>(step);
    const auto seed = *rc::gen::arbitrary<std::uint32_t>();
    Course(**store, systems(), policy, ++number, seed).run(steps);
  }));
}

}  // namespace syncservice::model
