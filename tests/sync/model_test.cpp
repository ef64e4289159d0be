// The engine against a model: random edits on either side, pushes late, doubled and lost, crashes in the middle of a
// pass, outages, throttling and answers that never came. Afterwards both sides agree, no edit is lost that the policy
// does not explain, every comment is there once, and the engine falls silent. RapidCheck shrinks a failing sequence and
// prints what reproduces it.
#include "engine_fixture.hpp"

#include "syncservice/record/rich_text.hpp"
#include "syncservice/sync/admin.hpp"

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

namespace syncservice::sync {
namespace {

using mapping::ConflictPolicy;

// Six policies make 10,200 sequences in all. Under a sanitizer, which slows each down, a sample is enough.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr const char* sequences_each = "max_success=50";
#else
constexpr const char* sequences_each = "max_success=1700";
#endif

enum class Act : std::uint8_t {
  edit_left,
  edit_right,
  comment_left,
  comment_right,
  push_left,
  push_right,
  crash_left,  // a pass whose end is never committed
  crash_right,
  fail_left,
  fail_right,
  wait
};

struct Step {
  Act act = Act::wait;
  int choice = 0;  // which field, which failure, how long
};

void showValue(const Step& step, std::ostream& out) {
  constexpr std::array<const char*, 11> names{"edit left", "edit right", "comment left", "comment right",
                                              "push left", "push right", "crash left",   "crash right",
                                              "fail left", "fail right", "wait"};
  out << names.at(static_cast<std::size_t>(step.act)) << ' ' << step.choice;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// One pair of records through one sequence, checked against what people did to it.
class Course {
 public:
  Course(store::Store& store, ConflictPolicy policy, std::int64_t number, std::uint64_t seed)
      : store_(store), policy_(policy), random_(seed) {
    for (FakeSystem* system : {&left_, &right_}) system->clock = &clock_;
    // The third field's values are written in capitals over there, whatever one sends.
    right_.normalise = [](const std::string& field, const record::Value& value) {
      return field == "c2" ? record::Value{upper(value.text())} : value;
    };
    link_ = std::make_shared<registry::AppLink>();
    link_->name = AppLinkName{"Model" + std::to_string(number)};
    link_->source = {EngineFixture::application("left", left_), "Story"};
    link_->destination = {EngineFixture::application("right", right_), "requirement"};
    link_->projects = {{ProjectName{"L"}, ProjectName{"R"}}};
    link_->comments = {.to_destination = true, .to_source = true};
    mapping::PlanSpec spec;
    for (const char* suffix : {"0", "1", "2"}) {
      mapping::FieldRule rule;
      rule.source = std::string{"a"}.append(suffix);
      rule.destination = std::string{"c"}.append(suffix);
      spec.fields.push_back(rule);
    }
    spec.conflict = policy;
    std::vector<mapping::Fault> faults;
    link_->plan = mapping::Plan::compile(std::move(spec), faults);
    settings_.scratch_folder = "/tmp";
    left_.put("L-1", {{"a0", "start"}, {"a1", "start"}, {"a2", "start"}});
    for (int field = 0; field < fields; ++field) edited_[side_index(Side::source)][field] = "start";
    pairing_ = true;
  }

  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      clock_.advance(std::chrono::seconds{1});
      take(step);
    }
    settle();
  }

 private:
  static constexpr int fields = 3;
  static std::size_t side_index(Side side) { return side == Side::source ? 0 : 1; }
  FakeSystem& system(Side side) { return side == Side::source ? left_ : right_; }
  static std::string name(Side side, int field) { return (side == Side::source ? "a" : "c") + std::to_string(field); }
  [[nodiscard]] std::string id(Side side) const {
    if (side == Side::source) return "L-1";
    const std::vector<std::string> all = right_.ids();
    RC_ASSERT(all.size() <= 1U);  // never a second twin
    return all.empty() ? std::string{} : all.front();
  }
  [[nodiscard]] std::string value(Side side, int field) {
    const record::Fields all = system(side).fields(id(side));
    const auto found = all.find(name(side, field));
    return found == all.end() ? std::string{} : found->second.text();
  }
  [[nodiscard]] std::vector<std::string> values(Side side) {
    std::vector<std::string> all(fields);
    if (id(side).empty()) return all;
    for (int field = 0; field < fields; ++field) all[static_cast<std::size_t>(field)] = value(side, field);
    return all;
  }
  static bool agree(int field, const std::string& left, const std::string& right) {
    return field == 2 ? upper(left) == upper(right) : left == right;
  }

