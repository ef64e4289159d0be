// Contract §3: what a refused push says. Every message names the value and the cure; the texts are frozen here, since
// people search for them and scripts match them.
#include "contract/contract.hpp"

namespace syncservice::contract {
namespace {

class Messages : public ContractTest {
 protected:
  static Case refused(std::string_view body, std::string_view message) {
    return {std::string(body.substr(0, 200)), body_form(std::string(body)), 400, failure(message)};
  }
  static Case refused_path(const std::string& below, std::string_view message) {
    return {below, path_form(below, key()), 400, failure(message)};
  }
};

TEST_F(Messages, MalformedJson) {
  expect_answers({
      refused("{“appLinkName”:“Jira6QC11Req”,“origin”:“source”,“id”:“QC-20”}",
              "malformed JSON at line 1, column 2: found a typographic quote (“), as word processors write it; write "
              "plain double quotes (\")"),
      refused("{\"appLinkName\":”Jira6QC11Req”}",
              "malformed JSON at line 1, column 16: found a typographic quote (”), as word processors write it; write "
              "plain double quotes (\")"),
      refused("{\"appLinkName\":\"Jira6QC11Req\"\n \"origin\":\"source\",\n \"id\":\"QC-20\"}",
              "malformed JSON at line 2, column 2: found \"origin\" where a comma belongs; is one missing before it?"),
      refused("{\"appLinkName\":\"Jira6QC11Req\",\n \"origin\":\"source\",\n \"id\":\"QC-20\"",
              "malformed JSON at line 3, column 14: the body ends too early; is it cut off, or a brace or quote not "
              "closed?"),
      refused("{'appLinkName':'Jira6QC11Req'}",
              "malformed JSON at line 1, column 2: found \"'\"; member names and texts need plain double quotes"),
      refused("", R"(the body is empty; send {"appLinkName":"…","origin":"source","id":"…"})"),
      refused("[]", R"(the body must be a JSON object such as {"appLinkName":"…","origin":"source","id":"…"})"),
      refused("\"QC-20\"", R"(the body must be a JSON object such as {"appLinkName":"…","origin":"source","id":"…"})"),
      refused("{\"appLinkName\":\"Jira6QC11Req\",\"origin\":\"source\",\"id\":\"\xFC\"}",
              "malformed JSON at line 1, column 55: the text is not valid UTF-8; send the body in UTF-8"),
      refused("{\"id\":\"a\nb\"}",
              "malformed JSON at line 1, column 9: a line break or other control character inside a text; write it as "
              "\\n"),
  });
}

TEST_F(Messages, Members) {
  expect_answers({
      refused(R"({"origin":"source","id":"QC-20"})", "appLinkName is missing; give the name of the app link"),
      refused(R"({"appLinkName":"Jira6QC11Req","id":"QC-20"})", R"(origin is missing; give "source" or "destination")"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source"})",
              "id is missing; give the record's id or key at its origin"),
      refused("{}", "appLinkName is missing; give the name of the app link"),
      refused(R"({"appLinkName":"","origin":"source","id":"QC-20"})", "appLinkName: is empty; give 1 to 255 bytes"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":" "})", "id: is empty; give 1 to 255 bytes"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20","project":""})",
              "project: is empty; give 1 to 255 bytes"),
      refused(R"({"appLinkName":["Jira6QC11Req"],"origin":"source","id":"QC-20"})",
              "appLinkName: must be a string, not an array"),
      refused(R"({"appLinkName":6,"origin":"source","id":"QC-20"})", "appLinkName: must be a string, not 6"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":true,"id":"QC-20"})", "origin: must be a string, not true"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":{"key":"QC-20"}})",
              "id: must be a string or an integer, not an object"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":20.5})",
              "id: must be a string or an integer, not 20.5"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20","project":7})",
              "project: must be a string, not 7"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":")" + std::string(256, 'x') + "\"}",
              "id: is 256 bytes long; at most 255 are allowed"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"a\u0007b"})",
              R"(id: "a\x07b" holds a control character)"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"1","id":"2"})",
              R"(the member "id" is given twice; give it once)"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":123456789012345678901234567890})",
              "id: 123456789012345678901234567890 is beyond 64 bits; send it as a string"),
      refused(R"({"appLinkName":"Jira6QC11Req","automationName":"Other","origin":"source","id":"1"})",
              R"(appLinkName and automationName differ: "Jira6QC11Req" and "Other"; give one of them)"),
      refused(R"({"appLinkName":"Jira6QC11Req","AutomationName":"Other","origin":"source","id":"1"})",
              R"(appLinkName and automationName differ: "Jira6QC11Req" and "Other"; give one of them)"),
  });
}

