// Jira's fields and values, both flavours, there and back.
#include "fields.hpp"
#include "values.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace syncservice::adapter::jira {
namespace {

using nlohmann::json;
using record::List;
using record::Option;
using record::Reference;
using record::User;
using record::Value;
using testing::HasSubstr;

constexpr const char* custom = "com.atlassian.jira.plugin.system.customfieldtypes:";

Field custom_field(const std::string& type, const std::string& schema_type, const std::string& items = {},
                   const std::string& plugin = custom) {
  json schema{{"type", schema_type}, {"custom", plugin + type}};
  if (!items.empty()) schema["items"] = items;
  return field_of({{"id", "customfield_1"}, {"name", "Mine"}, {"schema", schema}});
}

Field system_field(const std::string& id, const std::string& type, const std::string& items = {}) {
  json schema{{"type", type}, {"system", id}};
  if (!items.empty()) schema["items"] = items;
  return field_of({{"id", id}, {"name", id}, {"schema", schema}});
}

const Lookups& lookups() {
  static const Lookups known{[](const User& user) -> Result<std::string> {
                               if (user.name == "Jane" || user.email == "jane@acme.com") return std::string{"5b10"};
                               return make_error(Failure::refused, "Jira has no such user.");
                             },
                             [](const std::string& id) -> Result<std::string> { return "ED-" + id; }};
  return known;
}

json written(const Value& value, const Field& field, Flavour flavour) {
  const auto out = to_json(value, field, flavour, lookups());
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : json{};
}

// What Jira shows, what we make of it, and what we write for it, in both flavours.
struct Case {
  Field field;
  json shown;
  Value value;
  json wanted;
};

TEST(JiraValues, EveryTypeThereAndBack) {
  const Value date = *record::date_from_text("2026-06-01");
  const Value instant = *record::instant_from_text("2026-06-01T10:00:00.042Z");
  const std::vector<Case> cases{
      {system_field("summary", "string"), "Pay", "Pay", "Pay"},
      {custom_field("textfield", "string"), "short", "short", "short"},
      {custom_field("url", "string"), "https://acme.com", "https://acme.com", "https://acme.com"},
      {custom_field("float", "number"), 7, 7.0, 7.0},
      {custom_field("float", "number"), 1.5, 1.5, 1.5},
      {system_field("duedate", "date"), "2026-06-01", date, "2026-06-01"},
      {custom_field("datetime", "datetime"), "2026-06-01T15:30:00.042+0530", instant, "2026-06-01T10:00:00.042+0000"},
      {system_field("priority", "priority"), {{"id", "2"}, {"name", "High"}}, Option{"2", "High"}, {{"name", "High"}}},
      {custom_field("select", "option"), {{"id", "7"}, {"value", "red"}}, Option{"7", "red"}, {{"value", "red"}}},
      {custom_field("multiselect", "array", "option"), json::array({{{"id", "7"}, {"value", "red"}}}),
       List{Option{"7", "red"}}, json::array({{{"value", "red"}}})},
      {custom_field("cascadingselect", "option-with-child"),
       {{"id", "1"}, {"value", "Europe"}, {"child", {{"id", "2"}, {"value", "France"}}}},
       Option{"1:2", "Europe > France"},
       {{"value", "Europe"}, {"child", {{"value", "France"}}}}},
      {system_field("labels", "array", "string"), {"a", "b"}, List{"a", "b"}, {"a", "b"}},
      {system_field("components", "array", "component"), json::array({{{"id", "1"}, {"name", "Core"}}}),
       List{Option{"1", "Core"}}, json::array({{{"name", "Core"}}})},
      {custom_field("version", "version"), {{"id", "1"}, {"name", "1.0"}}, Option{"1", "1.0"}, {{"name", "1.0"}}},
      {custom_field("project", "project"),
       {{"id", "1"}, {"key", "ED"}, {"name", "Desk"}},
       Option{"ED", "Desk"},
       {{"key", "ED"}}},
      {custom_field("grouppicker", "group"), {{"name", "admins"}}, Option{"", "admins"}, {{"name", "admins"}}},
      {system_field("parent", "issuelink"),
       {{"id", "10"}, {"key", "ED-1"}},
       Reference{{}, RecordId{"10"}},
       {{"id", "10"}}},
      {custom_field("gh-epic-link", "any", {}, "com.pyxis.greenhopper.jira:"), "ED-1", Reference{{}, RecordId{"ED-1"}},
       "ED-1"},
      {custom_field("gh-sprint", "array", "json", "com.pyxis.greenhopper.jira:"),
       json::array({{{"id", 4}, {"name", "Sprint 4"}}}), List{Option{"4", "Sprint 4"}}, 4},
      {custom_field("atlassian-team", "team", {}, "com.atlassian.teams:"),
       {{"id", "36885b3c"}, {"name", "Payments"}},
       Option{"36885b3c", "Payments"},
       "36885b3c"},
      {custom_field("sd-customerorganization", "array", "sd-customerorganization", "com.atlassian.servicedesk:"),
       json::array({{{"id", "3"}, {"name", "Acme"}}}), List{Option{"3", "Acme"}}, json::array({3})},
  };
  for (const Case& one : cases) {
    for (const Flavour flavour : {Flavour::cloud, Flavour::server}) {
      EXPECT_EQ(value_of(one.shown, one.field, flavour), one.value) << one.shown;
      EXPECT_EQ(written(one.value, one.field, flavour), one.wanted) << one.shown;
    }
    EXPECT_FALSE(one.field.read_only) << one.shown;
  }
}

TEST(JiraValues, UsersAreAccountsInTheCloudAndNamesOnAServer) {
  const Field assignee = system_field("assignee", "user");
  const json cloud{{"accountId", "5b10"}, {"displayName", "Jane"}, {"emailAddress", "jane@acme.com"}};
  const json server{{"name", "jane"}, {"key", "JIRAUSER1"}, {"displayName", "Jane"}, {"emailAddress", "jane@acme.com"}};
  EXPECT_EQ(value_of(cloud, assignee, Flavour::cloud), (Value{User{"5b10", "Jane", "jane@acme.com"}}));
  EXPECT_EQ(value_of(server, assignee, Flavour::server), (Value{User{"jane", "Jane", "jane@acme.com"}}));
  EXPECT_EQ(written(User{"", "Jane", ""}, assignee, Flavour::cloud), (json{{"accountId", "5b10"}}));
  EXPECT_EQ(written("jane@acme.com", assignee, Flavour::server), (json{{"name", "5b10"}}));
  const auto unknown = to_json(User{"", "Nobody", ""}, assignee, Flavour::cloud, lookups());
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("\"assignee\""));
}

