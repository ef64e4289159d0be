// Notifications in a system's own form: POST /SyncService/hooks/<appLinkName>/<origin>, as Helix ALM's webhooks use it.
#include "contract/contract.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace syncservice::contract {
namespace {

constexpr const char* with_helix = R"(applications:
  jira:  { adapter: folder, path: @LEFT@ }
  helix: { adapter: helix_alm, url: "https://127.0.0.1:1", apiKeyId: id, apiKeySecret: "${env:HELIX_KEY}", markerField: Sync Key@SECRET@ }
appLinks:
  - name: JiraHelix
    source:      { application: jira, project: QC, type: Story }
    destination: { application: helix, project: Traditional Template, type: issue }
    fields:
      - { source: summary, destination: Summary }
  - name: OnlyToHelix
    direction: to-destination
    source:      { application: jira, project: QC, type: Story }
    destination: { application: helix, project: Traditional Template, type: issue }
    fields:
      - { source: summary, destination: Summary }
)";

std::string event(const std::string& type, int id) {
  return R"({"action":"changed","condition":[],"id":1,"name":"Tell sync","created":"2026-06-05T18:29:16Z","item":{"itemType":")" +
         type + R"(","id":)" + std::to_string(id) + R"(,"number":)" + std::to_string(id + 1000) + R"(,"tag":"X-1"}})";
}

std::string body_of(const std::vector<std::string>& events, const std::string& project = "Traditional Template") {
  std::string out = R"({"version":1,"projectID":")" + project + R"(","events":[)";
  for (std::size_t i = 0; i < events.size(); ++i) out.append(i == 0 ? "" : ",").append(events[i]);
  return out + "]}";
}

class Hooks : public ::testing::Test {
 protected:
  explicit Hooks(const std::string& secret = {})
      : daemon_({.registry = registry(secret), .environment = {"HELIX_KEY=k", "HOOK_SECRET=" + secret}}) {
    daemon_.start();
    key_ = daemon_.create_key("helix");
  }
  void TearDown() override {
    if (HasFailure()) std::cerr << daemon_.log();
  }

  static std::string registry(const std::string& secret) {
    std::string text = with_helix;
    const std::string mark = "@SECRET@";
    return text.replace(text.find(mark), mark.size(), secret.empty() ? "" : ", webhookSecret: \"${env:HOOK_SECRET}\"");
  }

  Answer hook(const std::string& body, const std::string& below = "JiraHelix/destination",
              std::vector<std::pair<std::string, std::string>> headers = {}) const {
    headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    headers.emplace_back("apikey", key_);
    return ask(daemon_.address(), {.target = "/SyncService/hooks/" + below, .headers = headers, .body = body});
  }

  /// The ids of all pushes, newest first.
  std::vector<std::string> pushed() const {
    const Answer list = ask(daemon_.address(), {.method = "GET",
                                                .target = "/api/v1/pushes?limit=100",
                                                .headers = {{"Authorization", basic("admin", "welcome")}}});
    std::vector<std::string> out;
    const auto document = nlohmann::json::parse(list.body);
    for (const auto& push : document.at("pushes")) out.push_back(push.at("id"));
    return out;
  }

  Daemon daemon_;
  std::string key_;
};

TEST_F(Hooks, EveryRecordOfABatchIsPushedOnce) {
  const Answer answer = hook(body_of({event("issue", 135), event("issue", 136), event("issue", 135)}));
  EXPECT_EQ(answer.status_line, "HTTP/1.1 201 Created");
  EXPECT_EQ(answer.body,
            R"({"Response":"Success", "Message":"2 records successfully pushed for app link \"JiraHelix\""})");
  auto ids = pushed();
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (std::vector<std::string>{"135", "136"}));
}

TEST_F(Hooks, LargeBatches) {
  std::vector<std::string> events;
  for (int i = 1; i <= 3000; ++i) events.push_back(event("issue", i));
  const std::string body = body_of(events);
  ASSERT_GT(body.size(), 400'000U) << "longer than a push may be";
  EXPECT_EQ(hook(body).body,
            R"({"Response":"Success", "Message":"3000 records successfully pushed for app link \"JiraHelix\""})");
  EXPECT_EQ(pushed().size(), 100U);
  EXPECT_EQ(hook(std::string(1024 * 1024 + 1, ' ')).status, 413);
}

TEST_F(Hooks, RecordsOfOtherTypesAreLeftOut) {
  EXPECT_EQ(
      hook(body_of({event("requirement", 7), event("issue", 8)})).body,
      R"({"Response":"Success", "Message":"1 record successfully pushed for app link \"JiraHelix\"; 1 of other types than \"issue\" left out"})");
  const Answer none = hook(body_of({event("requirement", 7)}));
  EXPECT_EQ(none.status, 200);
  EXPECT_EQ(
      none.body,
      R"({"Response":"Success", "Message":"0 records successfully pushed for app link \"JiraHelix\"; 1 of other types than \"issue\" left out"})");
  EXPECT_EQ(hook(body_of({})).status, 200);
  EXPECT_EQ(pushed(), std::vector<std::string>{"8"});
}

