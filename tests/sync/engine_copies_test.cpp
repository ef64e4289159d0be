// Comments and attachments: each goes across once.
#include "engine_fixture.hpp"

#include "syncservice/record/rich_text.hpp"
#include "syncservice/sync/admin.hpp"

#include <gmock/gmock.h>

namespace syncservice::sync {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

constexpr Timestamp noon = Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + std::chrono::hours{12};

class EngineCopies : public EngineFixture {
 protected:
  EngineCopies() {
    settings.scratch_folder = folder.path();
    reopen();
    link->comments = {.to_destination = true, .to_source = true};
    link->attachments = {.to_destination = true, .to_source = true};
    left.put("L-1", {{"title", "a"}});
  }

  void link_pair() {
    ASSERT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
    ASSERT_EQ(right.ids(), std::vector<std::string>{"R-1"});
  }

  static std::vector<std::string> texts(const std::vector<adapter::Comment>& comments) {
    std::vector<std::string> all;
    for (const adapter::Comment& comment : comments) all.push_back(record::to_plain(comment.body));
    return all;
  }
  // A pass of each side, again and again, must find nothing more to write.
  void expect_silence() {
    for (const Side side : {Side::source, Side::destination, Side::source}) {
      EXPECT_EQ(outcome_of(pass(side, side == Side::source ? "L-1" : "R-1")), spool::Outcome::nothing_to_do);
    }
  }
  static Error cut_off() { return failure(FailureClass::transient, "The connection was cut."); }
};

TEST_F(EngineCopies, ACommentGoesAcrossOnceWithAuthorAndTime) {
  link_pair();
  left.comment("L-1", "Jane", "Please look.", noon);
  const Report report = pass(Side::source, "L-1");
  EXPECT_EQ(outcome_of(report), spool::Outcome::synchronized);
  EXPECT_THAT(report.verdict->reason, HasSubstr("Copied comment 1 to R-1 in right."));
  EXPECT_THAT(texts(right.comments("R-1")),
              ElementsAre("Jane, 2026-11-24 12:00:00 UTC (left L-1, comment 1):\n\nPlease look."));
  expect_silence();
  EXPECT_EQ(left.comments("L-1").size(), 1U);
  EXPECT_EQ(right.comments("R-1").size(), 1U);
}

TEST_F(EngineCopies, TheOtherWayToo) {
  link_pair();
  right.comment("R-1", "Bob", "Done.", noon);
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), spool::Outcome::synchronized);
  EXPECT_THAT(texts(left.comments("L-1")), ElementsAre(StartsWith("Bob, 2026-11-24 12:00:00 UTC (right R-1")));
  expect_silence();
}

TEST_F(EngineCopies, WhatARecordHadBeforeItWasLinkedGoesAlongUnlessToldOtherwise) {
  left.comment("L-1", "Jane", "Old.", noon);
  left.attach("L-1", "a.txt", "old content");
  link_pair();
  EXPECT_EQ(right.comments("R-1").size(), 1U);
  EXPECT_THAT(right.attachments("R-1"), ElementsAre(Pair("a.txt", "old content")));
  expect_silence();
}

TEST_F(EngineCopies, WithoutExistingOnlyNewOnesGo) {
  link->comments.existing = link->attachments.existing = false;
  left.comment("L-1", "Jane", "Old.", clock.now() - std::chrono::hours{1});
  left.attach("L-1", "a.txt", "old", clock.now() - std::chrono::hours{1});
  link_pair();
  left.comment("L-1", "Jane", "New.", clock.now() + std::chrono::hours{1});
  pass(Side::source, "L-1");
  EXPECT_THAT(texts(right.comments("R-1")), ElementsAre(HasSubstr("New.")));
  EXPECT_THAT(right.attachments("R-1"), IsEmpty());
}

TEST_F(EngineCopies, PrivateCommentsStayUnlessTheLinkSaysSo) {
  link_pair();
  left.comment("L-1", "Jane", "Internal.", noon, true);
  pass(Side::source, "L-1");
  EXPECT_THAT(right.comments("R-1"), IsEmpty());
  link->comments.private_too = true;
  right.can.private_comments = false;  // it would become public there
  pass(Side::source, "L-1");
  EXPECT_THAT(right.comments("R-1"), IsEmpty());
  right.can.private_comments = true;
  pass(Side::source, "L-1");
  ASSERT_EQ(right.comments("R-1").size(), 1U);
  EXPECT_TRUE(right.comments("R-1")[0].is_private);
}

