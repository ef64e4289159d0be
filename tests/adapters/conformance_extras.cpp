// The conformance suite for what an adapter can do beyond records: each test asks the capabilities first, and what is
// not claimed must be refused.
#include "adapters/conformance.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace syncservice::adapter::conformance {
namespace {

using testing::SizeIs;

// Counts what a stream takes and how large its pieces are.
struct Meter {
  std::uint64_t total = 0;
  std::size_t largest = 0;
  void take(std::size_t piece) {
    total += piece;
    largest = std::max(largest, piece);
  }
};

char letter(std::uint64_t place) {
  return static_cast<char>('a' + place % 26);
}

// A source of `size` bytes of a pattern.
Source pattern(std::uint64_t size, Meter& meter) {
  return [size, &meter](std::span<char> piece) -> Result<std::size_t> {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - meter.total));
    for (std::size_t i = 0; i < count; ++i) piece[i] = letter(meter.total + i);
    meter.take(count);
    return count;
  };
}

}  // namespace

TEST_P(AdapterConformance, WhatIsNotClaimedIsRefused) {
  Adapter& adapter = subject_->adapter();
  const Capabilities can = adapter.capabilities();
  const auto record = created("m-1");
  const auto expect_refused = [](const auto& result, const char* what) {
    ASSERT_FALSE(result) << what;
    EXPECT_EQ(result.error().failure, FailureClass::permanent) << what;
  };
  const ProjectName project = subject_->project();
  if (!can.describe) expect_refused(adapter.describe(project, context_), "describe");
  if (!can.comments) expect_refused(adapter.comments(project, record.id, context_), "comments");
  if (!can.attachments) expect_refused(adapter.attachments(project, record.id, context_), "attachments");
  if (!can.changed_since) expect_refused(adapter.changed_since({project, {}, {}, {}}, {}, context_), "changed_since");
  if (!can.native_query) {
    expect_refused(adapter.changed_since({project, {}, {}, "anything"}, {}, context_), "a query");
  }
  if (!can.remove) expect_refused(adapter.remove(project, record.id, context_), "remove");
}

TEST_P(AdapterConformance, ADeletedRecordIsGone) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().remove) GTEST_SKIP() << "records can't be deleted there";
  const auto record = created("m-1");
  ASSERT_TRUE(adapter.remove(subject_->project(), record.id, context_));
  EXPECT_EQ(adapter.read(subject_->project(), record.id, context_).error().failure, FailureClass::gone);
  EXPECT_EQ(adapter.remove(subject_->project(), record.id, context_).error().failure, FailureClass::gone);
  const auto found = adapter.find_by_marker(subject_->project(), "m-1", context_);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->has_value());
}

TEST_P(AdapterConformance, CommentsAreReadAsTheyWereAdded) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().comments) GTEST_SKIP() << "no comments there";
  const auto record = created("m-1", "keep");
  const auto body = record::from_html("<p>Grüße &amp; <strong>more</strong></p>");
  const auto added = adapter.add_comment(subject_->project(), record.id, {body, false}, context_);
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_FALSE(added->id.empty());
  EXPECT_FALSE(added->is_private);
  ASSERT_TRUE(adapter.add_comment(subject_->project(), record.id, {record::from_plain("Second"), false}, context_));
  const auto listed = adapter.comments(subject_->project(), record.id, context_);
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_THAT(*listed, SizeIs(2));
  EXPECT_EQ(listed->at(0), *added);
  EXPECT_EQ(record::to_plain(listed->at(0).body), "Grüße & more");
  EXPECT_NE(listed->at(0).id, listed->at(1).id);
  EXPECT_EQ(adapter.read(subject_->project(), record.id, context_)->fields, record.fields);
}

TEST_P(AdapterConformance, PrivateCommentsStayPrivate) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().private_comments) GTEST_SKIP() << "no private comments there";
  const auto record = created("m-1");
  ASSERT_TRUE(adapter.add_comment(subject_->project(), record.id, {record::from_plain("x"), true}, context_));
  EXPECT_TRUE(adapter.comments(subject_->project(), record.id, context_)->at(0).is_private);
}

