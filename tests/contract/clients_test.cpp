// The main job, end to end, on what real clients send: a record is created and then updated on the other side.
#include "contract/contract.hpp"
#include "contract/jira_webhook.hpp"

#include <algorithm>

namespace syncservice::contract {
namespace {

using nlohmann::json;
using support::read_record;
using support::read_records;
using support::write_record;

class MainJob : public ::testing::Test {
 protected:
  void SetUp() override {
    daemon_.start();
    key_ = daemon_.create_key("client");
  }
  void TearDown() override {
    if (HasFailure()) std::cerr << daemon_.log();
  }

  /// The only record of the destination's project, once `accept` holds for its fields.
  template <class Accept>
  json twin(const std::filesystem::path& root, const std::string& project, Accept accept) {
    std::vector<json> found;
    EXPECT_TRUE(eventually([&] {
      found = read_records(root, project);
      return found.size() == 1 && accept(found.front().at("fields"));
    })) << "found: "
        << json(found).dump(2);
    return found.empty() ? json() : found.front();
  }

  /// The push that an answer speaks of, once it is done.
  json done(const Answer& answer) {
    json push;
    EXPECT_TRUE(eventually([&] {
      push = json::parse(
          ask(daemon_.address(), {.method = "GET", .target = answer.header("Location"), .headers = {{"apikey", key_}}})
              .body);
      return push.value("state", "") == "done";
    })) << push.dump(2);
    return push;
  }

  static auto named(const std::string& name) {
    return [name](const json& fields) { return fields.value("name", "") == name; };
  }

  Daemon daemon_;
  std::string key_;
};

TEST_F(MainJob, CurlAsPublished) {
  const auto curl = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"curl", "--silent", "--show-error", "--max-time", "20"});
    const support::Finished finished = support::run({arguments, {}, {}});
    EXPECT_EQ(finished.exit, 0) << finished.err;
    return finished.out;
  };
  write_record(daemon_.left(), "QC", "QC-20", {{"summary", "Sign in with a passkey"}, {"priority", "High"}});
  EXPECT_EQ(
      curl({"-u", "admin:welcome", "-H", "Content-Type: application/json", "-X", "POST", "-d",
            R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})", daemon_.url() + "/SyncService/push"}),
      R"({"Response":"Success", "Message":"Record Jira6QC11Req\\QC-20 successfully pushed into ConnectAll queue! "})");
  const json created = twin(daemon_.right(), "QualityCenter", named("Sign in with a passkey"));
  EXPECT_EQ(created.at("fields").at("req-priority"), "1-High");
  EXPECT_EQ(created.at("fields").at("req-type"), "Functional");
  EXPECT_EQ(created.at("type"), "requirement");

  write_record(daemon_.left(), "QC", "QC-20", {{"summary", "Sign in with a passkey or a PIN"}, {"priority", "Low"}});
  EXPECT_EQ(curl({"-X", "POST", daemon_.url() + "/SyncService/push/Jira6QC11Req/source/QC-20?apikey=" + key_}),
            success("Jira6QC11Req", "QC-20"));
  const json updated = twin(daemon_.right(), "QualityCenter", named("Sign in with a passkey or a PIN"));
  EXPECT_EQ(updated.at("id"), created.at("id"));
  EXPECT_EQ(updated.at("fields").at("req-priority"), "3-Low");

  write_record(daemon_.left(), "QC", "QC-20", {{"summary", "Passkey"}, {"priority", "Low"}});
  EXPECT_EQ(curl({"-X", "POST", daemon_.url() + "/SyncService/push/Jira6QC11Req/source/QC/QC-20?apikey=" + key_}),
            success("Jira6QC11Req", "QC-20"));
  EXPECT_EQ(twin(daemon_.right(), "QualityCenter", named("Passkey")).at("id"), created.at("id"));
}

TEST_F(MainJob, JiraWebhook) {
  const auto webhook = [&](const std::string& summary, std::size_t size, const std::string& content_type) {
    const std::string body = jira_issue_updated("QC-21", summary, size);
    EXPECT_GE(body.size(), size);
    return ask(daemon_.address(),
               {.target = "/SyncService/push/Jira6QC11Req/source/QC-21?apikey=" + key_ +
                          "&user_id=5b10a2844c20165700ede21g&user_key=JIRAUSER10100",
                .headers = {{"Content-Type", content_type},
                            {"Accept", "*/*"},
                            {"User-Agent", "Atlassian HttpClient 3.0.0 / Jira (9.12.0) / Default"},
                            {"X-Atlassian-Webhook-Identifier", "2ab6c0a5-6f0d-4b64-9d5c-1f7ff1f3b0aa"},
                            {"Accept-Encoding", "gzip, deflate"}},
                .body = body});
  };
  write_record(daemon_.left(), "QC", "QC-21", {{"summary", "Keep the language"}, {"priority", "Medium"}});
  const Answer first = webhook("Keep the language", 110 * 1024, "application/json; charset=UTF-8");
  EXPECT_EQ(first.body, success("Jira6QC11Req", "QC-21"));
  const json created = twin(daemon_.right(), "QualityCenter", named("Keep the language"));
  EXPECT_EQ(created.at("fields").at("req-priority"), "2-Medium");

  write_record(daemon_.left(), "QC", "QC-21", {{"summary", "Keep the language – für immer"}, {"priority", "Medium"}});
  const Answer second = webhook("Keep the language – für immer", 5 * 1024 * 1024, "application/x-www-form-urlencoded");
  EXPECT_EQ(second.body, success("Jira6QC11Req", "QC-21"));
  EXPECT_EQ(twin(daemon_.right(), "QualityCenter", named("Keep the language – für immer")).at("id"), created.at("id"));
}

