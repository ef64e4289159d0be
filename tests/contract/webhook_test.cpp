// Pushes as Jira sends them: variables in the URL, redeliveries, signatures, automation rules.
#include "contract/contract.hpp"
#include "contract/jira_webhook.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace syncservice::contract {
namespace {

constexpr std::string_view older =
    "Jira Server, and Data Center up to version 9, write it with a $, as in ${issue.key}. Is the event one about an "
    "issue, and the name spelt as Jira spells it?";
constexpr std::string_view newer =
    "Jira Cloud, and Data Center from version 10 on, write it without the $, as in {issue.key}. Is the event one about "
    "an issue, and the name spelt as Jira spells it?";

class Webhooks : public ContractTest {
 protected:
  static Case unreplaced(const std::string& below, std::string_view member, std::string_view variable,
                         std::string_view cure) {
    std::string message{member};
    message.append(": the sender left the variable \"").append(variable).append("\" unreplaced; ").append(cure);
    return {below, path_form(below, key()), 400, failure(message)};
  }

  /// A webhook of Jira Cloud for an issue, as its n-th attempt to deliver it.
  static Answer deliver(const std::string& issue, const std::string& identifier, int attempt = 0) {
    Request request = path_form("Jira6QC11Req/source/" + issue, key(), jira_issue_updated(issue, "Again", 4096));
    request.target += "&user_id=5b10a2844c20165700ede21g&user_key=JIRAUSER10100";
    request.headers = {{"Content-Type", "application/json; charset=UTF-8"},
                       {"User-Agent", "Atlassian Webhook HTTP Client"},
                       {"X-Atlassian-Webhook-Identifier", identifier},
                       {"X-Atlassian-Webhook-Flow", "Primary"}};
    if (attempt > 0) request.headers.emplace_back("X-Atlassian-Webhook-Retry", std::to_string(attempt));
    return ask(stranger(), request);
  }

  static bool done(const Answer& answer) {
    const Answer push =
        ask(stranger(), {.method = "GET", .target = answer.header("Location"), .headers = {{"apikey", key()}}});
    return nlohmann::json::parse(push.body).value("state", "") == "done";
  }
};

TEST_F(Webhooks, AVariableThatWasNotReplaced) {
  expect_answers({
      unreplaced("Jira6QC11Req/source/{issue.key}", "id", "{issue.key}", older),
      unreplaced("Jira6QC11Req/source/%7Bissue.key%7D", "id", "{issue.key}", older),
      unreplaced("Jira6QC11Req/source/%7bissue.id%7d", "id", "{issue.id}", older),
      unreplaced("Jira6QC11Req/source/${issue.key}", "id", "${issue.key}", newer),
      unreplaced("Jira6QC11Req/source/%24%7Bissue.key%7D", "id", "${issue.key}", newer),
      unreplaced("Jira6QC11Req/source/${project.key}/QC-20", "project", "${project.key}", newer),
      unreplaced("Jira6QC11Req/source/QC/{issue.key}", "id", "{issue.key}", older),
  });
  const Answer automation =
      ask(stranger(), body_form(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"{{issue.key}}"})"));
  EXPECT_EQ(automation.status, 400);
  EXPECT_TRUE(daemon().logs("push refused")) << "an administrator finds it in the log";
}

TEST_F(Webhooks, ARedeliveryIsOnePush) {
  support::write_record(daemon().left(), "QC", "QC-401", {{"summary", "Once"}, {"priority", "High"}});
  const std::string identifier = "c9a1f3de-0000-4b64-9d5c-000000000401";
  const Answer first = deliver("QC-401", identifier);
  ASSERT_EQ(first.status, 201) << first.body;
  ASSERT_TRUE(eventually([&] { return done(first); }));
  const long newest = newest_push();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const Answer again = deliver("QC-401", identifier, attempt);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.header("Location"), first.header("Location"));
  }
  EXPECT_EQ(newest_push(), newest);
  EXPECT_NE(deliver("QC-401", identifier + "0").header("Location"), first.header("Location"))
      << "another event is another push";
  EXPECT_GT(newest_push(), newest);
  const Answer other = deliver("QC-402", identifier);
  EXPECT_EQ(other.body, success("Jira6QC11Req", "QC-402")) << "one event may concern several issues";
  EXPECT_NE(other.header("Location"), first.header("Location"));
}

TEST_F(Webhooks, AnIdentifierThatIsNoneIsIgnored) {
  for (const std::string& odd : {std::string(129, 'x'), std::string("\xff\xfe"), std::string{}}) {
    EXPECT_EQ(deliver("QC-403", odd).status, 201);
  }
}