TEST_P(AdapterConformance, CommentsAreChangedAndDeleted) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().edit_comments) GTEST_SKIP() << "comments can't be changed there";
  const auto record = created("m-1");
  const auto one = adapter.add_comment(subject_->project(), record.id, {record::from_plain("one"), false}, context_);
  const auto two = adapter.add_comment(subject_->project(), record.id, {record::from_plain("two"), false}, context_);
  ASSERT_TRUE(one && two);
  const auto changed =
      adapter.update_comment(subject_->project(), record.id, one->id, record::from_plain("uno"), context_);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->id, one->id);
  EXPECT_EQ(record::to_plain(changed->body), "uno");
  ASSERT_TRUE(adapter.remove_comment(subject_->project(), record.id, two->id, context_));
  EXPECT_THAT(*adapter.comments(subject_->project(), record.id, context_), SizeIs(1));
  EXPECT_EQ(adapter.remove_comment(subject_->project(), record.id, two->id, context_).error().failure,
            FailureClass::gone);
  EXPECT_EQ(adapter.update_comment(subject_->project(), record.id, two->id, record::from_plain("x"), context_)
                .error()
                .failure,
            FailureClass::gone);
}

TEST_P(AdapterConformance, AttachmentsStreamBothWaysInSmallPieces) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().attachments) GTEST_SKIP() << "no attachments there";
  constexpr std::uint64_t size = 5 * 1024 * 1024 + 3;
  constexpr std::size_t small = 1024 * 1024;
  const auto record = created("m-1");
  Meter up;
  const auto sent = adapter.upload(subject_->project(), record.id, {"grüße ü.bin", "application/octet-stream", size},
                                   pattern(size, up), context_);
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->size, size);
  EXPECT_EQ(sent->name, "grüße ü.bin");
  EXPECT_LE(up.largest, small);
  const auto listed = adapter.attachments(subject_->project(), record.id, context_);
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_THAT(*listed, SizeIs(1));
  EXPECT_EQ(listed->at(0).id, sent->id);
  EXPECT_EQ(listed->at(0).size, size);
  Meter down;
  bool same = true;
  const auto got = adapter.download(
      subject_->project(), record.id, sent->id,
      [&](std::string_view piece) -> Result<void> {
        for (std::size_t i = 0; i < piece.size(); ++i) same = same && piece[i] == letter(down.total + i);
        down.take(piece.size());
        return {};
      },
      context_);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(down.total, size);
  EXPECT_TRUE(same);
  EXPECT_LE(down.largest, small);
}

TEST_P(AdapterConformance, AnAttachmentOfAnotherSizeThanSaidLeavesNothing) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().attachments) GTEST_SKIP() << "no attachments there";
  const auto record = created("m-1");
  for (const std::uint64_t said : {9U, 11U}) {
    Meter meter;
    EXPECT_FALSE(
        adapter.upload(subject_->project(), record.id, {"a.txt", "text/plain", said}, pattern(10, meter), context_));
    EXPECT_THAT(*adapter.attachments(subject_->project(), record.id, context_), SizeIs(0));
  }
}

TEST_P(AdapterConformance, AFailureOfTheSinkEndsTheDownload) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().attachments) GTEST_SKIP() << "no attachments there";
  const auto record = created("m-1");
  Meter meter;
  const auto sent =
      adapter.upload(subject_->project(), record.id, {"a.txt", "text/plain", 10}, pattern(10, meter), context_);
  ASSERT_TRUE(sent);
  const auto got = adapter.download(
      subject_->project(), record.id, sent->id,
      [](std::string_view) -> Result<void> { return make_error(Failure::unavailable, "The disk is full."); }, context_);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "The disk is full.");
}

