// Encoded queries, and what values become.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query.hpp"
#include "syncservice/record/rich_text.hpp"
#include "values.hpp"

namespace syncservice::adapter::servicenow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ServiceNowQuery, ValuesThatMeanSomethingElseAreTold) {
  for (const char* good : {"x", "a b", "jane@acme.com", "a=b", "java", "50 %"}) EXPECT_TRUE(can_be_value(good)) << good;
  for (const char* bad : {"", "a^b", "^NQactive=true", "javascript:gs.getUserID()", "JavaScript:x", "a\nb"})
    EXPECT_FALSE(can_be_value(bad)) << bad;
}

TEST(ServiceNowQuery, EveryColumnIsSeen) {
  EXPECT_THAT(columns_of("active=true^ORcaller_id.email=x^NQpriorityIN1,2^ORDERBYDESCnumber^ORDERBYsys_id^EQ"),
              ElementsAre("active", "caller_id.email", "priority", "number", "sys_id"));
  EXPECT_THAT(columns_of("short_descriptionLIKEx"), ElementsAre("short_description"));
  EXPECT_THAT(columns_of("Active=true"), ElementsAre(""));
  EXPECT_THAT(columns_of(""), IsEmpty());
}

TEST(ServiceNowQuery, AnothersConditionsKeepTheirMeaning) {
  EXPECT_EQ(all_of({""}, "", "ORDERBYx"), "ORDERBYx");
  EXPECT_EQ(all_of({"t>=1"}, "a=1^ORb=2", "ORDERBYx"), "t>=1^a=1^ORb=2^ORDERBYx");
  EXPECT_EQ(all_of({"t>1", "t=1^id>2"}, "a=1^NQb=2", "ORDERBYx"),
            "t>1^a=1^NQt>1^b=2^NQt=1^id>2^a=1^NQt=1^id>2^b=2^ORDERBYx");
}

TEST(ServiceNowQuery, NamesAndSysIdsAreStrict) {
  EXPECT_TRUE(is_name("u_defect2"));
  EXPECT_FALSE(is_name("u defect"));
  EXPECT_FALSE(is_name(""));
  EXPECT_FALSE(is_name("../x"));
  EXPECT_TRUE(is_sys_id("0123456789abcdef0123456789abcdef"));
  EXPECT_FALSE(is_sys_id("0123456789ABCDEF0123456789abcdef"));
  EXPECT_FALSE(is_sys_id("0123"));
}

TEST(ServiceNowValues, MomentsAreUtc) {
  const auto at = record::instant_from_text("2026-11-24T11:00:00.999+01:00");
  EXPECT_EQ(to_moment(at->at), "2026-11-24 10:00:00");
  EXPECT_EQ(moment_from("2026-11-24 10:00:00"), record::instant_from_text("2026-11-24T10:00:00Z")->at);
  for (const char* bad : {"", "2026-11-24", "24.11.2026 10:00:00", "2026-11-24 10:00:00Z", "2026-13-24 10:00:00"})
    EXPECT_EQ(moment_from(bad), std::nullopt) << bad;
}

TEST(ServiceNowValues, MarkersMeanNothingInAQuery) {
  EXPECT_EQ(marker_to_stored("a^b javascript:"), "a%5Eb%20javascript%3A");
  EXPECT_EQ(marker_from("a%5Eb%20javascript%3A"), "a^b javascript:");
  EXPECT_EQ(marker_from("50%"), "50%");
}

TEST(ServiceNowValues, EveryFormOfAFieldIsRead) {
  const Json row = Json::parse(R"({"a":"x","b":{"value":"1","link":"l"},"c":{"display_value":"Low","value":"3"},"d":"",
                                   "e":{"display_value":"","value":""}})");
  EXPECT_EQ(stored(row, "a"), "x");
  EXPECT_EQ(stored(row, "b"), "1");
  EXPECT_EQ(shown(row, "b"), "1");
  EXPECT_EQ(stored(row, "c"), "3");
  EXPECT_EQ(shown(row, "c"), "Low");
  for (const char* empty : {"d", "e", "none"}) EXPECT_EQ(stored(row, empty), "") << empty;
}

TEST(ServiceNowValues, DecimalsHaveNoExponent) {
  Column column;
  column.info.kind = FieldKind::decimal;
  EXPECT_EQ(*to_stored(column, 1e21), "1000000000000000000000");
  EXPECT_EQ(*to_stored(column, 0.00001), "0.00001");
}

TEST(ServiceNowJournal, FormattedTextIsHtmlBetweenTags) {
  const auto rich = record::from_html("<p>a <strong>b</strong></p>");
  EXPECT_EQ(to_journal(rich, true), "[code]" + rich.html() + "[/code]");
  EXPECT_EQ(from_journal(to_journal(rich, true)), rich);
  EXPECT_EQ(to_journal(rich, false), "a b");
  const auto plain = record::from_plain("a <b> & c\n\nd");
  EXPECT_EQ(to_journal(plain, true), "a <b> & c\n\nd");
  EXPECT_EQ(from_journal("a <b> & c\n\nd"), plain);
  EXPECT_EQ(record::to_plain(from_journal("before [code]<b>x</b>[/code] after")), "before\n\nx\n\nafter");
  const auto tags = record::from_plain("say [code]x[/code]");
  EXPECT_EQ(from_journal(to_journal(tags, true)).html(), from_journal("[code]" + tags.html() + "[/code]").html());
}

}  // namespace
}  // namespace syncservice::adapter::servicenow