  void take(const Step& step) {
    switch (step.act) {
      case Act::edit_left:
        return edit(Side::source, step.choice % fields);
      case Act::edit_right:
        return edit(Side::destination, step.choice % fields);
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
        return fail(left_, step.choice);
      case Act::fail_right:
        return fail(right_, step.choice);
      case Act::wait:
        clock_.advance(std::chrono::seconds{5 * step.choice});
        return;
    }
  }

  void edit(Side side, int field) {
    if (id(side).empty()) return;
    std::string text = "v" + std::to_string(++edits_);
    if (side == Side::destination && field == 2) text = upper(text);
    // What the other system made of a value looks like an edit over there, as long as nobody has read it back.
    const bool reshaped = field == 2 && unsure_[side_index(other(side))].contains(field);
    if (unsure_[side_index(side)].contains(field) || reshaped) ambiguous_.insert(field);
    system(side).set(id(side), name(side, field), record::Value{text});
    edited_[side_index(side)][field] = text;
  }

  void comment(Side side) {
    if (id(side).empty()) return;
    const std::string text = "remark" + std::to_string(++edits_) + ".";
    system(side).comment(id(side), "Jane", text);
    comments_.insert(text);
  }

  void fail(FakeSystem& system, int choice) {
    constexpr std::array ops{Op::read, Op::create, Op::update, Op::add_comment, Op::find, Op::comments};
    const Op op = ops.at(static_cast<std::size_t>(choice) % ops.size());
    const bool after = (choice / 6) % 2 == 1;
    if ((choice / 12) % 3 == 2 && !after) {
      system.fail(op, failure(FailureClass::throttled, "Slow down.", std::chrono::seconds{5}));
    } else {
      system.fail(op, failure(FailureClass::transient, "The connection was cut."),
                  after ? Strikes::after : Strikes::before);
    }
  }

  // A pass; `committed`: or the daemon dies before its end is stored.
  void push(Side side, bool committed) {
    if (id(side).empty()) return;
    spool::Push push;
    push.id = PushId{++pushes_};
    push.key = {link_->name, side, ProjectName{side == Side::source ? "L" : "R"}, RecordId{id(side)}};
    push.accepted = clock_.now();
    const Assignment assignment{push, std::nullopt, link_, [](const RecordKey&) { return true; }, nullptr};
    const Expectation expected = expectation(side);
    const std::array<std::vector<std::string>, 2> before{values(Side::source), values(Side::destination)};
    const Report report = engine_->pass(assignment, stop_.get_token());
    notice_overwritten();
    const bool ended = committed && report.verdict && report.verdict->kind == spool::Verdict::Kind::done;
    for (const Side written : {Side::source, Side::destination}) {
      const std::vector<std::string> after = values(written);
      for (int field = 0; field < fields; ++field) {
        const auto place = static_cast<std::size_t>(field);
        if (!ended && after[place] != before[side_index(written)][place]) unsure_[side_index(written)].insert(field);
      }
    }
    if (!committed) {
      settle_agreements();
      restart();
      return;
    }
    if (!report.verdict) return;
    const Result<void> saved = store_.write([&](store::Transaction& tx) { engine_->save(tx, report); });
    RC_ASSERT(saved.has_value());
    RC_ASSERT(report.verdict->kind != spool::Verdict::Kind::dead_letter);
    if (report.verdict->kind == spool::Verdict::Kind::held) {
      RC_ASSERT(policy_ == ConflictPolicy::hold);
      decide();
    } else if (report.verdict->kind == spool::Verdict::Kind::done) {
      // Without a change of its own a side's push need not look at the other side, whose own push is to come.
      const bool own_changes = std::any_of(edited_[side_index(side)].begin(), edited_[side_index(side)].end(),
                                           [](const auto& edit) { return !edit.second.empty(); });
      if (own_changes || report.verdict->outcome == spool::Outcome::synchronized) check(expected, side, own_changes);
      wrote_ = report.verdict->outcome == spool::Outcome::synchronized;
    }
    settle_agreements();
  }

