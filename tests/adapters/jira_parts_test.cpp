// The parts of the Jira adapter that ask nobody.
#include "answers.hpp"
#include "changes.hpp"
#include "jql.hpp"
#include "marker.hpp"
#include "people.hpp"
#include "workflow.hpp"

#include "syncservice/adapter/failure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <map>

namespace syncservice::adapter::jira {
namespace {

using nlohmann::json;
using record::Option;
using record::User;
using testing::HasSubstr;

TEST(JiraJql, TextCantLeaveItsQuotes) {
  EXPECT_EQ(jql_quoted("ED"), "\"ED\"");
  EXPECT_EQ(jql_quoted("a\" OR \"\\"), "\"a\\\" OR \\\"\\\\\"");
  EXPECT_EQ(jql_quoted("a\nb\x01"), "\"a\\nb \"");
}

TEST(JiraJql, ASearchIsBoundedAndNamesInstantsInMilliseconds) {
  EXPECT_EQ(jql_of({"ED", "10004", from_millis(1717236000000), "labels = x"}),
            "project = \"ED\" AND issuetype = \"10004\" AND updated >= 1717236000000 AND (labels = x)");
  EXPECT_EQ(jql_of({"ED", {}, Timestamp{}, {}}), "project = \"ED\"") << "an instant of few digits is none to Jira";
  EXPECT_THAT(jql_of({}), HasSubstr("updated >="));
}

TEST(JiraJql, AQueryMustStandInParentheses) {
  for (const char* fine : {"", "labels = x", "summary ~ \"order by (\"", "(a = 1 OR b = 2)", "reorder byte = 1"})
    EXPECT_TRUE(check_query(fine)) << fine;
  for (const char* wrong : {"a = 1) OR (b = 2", "a = \"x", "a = 1 ORDER  BY key", "(a = 1", "order by key"}) {
    const auto checked = check_query(wrong);
    ASSERT_FALSE(checked) << wrong;
    EXPECT_EQ(checked.error().code, Failure::refused);
  }
}

TEST(JiraMarker, LabelsTellMarkersApartWithoutRegardToCase) {
  const std::string own = "syncservice-0123456789abcdef0123456789abcdef";
  EXPECT_EQ(marker_label(own), own);
  EXPECT_NE(marker_label("M"), marker_label("m"));
  EXPECT_EQ(marker_label("m 1"), "syncservice-x6d2031");
  for (const char* label : {"syncservice-0123456789abcdef0123456789abcdef", "syncservice-x6d2031"})
    EXPECT_TRUE(is_marker_label(label)) << label;
  for (const char* label : {"syncservice", "syncservice-team", "syncservice-x", "syncservice-xy", "syncservice-x6"})
    EXPECT_FALSE(is_marker_label(label)) << label;
}

TEST(JiraMarker, ThePropertyKeepsWhatIsYetToBeWritten) {
  const Mark mark{"m", {{"status", Option{"", "Done"}}, {"due", *record::date_from_text("2026-11-24")}}};
  const json issue{{"properties", {{"syncservice", to_property(mark)}}}};
  EXPECT_EQ(mark_of(issue).marker, "m");
  EXPECT_EQ(mark_of(issue).unfinished, mark.unfinished);
  EXPECT_FALSE(to_property({"m", {}}).contains("unfinished"));
  for (const json& other : {json::object(), json{{"properties", {{"syncservice", 1}}}}, json{{"properties", "x"}}})
    EXPECT_EQ(mark_of(other).marker, "");
}

TEST(JiraAnswers, RefusalsAreReadInOneLine) {
  EXPECT_EQ(words_of(json{{"errorMessages", {"Not you.", "Nor now"}}, {"errors", {{"summary", "is missing"}}}}),
            "Not you. Nor now; summary: is missing");
  EXPECT_EQ(words_of(json{{"errorMessages", json::array()}, {"errors", {{"customfield_1", "x"}}}}), "customfield_1: x");
  EXPECT_EQ(words_of(json{{"message", "gone fishing"}}), "gone fishing");
  EXPECT_EQ(words_of(json::array()), "");
}

std::optional<std::string> problem(const std::map<std::string, std::string, std::less<>>& headers) {
  return sign_in_problem([&](std::string_view name) -> std::string_view {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
  });
}

TEST(JiraAnswers, RejectedCredentialsAndACaptchaAreToldApart) {
  EXPECT_FALSE(problem({}));
  EXPECT_FALSE(problem({{"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", "fred"}}));
  EXPECT_THAT(*problem({{"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"}}), HasSubstr("did not accept"));
  EXPECT_THAT(*problem({{"X-AUSERNAME", "anonymous"}}), HasSubstr("did not accept"));
  EXPECT_THAT(*problem({{"X-Seraph-LoginReason", "AUTHENTICATION_DENIED"},
                        {"X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=https://j/login.jsp"}}),
              testing::AllOf(HasSubstr("CAPTCHA"), HasSubstr("https://j/login.jsp")));
}

TEST(JiraPeople, TheOneThatIsMeant) {
  const std::vector<Person> people{{{"1", "Jane", "jane@acme.com"}, true},
                                   {{"2", "Mia", ""}, true},
                                   {{"3", "Mia", "mia@acme.com"}, true},
                                   {{"jdoe", "Doe, John", ""}, true},
                                   {{"9", "Left", "left@acme.com"}, false}};
  EXPECT_EQ(*choose({"", "", "JANE@acme.com"}, people), "1");
  EXPECT_EQ(*choose({"", "jdoe", ""}, people), "jdoe");
  EXPECT_EQ(*choose({"", "doe, john", ""}, people), "jdoe");
  const auto several = choose({"", "Mia", ""}, people);
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message, HasSubstr("\"2\" or \"3\""));
  for (const User& nobody : {User{"", "Left", ""}, User{"", "Ja", ""}, User{"", "", "bob@acme.com"}}) {
    const auto none = choose(nobody, people);
    ASSERT_FALSE(none) << nobody.name;
    EXPECT_EQ(none.error().code, Failure::refused);
  }
  // The cloud hides addresses, but searches by them.
  EXPECT_EQ(*choose({"", "", "mia@acme.com"}, {{{"2", "Mia", ""}, true}}), "2");
}

TEST(JiraChanges, ACursorIsReadAsItWasWritten) {
  ChangeCursor cursor;
  cursor.since = from_millis(60'000);
  cursor.horizon = from_millis(90'000);
  cursor.start = 7;
  cursor.last = "10001";
  cursor.token = "t";
  cursor.listed = {{"10001", 61'000}};
  const auto read = change_cursor_from(to_text(cursor));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_text(*read), to_text(cursor));
  for (const char* foreign : {"", "x", "{}", "{\"version\":2}", "{\"version\":1,\"since\":\"x\"}",
                              "{\"version\":1,\"start\":-1}", "{\"version\":1,\"listed\":{\"1\":\"x\"}}"})
    EXPECT_FALSE(change_cursor_from(foreign)) << foreign;
}

Transition step(const char* id, const char* to, StatusCategory category = StatusCategory::in_progress) {
  return {id, id, {to, std::string{"S"} + to, category}, {}};
}

TEST(JiraWorkflow, TheShortestKnownWayIsTaken) {
  Workflow workflow;
  workflow.learn("1", {step("a", "2"), step("b", "3")});
  workflow.learn("2", {step("c", "4")});
  workflow.learn("4", {step("d", "5")});
  workflow.learn("3", {step("e", "5"), step("f", "1")});
  EXPECT_EQ(workflow.step_to("1", {"5", ""}, {})->id, "b");
  EXPECT_EQ(workflow.step_to("1", {"", "s4"}, {})->id, "a");
  EXPECT_EQ(workflow.step_to("1", {"5", ""}, {{"3", "e"}})->id, "a") << "another way when one is closed";
  EXPECT_EQ(workflow.step_to("1", {"5", ""}, {{"3", "e"}, {"4", "d"}}), nullptr);
  EXPECT_EQ(workflow.step_to("9", {"5", ""}, {}), nullptr);
}

TEST(JiraWorkflow, UnknownGroundIsTriedWhereWorkGoesOnAndNotWhereItEnds) {
  Workflow workflow;
  workflow.learn("1", {step("rejected", "8", StatusCategory::done), step("start", "2")});
  EXPECT_EQ(workflow.step_to_unknown("1", StatusCategory::in_progress, {})->id, "start");
  EXPECT_EQ(workflow.step_to_unknown("1", StatusCategory::unknown, {})->id, "start");
  EXPECT_EQ(workflow.step_to_unknown("1", StatusCategory::done, {})->id, "rejected");
  EXPECT_EQ(workflow.unknown_ahead("1", {}).size(), 2U);
  workflow.learn("2", {step("back", "1", StatusCategory::to_do)});
  EXPECT_EQ(workflow.step_to_unknown("1", StatusCategory::in_progress, {})->id, "rejected");
  workflow.learn("8", {});
  EXPECT_EQ(workflow.step_to_unknown("1", StatusCategory::in_progress, {}), nullptr) << "all is known";
}

TEST(JiraWorkflow, TransitionsSayWhatTheyMustBeGiven) {
  const auto read = transitions_of(json::parse(R"({"transitions":[{"id":"5","name":"Resolve",
    "to":{"id":"9","name":"Done","statusCategory":{"key":"done"}},
    "fields":{"resolution":{"required":true,"name":"Resolution","schema":{"type":"resolution"}},
              "priority":{"required":true,"hasDefaultValue":true,"schema":{"type":"priority"}}}}]})"));
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].to.category, StatusCategory::done);
  ASSERT_EQ(read[0].fields.size(), 2U);
  EXPECT_FALSE(read[0].fields[0].must_be_given);
  EXPECT_TRUE(read[0].fields[1].must_be_given);
  EXPECT_TRUE(is_status(read[0].to, {"", "DONE"}));
  EXPECT_TRUE(is_status(read[0].to, {"9", ""}));
  EXPECT_FALSE(is_status(read[0].to, {"9", "Open"})) << "an id beside a name may be another system's";
}

}  // namespace
}  // namespace syncservice::adapter::jira
