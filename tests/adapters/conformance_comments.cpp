// The conformance suite for comments.
#include "adapters/conformance.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>

namespace syncservice::adapter::conformance {

using testing::IsEmpty;
using testing::SizeIs;

TEST_P(AdapterConformance, CommentsAreReadAsTheyWereAdded) {
  if (!can().comments) GTEST_SKIP() << "no comments there";
  const auto record = created("m-1", "keep");
  EXPECT_THAT(*adapter().comments(project_, record.id, context_), IsEmpty());
  const auto body = record::from_html("<p>Grüße &amp; <strong>more</strong></p>");
  const auto first = adapter().add_comment(project_, record.id, {body, false}, context_);
  ASSERT_TRUE(first) << first.error().message;
  subject_->tick();
  const auto second = commented(record.id, "Second");
  EXPECT_FALSE(first->id.empty());
  EXPECT_FALSE(first->is_private);
  EXPECT_FALSE(first->edited);
  EXPECT_EQ(record::to_plain(first->body), "Grüße & more");
  EXPECT_NE(first->id, second.id);
  const auto restarted = subject_->restarted();
  for (Adapter* instance : {&adapter(), restarted.get()}) {
    const auto listed = instance->comments(project_, record.id, context_);
    ASSERT_TRUE(listed) << listed.error().message;
    EXPECT_THAT(*listed, testing::ElementsAre(*first, second)) << "oldest first";
  }
  EXPECT_EQ(adapter().read(project_, record.id, context_)->fields, record.fields);
}

TEST_P(AdapterConformance, PrivateCommentsStayPrivate) {
  if (!can().private_comments) GTEST_SKIP() << "no private comments there";
  const auto record = created("m-1");
  EXPECT_TRUE(commented(record.id, "internal", true).is_private);
  subject_->tick();
  EXPECT_FALSE(commented(record.id, "for all", false).is_private);
  const auto listed = adapter().comments(project_, record.id, context_);
  ASSERT_THAT(*listed, SizeIs(2));
  EXPECT_TRUE(listed->at(0).is_private);
  EXPECT_FALSE(listed->at(1).is_private);
  if (!can().edit_comments) return;
  const auto changed =
      adapter().update_comment(project_, record.id, listed->at(0).id, record::from_plain("still"), context_);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_TRUE(changed->is_private);
}

TEST_P(AdapterConformance, CommentsAreChangedAndDeleted) {
  if (!can().edit_comments) GTEST_SKIP() << "comments can't be changed there";
  const auto record = created("m-1");
  const auto one = commented(record.id, "one");
  const auto two = commented(record.id, "two");
  const auto changed = adapter().update_comment(project_, record.id, one.id, record::from_plain("uno"), context_);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->id, one.id);
  EXPECT_EQ(changed->created, one.created);
  EXPECT_EQ(record::to_plain(changed->body), "uno");
  ASSERT_TRUE(adapter().remove_comment(project_, record.id, two.id, context_));
  EXPECT_THAT(*adapter().comments(project_, record.id, context_), testing::ElementsAre(*changed));
  EXPECT_EQ(adapter().remove_comment(project_, record.id, two.id, context_).error().failure, FailureClass::gone);
  EXPECT_EQ(adapter().update_comment(project_, record.id, two.id, record::from_plain("x"), context_).error().failure,
            FailureClass::gone);
}

TEST_P(AdapterConformance, AnIdIsNotGivenTwice) {
  if (!can().edit_comments) GTEST_SKIP() << "comments can't be deleted there";
  const auto record = created("m-1");
  const auto comment = commented(record.id, "one");
  ASSERT_TRUE(adapter().remove_comment(project_, record.id, comment.id, context_));
  EXPECT_NE(commented(record.id, "two").id, comment.id);
  if (!can().remove_attachments) return;
  const auto attachment = attached(record.id, "a.txt", 3);
  ASSERT_TRUE(adapter().remove_attachment(project_, record.id, attachment.id, context_));
  EXPECT_NE(attached(record.id, "a.txt", 3).id, attachment.id);
}

}  // namespace syncservice::adapter::conformance