TEST_F(Webhooks, AutomationRules) {
  // "Send web request" with custom data and the key in a header; the header names are those that a rule can set.
  const auto rule = [&](const std::string& target, const std::string& body) {
    return ask(stranger(), {.target = target,
                            .headers = {{"Content-Type", "application/json"},
                                        {"Accept", "*/*"},
                                        {"apikey", key()},
                                        {"User-Agent", "Automation for Jira App"}},
                            .body = body});
  };
  EXPECT_EQ(rule("/SyncService/push", R"({ "appLinkName": "Jira6QC11Req", "origin": "source", "id": "QC-404" })").body,
            success("Jira6QC11Req", "QC-404"));
  EXPECT_EQ(rule("/SyncService/push/Jira6QC11Req/source/QC-404",
                 R"({"issue":{"key":"QC-404","fields":{"summary":"issue data in Jira's format"}}})")
                .body,
            success("Jira6QC11Req", "QC-404"));
}

/// A daemon whose left application signs.
class SignedWebhooks : public ::testing::Test {
 protected:
  static constexpr const char* secret = "It's a Secret to Everybody";

  SignedWebhooks() : daemon_({.registry = registry(), .environment = {std::string("JIRA_WEBHOOK_SECRET=") + secret}}) {
    daemon_.start();
    key_ = daemon_.create_key("jira");
  }
  void TearDown() override {
    if (HasFailure()) std::cerr << daemon_.log();
    EXPECT_EQ(daemon_.log().find(secret), std::string::npos) << "the secret is printed";
  }

  static std::string registry() {
    std::string text = support::published_registry();
    const std::string left = "@LEFT@";
    text.insert(text.find(left) + left.size(), ", webhookSecret: \"${env:JIRA_WEBHOOK_SECRET}\"");
    return text;
  }

  static std::string signature(std::string_view body, std::string_view with = secret) {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), with.data(), static_cast<int>(with.size()), reinterpret_cast<const unsigned char*>(body.data()),
         body.size(), digest.data(), &size);
    std::string out = "sha256=";
    for (const unsigned char byte : digest) {
      constexpr const char* digits = "0123456789abcdef";
      out += digits[byte / 16];
      out += digits[byte % 16];
    }
    return out;
  }

  /// The path form; an empty signature is left out.
  Answer webhook(const std::string& body, const std::string& signed_as, const std::string& side = "source") const {
    Request request = path_form("Jira6QC11Req/" + side + "/QC-20", key_, body);
    request.headers = {{"Content-Type", "application/json"}};
    if (!signed_as.empty()) request.headers.emplace_back("X-Hub-Signature", signed_as);
    return ask(daemon_.address(), request);
  }

  static constexpr std::string_view missing =
      "app link \"Jira6QC11Req\" takes pushes from its source only when they are signed, and the header "
      "X-Hub-Signature "
      "is missing; enter the application's webhookSecret as the secret of the webhook";
  static constexpr std::string_view wrong =
      "app link \"Jira6QC11Req\" takes pushes from its source only when they are signed, and the header "
      "X-Hub-Signature "
      "does not fit the body; is the secret of the webhook the application's webhookSecret?";

  Daemon daemon_;
  std::string key_;
};

TEST_F(SignedWebhooks, Published) {
  EXPECT_EQ(signature("Hello World!"), "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9");
  EXPECT_EQ(webhook("Hello World!", signature("Hello World!")).body, success("Jira6QC11Req", "QC-20"));
}

TEST_F(SignedWebhooks, BodiesOfAnySize) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{40'000}, std::size_t{5'000'000}}) {
    const std::string body = size < 40'000 ? std::string(size, 'x') : jira_issue_updated("QC-20", "Größe", size);
    EXPECT_EQ(webhook(body, signature(body)).status, 201) << size;
    EXPECT_EQ(webhook(body + " ", signature(body)).status, 403) << size;
  }
  EXPECT_EQ(webhook(std::string(65 * 1024 * 1024, 'x'), "sha256=00").status, 413) << "bounded as without a signature";
}

TEST_F(SignedWebhooks, WithoutTheRightOneNothingIsPushed) {
  const std::string body = jira_issue_updated("QC-20", "x", 2000);
  const Answer unsigned_push = webhook(body, "");
  EXPECT_EQ(unsigned_push.status_line, "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(unsigned_push.body, failure(missing));
  for (const std::string& bad : {signature(body, "another secret"), signature("another body"), std::string("sha256="),
                                 "sha1=" + signature(body).substr(7), signature(body).substr(7)}) {
    const Answer answer = webhook(body, bad);
    EXPECT_EQ(answer.status, 403) << bad;
    EXPECT_EQ(answer.body, failure(wrong)) << bad;
  }
  const Answer list = ask(
      daemon_.address(),
      {.method = "GET", .target = "/api/v1/pushes?limit=1", .headers = {{"Authorization", basic("admin", "welcome")}}});
  EXPECT_TRUE(nlohmann::json::parse(list.body).at("pushes").empty()) << list.body;
  EXPECT_TRUE(daemon_.logs("X-Hub-Signature"));
}

TEST_F(SignedWebhooks, CredentialsComeFirst) {
  Request request = path_form("Jira6QC11Req/source/QC-20", "ss_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x");
  request.headers = {{"X-Hub-Signature", signature("x")}};
  EXPECT_EQ(ask(daemon_.address(), request).status, 401);
}

TEST_F(SignedWebhooks, TheBodyFormTooButNotTheOtherSideNorTheAdministrator) {
  const std::string document = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})";
  Request with_key{.target = "/SyncService/push",
                   .headers = {{"Content-Type", "application/json"}, {"apikey", key_}},
                   .body = document};
  EXPECT_EQ(ask(daemon_.address(), with_key).body, failure(missing));
  with_key.headers.emplace_back("X-Hub-Signature", signature(document));
  EXPECT_EQ(ask(daemon_.address(), with_key).status, 201);
  EXPECT_EQ(ask(daemon_.address(), body_form(document)).status, 201) << "the administrator's password vouches for it";
  EXPECT_EQ(webhook("", "", "destination").status, 201) << "only one application has a secret";
}

TEST_F(SignedWebhooks, ARestartRemembersDeliveries) {
  const auto deliver = [&] {
    Request request = path_form("Jira6QC11Req/source/QC-20", key_, "x");
    request.headers = {{"X-Hub-Signature", signature("x")}, {"X-Atlassian-Webhook-Identifier", "d-1"}};
    return ask(daemon_.address(), request);
  };
  const Answer first = deliver();
  ASSERT_EQ(first.status, 201);
  daemon_.kill();
  daemon_.start();
  EXPECT_EQ(deliver().header("Location"), first.header("Location"));
}

}  // namespace
}  // namespace syncservice::contract