TEST_P(AdapterConformance, AttachmentsOfOneNameAreTwoAndCanBeDeleted) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().remove_attachments) GTEST_SKIP() << "attachments can't be deleted there";
  const auto record = created("m-1");
  Meter first, second;
  const NewAttachment wanted{"../../same.txt", "text/plain", 3};
  const auto one = adapter.upload(subject_->project(), record.id, wanted, pattern(3, first), context_);
  const auto two = adapter.upload(subject_->project(), record.id, wanted, pattern(3, second), context_);
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->id, two->id);
  ASSERT_TRUE(adapter.remove_attachment(subject_->project(), record.id, one->id, context_));
  const auto left = adapter.attachments(subject_->project(), record.id, context_);
  ASSERT_THAT(*left, SizeIs(1));
  EXPECT_EQ(left->at(0).id, two->id);
  EXPECT_EQ(adapter.remove_attachment(subject_->project(), record.id, one->id, context_).error().failure,
            FailureClass::gone);
}

TEST_P(AdapterConformance, ChangesNameEveryRecordAndGoOnFromTheCursor) {
  Adapter& adapter = subject_->adapter();
  if (!adapter.capabilities().changed_since) GTEST_SKIP() << "changes can't be listed there";
  std::set<RecordId> made;
  for (int i = 0; i < 7; ++i) made.insert(created("m-" + std::to_string(i)).id);
  const Selection all{subject_->project(), subject_->type(), {}, {}};
  std::string cursor;
  const auto collect = [&] {
    std::set<RecordId> seen;
    for (bool more = true; more;) {
      const auto page = adapter.changed_since(all, cursor, context_);
      if (!page) {
        ADD_FAILURE() << page.error().message;
        break;
      }
      for (const ChangedRecord& record : page->records) seen.insert(record.id);
      cursor = page->cursor;
      more = page->more;
    }
    return seen;
  };
  EXPECT_EQ(collect(), made);
  const RecordId changed = *made.begin();
  ASSERT_TRUE(adapter.update(subject_->project(), changed, {{subject_->first_field(), "changed"}}, context_));
  EXPECT_TRUE(collect().contains(changed));
}

TEST_P(AdapterConformance, ExtrasOfAMissingRecordAreGone) {
  Adapter& adapter = subject_->adapter();
  const auto record = created("m-1");
  subject_->remove(record.id);
  const ProjectName project = subject_->project();
  const Capabilities can = adapter.capabilities();
  if (can.comments) {
    EXPECT_EQ(adapter.comments(project, record.id, context_).error().failure, FailureClass::gone);
    EXPECT_EQ(adapter.add_comment(project, record.id, {record::from_plain("x"), false}, context_).error().failure,
              FailureClass::gone);
  }
  if (can.attachments) {
    Meter meter;
    EXPECT_EQ(adapter.attachments(project, record.id, context_).error().failure, FailureClass::gone);
    EXPECT_EQ(adapter.upload(project, record.id, {"a", "text/plain", 1}, pattern(1, meter), context_).error().failure,
              FailureClass::gone);
  }
}

TEST_P(AdapterConformance, ExtrasHonourStopAndDeadline) {
  Adapter& adapter = subject_->adapter();
  const auto record = created("m-1");
  std::stop_source stopped;
  stopped.request_stop();
  const CallContext stop{stopped.get_token(), std::chrono::steady_clock::time_point::max(), {}};
  const CallContext late{{}, std::chrono::steady_clock::now() - std::chrono::seconds{1}, {}};
  const ProjectName project = subject_->project();
  const Capabilities can = adapter.capabilities();
  for (const CallContext* context : {&stop, &late}) {
    const auto expect_transient = [](const auto& result) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().failure, FailureClass::transient);
    };
    if (can.comments) {
      expect_transient(adapter.comments(project, record.id, *context));
      expect_transient(adapter.add_comment(project, record.id, {record::from_plain("x"), false}, *context));
    }
    if (can.attachments) {
      Meter meter;
      expect_transient(adapter.attachments(project, record.id, *context));
      expect_transient(adapter.upload(project, record.id, {"a", "text/plain", 1}, pattern(1, meter), *context));
    }
    if (can.changed_since) expect_transient(adapter.changed_since({project, {}, {}, {}}, {}, *context));
    if (can.remove) expect_transient(adapter.remove(project, record.id, *context));
  }
  if (can.comments) {
    EXPECT_THAT(*adapter.comments(project, record.id, context_), SizeIs(0));
  }
}

}  // namespace syncservice::adapter::conformance
