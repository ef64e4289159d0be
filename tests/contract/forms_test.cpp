// Contract §1 and §3: the three forms of one push, and the exact bytes of the answers.
#include "contract/contract.hpp"

namespace syncservice::contract {
namespace {

constexpr std::string_view published = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})";

class Forms : public ContractTest {
 protected:
  static Case pushed(std::string name, Request request, std::string_view id = "QC-20",
                     std::string_view app_link = "Jira6QC11Req") {
    return {std::move(name), std::move(request), 201, success(app_link, id)};
  }
};

TEST_F(Forms, PublishedSuccessByteForByte) {
  const Answer answer = ask(stranger(), body_form(std::string(published)));
  EXPECT_EQ(answer.status_line, "HTTP/1.1 201 Created");
  EXPECT_EQ(
      answer.body,
      R"({"Response":"Success", "Message":"Record Jira6QC11Req\\QC-20 successfully pushed into ConnectAll queue! "})");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.header("Content-Length"), std::to_string(answer.body.size()));
}

TEST_F(Forms, Body) {
  const auto json = [](std::string_view text) { return body_form(std::string(text)); };
  expect_answers({
      pushed("project of the app link",
             json(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20","project":"QC"})")),
      pushed(
          "any order, white space, CRLF",
          json(
              "\r\n{ \"id\" : \"QC-20\",\r\n\t\"origin\" : \"source\",\r\n\t\"appLinkName\" : \"Jira6QC11Req\" }\r\n")),
      pushed("byte order mark", body_form("\xEF\xBB\xBF" + std::string(published))),
      pushed("unknown members",
             json(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20","x":{"id":[1,null]},"y":1.5})")),
      pushed("automationName", json(R"({"automationName":"Jira6QC11Req","origin":"source","id":"QC-20"})")),
      pushed("AutomationName", json(R"({"AutomationName":"Jira6QC11Req","origin":"source","id":"QC-20"})")),
      pushed("both names alike",
             json(R"({"appLinkName":"Jira6QC11Req","automationName":"Jira6QC11Req","origin":"source","id":"QC-20"})")),
      pushed("origin in capitals", json(R"({"appLinkName":"Jira6QC11Req","origin":"SOURCE","id":"QC-20"})")),
      pushed("from the other side", json(R"({"appLinkName":"Jira6QC11Req","origin":"Destination","id":"17"})"), "17"),
      pushed("id as a number", json(R"({"appLinkName":"Jira6QC11Req","origin":"destination","id":17})"), "17"),
      pushed("largest number",
             json(R"({"appLinkName":"Jira6QC11Req","origin":"destination","id":9223372036854775807})"),
             "9223372036854775807"),
      pushed("values are trimmed", json(R"({"appLinkName":" Jira6QC11Req ","origin":" source ","id":"  QC-20\t"})")),
      pushed("null project is none",
             json(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20","project":null})")),
      pushed("escapes", json(R"({"appLinkName":"\u004aira6QC11Req","origin":"source","id":"Q\u0043-20"})")),
      pushed("quotes and backslash in the id",
             json(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"a\"b\\c/d"})"), R"(a"b\c/d)"),
      pushed("umlauts", json(R"({"appLinkName":"Größe & Maß/1","origin":"source","id":"Änderung 7 ☃"})"),
             "Änderung 7 ☃", "Größe & Maß/1"),
      pushed("one of several projects",
             json(R"({"appLinkName":"MultiProject","origin":"source","project":"ALPHA","id":"A-1"})"), "A-1",
             "MultiProject"),
      pushed("project of the other side",
             json(R"({"appLinkName":"MultiProject","origin":"destination","project":"Beta","id":"B-1"})"), "B-1",
             "MultiProject"),
      pushed("longest id",
             body_form(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":")" + std::string(255, 'x') + "\"}"),
             std::string(255, 'x')),
  });
}

TEST_F(Forms, BodyContentTypes) {
  std::vector<Case> cases;
  for (const char* type : {"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8",
                           "Application/JSON", "application/vnd.connectall.push+json"}) {
    Request request = body_form(std::string(published));
    request.headers[0].second = type;
    cases.push_back(pushed(type, request));
  }
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                           "application/xml", "application/jsonp"}) {
    Request request = body_form(std::string(published));
    request.headers[0].second = type;
    cases.push_back(
        {type, request, 415,
         failure("the Content-Type \"" + std::string(type) + "\" is not supported; send application/json")});
  }
  Request without = body_form(std::string(published));
  without.headers.erase(without.headers.begin());
  cases.push_back({"no type", without, 415, failure("the Content-Type is missing; send application/json")});
  Request compressed = body_form(std::string(published), {{"Content-Encoding", "gzip"}});
  cases.push_back({"compressed", compressed, 415,
                   failure("the Content-Encoding \"gzip\" is not supported; send the body as it is")});
  expect_answers(cases);
}

