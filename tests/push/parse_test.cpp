#include "parse.hpp"

#include "syncservice/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace syncservice::push {
namespace {

std::string refused(std::string_view body) {
  const auto request = parse_body(body);
  return request ? "accepted" : request.error().message;
}

TEST(ContentType, JsonOnly) {
  for (const char* good :
       {"application/json", "Application/JSON; charset=utf-8", "application/vnd.acme+json", " application/json ;x=y"}) {
    EXPECT_TRUE(is_json_type(good)) << good;
  }
  for (const char* bad : {"", "text/plain", "application/x-www-form-urlencoded", "json", "+json", "/+json", "a/+json",
                          "application/jsonx"}) {
    EXPECT_FALSE(is_json_type(bad)) << bad;
  }
}

TEST(BodyForm, Published) {
  const auto request = parse_body(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->app_link.str(), "Jira6QC11Req");
  EXPECT_EQ(request->origin, Side::source);
  EXPECT_EQ(request->id.str(), "QC-20");
  EXPECT_FALSE(request->project);
}

TEST(BodyForm, AcceptsWhatScriptsSend) {
  const auto request = parse_body(
      "\xEF\xBB\xBF{\r\n \"AutomationName\" : \" L \", \"origin\":\"DESTINATION\", \"id\":20, \"project\":\"QC\","
      "\"extra\":{\"id\":[1,{\"origin\":null}]}, \"nothing\":null }\r\n");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->app_link.str(), "L");
  EXPECT_EQ(request->origin, Side::destination);
  EXPECT_EQ(request->id.str(), "20");
  EXPECT_EQ(request->project->str(), "QC");
  EXPECT_EQ(parse_body(R"({"appLinkName":"L","automationName":"L","origin":"source","id":-7})")->id.str(), "-7");
  EXPECT_EQ(parse_body(R"({"appLinkName":"L","origin":"source","id":18446744073709551615})")->id.str(),
            "18446744073709551615");
  EXPECT_FALSE(parse_body(R"({"appLinkName":"L","origin":"source","id":1,"project":null})")->project);
}

TEST(BodyForm, NamesWhatIsWrong) {
  EXPECT_EQ(refused(R"({"origin":"source","id":"1"})"), "appLinkName is missing; give the name of the app link");
  EXPECT_EQ(refused(R"({"appLinkName":"L","id":"1"})"), R"(origin is missing; give "source" or "destination")");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source"})"),
            "id is missing; give the record's id or key at its origin");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":null})"),
            "id is missing; give the record's id or key at its origin");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"left","id":"1"})"),
            R"(origin: "left" is neither "source" nor "destination")");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":"  "})"), "id: is empty; give 1 to 255 bytes");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":"1","project":""})"),
            "project: is empty; give 1 to 255 bytes");
  EXPECT_EQ(refused(R"({"appLinkName":7,"origin":"source","id":"1"})"), "appLinkName: must be a string, not 7");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":true})"),
            "id: must be a string or an integer, not true");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":1.5})"),
            "id: must be a string or an integer, not 1.5");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":["1"]})"),
            "id: must be a string or an integer, not an array");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":123456789012345678901234567890})"),
            "id: 123456789012345678901234567890 is beyond 64 bits; send it as a string");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":"1","id":"2"})"),
            R"(the member "id" is given twice; give it once)");
  EXPECT_EQ(refused(R"({"appLinkName":"L","automationName":"M","origin":"source","id":"1"})"),
            R"(appLinkName and automationName differ: "L" and "M"; give one of them)");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":"a\u0000b"})"),
            R"(id: "a\x00b" holds a control character)");
  EXPECT_EQ(refused(R"({"appLinkName":"L","origin":"source","id":")" + std::string(256, 'x') + "\"}"),
            "id: is 256 bytes long; at most 255 are allowed");
}

