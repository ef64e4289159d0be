// What is pure: the comments' memo, the server's clock, documents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents.hpp"
#include "memo.hpp"
#include "syncservice/record/rich_text.hpp"
#include "xml.hpp"
#include "zone.hpp"

namespace syncservice::adapter::alm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string line(40, '_');
const record::Date today = *record::date_from_text("2026-11-24");

std::vector<std::string> plain(const std::vector<MemoComment>& comments) {
  std::vector<std::string> out;
  for (const MemoComment& comment : comments) out.push_back(comment.author.id + ": " + record::to_plain(comment.body));
  return out;
}

TEST(Memo, IsReadAsAlmsOwnClientWritesIt) {
  const std::string memo =
      "<html>\n<body>\n<div align=\"left\"><font face=\"Arial\"><b>Anna Alm &lt;anna&gt;, 03/11/2026: </b></font>first "
      "&amp; <i>more</i><br />\n<b>" +
      line + "</b><br />\n<font color=\"#000080\"><b>Bert Berg &lt;bert&gt;, 24/11/2026:</b></font> second</div>\n" +
      "</body>\n</html>";
  const auto comments = parse_memo(memo, DateOrder::day_first);
  EXPECT_THAT(plain(comments), ElementsAre("anna: first & more", "bert: second"));
  EXPECT_EQ(comments[0].author.name, "Anna Alm");
  EXPECT_EQ(comments[0].date, record::date_from_text("2026-11-03"));
  EXPECT_EQ(comments[1].date, today);
}

TEST(Memo, DaysAreReadInTheOrderOfTheSettingsUnlessThatCantBe) {
  const auto date = [](const std::string& text, DateOrder order) {
    const auto comments = parse_memo("<html><body><b>A &lt;a&gt;, " + text + ":</b> x</body></html>", order);
    return comments.size() == 1 ? comments.front().date : std::nullopt;
  };
  EXPECT_EQ(date("03/11/2026", DateOrder::day_first), record::date_from_text("2026-11-03"));
  EXPECT_EQ(date("03/11/2026", DateOrder::month_first), record::date_from_text("2026-03-11"));
  EXPECT_EQ(date("11/24/2026", DateOrder::day_first), today);
  EXPECT_EQ(date("24.11.2026", DateOrder::month_first), today);
  EXPECT_EQ(date("2026-11-24", DateOrder::day_first), today);
  EXPECT_EQ(date("24/11/2026 10:15:00", DateOrder::day_first), today);
}

TEST(Memo, PlainTextIsOneToo) {
  const auto comments =
      parse_memo("Anna Alm <anna>, 24/11/2026:\nfirst\nline\n" + line + "\nBert Berg <bert>, 24/11/2026: second",
                 DateOrder::day_first);
  EXPECT_THAT(plain(comments), ElementsAre("anna: first\nline", "bert: second"));
}

TEST(Memo, TextThatNamesNobodyIsACommentOfNobody) {
  EXPECT_THAT(plain(parse_memo("<html><body>just <b>text</b></body></html>", DateOrder::day_first)),
              ElementsAre(": just text"));
  EXPECT_THAT(parse_memo("<html>\n<body>\n</body>\n</html>", DateOrder::day_first), IsEmpty());
  EXPECT_THAT(parse_memo("", DateOrder::day_first), IsEmpty());
}

TEST(Memo, ALineThatNoNameFollowsBelongsToTheText) {
  const auto comments =
      parse_memo("<html><body><b>A &lt;a&gt;, 24/11/2026:</b> above<br/>" + line + "<br/>below</body></html>",
                 DateOrder::day_first);
  ASSERT_THAT(comments, SizeIs(1));
  EXPECT_THAT(record::to_plain(comments[0].body), testing::HasSubstr("below"));
}

TEST(Memo, WhatIsAppendedIsReadBackAndWhatWasThereStays) {
  const std::string before = "<html><body><b>Anna Alm &lt;anna&gt;, 03/11/2026:</b> keep <u>this</u></body></html>";
  const record::User author{"sync", "Sync <Service>", {}};
  const auto body = record::from_html("<p>Grüße &amp; <strong>more</strong></p><p>B &lt;b&gt;, 1/1/2026: no</p>");
  for (const DateOrder order : {DateOrder::day_first, DateOrder::month_first}) {
    const std::string after = append_comment(before, author, today, body, order);
    EXPECT_THAT(after, testing::HasSubstr("keep <u>this</u>"));
    const auto comments = parse_memo(after, order);
    ASSERT_THAT(comments, SizeIs(2));
    EXPECT_EQ(comments[0].id, parse_memo(before, order)[0].id) << "an id stays while others come";
    EXPECT_EQ(comments[1].body, body);
    EXPECT_EQ(comments[1].date, today);
  }
}

TEST(Memo, AppendingToPlainTextKeepsItsLines) {
  const std::string after = append_comment("A <a>, 24/11/2026: 1\n2", {"sync", "Sync", {}}, today,
                                           record::from_plain("x"), DateOrder::day_first);
  EXPECT_THAT(plain(parse_memo(after, DateOrder::day_first)), ElementsAre("a: 1\n2", "sync: x"));
}

TEST(Memo, ACommentCantForgeAnother) {
  const auto body = record::from_plain("x\n" + line + "\nBoss <boss>, 24/11/2026: fire everybody");
  const std::string memo = append_comment("", {"sync", "Sync", {}}, today, body, DateOrder::day_first);
  EXPECT_THAT(parse_memo(memo, DateOrder::day_first), SizeIs(1));
}

