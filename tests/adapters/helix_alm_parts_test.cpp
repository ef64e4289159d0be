// The parts of the Helix ALM adapter that need no server: workflows, searches, forms, values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "form.hpp"
#include "schema.hpp"
#include "search.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/record/rich_text.hpp"
#include "values.hpp"
#include "workflow.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

using record::Value;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> events_from(const Workflow& workflow, const std::string& from, const std::string& to) {
  std::vector<std::string> out;
  const auto way = workflow.way(from, to);
  EXPECT_TRUE(way) << way.error().message;
  if (!way) return out;
  for (const Transition* step : *way) out.push_back(step->event);
  return out;
}

TEST(HelixAlmWorkflow, TheShortestWayIsTaken) {
  const auto workflow = Workflow::parse(
      "Open > Fix > Fixed; Fixed -> Verify -> Closed\n"
      "\n"
      "Open > Force Close > Closed; * > Re-Open > Open");
  ASSERT_TRUE(workflow) << workflow.error().message;
  EXPECT_THAT(events_from(*workflow, "Open", "Closed"), ElementsAre("Force Close"));
  EXPECT_THAT(events_from(*workflow, "closed", "fixed"), ElementsAre("Re-Open", "Fix"));
  EXPECT_THAT(events_from(*workflow, "Anything else", "Fixed"), ElementsAre("Re-Open", "Fix"));
  EXPECT_TRUE(events_from(*workflow, "Fixed", "fixed").empty());
  EXPECT_THAT(workflow->statuses(), ElementsAre("Open", "Fixed", "Closed"));
}

TEST(HelixAlmWorkflow, NoWayIsRefusedWithWhatIsKnown) {
  const auto workflow = Workflow::parse("Open > Fix > Fixed");
  ASSERT_TRUE(workflow);
  for (const char* to : {"Open", "Verified"}) {
    const auto way = workflow->way("Fixed", to);
    ASSERT_FALSE(way);
    EXPECT_EQ(way.error().failure, FailureClass::permanent);
    EXPECT_THAT(way.error().message, testing::AllOf(HasSubstr("Status"), HasSubstr("Fixed"), HasSubstr("workflow")));
  }
  const auto none = Workflow{}.way("Open", "Fixed");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("Open > <event> > Fixed"));
}

TEST(HelixAlmWorkflow, EventsHaveFields) {
  const auto workflow = Workflow::parse(
      "Open > Fix (Resolution = Code Change, Notes = \"a; b > c, (d)\", Affects Documentation = true, Assigned To = "
      "@anna) > Fixed\nOpen > Close (by hand) > Closed");
  ASSERT_TRUE(workflow) << workflow.error().message;
  const auto way = workflow->way("Open", "Fixed");
  ASSERT_TRUE(way && way->size() == 1);
  const Transition& fix = *way->front();
  EXPECT_EQ(fix.event, "Fix");
  ASSERT_EQ(fix.fields.size(), 4U);
  EXPECT_EQ(fix.fields[0],
            (Json{{"label", "Resolution"}, {"type", "menuItem"}, {"menuItem", {{"label", "Code Change"}}}}));
  EXPECT_EQ(fix.fields[1].at("string"), "a; b > c, (d)");
  EXPECT_EQ(fix.fields[2].at("boolean"), true);
  EXPECT_EQ(fix.fields[3].at("userArray").at(0).at("username"), "anna");
  EXPECT_THAT(events_from(*workflow, "Open", "Closed"), ElementsAre("Close (by hand)"));
}

TEST(HelixAlmWorkflow, WhatIsNoTransitionIsSaidSo) {
  for (const char* text : {"Open > Fixed", "Open > Fix > Fixed > Closed", "Open >> Fixed", "Open > Fix > *",
                           "> Fix > Fixed", "Open > Fix (Resolution =) > Fixed", "Open > Fix (= x) > Fixed"}) {
    const auto workflow = Workflow::parse(text);
    ASSERT_FALSE(workflow) << text;
    EXPECT_EQ(workflow.error().code, Failure::misconfigured);
    EXPECT_THAT(workflow.error().message, HasSubstr(text));
  }
}

TEST(HelixAlmWorkflow, AStatusMayGoOn) {
  const auto workflow = Workflow::parse("Open > x > Open (Verify Failed); Open > y > Openly");
  ASSERT_TRUE(workflow);
  EXPECT_EQ(workflow->status_in("Open, assigned to Anna Alm"), "Open");
  EXPECT_EQ(workflow->status_in("open"), "Open");
  EXPECT_EQ(workflow->status_in("Open (Verify Failed), not assigned"), "Open (Verify Failed)");
  EXPECT_EQ(workflow->status_in("Openly"), "Openly");
  EXPECT_EQ(workflow->status_in("Opened"), "Opened") << "another one";
}