TEST(BodyForm, SaysWhereTheJsonBreaks) {
  EXPECT_EQ(refused("{“appLinkName”:“Jira6QC11Req”}"),
            "malformed JSON at line 1, column 2: found a typographic quote (“), as word processors write it; write "
            "plain double quotes (\")");
  EXPECT_EQ(refused("{\"appLinkName\":“Jira6QC11Req”}"),
            "malformed JSON at line 1, column 16: found a typographic quote (“), as word processors write it; write "
            "plain double quotes (\")");
  EXPECT_EQ(refused("{\"appLinkName\":\"L\"\n \"origin\":\"source\"}"),
            "malformed JSON at line 2, column 2: found \"origin\" where a comma belongs; is one missing before it?");
  EXPECT_EQ(refused(R"({"appLinkName":"Lü" "id":"1"})"),
            R"(malformed JSON at line 1, column 21: found "id" where a comma belongs; is one missing before it?)");
  EXPECT_EQ(
      refused(R"({"appLinkName":"L","origin")"),
      "malformed JSON at line 1, column 28: the body ends too early; is it cut off, or a brace or quote not closed?");
  EXPECT_EQ(
      refused(R"({"appLinkName":"L)"),
      "malformed JSON at line 1, column 18: the body ends too early; is it cut off, or a brace or quote not closed?");
  EXPECT_EQ(refused("{'appLinkName':'L'}"),
            R"(malformed JSON at line 1, column 2: found "'"; member names and texts need plain double quotes)");
  EXPECT_EQ(refused("{\"appLinkName\":\"\xFF\"}"),
            "malformed JSON at line 1, column 17: the text is not valid UTF-8; send the body in UTF-8");
  EXPECT_EQ(
      refused("{\"id\":\"a\nb\"}"),
      "malformed JSON at line 1, column 9: a line break or other control character inside a text; write it as \\n");
  EXPECT_EQ(refused(""), R"(the body is empty; send {"appLinkName":"…","origin":"source","id":"…"})");
  EXPECT_EQ(refused("[]"), R"(the body must be a JSON object such as {"appLinkName":"…","origin":"source","id":"…"})");
  EXPECT_EQ(refused("{} x"),
            R"(malformed JSON at line 1, column 4: found "x"; member names and texts need plain double quotes)");
  EXPECT_EQ(refused("{\"a\":" + std::string(40'000, '[')), "the JSON is nested deeper than 64 levels");
}

TEST(PathForm, TakesSegmentsInOrder) {
  const std::vector<std::string> three{"L", "source", "QC-20"};
  EXPECT_EQ(parse_path(three)->id.str(), "QC-20");
  const std::vector<std::string> four{"L", "source", "QC", "QC-20"};
  EXPECT_EQ(parse_path(four)->project->str(), "QC");
  EXPECT_EQ(parse_path(four)->id.str(), "QC-20");
}

TEST(PathForm, AVariableThatWasNotReplacedIsNoId) {
  const auto refused_id = [](const std::string& id) {
    const std::vector<std::string> segments{"L", "source", id};
    const auto request = parse_path(segments);
    return request ? "accepted" : request.error().message;
  };
  EXPECT_EQ(
      refused_id("{issue.key}"),
      R"(id: the sender left the variable "{issue.key}" unreplaced; Jira Server, and Data Center up to version 9, )"
      R"(write it with a $, as in ${issue.key}. Is the event one about an issue, and the name spelt as Jira spells )"
      "it?");
  EXPECT_EQ(
      refused_id("${issue.key}"),
      R"(id: the sender left the variable "${issue.key}" unreplaced; Jira Cloud, and Data Center from version 10 on, )"
      R"(write it without the $, as in {issue.key}. Is the event one about an issue, and the name spelt as Jira )"
      "spells it?");
  EXPECT_THAT(refused_id("{{issue.key}}"), testing::HasSubstr("in automation rules only, so write {issue.key} in"));
  EXPECT_THAT(refused_id("${current.sys_id}"), testing::HasSubstr("current.getUniqueValue()"));
  EXPECT_THAT(refused_id("QC-{issue.id}-x"), testing::HasSubstr("the variable \"{issue.id}\""));
  const std::vector<std::string> with_project{"L", "source", "{project.key}", "QC-20"};
  EXPECT_THAT(parse_path(with_project).error().message, testing::StartsWith("project: the sender left the variable"));
  EXPECT_THAT(refused(R"({"appLinkName":"L","origin":"source","id":"{{issue.key}}"})"),
              testing::StartsWith("id: the sender"));
  for (const char* id : {"{QC-20}", "{20}", "a{b", "{}", "{issue}", "{.x}", "{x.}", "{issue key.x}", "QC.20"})
    EXPECT_EQ(refused_id(id), "accepted") << id;
}

RC_GTEST_PROP(PathForm, AcceptsExactlyValidValues, (const std::string& link, const std::string& id)) {
  RC_PRE(link.find('{') == std::string::npos && id.find('{') == std::string::npos);
  const std::vector<std::string> segments{link, "source", id};
  const auto valid = [](std::string_view raw) {
    const auto value = text::trim(raw);
    return !value.empty() && value.size() <= 255 && text::is_utf8(value) && !text::has_control(value);
  };
  const auto request = parse_path(segments);
  RC_ASSERT(request.has_value() == (valid(link) && valid(id)));
  if (request) {
    RC_ASSERT(request->app_link.str() == text::trim(link));
    RC_ASSERT(request->id.str() == text::trim(id));
  }
}

RC_GTEST_PROP(BodyForm, NeverFailsOtherThanByMessage, (const std::string& bytes)) {
  const auto request = parse_body(bytes);
  RC_ASSERT(request.has_value() || !request.error().message.empty());
  if (!request) RC_ASSERT(text::is_utf8(request.error().message));
}

/// Two spellings of one object: the usual one, which has a short way through, and one that nlohmann's parser must read.
RC_GTEST_PROP(BodyForm, TheUsualSpellingMeansTheSameAsAnyOther, ()) {
  const auto members = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(rc::gen::pair(
      rc::gen::element<std::string>("appLinkName", "automationName", "AutomationName", "origin", "id", "project", "x"),
      rc::gen::oneOf(rc::gen::element<std::string>("L", "source", " DESTINATION", "QC-20", "", "M"),
                     rc::gen::container<std::string>(rc::gen::elementOf(std::string{"aZ09 -_./:'{}[],"})))));
  const std::string blank = *rc::gen::element<std::string>("", " ", "\r\n\t");
  std::string usual = blank + "{" + blank;
  std::string other = "{\"number\":0";
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto& [name, value] = members[i];
    if (i > 0) usual += "," + blank;
    usual.append("\"").append(name).append("\"").append(blank).append(":").append(blank);
    usual.append("\"").append(value).append("\"").append(blank);
    other.append(",\"").append(name).append("\":\"").append(value).append("\"");
  }
  usual += "}" + blank;
  other += "}";
  const auto first = parse_body(usual);
  const auto second = parse_body(other);
  RC_ASSERT(first.has_value() == second.has_value());
  if (first) {
    RC_ASSERT(first->app_link == second->app_link);
    RC_ASSERT(first->origin == second->origin);
    RC_ASSERT(first->id == second->id);
    RC_ASSERT(first->project == second->project);
  } else {
    RC_ASSERT(first.error().message == second.error().message);
  }
}

TEST(BodyForm, TakesNothingBehindOrBetweenTheUsualSpelling) {
  const std::string good = R"({"appLinkName":"L","origin":"source","id":"1"})";
  EXPECT_TRUE(parse_body(good + " "));
  for (const char* rest : {"}", ",", "\"", "x", "{}", "\\"}) EXPECT_FALSE(parse_body(good + rest)) << rest;
  for (const char* body :
       {R"({"appLinkName":"L","origin":"source","id":"1",})", R"({"appLinkName":"L","origin":"source","id":"1")",
        R"({"appLinkName":"L" "id":"1"})", R"({,"id":"1"})", R"({"id")", R"({"id":)", R"({"id":"1)"}) {
    EXPECT_FALSE(parse_body(body)) << body;
  }
}

}  // namespace
}  // namespace syncservice::push