  // What agrees is settled, also by a pass that failed further on or died.
  void settle_agreements() {
    for (int field = 0; field < fields && !id(Side::destination).empty(); ++field) {
      if (!agree(field, value(Side::source, field), value(Side::destination, field))) continue;
      for (auto& edits : edited_) edits[field].clear();
    }
  }

  // What a pass that ends well must leave in each field, by what people did since the last one.
  struct Expectation {
    bool pair = false;  // both records were there
    std::array<std::string, fields> value{};
    std::array<bool, fields> known{};
  };

  [[nodiscard]] Expectation expectation(Side pusher) {
    Expectation expected;
    expected.pair = !id(Side::destination).empty();
    if (!expected.pair) {
      for (int field = 0; field < fields; ++field) expect(expected, field, value(Side::source, field));
      return expected;
    }
    for (int field = 0; field < fields; ++field) {
      const std::string left = value(Side::source, field);
      const std::string right = value(Side::destination, field);
      const bool by_left = !edited_[0][field].empty();
      const bool by_right = !edited_[1][field].empty();
      if (agree(field, left, right)) {
        expect(expected, field, left);
      } else if (ambiguous_.contains(field)) {
        continue;
      } else if (pairing_ && by_left && by_right) {
        continue;  // the first pass over the pair: either side's may count
      } else if (by_left != by_right) {
        expect(expected, field, by_left ? left : right);
      } else if (by_left) {
        const std::optional<Side> winner = wins(field, pusher);
        if (winner) expect(expected, field, *winner == Side::source ? left : right);
      }
    }
    return expected;
  }
  static void expect(Expectation& expected, int field, std::string value) {
    expected.value.at(static_cast<std::size_t>(field)) = std::move(value);
    expected.known.at(static_cast<std::size_t>(field)) = true;
  }