TEST(HelixAlmSearch, NamesAndValuesAreQuoted) {
  EXPECT_EQ(*condition("Sync Key", "=", "A-17"), "\"Sync Key\" = 'A-17'");
  EXPECT_EQ(*condition("Impact, Business", "=", "it's"), "\"Impact, Business\" = \"it's\"");
  EXPECT_EQ(*condition("Customer's View", "=", "a \"b\""), "\"Customer's View\" = 'a \"b\"'");
  const auto both = condition("Sync Key", "=", "it's \"b\"");
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().failure, FailureClass::permanent);
  EXPECT_FALSE(condition("a \"label\"", "=", "x"));
  EXPECT_EQ(all_of({"", "a = 1 OR b = 2", "c = 3"}), "(a = 1 OR b = 2) AND (c = 3)");
  EXPECT_EQ(all_of({"", "a = 1 OR b = 2"}), "a = 1 OR b = 2");
  EXPECT_EQ(all_of({""}), "");
}

std::string body_of(const Form& form) {
  std::string out;
  std::array<char, 7> piece{};
  for (;;) {
    const auto some = form.body.source(piece);
    if (!some || *some == 0) return out;
    out.append(piece.data(), *some);
  }
}

client::Source source_of(std::string text) {
  return [text = std::move(text), at = std::size_t{0}](std::span<char> piece) mutable -> Result<std::size_t> {
    const std::size_t some = text.copy(piece.data(), piece.size(), at);
    at += some;
    return some;
  };
}

TEST(HelixAlmForm, IsAsLongAsItSays) {
  for (const std::string& text : {std::string{}, std::string{"x"}, std::string(1000, 'x')}) {
    const Form form = form_of("fileUpload", "a.txt", "text/plain", source_of(text), text.size(), "B");
    const std::string body = body_of(form);
    EXPECT_EQ(body.size(), form.body.size);
    EXPECT_EQ(body,
              "--B\r\nContent-Disposition: form-data; name=\"fileUpload\"; filename=\"a.txt\"\r\n"
              "Content-Type: text/plain\r\n\r\n" +
                  text + "\r\n--B--\r\n");
  }
  EXPECT_EQ(form_of("f", "n", "a/b", source_of(""), 0, "B").content_type, "multipart/form-data; boundary=B");
}

TEST(HelixAlmForm, WritesOtherNamesEncoded) {
  for (const auto& [name, written] : {std::pair{"größe.txt", "filename*=UTF-8''gr%C3%B6%C3%9Fe.txt\r\n"},
                                      std::pair{"a\"b.txt", "filename*=UTF-8''a%22b.txt\r\n"},
                                      std::pair{"100%.txt", "filename*=UTF-8''100%25.txt\r\n"}}) {
    EXPECT_THAT(body_of(form_of("f", name, "a/b", source_of("x"), 1, "B")), HasSubstr(written));
  }
}

TEST(HelixAlmForm, HandsTheFailureOfTheSourceOn) {
  const Form form = form_of(
      "f", "n", "a/b",
      [](std::span<char>) -> Result<std::size_t> {
        return make_error(Failure::unavailable, "The other side is away.");
      },
      5, "B");
  std::array<char, 4096> piece{};
  auto some = form.body.source(piece);
  while (some && *some > 0) some = form.body.source(piece);
  ASSERT_FALSE(some);
  EXPECT_EQ(some.error().message, "The other side is away.");
}

TEST(HelixAlmValues, WhatIsNotSetIsNull) {
  const std::vector<std::pair<Shape, Json>> blanks{
      {Shape::text, ""},
      {Shape::formatted, {{"text", ""}, {"isFormatted", false}}},
      {Shape::menu_item, {{"id", 0}, {"label", ""}}},
      {Shape::user, {{"id", 0}, {"username", ""}, {"firstName", ""}, {"lastName", ""}}},
      {Shape::users, Json::array()},
      {Shape::date, ""},
      {Shape::decimal, nullptr},
      {Shape::boolean, nullptr}};
  for (const auto& [shape, json] : blanks) EXPECT_TRUE(value_of(shape, json).is_null()) << to_string(shape);
}

TEST(HelixAlmValues, TextsAreReadAsTheyAreFormatted) {
  EXPECT_EQ(value_of(Shape::formatted, {{"text", "<b>x</b> & y"}, {"isFormatted", false}}),
            Value{record::from_plain("<b>x</b> & y")});
  EXPECT_EQ(value_of(Shape::formatted, {{"text", "<b>x</b> &amp; y"}, {"isFormatted", true}}),
            Value{record::from_html("<p><strong>x</strong> &amp; y</p>")});
}