class PrivateComments : public EngineCopies {
 protected:
  PrivateComments() { link->comments.private_too = true; }

  /// A public comment that has gone across; its id.
  std::string copied() {
    link_pair();
    std::string id = left.comment("L-1", "Jane", "For all.", noon);
    pass(Side::source, "L-1");
    return id;
  }
  void make_secret(const std::string& id) {
    left.set_private("L-1", id, true);
    left.edit_comment("L-1", id, "SECRET");
  }
  std::vector<std::string> read_by_all() const {
    std::vector<adapter::Comment> comments = right.comments("R-1");
    std::erase_if(comments, [](const adapter::Comment& comment) { return comment.is_private; });
    return texts(comments);
  }
  std::vector<std::string> read_by_few() const {
    std::vector<adapter::Comment> comments = right.comments("R-1");
    std::erase_if(comments, [](const adapter::Comment& comment) { return !comment.is_private; });
    return texts(comments);
  }
};

TEST_F(PrivateComments, OneThatBecomesPrivateGetsAPrivateCopyInPlaceOfThePublicOne) {
  for (const registry::WhenEdited policy : {registry::WhenEdited::update, registry::WhenEdited::append}) {
    link->comments.edited = policy;
    const std::string id = left.comment("L-1", "Jane", "For all.", noon);
    pass(Side::source, "L-1");
    ASSERT_THAT(read_by_all(), ElementsAre(HasSubstr("For all.")));
    make_secret(id);
    EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
    EXPECT_THAT(read_by_all(), IsEmpty());
    EXPECT_THAT(read_by_few(), Contains(HasSubstr("SECRET")));
    expect_silence();
  }
  EXPECT_EQ(left.comments("L-1").size(), 2U);
  EXPECT_EQ(right.comments("R-1").size(), 2U);
}

TEST_F(PrivateComments, WithItsTextUnchangedToo) {
  const std::string id = copied();
  left.set_private("L-1", id, true);
  pass(Side::source, "L-1");
  EXPECT_THAT(read_by_all(), IsEmpty());
  EXPECT_THAT(read_by_few(), ElementsAre(HasSubstr("For all.")));
  expect_silence();
}

TEST_F(PrivateComments, WhereCopiesCantBeDeletedThePublicOneKeepsItsOldText) {
  right.can.edit_comments = false;
  const std::string id = copied();
  make_secret(id);
  pass(Side::source, "L-1");
  EXPECT_THAT(read_by_all(), ElementsAre(HasSubstr("For all.")));
  EXPECT_THAT(read_by_few(), ElementsAre(HasSubstr("SECRET")));
  expect_silence();
  left.edit_comment("L-1", id, "SECRET 2");
  pass(Side::source, "L-1");
  EXPECT_THAT(read_by_all(), ElementsAre(HasSubstr("For all.")));
  EXPECT_THAT(read_by_few(), ElementsAre(HasSubstr("SECRET"), HasSubstr("SECRET 2")));
  expect_silence();
}

TEST_F(PrivateComments, WhereItMayNotBeDeletedEither) {
  const std::string id = copied();
  make_secret(id);
  right.fail(Op::remove_comment, failure(FailureClass::permanent, "You may not delete it."));
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
  EXPECT_THAT(read_by_all(), ElementsAre(HasSubstr("For all.")));
  EXPECT_THAT(read_by_few(), ElementsAre(HasSubstr("SECRET")));
  expect_silence();
}

TEST_F(PrivateComments, WherePrivateOnesStayThePublicCopyGoes) {
  for (const bool deletes : {true, false}) {
    right.can.edit_comments = deletes;
    link->comments.private_too = false;
    const std::string id = left.comment("L-1", "Jane", "For all.", noon);
    pass(Side::source, "L-1");
    make_secret(id);
    pass(Side::source, "L-1");
    EXPECT_EQ(read_by_all().size(), deletes ? 0U : 1U);
    EXPECT_THAT(texts(right.comments("R-1")), Not(Contains(HasSubstr("SECRET"))));
    expect_silence();
  }
}

TEST_F(PrivateComments, PublicAgainItIsReadByAllAgain) {
  const std::string id = copied();
  make_secret(id);
  pass(Side::source, "L-1");
  left.set_private("L-1", id, false);
  left.edit_comment("L-1", id, "For all again.");
  pass(Side::source, "L-1");
  EXPECT_THAT(read_by_all(), ElementsAre(HasSubstr("For all again.")));
  EXPECT_THAT(read_by_few(), IsEmpty());
  expect_silence();
}

