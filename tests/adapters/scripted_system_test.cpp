// The scripted system is an adapter as any other, and does what its script says.
#include "support/scripted_system.hpp"

#include "adapters/conformance.hpp"
#include "support/fake_clock.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>

#include <future>

namespace syncservice::adapter::conformance {
namespace {

using support::Nature;

class ScriptedSubject : public Subject {
 public:
  explicit ScriptedSubject(Nature nature) : system_(clock_, std::move(nature)) {}
  Adapter& adapter() override { return *adapter_; }
  std::unique_ptr<Adapter> restarted() override { return system_.adapter(); }
  ProjectName project() const override { return ProjectName{"QC"}; }
  std::string type() const override { return "Story"; }
  std::string first_field() const override { return "summary"; }
  std::string second_field() const override { return "status"; }
  void remove(const RecordId& id) override { system_.remove(id.str()); }
  record::Fields typed_fields() const override {
    return {{"due", *record::date_from_text("2026-11-24")},
            {"seen", *record::instant_from_text("2026-11-24T10:00:00Z")},
            {"count", 7},
            {"text", record::from_html("<p>Grüße, <strong>all</strong></p>")},
            {"priority", record::Option{"3", "Low"}},
            {"labels", record::List{"a", "b"}}};
  }
  std::size_t page() const override { return system_.nature().page; }
  std::string query(const std::string& first) const override { return "summary=" + first; }

 private:
  support::FakeClock clock_;  // stands still: everything happens at one instant
  support::ScriptedSystem system_;
  std::unique_ptr<Adapter> adapter_ = system_.adapter();
};

std::unique_ptr<Subject> lenient() {
  Nature nature;
  nature.can.describe = false;
  return std::make_unique<ScriptedSubject>(std::move(nature));
}

std::unique_ptr<Subject> strict() {
  Nature nature;
  nature.projects = {"QC", "Other"};
  nature.types = {{"Story",
                   {{.name = "summary", .required = true, .max_length = 60},
                    {.name = "status"},
                    {.name = "key", .read_only = true},
                    {.name = "due", .kind = FieldKind::date},
                    {.name = "seen", .kind = FieldKind::instant},
                    {.name = "count", .kind = FieldKind::integer},
                    {.name = "text", .kind = FieldKind::rich_text},
                    {.name = "priority", .kind = FieldKind::option, .options = {{"1", "High"}, {"3", "Low"}}},
                    {.name = "labels", .list = true}}}};
  nature.defaults = {{"key", "K-1"}, {"priority", record::Option{"3", "Low"}}};
  return std::make_unique<ScriptedSubject>(std::move(nature));
}

std::unique_ptr<Subject> able_to_nothing() {
  Nature nature;
  nature.can = {};
  return std::make_unique<ScriptedSubject>(std::move(nature));
}

std::unique_ptr<Subject> with_a_slow_index() {
  Nature nature;
  nature.can = {.marker_lag = std::chrono::seconds{20}};
  nature.searches_that_miss = 2;
  return std::make_unique<ScriptedSubject>(std::move(nature));
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Scripted, AdapterConformance,
                         testing::Values(&lenient, &strict, &able_to_nothing, &with_a_slow_index));

}  // namespace syncservice::adapter::conformance

namespace syncservice::support {
namespace {

using adapter::CallContext;
using adapter::Failure;
using record::Fields;
using record::Value;

class ScriptedSystemTest : public testing::Test {
 protected:
  Result<record::Record> read() { return adapter_->read({}, RecordId{"A"}, {}); }
  Result<record::Record> update(const std::string& text, const CallContext& context = {}) {
    return adapter_->update({}, RecordId{"A"}, {{"f", text}}, context);
  }

  FakeClock clock_;
  ScriptedSystem system_{clock_};
  std::unique_ptr<adapter::Adapter> adapter_ = system_.adapter();
};

TEST_F(ScriptedSystemTest, PeopleWorkInItByTheClock) {
  system_.put("A", {{"f", "one"}}, "Story", "QC");
  const Timestamp start = clock_.now();
  EXPECT_EQ(read()->updated, start);
  clock_.advance(std::chrono::seconds{5});
  system_.edit("A", {{"f", "two"}});
  EXPECT_EQ(read()->fields, (Fields{{"f", "two"}}));
  EXPECT_EQ(read()->updated, start + std::chrono::seconds{5});
  const std::string comment = system_.add_comment("A", "Jane", "hello", true);
  clock_.advance(std::chrono::seconds{5});
  system_.edit_comment("A", comment, "bye");
  const auto comments = adapter_->comments({}, RecordId{"A"}, {});
  ASSERT_THAT(*comments, testing::SizeIs(1));
  EXPECT_EQ(comments->front().author.name, "Jane");
  EXPECT_TRUE(comments->front().is_private);
  EXPECT_EQ(comments->front().edited, start + std::chrono::seconds{10});
  system_.delete_comment("A", comment);
  EXPECT_THAT(system_.comments("A"), testing::IsEmpty());
  const std::string file = system_.attach("A", "a.txt", "content");
  EXPECT_EQ(system_.content("A", file), "content");
  system_.detach("A", file);
  EXPECT_THAT(system_.attachments("A"), testing::IsEmpty());
  EXPECT_NE(system_.copy("A"), "A");
  system_.remove("A");
  EXPECT_EQ(read().error().code, Failure::not_found);
  EXPECT_THROW(system_.edit("A", {}), std::out_of_range);
}

TEST_F(ScriptedSystemTest, FailuresStrikeBeforeAndAfterTheWrite) {
  system_.put("A", {{"f", "one"}});
  system_.fail_next(Operation::update, Failure::throttled, When::before, std::chrono::seconds{7});
  system_.fail_next(Operation::update, Failure::uncertain, When::after);
  const auto before = update("two");
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().failure, FailureClass::throttled);
  EXPECT_EQ(before.error().retry_after, std::chrono::seconds{7});
  EXPECT_EQ(system_.record("A").fields.at("f"), Value{"one"});
  EXPECT_EQ(update("three").error().code, Failure::uncertain);
  EXPECT_EQ(system_.record("A").fields.at("f"), Value{"three"});
  EXPECT_TRUE(update("four"));
  EXPECT_EQ(system_.calls(Operation::update), 3);
  EXPECT_EQ(system_.writes(), 3);

