// Dates, instants, people, options, references and rich text as values.
#include "syncservice/record/content.hpp"
#include "syncservice/record/record.hpp"
#include "syncservice/record/rich_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>

using namespace syncservice;
using namespace syncservice::record;
using namespace std::chrono_literals;

namespace {

const Date day = std::chrono::year{2026} / 11 / 24;
const Timestamp moment = std::chrono::sys_days{day} + 2h + 53min + 11s + 42ms;

struct Typed {
  const char* name;
  Value value;
  const char* json;
  const char* text;
};

class TypedValue : public testing::TestWithParam<Typed> {};
class NoValue : public testing::TestWithParam<const char*> {};

}  // namespace

TEST_P(TypedValue, HasOneJsonForm) {
  const Typed& row = GetParam();
  EXPECT_EQ(to_json_value(row.value).dump(), row.json);
  const auto back = value_from_json(nlohmann::json::parse(row.json));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, row.value);
  EXPECT_EQ(to_json({{"f", *back}}), std::string{R"({"f":)"} + row.json + "}");
  EXPECT_EQ(row.value.text(), row.text);
}

INSTANTIATE_TEST_SUITE_P(
    Record, TypedValue,
    testing::Values(Typed{"Date", Value{day}, R"({"$date":"2026-11-24"})", "2026-11-24"},
                    Typed{"Instant", Value{Instant{moment, 0min}}, R"({"$instant":"2026-11-24T02:53:11.042Z"})",
                          "2026-11-24T02:53:11.042Z"},
                    Typed{"InstantInZone", Value{Instant{moment, 60min}},
                          R"({"$instant":"2026-11-24T02:53:11.042Z","zone":"+01:00"})", "2026-11-24T02:53:11.042Z"},
                    Typed{"User", Value{User{"jdoe", "Jane Doe", "jane@acme.com"}},
                          R"({"$user":"jdoe","email":"jane@acme.com","name":"Jane Doe"})", "Jane Doe"},
                    Typed{"UserByMail", Value{User{"", "", "jane@acme.com"}}, R"({"$user":"","email":"jane@acme.com"})",
                          "jane@acme.com"},
                    Typed{"UserById", Value{User{"jdoe", "", ""}}, R"({"$user":"jdoe"})", "jdoe"},
                    Typed{"Option", Value{Option{"3", "High"}}, R"({"$option":"3","name":"High"})", "High"},
                    Typed{"OptionById", Value{Option{"3", ""}}, R"({"$option":"3"})", "3"},
                    Typed{"Reference", Value{Reference{ProjectName{"QC"}, RecordId{"QC-20"}}},
                          R"({"$ref":"QC-20","project":"QC"})", "QC-20"},
                    Typed{"ReferenceAlone", Value{Reference{{}, RecordId{"7"}}}, R"({"$ref":"7"})", "7"},
                    Typed{"RichText", Value{from_html("<p>a <b>b</b></p>")},
                          R"({"$rich":"<p>a <strong>b</strong></p>"})", "a b"},
                    Typed{"NoRichText", Value{RichText{}}, R"({"$rich":""})", ""},
                    Typed{"ListOfThese", Value{List{Option{"1", "A"}, day, User{"u", "", ""}}},
                          R"([{"$option":"1","name":"A"},{"$date":"2026-11-24"},{"$user":"u"}])", "A, 2026-11-24, u"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_P(NoValue, IsRefusedWithTheReason) {
  const auto fields = fields_from_json(std::string{R"({"f":)"} + GetParam() + "}");
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().code, make_error_code(Fault::not_a_value));
  EXPECT_EQ(fields.error().failure, FailureClass::permanent);
  EXPECT_NE(fields.error().message.find("\"f\""), std::string::npos) << fields.error().message;
}

INSTANTIATE_TEST_SUITE_P(Record, NoValue,
                         testing::Values(R"({"$date":"2026-02-30"})", R"({"$date":"24.11.2026"})", R"({"$date":7})",
                                         R"({"$date":"2026-11-24","x":1})", R"({"$instant":"2026-11-24T02:53:11"})",
                                         R"({"$instant":"2026-11-24T02:53:11Z","zone":"CET"})",
                                         R"({"$instant":"2026-11-24T02:53:11Z","zone":"+19:00"})",
                                         R"({"$user":"a","phone":"1"})", R"({"$user":null})",
                                         R"({"$option":"1","id":"2"})", R"({"$ref":"1","name":"x"})",
                                         R"({"$rich":["x"]})", R"({"$rich":"x","html":"y"})", R"({"name":"x"})",
                                         R"({"$date":"2026-11-24","$user":"a"})", R"({"$other":"x"})"));

TEST(RecordValueJson, RichTextIsAlwaysCanonical) {
  const auto value = value_from_json({{"$rich", "<b onclick=x()>a</b><script>b</script>"}});
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as<RichText>()->html(), "<p><strong>a</strong></p>");
}

TEST(RecordValueJson, TheZoneOfAnInstantComesFromItsTextToo) {
  const auto value = value_from_json({{"$instant", "2026-11-24T03:53:11.042+01:00"}});
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json_value(*value).dump(), R"({"$instant":"2026-11-24T02:53:11.042Z","zone":"+01:00"})");
}

TEST(RecordValue, InstantsAreEqualWhateverTheirZone) {
  EXPECT_EQ(Value(Instant{moment, 0min}), Value(Instant{moment, 330min}));
  EXPECT_NE(Value(Instant{moment, 0min}), Value(Instant{moment + 1ms, 0min}));
  EXPECT_NE(Value{"2026-11-24"}, Value{day});
  EXPECT_NE(Value{RichText{}}, Value{""});
}