TEST_F(MainJob, AlmWorkflowScript) {
  // What MSXML2.ServerXMLHTTP and WinHttp send from an ALM workflow: VBScript's line ends inside the document, the
  // requirement's numeric id, the administrator's password.
  const auto script = [&] {
    return ask(daemon_.address(),
               {.target = "/SyncService/push",
                .headers = {{"Connection", "Keep-Alive"},
                            {"Content-Type", "application/json"},
                            {"Accept", "*/*"},
                            {"Authorization", basic("admin", "welcome")},
                            {"User-Agent", "Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)"}},
                .body = "{\r\n\t\"appLinkName\": \"Jira6QC11Req\",\n\t\"origin\": \"destination\",\r\n\t\"project\": "
                        "\"QualityCenter\",\r\n\t\"id\": 1017\r\n}\r\n"});
  };
  write_record(daemon_.right(), "QualityCenter", "1017", {{"name", "Login requirement"}, {"req-priority", "1-High"}},
               "requirement");
  EXPECT_EQ(script().body, success("Jira6QC11Req", "1017"));
  const auto summary = [](const char* text) {
    return [text](const json& fields) { return fields.value("summary", "") == text; };
  };
  const json created = twin(daemon_.left(), "QC", summary("Login requirement"));
  EXPECT_EQ(created.at("fields").at("priority"), "High");
  EXPECT_EQ(created.at("type"), "Story");

  write_record(daemon_.right(), "QualityCenter", "1017",
               {{"name", "Login requirement v2"}, {"req-priority", "2-Medium"}}, "requirement");
  EXPECT_EQ(script().body, success("Jira6QC11Req", "1017"));
  const json updated = twin(daemon_.left(), "QC", summary("Login requirement v2"));
  EXPECT_EQ(updated.at("id"), created.at("id"));
  EXPECT_EQ(updated.at("fields").at("priority"), "Medium");
}

TEST_F(MainJob, AnEchoIsNothingToDo) {
  write_record(daemon_.left(), "QC", "QC-22", {{"summary", "Once"}, {"priority", "High"}});
  const json first = done(ask(daemon_.address(), path_form("Jira6QC11Req/source/QC-22", key_)));
  EXPECT_EQ(first.at("outcome"), "synchronized");
  const std::string id = twin(daemon_.right(), "QualityCenter", named("Once")).at("id");
  const json left = *read_record(daemon_.left(), "QC", "QC-22");
  const json right = *read_record(daemon_.right(), "QualityCenter", id);

  // The other system's own webhook, fired by our writing.
  const json echo = done(ask(daemon_.address(), path_form("Jira6QC11Req/destination/" + id, key_)));
  EXPECT_EQ(echo.at("outcome"), "nothing to do") << echo.dump(2);
  const json again = done(ask(daemon_.address(), path_form("Jira6QC11Req/source/QC-22", key_)));
  EXPECT_EQ(again.at("outcome"), "nothing to do") << again.dump(2);
  EXPECT_EQ(*read_record(daemon_.left(), "QC", "QC-22"), left);
  EXPECT_EQ(*read_record(daemon_.right(), "QualityCenter", id), right);
  EXPECT_EQ(read_records(daemon_.right(), "QualityCenter").size(), 1U);
  EXPECT_EQ(read_records(daemon_.left(), "QC").size(), 1U);

  // A change over there travels back along the same link.
  json changed = right;
  changed["fields"]["name"] = "Twice";
  support::write_file(daemon_.right() / "QualityCenter" / (id + ".json"), changed.dump());
  const json back = done(ask(daemon_.address(), path_form("Jira6QC11Req/destination/" + id, key_)));
  EXPECT_EQ(back.at("outcome"), "synchronized");
  EXPECT_EQ(read_record(daemon_.left(), "QC", "QC-22")->at("fields").at("summary"), "Twice");
}

TEST_F(MainJob, ARecordThatDoesNotExistIsReported) {
  const json push = done(ask(daemon_.address(), path_form("Jira6QC11Req/source/QC-404", key_)));
  EXPECT_EQ(push.at("outcome"), "gone");
  EXPECT_NE(push.at("reason").get<std::string>().find("QC-404"), std::string::npos) << push.dump(2);
}

}  // namespace
}  // namespace syncservice::contract