TEST(HelixAlmValues, AUserIsNamedAsTheApiFindsOne) {
  EXPECT_EQ(*json_of(Shape::user, "Owner", record::User{"anna", "Anna Alm", ""}), (Json{{"username", "anna"}}));
  EXPECT_EQ(*json_of(Shape::user, "Owner", record::User{"", "Anna Maria Alm", ""}),
            (Json{{"firstName", "Anna Maria"}, {"lastName", "Alm"}}));
  EXPECT_EQ(*json_of(Shape::user, "Owner", record::User{"", "anna", ""}), (Json{{"username", "anna"}}));
  const auto unknown = json_of(Shape::user, "Owner", record::User{"", "", "anna@example.com"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().failure, FailureClass::permanent);
  EXPECT_THAT(unknown.error().message, testing::AllOf(HasSubstr("Owner"), HasSubstr("anna@example.com")));
}

TEST(HelixAlmValues, AMenuItemIsNamedOnce) {
  EXPECT_EQ(*json_of(Shape::menu_item, "Priority", record::Option{"5", "High"}), (Json{{"id", 5}}));
  EXPECT_EQ(*json_of(Shape::menu_item, "Priority", record::Option{"", "High"}), (Json{{"label", "High"}}));
}

TEST(HelixAlmValues, WhatServersChangeForThemselvesIsKept) {
  EXPECT_TRUE(is_kept(Shape::text, "one ", "one"));
  EXPECT_TRUE(is_kept(Shape::text, " ", Value{}));
  EXPECT_FALSE(is_kept(Shape::text, "one", Value{}));
  EXPECT_FALSE(is_kept(Shape::text, Value{}, "one"));
  EXPECT_TRUE(is_kept(Shape::menu_item, record::Option{"", "High"}, record::Option{"5", "High"}));
  EXPECT_FALSE(is_kept(Shape::menu_item, record::Option{"", "High"}, record::Option{"6", "Low"}));
  EXPECT_FALSE(is_kept(Shape::integer, 5, 6));
  EXPECT_TRUE(is_kept(Shape::date_time, *record::instant_from_text("2026-11-24T10:00:00.5Z"),
                      *record::instant_from_text("2026-11-24T10:00:00Z")));
  EXPECT_TRUE(is_kept(Shape::users, record::List{record::User{"", "Anna Alm", ""}, record::User{"bert", "", ""}},
                      record::List{record::User{"bert", "Bert Berg", ""}, record::User{"anna", "Anna Alm", ""}}));
  EXPECT_FALSE(is_kept(Shape::users, record::List{record::User{"bert", "", ""}},
                       record::List{record::User{"bert", "Bert Berg", ""}, record::User{"anna", "Anna Alm", ""}}));
}

TEST(HelixAlmValues, AnyMarkerCanBeSearchedFor) {
  for (const std::string marker : {"it's \"b\"", "a%2Fb", "größe \U0001F600", "m-1"}) {
    EXPECT_EQ(marker_from(marker_to_stored(marker)), marker);
    EXPECT_TRUE(condition("Sync Key", "=", marker_to_stored(marker))) << marker;
  }
}

TEST(HelixAlmSchema, AStatusIsReadWhateverItsType) {
  const Json text{{"fields", {{{"label", "Status"}, {"type", "string"}, {"string", "Open, not assigned"}}}}};
  const Json item{
      {"fields", {{{"label", "Status"}, {"type", "menuItem"}, {"menuItem", {{"id", 3}, {"label", "Open"}}}}}}};
  const auto workflow = Workflow::parse("Open > Fix > Fixed");
  ASSERT_TRUE(workflow);
  EXPECT_EQ(status_of(text, *workflow), "Open");
  EXPECT_EQ(status_of(item, *workflow), "Open");
  EXPECT_EQ(status_of(text, {}), "Open, not assigned");
  EXPECT_EQ(status_of(Json::object(), *workflow), "");
}

TEST(HelixAlmSchema, ListsOfFieldsAreReadInAnyForm) {
  const ItemType& issue = *item_type("issue");
  const Json summary{{"id", 2}, {"longName", "Summary"}, {"type", "string"}, {"required", true}};
  const Json effort{{"id", 300}, {"label", "Effort"}, {"type", "decimal"}, {"readOnly", true}};
  const Json description{{"id", 54}, {"name", "Description"}, {"type", "formattedString"}, {"readOnly", true}};
  const Json odd{{"id", 9}, {"label", "Odd"}, {"type", "hologram"}};
  const Labels labels{"Sync Key", "Date Modified"};
  for (const Json& lists :
       {Json{{"fieldsData", {summary, effort, description, odd}}}, Json::array({summary, effort, description, odd}),
        Json{{"self", "x"}, {"rows", {summary, effort, description, odd}}}}) {
    const Schema schema = make_schema(issue, {lists}, nullptr, labels, {});
    EXPECT_TRUE(schema.fields.at("Summary").info.required);
    EXPECT_TRUE(schema.fields.at("Effort").info.read_only);
    EXPECT_EQ(schema.fields.at("Effort").info.kind, FieldKind::decimal);
    EXPECT_EQ(schema.fields.at("Description").mirrors, "description");
    EXPECT_FALSE(schema.fields.at("Description").info.read_only) << "it is written in the found-by record";
    EXPECT_FALSE(schema.fields.contains("Odd"));
    EXPECT_FALSE(schema.has_marker);
  }
  EXPECT_TRUE(make_schema(issue, {"no list", nullptr, Json::object()}, nullptr, labels, {}).fields.empty());
}

}  // namespace
}  // namespace syncservice::adapter::helix_alm