TEST(RecordHash, OfTypedValuesNeverChanges) {
  // They stand in databases.
  EXPECT_EQ(hash({{"d", day}}), 0x5E6DE44FF3B963F9U);
  EXPECT_EQ(hash({{"i", Instant{moment, 60min}}}), 0x46EDBC717DDCD20FU);
  EXPECT_EQ(hash({{"u", User{"jdoe", "Jane Doe", "jane@acme.com"}}}), 0x71493B0654E6B915U);
  EXPECT_EQ(hash({{"o", Option{"3", "High"}}, {"r", Reference{ProjectName{"QC"}, RecordId{"QC-20"}}}}),
            0x23D215CFE30EFF2CU);
  EXPECT_EQ(hash({{"t", from_html("<p>a <b>b</b></p><ul><li>c</ul>")}}), 0x178EFA4E7372DB11U);
}

TEST(RecordTime, DatesAreCalendarDays) {
  EXPECT_EQ(date_from_text("2026-11-24"), day);
  EXPECT_EQ(to_text(day), "2026-11-24");
  EXPECT_EQ(date_from_text("2024-02-29"), std::chrono::year{2024} / 2 / 29);
  for (const char* text : {"", "2026-11-2", "2026-11-24 ", " 2026-11-24", "2026-13-01", "2025-02-29", "2026-00-10",
                           "2026/11/24", "26-11-24", "2026-11-24T00:00Z", "-026-11-24"}) {
    EXPECT_FALSE(date_from_text(text)) << text;
  }
}

TEST(RecordTime, ZonesAreOffsets) {
  EXPECT_EQ(zone_from_text("Z"), 0min);
  EXPECT_EQ(zone_from_text("+01:00"), 60min);
  EXPECT_EQ(zone_from_text("-0330"), -210min);
  EXPECT_EQ(zone_from_text("+18:00"), 1080min);
  EXPECT_EQ(to_text(-210min), "-03:30");
  EXPECT_EQ(to_text(0min), "+00:00");
  for (const char* text : {"", "+1", "+01", "01:00", "+18:01", "+01:60", "CET", "+01:00 ", "Z0"}) {
    EXPECT_FALSE(zone_from_text(text)) << text;
  }
}

TEST(RecordTime, InstantsAreReadInTheFormsOfTrackers) {
  for (const char* text : {"2026-11-24T02:53:11.042Z", "2026-11-24t03:53:11.042+01:00", "2026-11-24 03:53:11,042+0100",
                           "2026-11-23T21:53:11.042999-05:00"}) {
    const auto instant = instant_from_text(text);
    ASSERT_TRUE(instant) << text;
    EXPECT_EQ(instant->at, moment) << text;
  }
  EXPECT_EQ(instant_from_text("2026-11-24T03:53:11.042+01:00")->zone, 60min);
  EXPECT_EQ(instant_from_text("2026-11-24T02:53Z")->at, std::chrono::sys_days{day} + 2h + 53min);
  EXPECT_EQ(instant_from_text("2026-11-24T02:53:11.5Z")->at, std::chrono::sys_days{day} + 2h + 53min + 11s + 500ms);
  EXPECT_EQ(instant_from_text("2016-12-31T23:59:60Z")->at, std::chrono::sys_days{std::chrono::year{2017} / 1 / 1});
  for (const char* text : {"", "2026-11-24", "2026-11-24T02:53:11", "2026-11-24T24:00:00Z", "2026-11-24T02:60Z",
                           "2026-11-24T02:53:61Z", "2026-02-29T00:00Z", "2026-11-24T02:53:11.Z",
                           "2026-11-24T02:53:11Z ", "2026-11-24T2:53Z", "2026-11-24T02:53:11 Z"}) {
    EXPECT_FALSE(instant_from_text(text)) << text;
  }
}

RC_GTEST_PROP(RecordTime, ReadsWhatItWrites, ()) {
  const auto zone = std::chrono::minutes{*rc::gen::inRange(-1080, 1081)};
  const Timestamp at{
      std::chrono::milliseconds{*rc::gen::inRange<std::int64_t>(-62'135'596'800'000, 253'402'300'800'000)}};
  RC_ASSERT(zone_from_text(to_text(zone)) == zone);
  const Date date{std::chrono::floor<std::chrono::days>(at)};
  RC_ASSERT(date_from_text(to_text(date)) == date);
  const Fields fields{{"i", Instant{at, zone}}, {"d", date}};
  const auto back = fields_from_json(to_json(fields));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == fields);
  RC_ASSERT(back->at("i").as<Instant>()->zone == zone);
}

TEST(RecordContent, IsEmptyWithoutAnyPart) {
  for (const Value& value :
       {Value{}, Value{""}, Value{RichText{}}, Value{User{}}, Value{Option{}}, Value{Reference{}}, Value{List{}}}) {
    EXPECT_TRUE(is_empty(value)) << value.text();
  }
  for (const Value& value : {Value{0}, Value{0.0}, Value{false}, Value{" "}, Value{from_plain("a")}, Value{day},
                             Value{User{"", "Jane", ""}}, Value{Option{"3", ""}}, Value{List{Value{}}}}) {
    EXPECT_FALSE(is_empty(value)) << value.text();
  }
}

TEST(RecordContent, CountsCharacters) {
  EXPECT_EQ(characters(""), 0U);
  EXPECT_EQ(characters("aä中😀"), 4U);
  EXPECT_EQ(first_characters("aä中😀", 0), "");
  EXPECT_EQ(first_characters("aä中😀", 3), "aä中");
  EXPECT_EQ(first_characters("aä中😀", 4), "aä中😀");
  EXPECT_EQ(first_characters("aä", 9), "aä");
}