TEST(JiraValues, RichTextIsADocumentInTheCloudAndMarkupOnAServer) {
  const Field description = system_field("description", "string");
  const Value bold = record::from_html("<p>Pay <b>now</b></p>");
  const json document = written(bold, description, Flavour::cloud);
  EXPECT_EQ(document.at("type"), "doc");
  EXPECT_EQ(document.at("version"), 1);
  EXPECT_EQ(value_of(document, description, Flavour::cloud), bold);
  EXPECT_EQ(written(bold, description, Flavour::server), "Pay *now*");
  EXPECT_EQ(value_of("Pay *now*", description, Flavour::server), bold);
  EXPECT_EQ(field_of({{"id", "customfield_2"},
                      {"schema", {{"type", "string"}, {"custom", std::string{custom} + "textarea"}}}})
                .shape,
            Shape::rich_text);
  // Plain text is formatted text that has no formatting.
  EXPECT_EQ(written("Pay", description, Flavour::server), "Pay");
  EXPECT_EQ(written(bold, system_field("summary", "string"), Flavour::cloud), "Pay now");
}

TEST(JiraValues, NothingIsNullOrAnEmptyList) {
  const Field summary = system_field("summary", "string"), labels = system_field("labels", "array", "string");
  for (const Value& nothing : {Value{}, Value{""}, Value{record::RichText{}}, Value{User{}}, Value{Option{}}})
    EXPECT_EQ(written(nothing, summary, Flavour::cloud), nullptr);
  EXPECT_EQ(written(Value{}, labels, Flavour::cloud), json::array());
  EXPECT_EQ(written(List{}, labels, Flavour::cloud), json::array());
  EXPECT_TRUE(value_of(nullptr, summary, Flavour::cloud).is_null());
}