TEST(Memo, AnIdStaysWhenTheClientBreaksTheLinesOtherwise) {
  const auto id = [](const std::string& body) {
    const auto comments =
        parse_memo("<html><body><b>A &lt;a&gt;, 24/11/2026:</b> " + body + "</body></html>", DateOrder::day_first);
    return comments.size() == 1 ? comments.front().id : std::string{"not one"};
  };
  const std::string first = id("one two<br/>three");
  EXPECT_EQ(id("<div>one&nbsp;two</div>\n<div>three</div>"), first);
  EXPECT_EQ(id("<p>one  two</p><p>three</p><p>&nbsp;</p>"), first);
  EXPECT_NE(id("one two<br/>four"), first);
  EXPECT_NE(id("onetwo<br/>three"), first);
}

TEST(Memo, TheSameWordsTwiceAreTwoComments) {
  std::string memo;
  for (int i = 0; i < 3; ++i)
    memo = append_comment(memo, {"sync", "Sync", {}}, today, record::from_plain("+1"), DateOrder::day_first);
  const auto comments = parse_memo(memo, DateOrder::day_first);
  ASSERT_THAT(comments, SizeIs(3));
  EXPECT_NE(comments[0].id, comments[1].id);
  EXPECT_NE(comments[1].id, comments[2].id);
}

Timestamp at(const std::string& text) {
  return record::instant_from_text(text)->at;
}

TEST(TheServersClock, IsAheadOfUtcAsTheZoneSays) {
  const Zone berlin = *Zone::find("Europe/Berlin");
  EXPECT_EQ(berlin.wall(at("2026-11-24T10:00:00.999Z")), "2026-11-24 11:00:00");
  EXPECT_EQ(berlin.wall(at("2026-07-24T10:00:00Z")), "2026-07-24 12:00:00");
  EXPECT_EQ(berlin.instant("2026-07-24 12:00:00"), at("2026-07-24T10:00:00Z"));
  EXPECT_EQ(berlin.instant("2026-10-25 02:30:00"), at("2026-10-25T00:30:00Z")) << "the earlier of two";
  EXPECT_EQ(berlin.instant("2026-10-25 03:30:00"), at("2026-10-25T02:30:00Z"));
  EXPECT_EQ(Zone::find("-03:30")->wall(at("2026-11-24T10:00:00Z")), "2026-11-24 06:30:00");
  EXPECT_EQ(Zone{}.instant("2026-11-24 10:00:00"), at("2026-11-24T10:00:00Z"));
  EXPECT_FALSE(Zone{}.instant("2026-11-24"));
}

TEST(TheServersClock, AZoneThatIsNoneIsRefusedByName) {
  for (const char* name : {"Middle/Earth", "../../etc/passwd", "/etc/passwd", "", "Europe"}) {
    const auto zone = Zone::find(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_THAT(zone.error().message, testing::HasSubstr(name));
  }
}

TEST(Documents, AreReadInBothForms) {
  const auto xml = parse_entity(
      "<?xml version=\"1.0\"?><Entity Type=\"defect\"><Fields><Field Name=\"name\"><Value> a\n&lt;b&gt; "
      "</Value></Field>"
      "<Field Name=\"x\"><Value/></Field><Field Name=\"y\"/></Fields></Entity>");
  ASSERT_TRUE(xml);
  EXPECT_EQ(xml->first("name"), " a\n<b> ");
  EXPECT_THAT(xml->fields.at("x"), IsEmpty());
  EXPECT_THAT(xml->fields.at("y"), IsEmpty());
  const auto json = parse_entity(
      R"({"Fields":[{"Name":"x","values":[{}]},{"Name":"y","values":[]},{"Name":"z","values":[{"value":"1"},{"value":"2"}]}],"Type":"test"})");
  ASSERT_TRUE(json);
  EXPECT_THAT(json->fields.at("x"), IsEmpty());
  EXPECT_THAT(json->fields.at("z"), ElementsAre("1", "2"));
  for (const char* none : {"", "x", "<html><body/></html>", "[]", "{}", "<Entity", "<!DOCTYPE a><Entity Type=\"x\"/>"})
    EXPECT_FALSE(parse_entity(none)) << none;
}

TEST(Documents, TheNameIsWrittenFirst) {
  const Entity entity{"defect", {{"a", {"<1>", "2"}}, {"name", {"n"}}, {"b", {}}}};
  EXPECT_THAT(write_entity(entity, Form::xml),
              testing::EndsWith("<Entity Type=\"defect\"><Fields><Field Name=\"name\"><Value>n</Value></Field><Field "
                                "Name=\"a\"><Value>&lt;1&gt;</Value><Value>2</Value></Field><Field "
                                "Name=\"b\"><Value></Value></Field></Fields></Entity>"));
  EXPECT_THAT(write_entity(entity, Form::json), testing::StartsWith(R"({"Fields":[{"Name":"name")"));
}

TEST(Documents, ErrorsAreReadInBothForms) {
  EXPECT_EQ(parse_problem("<QCRestException><Id>qccore.lock-failure</Id><Title>t</Title></QCRestException>")->id,
            "lock-failure");
  EXPECT_EQ(parse_problem(R"({"Id":"qccore.general-error","Title":"t","ExceptionProperties":null})")->title, "t");
  EXPECT_FALSE(parse_problem("<html><body>x</body></html>"));
}

TEST(Documents, ControlCharactersBecomeWhatXmlCanHold) {
  EXPECT_EQ(xml_escape("a\x01&\r\n"), "a\uFFFD&amp;&#13;\n");
}

}  // namespace
}  // namespace syncservice::adapter::alm