  [[nodiscard]] std::optional<Side> wins(int field, Side pusher) {
    const Timestamp left = *left_.record(id(Side::source)).updated;
    const Timestamp right = *right_.record(id(Side::destination)).updated;
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

  void check(const Expectation& expected, Side pusher, bool own_changes) {
    if (id(Side::destination).empty()) return;
    if (!own_changes) {  // comments went across, or what was left of an unfinished write
      for (int field = 0; field < fields; ++field) {
        if (!edited_[side_index(other(pusher))][field].empty()) return;
      }
    }
    for (int field = 0; field < fields; ++field) {
      const std::string left = value(Side::source, field);
      const std::string right = value(Side::destination, field);
      RC_LOG() << "after push " << pushes_ << ": field " << field << " left " << left << ", right " << right << '\n';
      RC_ASSERT(agree(field, left, right));
      const auto place = static_cast<std::size_t>(field);
      if (expected.known.at(place)) RC_ASSERT(agree(field, left, expected.value.at(place)));
      edited_[0][field].clear();
      edited_[1][field].clear();
    }
    decided_.clear();
    for (auto& unsure : unsure_) unsure.clear();
    ambiguous_.clear();
    pairing_ = false;
  }

  // An edit that our own write replaced no longer counts as one.
  void notice_overwritten() {
    for (const Side side : {Side::source, Side::destination}) {
      if (id(side).empty()) continue;
      for (int field = 0; field < fields; ++field) {
        std::string& edit = edited_[side_index(side)][field];
        if (!edit.empty() && value(side, field) != edit) edit.clear();
      }
    }
  }

  // A person looks at the conflicts of the pair and decides each.
  void decide() {
    const std::vector<Conflict> held = list_conflicts(store_, std::nullopt, 1000).value();
    for (const Conflict& conflict : held) {
      if (conflict.source.app_link != link_->name || conflict.decided) continue;
      const Side winner = random_.between(std::chrono::milliseconds{0}, std::chrono::milliseconds{1}).count() == 0
                              ? Side::source
                              : Side::destination;
      RC_ASSERT(resolve_conflict(store_, conflict.link, conflict.source_field, winner, "jane").has_value());
      decided_[conflict.source_field.back() - '0'] = winner;
    }
  }

  void restart() {
    applications_ = std::make_unique<Applications>(clock_, settings_.probe_after, log_, metrics_);
    engine_ = std::make_unique<Engine>(store_, clock_, settings_, *applications_, random_, pauses_, log_);
  }

  // The outages are over, the lost pushes are swept up: everything must come to rest.
  void settle() {
    left_.mend();
    right_.mend();
    int quiet = 0;
    for (int round = 0; quiet < 4; ++round) {
      RC_ASSERT(round < 20);  // else it never falls silent
      clock_.advance(std::chrono::seconds{60});
      for (const ApplicationName& name : applications_->open_circuits()) applications_->probe_succeeded(name);
      wrote_ = false;
      const std::int64_t before = pushes_;
      push(round % 2 == 0 ? Side::source : Side::destination, true);
      quiet = wrote_ || pushes_ == before ? 0 : quiet + 1;
      if (id(Side::destination).empty()) quiet = 0;
    }
    for (int field = 0; field < fields; ++field) {
      RC_ASSERT(agree(field, value(Side::source, field), value(Side::destination, field)));
    }
    for (const Side side : {Side::source, Side::destination}) {
      std::map<std::string, int> found;
      for (const adapter::Comment& comment : system(side).comments(id(side))) {
        const std::string text = record::to_plain(comment.body);
        ++found[text.substr(text.find("remark"))];
      }
      RC_ASSERT(found.size() == comments_.size());
      for (const std::string& text : comments_) RC_ASSERT(found[text] == 1);
    }
  }

  store::Store& store_;
  const ConflictPolicy policy_;
  support::FakeClock clock_;
  telemetry::Log log_{quiet()};
  telemetry::Metrics metrics_;
  Settings settings_;
  Pauses pauses_;
  FakeSystem left_{"L-"}, right_{"R-"};
  std::shared_ptr<registry::AppLink> link_;
  Random random_;
  std::unique_ptr<Applications> applications_ =
      std::make_unique<Applications>(clock_, settings_.probe_after, log_, metrics_);
  std::unique_ptr<Engine> engine_ =
      std::make_unique<Engine>(store_, clock_, settings_, *applications_, random_, pauses_, log_);
  std::stop_source stop_;
  std::int64_t pushes_ = 0;
  int edits_ = 0;
  bool wrote_ = false, pairing_ = false;
  // By side and field: what a person wrote there since both sides last agreed; empty if nobody did.
  std::array<std::map<int, std::string>, 2> edited_;
  // Written by a pass whose end nobody knows: an edit there, before the next pass, may count as one of both sides.
  std::array<std::set<int>, 2> unsure_;
  std::set<int> ambiguous_;
  std::map<int, Side> decided_;
  std::set<std::string> comments_;
};

class EngineModel : public testing::TestWithParam<ConflictPolicy> {};

TEST_P(EngineModel, NoEditIsLostNoTwinIsDoubledAndSilenceFalls) {
  ::setenv("RC_PARAMS", sequences_each, 0);
  const support::TempFolder folder = support::TempFolder::in_memory();
  Result<std::unique_ptr<store::Store>> store = store::Store::open(in_folder(folder.path()));
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
    Course(**store, GetParam(), ++number, seed).run(steps);
  }));
}

INSTANTIATE_TEST_SUITE_P(Policies, EngineModel,
                         testing::Values(ConflictPolicy::source, ConflictPolicy::destination, ConflictPolicy::newest,
                                         ConflictPolicy::oldest, ConflictPolicy::pusher, ConflictPolicy::hold));

}  // namespace
}  // namespace syncservice::sync