TEST(JiraValues, AnOptionGoesByItsNameSinceAnIdMayBeAnotherSystems) {
  const Field priority = system_field("priority", "priority"), select = custom_field("select", "option");
  EXPECT_EQ(written(Option{"1", "Low"}, priority, Flavour::cloud), (json{{"name", "Low"}}));
  EXPECT_EQ(written(Option{"1", ""}, priority, Flavour::cloud), (json{{"id", "1"}}));
  EXPECT_EQ(written("Low", priority, Flavour::cloud), (json{{"name", "Low"}}));
  EXPECT_EQ(written(3, select, Flavour::cloud), (json{{"value", "3"}}));
  const Field cascade = custom_field("cascadingselect", "option-with-child");
  EXPECT_EQ(written(Option{"1:2", ""}, cascade, Flavour::cloud), (json{{"id", "1"}, {"child", {{"id", "2"}}}}));
  EXPECT_EQ(written("Europe", cascade, Flavour::cloud), (json{{"value", "Europe"}}));
}

TEST(JiraValues, WhatAFieldCantHoldIsRefusedByName) {
  const Field due = system_field("duedate", "date"), points = custom_field("float", "number");
  for (const auto& [field, value] :
       {std::pair{due, Value{"soon"}}, std::pair{points, Value{"many"}}, std::pair{points, Value{List{1, 2}}}}) {
    const auto refused = to_json(value, field, Flavour::cloud, lookups());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Failure::refused);
    EXPECT_THAT(refused.error().message, HasSubstr(field.id));
  }
}

TEST(JiraValues, ASprintOfAServerIsText) {
  const Field sprint = custom_field("gh-sprint", "array", "string", "com.pyxis.greenhopper.jira:");
  const json shown = {
      "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=4,rapidViewId=2,state=ACTIVE,"
      "name=Pay, and more,startDate=2026-01-01T00:00:00.000Z]"};
  EXPECT_EQ(value_of(shown, sprint, Flavour::server), (Value{List{Option{"4", "Pay, and more"}}}));
}

TEST(JiraValues, WhatOnlyAnAddOnUnderstandsIsShownAndNotWritten) {
  const Field odd = custom_field("odd", "any", {}, "com.acme:");
  EXPECT_TRUE(odd.read_only);
  EXPECT_EQ(value_of(json{{"name", "x"}}, odd, Flavour::cloud), Value{"x"});
  EXPECT_EQ(value_of(json{{"a", 1}}, odd, Flavour::cloud), Value{"{\"a\":1}"});
  EXPECT_EQ(value_of(json{{"votes", 3}}, system_field("votes", "votes"), Flavour::cloud), Value{3});
  EXPECT_TRUE(system_field("created", "datetime").read_only);
}

TEST(JiraFields, CustomFieldsGoByIdAndByName) {
  const auto entry = [](const char* id, const char* name) {
    return json{{"id", id}, {"name", name}, {"schema", {{"type", "string"}}}};
  };
  const FieldTable table{
      json::array({entry("summary", "Summary"), entry("customfield_1", "Story Points"), entry("customfield_2", "Twice"),
                   entry("customfield_3", "Twice"), entry("customfield_4", "summary"), entry("comment", "Comment")})};
  EXPECT_EQ((*table.find("customfield_1"))->id, "customfield_1");
  EXPECT_EQ((*table.find("Story Points"))->id, "customfield_1");
  EXPECT_EQ((*table.find("summary"))->id, "summary") << "an id comes before a name";
  const auto twice = table.find("Twice");
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("\"customfield_2\" or \"customfield_3\""));
  const auto typo = table.find("Story Point");
  ASSERT_FALSE(typo);
  EXPECT_THAT(typo.error().message, HasSubstr("\"Story Points\""));
  EXPECT_FALSE(table.find("comment"));
}

}  // namespace
}  // namespace syncservice::adapter::jira
