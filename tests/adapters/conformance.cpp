#include "adapters/conformance.hpp"

#include <gmock/gmock.h>

namespace syncservice::adapter::conformance {

using record::Value;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AdapterConformance);

NewRecord AdapterConformance::wanted(std::string marker, std::string first) const {
  return NewRecord{
      subject_->project(), subject_->type(), {{subject_->first_field(), std::move(first)}}, std::move(marker)};
}

record::Record AdapterConformance::created(std::string marker, std::string first) {
  auto record = subject_->adapter().create(wanted(std::move(marker), std::move(first)), context_);
  if (record) return *record;
  ADD_FAILURE() << record.error().message;
  return {};
}

TEST_P(AdapterConformance, CreateReadsBack) {
  const auto record = created("m-1", "grüße \"x\"");
  EXPECT_FALSE(record.id.empty());
  EXPECT_EQ(record.project, subject_->project());
  EXPECT_EQ(record.type, subject_->type());
  EXPECT_EQ(record.marker, "m-1");
  EXPECT_EQ(record.fields.at(subject_->first_field()), Value{"grüße \"x\""});

  const auto read = subject_->adapter().read(subject_->project(), record.id, context_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, record);
}

TEST_P(AdapterConformance, EachCreationIsARecordOfItsOwn) {
  const auto one = created("m-1");
  const auto two = created("m-2");
  EXPECT_NE(one.id, two.id);
  EXPECT_EQ(subject_->adapter().read(subject_->project(), one.id, context_)->marker, "m-1");
}

TEST_P(AdapterConformance, UpdateChangesOnlyWhatItNames) {
  const auto before = created("m-1", "keep");
  const auto after =
      subject_->adapter().update(subject_->project(), before.id, {{subject_->second_field(), "new"}}, context_);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->id, before.id);
  EXPECT_EQ(after->marker, "m-1");
  EXPECT_EQ(after->fields.at(subject_->first_field()), Value{"keep"});
  EXPECT_EQ(after->fields.at(subject_->second_field()), Value{"new"});
}

TEST_P(AdapterConformance, NullEmptiesAField) {
  const auto before = created("m-1");
  const auto after =
      subject_->adapter().update(subject_->project(), before.id, {{subject_->first_field(), Value{}}}, context_);
  ASSERT_TRUE(after) << after.error().message;
  const auto field = after->fields.find(subject_->first_field());
  EXPECT_TRUE(field == after->fields.end() || field->second.is_null() || field->second == Value{""});
}

TEST_P(AdapterConformance, AnUpdateMovesTheInstantForward) {
  const auto before = created("m-1");
  const auto after =
      subject_->adapter().update(subject_->project(), before.id, {{subject_->first_field(), "two"}}, context_);
  ASSERT_TRUE(after) << after.error().message;
  if (before.updated && after->updated) {
    EXPECT_GE(*after->updated, *before.updated);
  }
}

TEST_P(AdapterConformance, AMissingRecordIsGone) {
  const auto record = created("m-1");
  subject_->remove(record.id);
  const auto read = subject_->adapter().read(subject_->project(), record.id, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::gone);
  EXPECT_EQ(read.error().code, Failure::not_found);
  EXPECT_THAT(read.error().message, testing::HasSubstr(record.id.str()));
  const auto updated =
      subject_->adapter().update(subject_->project(), record.id, {{subject_->first_field(), "x"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::gone);
}

TEST_P(AdapterConformance, TheMarkerFindsTheRecordAsLongAsItIsThere) {
  const auto nothing = subject_->adapter().find_by_marker(subject_->project(), "m-1", context_);
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_FALSE(*nothing);

  const auto record = created("m-1");
  const auto other = created("m-2");
  const auto updated =
      subject_->adapter().update(subject_->project(), record.id, {{subject_->first_field(), "two"}}, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  const auto restarted = subject_->restarted();
  for (Adapter* adapter : {&subject_->adapter(), restarted.get()}) {
    const auto found = adapter->find_by_marker(subject_->project(), "m-1", context_);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_TRUE(*found);
    EXPECT_EQ(**found, *updated);
  }

  subject_->remove(record.id);
  const auto gone = subject_->adapter().find_by_marker(subject_->project(), "m-1", context_);
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_FALSE(*gone);
}

TEST_P(AdapterConformance, PingWorks) {
  const auto pinged = subject_->adapter().ping(context_);
  EXPECT_TRUE(pinged) << pinged.error().message;
}

TEST_P(AdapterConformance, CallsHonourStopAndDeadline) {
  const auto record = created("m-1");
  std::stop_source stop;
  stop.request_stop();
  const CallContext stopped{stop.get_token()};
  const CallContext late{{}, std::chrono::steady_clock::now() - std::chrono::seconds{1}};
  const auto expect = [&](const auto& result, Failure failure) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().failure, FailureClass::transient);
    EXPECT_EQ(result.error().code, failure);
  };
  for (const auto& [context, failure] : {std::pair{stopped, Failure::cancelled}, std::pair{late, Failure::timed_out}}) {
    Adapter& adapter = subject_->adapter();
    expect(adapter.read(subject_->project(), record.id, context), failure);
    expect(adapter.create(wanted("m-2"), context), failure);
    expect(adapter.update(subject_->project(), record.id, {{subject_->first_field(), "x"}}, context), failure);
    expect(adapter.find_by_marker(subject_->project(), "m-1", context), failure);
    expect(adapter.ping(context), failure);
  }
  EXPECT_EQ(*subject_->adapter().read(subject_->project(), record.id, context_), record);
  EXPECT_FALSE(*subject_->adapter().find_by_marker(subject_->project(), "m-2", context_));
}

}  // namespace syncservice::adapter::conformance