TEST_F(Hooks, ARedeliveryIsOnePush) {
  const std::vector<std::pair<std::string, std::string>> first{{"X-HALM-WebHook-ID", "7c9e6679"},
                                                               {"X-HALM-WebHook-Retry", "0"}};
  const std::vector<std::pair<std::string, std::string>> again{{"X-HALM-WebHook-ID", "7c9e6679"},
                                                               {"X-HALM-WebHook-Retry", "1"}};
  const std::string body = body_of({event("issue", 201), event("issue", 202)});
  ASSERT_EQ(hook(body, "JiraHelix/destination", first).status, 201);
  const Answer before = hook(body, "JiraHelix/destination", again);
  EXPECT_EQ(before.status, 201);
  EXPECT_EQ(pushed().size(), 2U);
}

TEST_F(Hooks, WhatCantSucceedChangesNothingAndSaysWhy) {
  const auto refused = [&](const Answer& answer, int status, std::string_view why) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_NE(answer.body.find(why), std::string::npos) << answer.body;
  };
  const std::string good = body_of({event("issue", 1)});
  refused(hook(good, "JiraHelixx/destination"), 400, "did you mean");
  refused(hook(good, "JiraHelix/left"), 400, "neither");
  refused(hook(good, "OnlyToHelix/destination"), 400, "does not synchronize from its destination");
  refused(hook(good, "JiraHelix/source"), 400, "no notifications of a form of its own; send its pushes to");
  refused(hook(body_of({event("issue", 1)}, "Another Project")), 400, "Another Project");
  refused(hook("{"), 400, "not JSON");
  refused(hook(R"({"appLinkName":"JiraHelix","origin":"destination","id":"1"})"), 400, "projectID");
  refused(hook(body_of({event("issue", 1), R"({"action":"changed"})"})), 400, "itemType");
  const auto ask_with = [&](std::vector<std::pair<std::string, std::string>> headers) {
    return ask(daemon_.address(),
               {.target = "/SyncService/hooks/JiraHelix/destination", .headers = headers, .body = good});
  };
  refused(ask_with({{"apikey", key_}, {"Content-Type", "text/plain"}}), 415, "application/json");
  const Answer stranger = ask_with({{"Content-Type", "application/json"}});
  EXPECT_EQ(stranger.status, 401);
  EXPECT_FALSE(stranger.header("WWW-Authenticate").empty());
  EXPECT_EQ(ask(daemon_.address(), {.method = "GET", .target = "/SyncService/hooks/JiraHelix/destination"}).status,
            405);
  EXPECT_TRUE(pushed().empty());
  EXPECT_TRUE(daemon_.logs("push refused"));
}

TEST_F(Hooks, AKeyOfAnotherAppLinkMayNot) {
  const std::string own = key_;
  key_ = daemon_.create_key("other", {"--app-link", "OnlyToHelix"});
  const Answer answer = hook(body_of({event("issue", 1)}));
  EXPECT_EQ(answer.status, 403) << answer.body;
  EXPECT_TRUE(pushed().empty());
}

class SignedHooks : public Hooks {
 protected:
  SignedHooks() : Hooks("s3cret") {}
};

TEST_F(SignedHooks, OnlyWithTheSignature) {
  // printf %s "17c9e66792013-06-05T18:29:18Z$body" | openssl dgst -sha256 -hmac s3cret -binary | base64
  const std::string body = R"({"projectID":"Traditional Template","events":[{"item":{"itemType":"issue","id":5}}]})";
  std::vector<std::pair<std::string, std::string>> headers{{"X-HALM-WebHook-Version", "1"},
                                                           {"X-HALM-WebHook-ID", "7c9e6679"},
                                                           {"X-HALM-WebHook-Timestamp", "2013-06-05T18:29:18Z"}};
  const Answer missing = hook(body, "JiraHelix/destination", headers);
  EXPECT_EQ(missing.status, 403);
  EXPECT_NE(missing.body.find("X-HALM-WebHook-Signature-Primary is missing"), std::string::npos) << missing.body;
  headers.emplace_back("X-HALM-WebHook-Signature-Primary", "iYeE5l75uq4r2W9u6/6JOedlwfzimH/uzwLZCbPnUdQ=");
  EXPECT_EQ(hook(body, "JiraHelix/destination", headers).status, 201);
  EXPECT_EQ(hook(body + " ", "JiraHelix/destination", headers).status, 403);
  EXPECT_EQ(pushed(), std::vector<std::string>{"5"});
}

}  // namespace
}  // namespace syncservice::contract