TEST_F(PrivateComments, ACopyThatSomebodyMadePublicGetsNoSecret) {
  link_pair();
  const std::string id = left.comment("L-1", "Jane", "For few.", noon, true);
  pass(Side::source, "L-1");
  right.set_private("R-1", "1", false);
  left.edit_comment("L-1", id, "SECRET");
  pass(Side::source, "L-1");
  EXPECT_THAT(read_by_all(), IsEmpty());
  EXPECT_THAT(read_by_few(), ElementsAre(HasSubstr("SECRET")));
  expect_silence();
  left.edit_comment("L-1", id, "SECRET 2");
  pass(Side::source, "L-1");
  EXPECT_THAT(read_by_few(), ElementsAre(HasSubstr("SECRET 2")));
  EXPECT_EQ(right.calls(Op::update_comment), 1);
}

TEST_F(PrivateComments, TheExchangeIsMadeOnceHoweverItBreaksOff) {
  for (int broken = 0; broken < 4; ++broken) {
    const std::string id = left.comment("L-1", "Jane", "For all.", noon);
    pass(Side::source, "L-1");
    make_secret(id);
    if (broken == 0) right.fail(Op::add_comment, cut_off(), Strikes::after);
    if (broken == 1) right.fail(Op::remove_comment, cut_off(), Strikes::before);
    if (broken == 2) right.fail(Op::remove_comment, cut_off(), Strikes::after);
    if (broken == 3) {
      static_cast<void>(pass_uncommitted(Side::source, "L-1"));
      reopen();
    } else {
      EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::again)) << broken;
    }
    if (broken % 2 == 0) pass(Side::destination, "R-1");
    pass(Side::source, "L-1");
    EXPECT_THAT(read_by_all(), IsEmpty()) << broken;
    EXPECT_EQ(read_by_few().size(), static_cast<std::size_t>(broken) + 1);
    expect_silence();
  }
  EXPECT_EQ(left.comments("L-1").size(), 4U);
}

TEST_F(PrivateComments, OneSentWithoutAnAnswerAndThenMadePrivate) {
  link_pair();
  const std::string id = left.comment("L-1", "Jane", "For all.", noon);
  right.fail(Op::add_comment, cut_off(), Strikes::after);
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::again));
  make_secret(id);
  pass(Side::source, "L-1");
  EXPECT_THAT(read_by_all(), IsEmpty());
  EXPECT_THAT(read_by_few(), ElementsAre(HasSubstr("SECRET")));
  expect_silence();
}

TEST_F(EngineCopies, AnEditChangesTheCopy) {
  link_pair();
  const std::string id = left.comment("L-1", "Jane", "Frist.", noon);
  pass(Side::source, "L-1");
  left.edit_comment("L-1", id, "First.");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
  EXPECT_THAT(texts(right.comments("R-1")), ElementsAre(HasSubstr("First.")));
  expect_silence();
}

TEST_F(EngineCopies, AnEditIsAppendedWhereCommentsCantBeChanged) {
  right.can.edit_comments = false;
  link_pair();
  const std::string id = left.comment("L-1", "Jane", "Frist.", noon);
  pass(Side::source, "L-1");
  left.edit_comment("L-1", id, "First.", noon + std::chrono::minutes{5});
  pass(Side::source, "L-1");
  EXPECT_THAT(texts(right.comments("R-1")),
              ElementsAre(HasSubstr("Frist."), AllOf(StartsWith("Jane changed this comment, 2026-11-24 12:05:00 UTC"),
                                                     HasSubstr("First."))));
  expect_silence();
}

TEST_F(EngineCopies, EditsAndDeletionsStayWhereTheyWereMadeByPolicy) {
  link->comments.edited = registry::WhenEdited::ignore;
  link_pair();
  const std::string id = left.comment("L-1", "Jane", "One.", noon);
  pass(Side::source, "L-1");
  left.edit_comment("L-1", id, "Two.");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::nothing_to_do);
  left.delete_comment("L-1", id);
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::nothing_to_do);
  EXPECT_THAT(texts(right.comments("R-1")), ElementsAre(HasSubstr("One.")));
}

