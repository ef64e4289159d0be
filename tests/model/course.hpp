// The engine against a model: a pair of records through a random sequence of edits on either side, pushes late, doubled
// and lost, crashes in the middle of a pass, outages, throttling and answers that never came. Afterwards both sides
// agree, no edit is lost that the policy does not explain, every comment is there once, and the engine falls silent.
// RapidCheck shrinks a failing sequence and prints what reproduces it.
#pragma once

#include "engine.hpp"
#include "health.hpp"
#include "random.hpp"
#include "support/fake_clock.hpp"
#include "sync/helpers.hpp"
#include "system.hpp"

#include "syncservice/mapping/plan.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace syncservice::model {

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
  int choice = 0;  ///< which field, which failure, how long: 0–35
};
void showValue(const Step& step, std::ostream& out);

/// The two systems of a course: source and destination.
struct Systems {
  System& left;
  System& right;
};

/// One pair of records through one sequence, checked against what people did to it.
class Course {
 public:
  Course(store::Store& store, const Systems& systems, mapping::ConflictPolicy policy, std::int64_t number,
         std::uint64_t seed);

  void run(const std::vector<Step>& steps);

 private:
  // What a pass that ends well must leave in each field, by what people did since the last one.
  struct Expectation {
    bool pair = false;  // both records were there
    std::array<std::string, fields> value{};
    std::array<bool, fields> known{};
  };

  [[nodiscard]] System& system(Side side) const { return side == Side::source ? systems_.left : systems_.right; }
  [[nodiscard]] std::string id(Side side) const;
  [[nodiscard]] std::string value(Side side, std::size_t field) const { return system(side).text(id(side), field); }
  [[nodiscard]] std::array<std::string, fields> values(Side side) const;
  [[nodiscard]] bool agree(std::size_t field, const std::string& left, const std::string& right) const;
  [[nodiscard]] bool edited(Side side) const;

  void take(const Step& step);
  void edit(Side side, std::size_t field);
  void comment(Side side);
  void advance(std::chrono::milliseconds by);
  void push(Side side, bool committed);
  [[nodiscard]] sync::Report pass(Side side);
  void note_unsure(Side written, const std::array<std::string, fields>& before);
  void end_well(const Expectation& expected, Side side, const sync::Report& report);
  void settle_agreements();
  [[nodiscard]] Expectation expectation(Side pusher) const;
  [[nodiscard]] std::optional<Side> wins(std::size_t field, Side pusher) const;
  void check(const Expectation& expected, Side pusher, bool own_changes);
  void notice_overwritten();
  void decide();
  void restart();
  void settle();
  void check_comments(Side side) const;

  store::Store& store_;
  const Systems systems_;
  const mapping::ConflictPolicy policy_;
  support::FakeClock clock_;
  telemetry::Log log_{sync::quiet()};
  telemetry::Metrics metrics_;
  sync::Settings settings_;
  sync::Pauses pauses_;
  std::shared_ptr<registry::AppLink> link_;
  sync::Random random_;
  std::unique_ptr<sync::Applications> applications_;
  std::unique_ptr<sync::Engine> engine_;
  std::stop_source stop_;
  std::int64_t pushes_ = 0;
  int edits_ = 0;
  bool wrote_ = false, pairing_ = true;
  // By side and field: what a person wrote there since both sides last agreed; empty if nobody did.
  std::array<std::array<std::string, fields>, 2> edited_;
  // Written by a pass whose end nobody knows: an edit there, before the next pass, may count as one of both sides.
  std::array<std::set<std::size_t>, 2> unsure_;
  std::set<std::size_t> ambiguous_;
  // In conflict when a pass broke off before it wrote anything.
  std::set<std::size_t> contested_;
  std::map<std::size_t, Side> decided_;
  std::set<std::string> comments_;
};

/// Fails the test, with what reproduces it, unless `sequences` random courses go well under the policy (RC_PARAMS in
/// the environment overrides how many). `systems` gives the systems of a course, as new.
void check_courses(mapping::ConflictPolicy policy, int sequences, const std::function<Systems()>& systems);

}  // namespace syncservice::model
