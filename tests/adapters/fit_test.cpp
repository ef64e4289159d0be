#include "syncservice/adapter/fit.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace syncservice;
using namespace syncservice::adapter;
using record::Value;
using testing::HasSubstr;

namespace {

FieldInfo field(FieldKind kind, bool list = false) {
  FieldInfo out;
  out.name = "f";
  out.kind = kind;
  out.list = list;
  if (kind == FieldKind::option) out.options = {{"1", "High"}, {"3", "Low"}};
  return out;
}

std::string refusal(const FieldInfo& info, const Value& value, Write write = Write::update) {
  const auto fitted = fit({"Story", {info}}, {{"f", value}}, write);
  EXPECT_FALSE(fitted);
  if (fitted) return {};
  EXPECT_EQ(fitted.error().failure, FailureClass::permanent);
  EXPECT_THAT(fitted.error().message, HasSubstr("\"f\""));
  return fitted.error().message;
}

}  // namespace

TEST(AsKind, TextBecomesWhatItSays) {
  EXPECT_EQ(as_kind(field(FieldKind::text), "x"), Value{"x"});
  EXPECT_EQ(as_kind(field(FieldKind::rich_text), "a & b"), Value{record::from_plain("a & b")});
  EXPECT_EQ(as_kind(field(FieldKind::date), "2026-11-24"), Value{*record::date_from_text("2026-11-24")});
  EXPECT_EQ(as_kind(field(FieldKind::instant), "2026-11-24T01:00:00+01:00"),
            Value{*record::instant_from_text("2026-11-24T00:00:00Z")});
  EXPECT_EQ(as_kind(field(FieldKind::user), "Jane Doe"), (Value{record::User{"", "Jane Doe", ""}}));
  EXPECT_EQ(as_kind(field(FieldKind::user), "jane@acme.com"), (Value{record::User{"", "", "jane@acme.com"}}));
  EXPECT_EQ(as_kind(field(FieldKind::option), "Low"), (Value{record::Option{"3", "Low"}}));
  EXPECT_EQ(as_kind(field(FieldKind::option), "3"), (Value{record::Option{"3", "Low"}}));
  EXPECT_EQ(as_kind(field(FieldKind::option), "Other"), (Value{record::Option{"", "Other"}}));
  EXPECT_EQ(as_kind(field(FieldKind::reference), "QC-1"), (Value{record::Reference{{}, RecordId{"QC-1"}}}));
  for (const FieldKind kind :
       {FieldKind::date, FieldKind::instant, FieldKind::integer, FieldKind::decimal, FieldKind::boolean})
    EXPECT_FALSE(as_kind(field(kind), "soon")) << to_string(kind);
}

TEST(Fit, AFieldMayBeCalledByAnotherOfItsNames) {
  FieldInfo points = field(FieldKind::integer);
  points.aliases = {"Points"};
  points.required = true;
  const TypeInfo type{"Story", {points}};
  EXPECT_EQ(find_field(type, "Points"), find_field(type, "f"));
  EXPECT_EQ(find_field(type, "points"), nullptr);
  EXPECT_TRUE(fit(type, {{"Points", 7}}, Write::create));
}

TEST(AsKind, AnOptionMayBeWrittenAsTheNumberThatItsIdIs) {
  EXPECT_EQ(as_kind(field(FieldKind::option), 3), (Value{record::Option{"3", "Low"}}));
  EXPECT_EQ(as_kind(field(FieldKind::option, true), record::List{1}),
            (Value{record::List{record::Option{"1", "High"}}}));
  EXPECT_THAT(refusal(field(FieldKind::option), 7), HasSubstr("has no option \"7\""));
}

TEST(AsKind, OtherValuesStayOrAreNotMeant) {
  EXPECT_EQ(as_kind(field(FieldKind::decimal), 7), Value{7.0});
  EXPECT_EQ(as_kind(field(FieldKind::integer), 7), Value{7});
  EXPECT_FALSE(as_kind(field(FieldKind::integer), 7.5));
  EXPECT_FALSE(as_kind(field(FieldKind::text), 7));
  EXPECT_EQ(as_kind(field(FieldKind::text), record::from_plain("a & b")), Value{"a & b"});
  EXPECT_FALSE(as_kind(field(FieldKind::text), record::List{"a"}));
  EXPECT_EQ(as_kind(field(FieldKind::option), Value{record::Option{"1", ""}}), (Value{record::Option{"1", "High"}}));
  EXPECT_EQ(as_kind(field(FieldKind::boolean), true), Value{true});
  EXPECT_EQ(as_kind(field(FieldKind::date), Value{}), Value{});
  EXPECT_EQ(as_kind(field(FieldKind::option, true), "Low"), (Value{record::List{record::Option{"3", "Low"}}}));
  EXPECT_EQ(as_kind(field(FieldKind::integer, true), (record::List{1, 2})), (Value{record::List{1, 2}}));
  EXPECT_FALSE(as_kind(field(FieldKind::integer, true), (record::List{1, "x"})));
}

TEST(Fit, NamesWhatIsWrong) {
  FieldInfo info = field(FieldKind::text);
  info.max_length = 3;
  EXPECT_THAT(refusal(info, "äöüß"), HasSubstr("at most 3 characters, and this text has 4"));
  EXPECT_TRUE(fit({"Story", {info}}, {{"f", "äöü"}}, Write::update));
  EXPECT_THAT(refusal(info, 1), HasSubstr("takes text"));
  info.required = true;
  EXPECT_THAT(refusal(info, Value{}), HasSubstr("required"));
  EXPECT_THAT(refusal(info, ""), HasSubstr("required"));
  info.read_only = true;
  EXPECT_THAT(refusal(info, "x"), HasSubstr("read-only"));
  EXPECT_THAT(refusal(field(FieldKind::option), "Hihg"),
              HasSubstr("no option \"Hihg\"; it has, for example, \"High\""));
  EXPECT_THAT(refusal(field(FieldKind::option, true), record::List{"High", "x"}), HasSubstr("no option \"x\""));
  EXPECT_THAT(refusal(field(FieldKind::integer, true), "x"), HasSubstr("takes a list of integer"));
}

TEST(Fit, MissingAndUnknownFields) {
  FieldInfo info = field(FieldKind::text);
  info.required = true;
  const TypeInfo type{"Story", {info}};
  EXPECT_TRUE(fit(type, {}, Write::update));
  const auto missing = fit(type, {}, Write::create);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("Field \"f\" is required when a record is made"));
  const auto unknown = fit({"Story", {{.name = "summary"}}}, {{"sumary", "x"}}, Write::update);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, R"(There is no field "sumary" in type "Story"; near is "summary".)");
}