TEST_F(EngineCopies, ADeletedOneTakesItsCopyAlongByPolicy) {
  link->comments.removed = link->attachments.removed = registry::WhenRemoved::remove;
  link_pair();
  const std::string comment = left.comment("L-1", "Jane", "One.", noon);
  const std::string file = left.attach("L-1", "a.txt", "content");
  right.comment("R-1", "Bob", "Mine.", noon);
  pass(Side::source, "L-1");
  ASSERT_EQ(right.comments("R-1").size(), 2U);
  left.delete_comment("L-1", comment);
  left.detach("L-1", file);
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
  EXPECT_THAT(texts(right.comments("R-1")), ElementsAre("Mine."));
  EXPECT_THAT(right.attachments("R-1"), IsEmpty());
}

TEST_F(EngineCopies, ACopyDeletedByAPersonIsNotMadeAnew) {
  link_pair();
  left.comment("L-1", "Jane", "One.", noon);
  pass(Side::source, "L-1");
  right.delete_comment("R-1", "1");
  expect_silence();
  EXPECT_THAT(right.comments("R-1"), IsEmpty());
}

TEST_F(EngineCopies, ACommentWhoseAnswerWasLostIsFoundAgain) {
  link_pair();
  left.comment("L-1", "Jane", "One.", noon);
  right.fail(Op::add_comment, cut_off(), Strikes::after);
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::again));
  EXPECT_EQ(right.comments("R-1").size(), 1U);
  pass(Side::source, "L-1");
  EXPECT_EQ(right.comments("R-1").size(), 1U);
  expect_silence();
  EXPECT_EQ(left.comments("L-1").size(), 1U);
}

TEST_F(EngineCopies, ADaemonThatDiesAfterTheCommentFindsItAgain) {
  link_pair();
  left.comment("L-1", "Jane", "One.", noon);
  left.attach("L-1", "a.txt", "content");
  static_cast<void>(pass_uncommitted(Side::source, "L-1"));
  reopen();
  pass(Side::source, "L-1");
  EXPECT_EQ(right.comments("R-1").size(), 1U);
  EXPECT_EQ(right.attachments("R-1").size(), 1U);
  expect_silence();
}

TEST_F(EngineCopies, AnAttachmentWhoseAnswerWasLostIsFoundAgain) {
  link_pair();
  left.attach("L-1", "a.txt", "content");
  right.fail(Op::upload, cut_off(), Strikes::after);
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::again));
  pass(Side::source, "L-1");
  EXPECT_THAT(right.attachments("R-1"), ElementsAre(Pair("a.txt", "content")));
  expect_silence();
  EXPECT_EQ(left.attachments("L-1").size(), 1U);
}

TEST_F(EngineCopies, WhatWentAcrossBeforeAFailureIsNotSentAgain) {
  link_pair();
  left.comment("L-1", "Jane", "One.", noon);
  left.comment("L-1", "Jane", "Two.", noon);
  left.attach("L-1", "a.txt", "content");
  right.fail(Op::upload, failure(FailureClass::permanent, "This type is forbidden."));
  const Report refused = pass(Side::source, "L-1");
  EXPECT_TRUE(is(refused, spool::Verdict::Kind::dead_letter));
  EXPECT_THAT(refused.verdict->reason, HasSubstr("Copied comment 2"));
  EXPECT_THAT(refused.verdict->reason, HasSubstr("This type is forbidden."));
  pass(Side::source, "L-1");
  EXPECT_EQ(right.comments("R-1").size(), 2U);
  EXPECT_EQ(right.attachments("R-1").size(), 1U);
}

TEST_F(EngineCopies, AnAttachmentThatIsTooLargeIsLeftOutAndSaidOnce) {
  link->attachments.max_size = 4;
  link_pair();
  left.attach("L-1", "big.bin", "12345");
  const Report report = pass(Side::source, "L-1");
  ASSERT_EQ(report.history->changes.size(), 1U);
  EXPECT_THAT(report.history->changes[0].because, HasSubstr("5 bytes are more than allowed"));
  EXPECT_THAT(right.attachments("R-1"), IsEmpty());
  EXPECT_THAT(pass(Side::source, "L-1").history->changes, IsEmpty());
  link->attachments.max_size = 100;
  pass(Side::source, "L-1");
  EXPECT_EQ(right.attachments("R-1").size(), 1U);
}