TEST_F(Forms, Path) {
  expect_answers({
      pushed("published", path_form("Jira6QC11Req/source/QC-20", key())),
      pushed("with project", path_form("Jira6QC11Req/source/QC/QC-20", key())),
      pushed("multi-project", path_form("MultiProject/source/ALPHA/A-2", key()), "A-2", "MultiProject"),
      pushed("origin in capitals", path_form("Jira6QC11Req/SOURCE/QC-20", key())),
      pushed("slash in the id", path_form("Jira6QC11Req/source/A%2FB", key()), "A/B"),
      pushed("blank in the id", path_form("Jira6QC11Req/source/A%20B", key()), "A B"),
      pushed("plus stays plus", path_form("Jira6QC11Req/source/A+B", key()), "A+B"),
      pushed("decoded once", path_form("Jira6QC11Req/source/A%252FB", key()), "A%2FB"),
      pushed("unreserved characters encoded", path_form("%4Aira6QC11Req/s%6Furce/QC%2d20", key())),
      pushed("umlauts encoded", path_form("Gr%C3%B6%C3%9Fe%20%26%20Ma%C3%9F%2F1/source/%C3%84nderung", key()),
             "Änderung", "Größe & Maß/1"),
      pushed("a body of any type is ignored", path_form("Jira6QC11Req/source/QC-20", key(), "\x01\x02{not json")),
      pushed("unknown query parameters",
             {.target = "/SyncService/push/Jira6QC11Req/source/QC-20?user_id=admin&user_key=JIRAUSER10000&apikey=" +
                        key() + "&x&y=%zz&=&&"}),
      pushed("an encoded question mark", path_form("Jira6QC11Req/source/what%3F", key()), "what?"),
      pushed("dots that are part of an id", path_form("Jira6QC11Req/source/..%20x", key()), ".. x"),
  });
}

TEST_F(Forms, PathsThatMatchNothing) {
  const std::string q = "?apikey=" + key();
  for (const std::string& target : {
           "/SyncService/push/" + q,
           "/SyncService/push/Jira6QC11Req" + q,
           "/SyncService/push/Jira6QC11Req/source" + q,
           "/SyncService/push/Jira6QC11Req/source/" + q,
           "/SyncService/push/Jira6QC11Req/source/QC-20/" + q,
           "/SyncService/push/Jira6QC11Req//QC-20" + q,
           "/SyncService/push//source/QC-20" + q,
           "//SyncService/push/Jira6QC11Req/source/QC-20" + q,
           "/SyncService//push/Jira6QC11Req/source/QC-20" + q,
           "/SyncService/push/Jira6QC11Req/source/QC/QC-20/more" + q,
           "/SyncService/push/Jira6QC11Req/source/." + q,
           "/SyncService/push/Jira6QC11Req/source/.." + q,
           "/SyncService/push/Jira6QC11Req/source/%2e%2e" + q,
           "/SyncService/push/Jira6QC11Req/source/%2E" + q,
           "/SyncService/push/x/../Jira6QC11Req/source/QC-20" + q,
           "/SyncService/./push/Jira6QC11Req/source/QC-20" + q,
           "/syncservice/push/Jira6QC11Req/source/QC-20" + q,
           "/SyncService/push/Jira6QC11Req/source/%" + q,
           "/SyncService/push/Jira6QC11Req/source/%4" + q,
           "/SyncService/push/Jira6QC11Req/source/%zz" + q,
           "/SyncService/push/Jira6QC11Req/source/a%00b" + q,
           std::string("/SyncService"),
           std::string("/"),
       }) {
    SCOPED_TRACE(target);
    const long before = newest_push();
    const Answer answer = ask(stranger(), {.target = target});
    EXPECT_TRUE(answer.status == 404 || answer.status == 400) << answer.status_line;
    EXPECT_TRUE(answer.body.starts_with(R"({"Response":"Error", "Message":")")) << answer.body;
    EXPECT_EQ(nlohmann::json::parse(answer.body).size(), 2U);
    EXPECT_EQ(newest_push(), before);
  }
}

TEST_F(Forms, LocationSaysWhatBecameOfIt) {
  support::write_record(daemon().left(), "QC", "QC-301", {{"summary", "Login page"}, {"priority", "High"}});
  const Answer answer = ask(stranger(), path_form("Jira6QC11Req/source/QC-301", key()));
  ASSERT_EQ(answer.status, 201);
  const std::string location = answer.header("Location");
  ASSERT_TRUE(location.starts_with("/api/v1/pushes/")) << location;
  const auto look = [&](std::vector<std::pair<std::string, std::string>> headers) {
    return ask(stranger(), {.method = "GET", .target = location, .headers = std::move(headers)});
  };
  nlohmann::json push;
  ASSERT_TRUE(eventually([&] {
    push = nlohmann::json::parse(look({{"apikey", key()}}).body);
    return push.at("state") == "done";
  })) << push;
  EXPECT_EQ(push.at("outcome"), "synchronized");
  EXPECT_EQ(push.at("id"), "QC-301");
  EXPECT_EQ(push.at("appLinkName"), "Jira6QC11Req");
  EXPECT_EQ(push.at("origin"), "source");
  EXPECT_EQ(push.at("pushedBy"), "contract");
  EXPECT_FALSE(push.at("passes").empty());
  EXPECT_EQ(look({{"Authorization", basic("admin", "welcome")}}).status, 200);
  EXPECT_EQ(look({}).status, 401);
}

TEST_F(Forms, APushOfAWaitingRecordJoins) {
  const Answer first = ask(stranger(), path_form("Jira6QC11Req/source/QC-missing", key()));
  const Answer second = ask(stranger(), path_form("Jira6QC11Req/source/QC-missing", key()));
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(first.body, second.body);
}

}  // namespace
}  // namespace syncservice::contract