  system_.fail_all(Failure::unauthorized);
  EXPECT_EQ(read().error().failure, FailureClass::auth);
  EXPECT_EQ(adapter_->ping({}).error().failure, FailureClass::auth);
  system_.mend();
  EXPECT_TRUE(read());
}

TEST_F(ScriptedSystemTest, HeldCallsEndByReleaseStopOrDeadline) {
  system_.put("A", {{"f", "one"}});
  system_.hold(Operation::update);
  auto waiting = std::async(std::launch::async, [&] { return update("two"); });
  system_.await_held();
  EXPECT_EQ(system_.record("A").fields.at("f"), Value{"one"});
  system_.release();
  EXPECT_TRUE(waiting.get());

  system_.hold(Operation::update, When::after);
  std::stop_source stop;
  auto stopped = std::async(std::launch::async, [&] { return update("three", {stop.get_token()}); });
  system_.await_held();
  stop.request_stop();
  EXPECT_EQ(stopped.get().error().code, Failure::uncertain);
  EXPECT_EQ(system_.record("A").fields.at("f"), Value{"three"});

  system_.hold(Operation::update);
  const CallContext brief{{}, std::chrono::steady_clock::now() + std::chrono::milliseconds{10}, {}};
  EXPECT_EQ(update("four", brief).error().code, Failure::timed_out);
  EXPECT_EQ(system_.record("A").fields.at("f"), Value{"three"});
}

TEST_F(ScriptedSystemTest, EveryAnswerTellsTheRateLimit) {
  system_.set_rate_limit(adapter::RateLimit{3, std::chrono::seconds{60}});
  std::optional<adapter::RateLimit> seen;
  const CallContext context{
      {}, std::chrono::steady_clock::time_point::max(), [&](const adapter::RateLimit& limit) { seen = limit; }};
  EXPECT_FALSE(adapter_->read({}, RecordId{"A"}, context));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->remaining, 3U);
}

TEST_F(ScriptedSystemTest, LatencyTakesRealTime) {
  system_.set_latency(std::chrono::milliseconds{20});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(adapter_->ping({}));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{20});
}

TEST(FussySystem, MakesItsOwnOfWhatIsWritten) {
  const FakeClock clock;
  Nature nature;
  nature.habits = fussy_habits();
  ScriptedSystem system{clock, std::move(nature)};
  const auto adapter = system.adapter();
  const auto made =
      adapter->create({{}, "", {{"t", " x "}, {"l", record::List{"B", "a"}}, {"r", record::from_plain("r")}}, "m"}, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->fields.at("t"), Value{"x"});
  EXPECT_EQ(made->fields.at("l"), (Value{record::List{"a", "b"}}));
  EXPECT_EQ(made->fields.at("r"), Value{record::from_html("<p><b>r</b></p>")});
}

TEST(ForgetfulSystem, TakesAndGivesLargeFilesWithoutKeepingThem) {
  constexpr std::uint64_t size = 20'000'000;
  const FakeClock clock;
  Nature nature;
  nature.keeps_content = false;
  ScriptedSystem system{clock, std::move(nature)};
  const auto adapter = system.adapter();
  system.put("A", {});
  const std::string large = system.attach_generated("A", "large.bin", size);
  ContentHash hash;
  ASSERT_TRUE(adapter->download({}, RecordId{"A"}, adapter::AttachmentId{large},
                                [&](std::string_view piece) -> Result<void> {
                                  hash.take(piece);
                                  return {};
                                },
                                {}));
  EXPECT_EQ(hash.value(), system.content_hash("A", large));
  std::uint64_t place = 0;
  const auto sent = adapter->upload({}, RecordId{"A"}, {"copy.bin", "", size},
                                    [&](std::span<char> piece) -> Result<std::size_t> {
                                      std::size_t count = 0;
                                      while (count < piece.size() && place < size)
                                        piece[count++] = generated_byte(place++);
                                      return count;
                                    },
                                    {});
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(system.content_hash("A", sent->id.str()), hash.value());
  EXPECT_TRUE(system.content("A", sent->id.str()).empty());
  EXPECT_EQ(system.largest_piece(), 64U * 1024U);
}

}  // namespace
}  // namespace syncservice::support
