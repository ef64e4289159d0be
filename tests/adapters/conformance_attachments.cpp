// The conformance suite for attachments.
#include "adapters/conformance.hpp"

#include <gmock/gmock.h>

namespace syncservice::adapter::conformance {

using testing::IsEmpty;
using testing::SizeIs;

namespace {

// More than this at once is not streaming.
constexpr std::size_t small = 1024 * 1024;

}  // namespace

TEST_P(AdapterConformance, AttachmentsStreamBothWaysInSmallPieces) {
  if (!can().attachments) GTEST_SKIP() << "no attachments there";
  constexpr std::uint64_t size = 5 * 1024 * 1024 + 3;
  const auto record = created("m-1");
  Meter up;
  const auto sent = adapter().upload(project_, record.id, {"grüße ü.bin", "application/octet-stream", size},
                                     pattern(size, up), context_);
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->size, size);
  EXPECT_EQ(sent->name, "grüße ü.bin");
  EXPECT_LE(up.largest, small);
  const auto restarted = subject_->restarted();
  for (Adapter* instance : {&adapter(), restarted.get()}) {
    const auto listed = instance->attachments(project_, record.id, context_);
    ASSERT_TRUE(listed) << listed.error().message;
    EXPECT_THAT(*listed, testing::ElementsAre(*sent));
    Meter down;
    bool same = true;
    const auto got = instance->download(project_, record.id, sent->id, same_pattern(down, same), context_);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(down.total, size);
    EXPECT_TRUE(same);
    EXPECT_LE(down.largest, small);
  }
}

TEST_P(AdapterConformance, AnEmptyAttachmentIsOne) {
  if (!can().attachments) GTEST_SKIP() << "no attachments there";
  const auto record = created("m-1");
  const auto sent = attached(record.id, "empty", 0);
  EXPECT_EQ(sent.size, 0U);
  Meter meter;
  bool same = true;
  EXPECT_TRUE(adapter().download(project_, record.id, sent.id, same_pattern(meter, same), context_));
  EXPECT_EQ(meter.total, 0U);
}

TEST_P(AdapterConformance, AnAttachmentOfAnotherSizeThanSaidLeavesNothing) {
  if (!can().attachments) GTEST_SKIP() << "no attachments there";
  const auto record = created("m-1");
  for (const std::uint64_t said : {0U, 9U, 11U}) {
    Meter meter;
    EXPECT_FALSE(adapter().upload(project_, record.id, {"a.txt", "text/plain", said}, pattern(10, meter), context_));
    EXPECT_THAT(*adapter().attachments(project_, record.id, context_), IsEmpty());
  }
}

TEST_P(AdapterConformance, AFailureOfTheSourceEndsTheUpload) {
  if (!can().attachments) GTEST_SKIP() << "no attachments there";
  const auto record = created("m-1");
  int pieces = 0;
  const auto sent = adapter().upload(
      project_, record.id, {"a.txt", "text/plain", 1'000'000},
      [&](std::span<char> piece) -> Result<std::size_t> {
        if (++pieces > 1) return make_error(Failure::unavailable, "The other side is away.");
        piece.front() = 'x';
        return std::size_t{1};
      },
      context_);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message, "The other side is away.");
  EXPECT_THAT(*adapter().attachments(project_, record.id, context_), IsEmpty());
}

TEST_P(AdapterConformance, AFailureOfTheSinkEndsTheDownload) {
  if (!can().attachments) GTEST_SKIP() << "no attachments there";
  const auto record = created("m-1");
  const auto sent = attached(record.id, "a.txt", 10);
  const auto got = adapter().download(
      project_, record.id, sent.id,
      [](std::string_view) -> Result<void> { return make_error(Failure::unavailable, "The disk is full."); }, context_);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "The disk is full.");
}

TEST_P(AdapterConformance, AStopEndsAStream) {
  if (!can().attachments) GTEST_SKIP() << "no attachments there";
  const auto record = created("m-1");
  std::stop_source up;
  const auto sent = adapter().upload(project_, record.id, {"a.txt", "text/plain", 1'000'000},
                                     [&](std::span<char> piece) -> Result<std::size_t> {
                                       up.request_stop();
                                       piece.front() = 'x';
                                       return std::size_t{1};
                                     },
                                     {up.get_token()});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Failure::cancelled);
  EXPECT_THAT(*adapter().attachments(project_, record.id, context_), IsEmpty());

  const auto large = attached(record.id, "b.txt", 3 * small);
  std::stop_source down;
  std::uint64_t taken = 0;
  const auto got = adapter().download(project_, record.id, large.id,
                                      [&](std::string_view piece) -> Result<void> {
                                        taken += piece.size();
                                        down.request_stop();
                                        return {};
                                      },
                                      {down.get_token()});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Failure::cancelled);
  EXPECT_LT(taken, 3 * small);
}

TEST_P(AdapterConformance, AttachmentsOfOneNameAreTwoAndCanBeDeleted) {
  if (!can().remove_attachments) GTEST_SKIP() << "attachments can't be deleted there";
  const auto record = created("m-1");
  const auto one = attached(record.id, "same.txt", 3);
  const auto two = attached(record.id, "same.txt", 4);
  EXPECT_NE(one.id, two.id);
  ASSERT_TRUE(adapter().remove_attachment(project_, record.id, one.id, context_));
  EXPECT_THAT(*adapter().attachments(project_, record.id, context_), testing::ElementsAre(two));
  EXPECT_EQ(adapter().remove_attachment(project_, record.id, one.id, context_).error().failure, FailureClass::gone);
  Meter meter;
  bool same = true;
  EXPECT_EQ(adapter().download(project_, record.id, one.id, same_pattern(meter, same), context_).error().failure,
            FailureClass::gone);
  EXPECT_EQ(meter.total, 0U);
}

TEST_P(AdapterConformance, NoNameOfAnAttachmentIsAPath) {
  if (!can().attachments) GTEST_SKIP() << "no attachments there";
  const auto record = created("m-1");
  for (const char* name : {"../../escape.txt", "/etc/escape", "a/b", "..", ".hidden", "con", "100%.txt", "x;y|z&.txt",
                           "\U0001F600.txt", "-rf", "_", "a b  c.txt"}) {
    Meter meter;
    const auto sent = adapter().upload(project_, record.id, {name, "text/plain", 3}, pattern(3, meter), context_);
    if (!sent) {
      EXPECT_EQ(sent.error().failure, FailureClass::permanent) << name << ": " << sent.error().message;
      continue;
    }
    EXPECT_EQ(sent->name.find('/'), std::string::npos) << sent->name;
    Meter down;
    bool same = true;
    EXPECT_TRUE(adapter().download(project_, record.id, sent->id, same_pattern(down, same), context_)) << name;
    EXPECT_EQ(down.total, 3U) << name;
  }
  Meter meter;
  for (const std::string& name : {std::string{}, std::string(256, 'a')}) {
    const auto sent = adapter().upload(project_, record.id, {name, "text/plain", 3}, pattern(3, meter), context_);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().failure, FailureClass::permanent);
  }
}

}  // namespace syncservice::adapter::conformance
