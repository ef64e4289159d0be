// The conformance suite for what holds for every call: claims, ends, and records that are not there.
#include "adapters/conformance.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>

namespace syncservice::adapter::conformance {

TEST_P(AdapterConformance, WhatIsNotClaimedIsRefused) {
  const auto record = created("m-1");
  for (const Call& call : all_calls(CommentId{"1"}, AttachmentId{"1"})) {
    if (call.claimed) continue;
    const auto error = call.run(record.id, context_);
    ASSERT_TRUE(error) << call.name;
    EXPECT_EQ(error->failure, FailureClass::permanent) << call.name << ": " << error->message;
  }
  EXPECT_EQ(*adapter().read(project_, record.id, context_), record);
}

TEST_P(AdapterConformance, WhatIsClaimedWorks) {
  const auto record = created("m-1");
  CommentId comment;
  AttachmentId attachment;
  if (can().comments) comment = commented(record.id, "x").id;
  if (can().attachments) attachment = attached(record.id, "a.txt", 3).id;
  for (const Call& call : all_calls(comment, attachment)) {
    if (!call.claimed) continue;
    const auto error = call.run(record.id, context_);
    EXPECT_FALSE(error) << call.name << ": " << error->message;
  }
}

TEST_P(AdapterConformance, EveryCallHonoursStopAndDeadline) {
  const auto record = created("m-1");
  CommentId comment;
  AttachmentId attachment;
  if (can().comments) comment = commented(record.id, "x").id;
  if (can().attachments) attachment = attached(record.id, "a.txt", 3).id;
  const auto before = adapter().read(project_, record.id, context_);
  std::stop_source stop;
  stop.request_stop();
  const CallContext stopped{stop.get_token(), std::chrono::steady_clock::time_point::max(), {}};
  const CallContext late{{}, std::chrono::steady_clock::now() - std::chrono::seconds{1}, {}};
  for (const auto& [context, failure] : {std::pair{stopped, Failure::cancelled}, std::pair{late, Failure::timed_out}}) {
    for (const Call& call : all_calls(comment, attachment)) {
      if (!call.claimed) continue;
      const auto error = call.run(record.id, context);
      ASSERT_TRUE(error) << call.name;
      EXPECT_EQ(error->failure, FailureClass::transient) << call.name;
      EXPECT_EQ(error->code, failure) << call.name;
    }
  }
  EXPECT_EQ(*adapter().read(project_, record.id, context_), *before);
  EXPECT_FALSE(*adapter().find_by_marker(project_, "m-of-all-calls", context_));
  if (can().comments) {
    EXPECT_THAT(*adapter().comments(project_, record.id, context_), testing::SizeIs(1));
  }
  if (can().attachments) {
    EXPECT_THAT(*adapter().attachments(project_, record.id, context_), testing::SizeIs(1));
  }
}

TEST_P(AdapterConformance, EveryCallOnAMissingRecordIsGone) {
  const auto record = created("m-1");
  CommentId comment;
  AttachmentId attachment;
  if (can().comments) comment = commented(record.id, "x").id;
  if (can().attachments) attachment = attached(record.id, "a.txt", 3).id;
  subject_->remove(record.id);
  for (const Call& call : all_calls(comment, attachment)) {
    if (!call.claimed || !call.names_record) continue;
    const auto error = call.run(record.id, context_);
    ASSERT_TRUE(error) << call.name;
    EXPECT_EQ(error->failure, FailureClass::gone) << call.name << ": " << error->message;
    EXPECT_EQ(error->code, Failure::not_found) << call.name;
  }
}

TEST_P(AdapterConformance, NoIdReachesAnythingElse) {
  const auto record = created("m-1");
  for (const char* id : {"../../etc/passwd", "/etc/passwd", "..", ".", "./", "%2e%2e/x", "x\ny", "no such; record",
                         "' OR 1=1 --", "?id=1&x=2", "#", "nö \U0001F600"}) {
    for (const Call& call : all_calls(CommentId{"../1"}, AttachmentId{"../1"})) {
      if (!call.claimed || !call.names_record) continue;
      const auto error = call.run(RecordId{id}, context_);
      ASSERT_TRUE(error) << call.name << ' ' << id;
      EXPECT_TRUE(error->failure == FailureClass::gone || error->failure == FailureClass::permanent)
          << call.name << ' ' << id << ": " << error->message;
    }
  }
  EXPECT_EQ(*adapter().read(project_, record.id, context_), record);
}

TEST_P(AdapterConformance, ADeletedRecordIsGone) {
  if (!can().remove) GTEST_SKIP() << "records can't be deleted there";
  const auto record = created("m-1");
  const auto other = created("m-2");
  if (can().comments) static_cast<void>(commented(record.id, "x"));
  if (can().attachments) static_cast<void>(attached(record.id, "a.txt", 3));
  const auto removed = adapter().remove(project_, record.id, context_);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(adapter().read(project_, record.id, context_).error().failure, FailureClass::gone);
  EXPECT_EQ(adapter().remove(project_, record.id, context_).error().failure, FailureClass::gone);
  const auto marked = adapter().find_by_marker(project_, "m-1", context_);
  ASSERT_TRUE(marked) << marked.error().message;
  EXPECT_FALSE(*marked);
  EXPECT_EQ(*adapter().read(project_, other.id, context_), other);
}

}  // namespace syncservice::adapter::conformance