TEST_F(Messages, Registry) {
  expect_answers({
      refused(R"({"appLinkName":"Jira6QC11Reqs","origin":"source","id":"QC-20"})",
              R"(There is no app link "Jira6QC11Reqs"; did you mean "Jira6QC11Req"?)"),
      refused(R"({"appLinkName":"Nothing like it","origin":"source","id":"QC-20"})",
              R"(There is no app link "Nothing like it"; its name must be given exactly as it is configured)"),
      refused(R"({"appLinkName":"SwitchedOff","origin":"source","id":"QC-20"})",
              R"(App link "SwitchedOff" is disabled; it takes pushes again when it is enabled)"),
      refused(R"({"appLinkName":"Polled","origin":"source","id":"QC-20"})",
              R"(App link "Polled" has sync type POLL and takes no pushes; only app links with sync type PUSH do)"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"left","id":"QC-20"})",
              R"(origin: "left" is neither "source" nor "destination")"),
      refused(R"({"appLinkName":"OnlyToDestination","origin":"destination","id":"QC-20"})",
              R"(App link "OnlyToDestination" does not synchronize from its destination; "origin" must be "source")"),
      refused(
          R"({"appLinkName":"MultiProject","origin":"source","id":"QC-20"})",
          R"(App link "MultiProject" has several projects, so "project" must be given; it must be "ALPHA" or "QC")"),
      refused(R"({"appLinkName":"MultiProject","origin":"source","id":"QC-20","project":"GAMMA"})",
              R"(App link "MultiProject" does not know the project "GAMMA" at its source; it must be "ALPHA" or "QC")"),
      refused(
          R"({"appLinkName":"MultiProject","origin":"destination","id":"QC-20","project":"ALPHA"})",
          R"(App link "MultiProject" does not know the project "ALPHA" at its destination; it must be "Beta" or "QualityCenter")"),
      refused(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20","project":"ALPHA"})",
              R"(App link "Jira6QC11Req" does not know the project "ALPHA" at its source; it must be "QC")"),
      refused_path("Jira6QC11Reqs/source/QC-20",
                   R"(There is no app link "Jira6QC11Reqs"; did you mean "Jira6QC11Req"?)"),
      refused_path("Jira6QC11Req/left/QC-20", R"(origin: "left" is neither "source" nor "destination")"),
      refused_path(
          "MultiProject/source/QC-20",
          R"(App link "MultiProject" has several projects, so "project" must be given; it must be "ALPHA" or "QC")"),
      refused_path(
          "MultiProject/source/GAMMA/QC-20",
          R"(App link "MultiProject" does not know the project "GAMMA" at its source; it must be "ALPHA" or "QC")"),
      refused_path("Jira6QC11Req/source/" + std::string(256, 'x'), "id: is 256 bytes long; at most 255 are allowed"),
      refused_path("Jira6QC11Req/source/%FC", R"(id: "\xFC" is not valid UTF-8)"),
      refused_path("Jira6QC11Req/source/a%0Ab", R"(id: "a\x0Ab" holds a control character)"),
      refused_path("Jira6QC11Req/source/%20", "id: is empty; give 1 to 255 bytes"),
  });
}

TEST_F(Messages, RefusalsChangeNothing) {
  const long before = newest_push();
  for (const char* body : {"", "{}", R"({"appLinkName":"Polled","origin":"source","id":"1"})",
                           R"({"appLinkName":"Jira6QC11Req","origin":"source","id":20.5})"}) {
    EXPECT_EQ(ask(stranger(), body_form(body)).status, 400) << body;
  }
  EXPECT_EQ(newest_push(), before);
}

}  // namespace
}  // namespace syncservice::contract