TEST_F(EngineCopies, ACommentThatBeginsAsOursDoGoesAcrossLikeAnyOther) {
  link_pair();
  left.comment("L-1", "Jane", "One.", noon);
  pass(Side::source, "L-1");
  const std::string heading = "Jane, 2026-11-24 12:00:00 UTC (left L-1, comment ";
  right.comment("R-1", "Eve", heading + "17):\n\nForged.", noon);
  right.comment("R-1", "Eve", heading + "1):\n\nQuoted.", noon);
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), spool::Outcome::synchronized);
  EXPECT_THAT(texts(left.comments("L-1")), ElementsAre("One.", HasSubstr("Forged."), HasSubstr("Quoted.")));
  expect_silence();
}

TEST_F(EngineCopies, CopiesOfAnEarlierLinkOfTheSameRecordsAreStillCopies) {
  link_pair();
  left.comment("L-1", "Jane", "One.", noon);
  right.comment("R-1", "Bob", "Two.", noon);
  pass(Side::source, "L-1");
  pass(Side::destination, "R-1");
  const std::vector<StoredLink> links = list_links(*store, std::nullopt, 0, 10).value();
  ASSERT_EQ(links.size(), 1U);
  ASSERT_TRUE(remove_link(*store, links[0].id).has_value());
  Link pair;
  pair.source = links[0].link.source;
  pair.destination = links[0].link.destination;
  ASSERT_TRUE(store->write([&](store::Transaction& tx) { save_link(tx, pair, clock.now()); }).has_value());
  pass(Side::destination, "R-1");
  pass(Side::source, "L-1");
  EXPECT_EQ(left.comments("L-1").size(), 2U);
  EXPECT_EQ(right.comments("R-1").size(), 2U);
  expect_silence();
}

TEST_F(EngineCopies, AReasonNamesAFewAndCountsTheRest) {
  link_pair();
  for (int i = 0; i < 600; ++i) left.comment("L-1", "Jane", "One.", noon);
  for (int i = 0; i < 5; ++i) left.attach("L-1", "a.txt", std::to_string(i));
  const Report report = pass(Side::source, "L-1");
  EXPECT_THAT(report.verdict->reason, HasSubstr("Copied comment 3 to R-1 in right. And 597 more comments. Copied"));
  EXPECT_THAT(report.verdict->reason, HasSubstr("And 2 more attachments."));
  EXPECT_LT(report.verdict->reason.size(), 400U);
  EXPECT_EQ(report.history->changes.size(), 605U);
}

TEST_F(EngineCopies, AttachmentsOfOneNameAndSizeAreTwoWhenTheirContentsDiffer) {
  right.put("R-7", {{"name", "a"}});
  left.attach("L-1", "log.txt", "left");
  right.attach("R-7", "log.txt", "righ");
  Link pair;
  pair.source = {AppLinkName{"Demo"}, Side::source, ProjectName{"L"}, RecordId{"L-1"}};
  pair.destination = {AppLinkName{"Demo"}, Side::destination, ProjectName{"R"}, RecordId{"R-7"}};
  ASSERT_TRUE(store->write([&](store::Transaction& tx) { save_link(tx, pair, clock.now()); }).has_value());
  pass(Side::source, "L-1");
  EXPECT_THAT(right.attachments("R-7"), ElementsAre(Pair("log.txt", "righ"), Pair("log.txt", "left")));
  EXPECT_THAT(left.attachments("L-1"), ElementsAre(Pair("log.txt", "left"), Pair("log.txt", "righ")));
}

TEST_F(EngineCopies, TwoAdoptedRecordsGetWhatTheOtherHas) {
  right.put("R-7", {{"name", "a"}});
  left.comment("L-1", "Jane", "Left.", noon);
  right.comment("R-7", "Bob", "Right.", noon);
  left.attach("L-1", "same.txt", "same");
  right.attach("R-7", "same.txt", "same");
  Link pair;
  pair.source = {AppLinkName{"Demo"}, Side::source, ProjectName{"L"}, RecordId{"L-1"}};
  pair.destination = {AppLinkName{"Demo"}, Side::destination, ProjectName{"R"}, RecordId{"R-7"}};
  ASSERT_TRUE(store->write([&](store::Transaction& tx) { save_link(tx, pair, clock.now()); }).has_value());
  pass(Side::source, "L-1");
  EXPECT_THAT(texts(right.comments("R-7")), ElementsAre("Right.", HasSubstr("Left.")));
  EXPECT_THAT(texts(left.comments("L-1")), ElementsAre("Left.", HasSubstr("Right.")));
  EXPECT_EQ(left.attachments("L-1").size(), 1U);
  EXPECT_EQ(right.attachments("R-7").size(), 1U);
}

}  // namespace
}  // namespace syncservice::sync
