// Contract §2: who may push.
#include "contract/contract.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <future>

namespace syncservice::contract {
namespace {

constexpr std::string_view document = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})";
constexpr const char* wrong_key = "ss_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

class Credentials : public ContractTest {
 protected:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  static Answer body(Headers headers, const std::string& query = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return ask(stranger(),
               {.target = "/SyncService/push" + query, .headers = std::move(headers), .body = std::string(document)});
  }
  static Answer path(const Headers& headers, const std::string& query = {}) {
    return ask(stranger(), {.target = "/SyncService/push/Jira6QC11Req/source/QC-20" + query, .headers = headers});
  }
};

TEST_F(Credentials, BodyFormTakesAllKinds) {
  EXPECT_EQ(body({{"Authorization", basic("admin", "welcome")}}).status, 201);
  EXPECT_EQ(body({{"Authorization", "basic" + basic("admin", "welcome").substr(5)}}).status, 201);
  EXPECT_EQ(body({{"apikey", key()}}).status, 201);
  EXPECT_EQ(body({{"ApiKey", key()}}).status, 201);
  EXPECT_EQ(body({{"Authorization", "Bearer " + key()}}).status, 201);
  EXPECT_EQ(body({{"Authorization", "bearer " + key()}}).status, 201);
  EXPECT_EQ(body({}, "?apikey=" + key()).status, 201);
  EXPECT_EQ(body({}, "?x=1&apikey=" + key() + "&y").status, 201);
}

TEST_F(Credentials, PathFormTakesKeysOnly) {
  EXPECT_EQ(path({}, "?apikey=" + key()).status, 201);
  EXPECT_EQ(path({{"apikey", key()}}).status, 201);
  EXPECT_EQ(path({{"Authorization", "Bearer " + key()}}).status, 201);
  EXPECT_EQ(path({{"Authorization", basic("admin", "welcome")}}).status, 401);
  EXPECT_EQ(path({{"Authorization", basic("admin", "welcome")}}, "?apikey=" + key()).status, 201);
}

TEST_F(Credentials, OneValidOfSeveralSuffices) {
  EXPECT_EQ(body({{"Authorization", basic("admin", "wrong")}, {"apikey", key()}}).status, 201);
  EXPECT_EQ(body({{"Authorization", basic("admin", "welcome")}, {"apikey", wrong_key}}).status, 201);
  EXPECT_EQ(body({{"apikey", wrong_key}}, "?apikey=" + key()).status, 201);
  EXPECT_EQ(body({}, std::string("?apikey=") + wrong_key + "&apikey=" + key()).status, 201);
  EXPECT_EQ(path({{"Authorization", std::string("Bearer ") + wrong_key}}, "?apikey=" + key()).status, 201);
}

TEST_F(Credentials, WrongOnesAreRefusedAlike) {
  const std::vector<Headers> wrong{
      {{"Authorization", basic("admin", "Welcome")}},
      {{"Authorization", basic("Admin", "welcome")}},
      {{"Authorization", basic("admin", "")}},
      {{"Authorization", basic("", "welcome")}},
      {{"Authorization", "Basic YWRtaW4="}},  // "admin", no colon
      {{"Authorization", "Basic !!!"}},
      {{"Authorization", "Basic"}},
      {{"Authorization", "Digest username=\"admin\""}},
      {{"Authorization", "Bearer"}},
      {{"Authorization", std::string("Bearer ") + wrong_key}},
      {{"apikey", wrong_key}},
      {{"apikey", "welcome"}},
      {{"apikey", ""}},
  };
  for (const Headers& headers : wrong) {
    SCOPED_TRACE(headers[0].first + ": " + headers[0].second);
    for (const bool on_path : {false, true}) {
      const Answer answer = on_path ? path(headers) : body(headers);
      EXPECT_EQ(answer.status_line, "HTTP/1.1 401 Unauthorized");
      EXPECT_TRUE(answer.body.starts_with(R"({"Response":"Error", "Message":")")) << answer.body;
      EXPECT_EQ(answer.header("WWW-Authenticate").starts_with("Basic "), !on_path) << answer.header("WWW-Authenticate");
      EXPECT_EQ(answer.body.find("ss_"), std::string::npos) << "a secret is repeated: " << answer.body;
    }
  }
}

TEST_F(Credentials, NothingIsRevealedBeforeTheyAreChecked) {
  const Answer nothing = body({});
  EXPECT_EQ(nothing.status, 401);
  EXPECT_EQ(nothing.header("WWW-Authenticate").substr(0, 6), "Basic ");
  for (const char* below : {"Jira6QC11Req/source/QC-20", "NoSuchLink/source/1", "SwitchedOff/source/1", "Polled/x/1"}) {
    const Answer answer = ask(stranger(), {.target = std::string("/SyncService/push/") + below});
    EXPECT_EQ(answer.status, 401) << below;
    EXPECT_EQ(answer.body, path({}).body) << below;
  }
  Request broken = body_form("{not json");
  broken.headers.pop_back();
  EXPECT_EQ(ask(stranger(), broken).body, nothing.body);
}

TEST_F(Credentials, ScopedKeys) {
  const std::string link = daemon().create_key("one-link", {"--app-link", "Jira6QC11Req"});
  const std::string side = daemon().create_key("one-side", {"--origin", "destination"});
  const std::string two =
      daemon().create_key("two-links", {"--app-link", "Jira6QC11Req", "--app-link", "MultiProject"});
  const auto status = [](const std::string& below, const std::string& with) {
    return ask(stranger(), path_form(below, with)).status;
  };
  EXPECT_EQ(status("Jira6QC11Req/source/QC-20", link), 201);
  EXPECT_EQ(status("Jira6QC11Req/destination/17", link), 201);
  EXPECT_EQ(status("MultiProject/source/QC/QC-20", link), 403);
  EXPECT_EQ(status("NoSuchLink/source/QC-20", link), 403) << "a scoped key learns nothing of other app links";
  EXPECT_EQ(status("Jira6QC11Req/destination/17", side), 201);
  EXPECT_EQ(status("Jira6QC11Req/source/QC-20", side), 403);
  EXPECT_EQ(status("Jira6QC11Req/source/QC-20", two), 201);
  EXPECT_EQ(status("MultiProject/source/QC/QC-20", two), 201);
  EXPECT_EQ(status("OnlyToDestination/source/QC-20", two), 403);

  const Answer refused = ask(stranger(), path_form("MultiProject/source/QC/QC-20", link));
  EXPECT_EQ(refused.status_line, "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(refused.body, failure(R"(the API key "one-link" may not push for app link "MultiProject" from source)"));

  Request in_body = body_form(R"({"appLinkName":"MultiProject","origin":"source","project":"QC","id":"QC-20"})");
  in_body.headers[1] = {"apikey", link};
  EXPECT_EQ(ask(stranger(), in_body).status, 403);

  const Answer pushed = ask(stranger(), path_form("MultiProject/source/QC/QC-20", two));
  EXPECT_EQ(
      ask(stranger(), {.method = "GET", .target = pushed.header("Location"), .headers = {{"apikey", link}}}).status,
      404)
      << "a scoped key sees no pushes of other app links";
}

TEST_F(Credentials, KeysAreForPushingOnly) {
  for (const char* target : {"/api/v1/pushes", "/api/v1/keys", "/api/v1/status"}) {
    EXPECT_EQ(ask(stranger(), {.method = "GET", .target = target, .headers = {{"apikey", key()}}}).status, 403)
        << target;
    EXPECT_EQ(ask(stranger(), {.method = "GET", .target = target}).status, 401) << target;
  }
}

TEST_F(Credentials, RevocationActsAtOnce) {
  const std::string made = daemon().create_key("short-lived");
  RawClient client(stranger());  // one connection, so that nothing is remembered per connection either
  client.send(to_bytes(path_form("Jira6QC11Req/source/QC-20", made)));
  EXPECT_EQ(client.read_answer().status, 201);
  ASSERT_EQ(daemon().cli({"keys", "revoke", "short-lived"}).exit, 0);
  client.send(to_bytes(path_form("Jira6QC11Req/source/QC-20", made)));
  EXPECT_EQ(client.read_answer().status, 401);
}

TEST_F(Credentials, KeysExpire) {
  const std::string made = daemon().create_key("minute", {"--expires", "1s"});
  EXPECT_EQ(path({}, "?apikey=" + made).status, 201);
  EXPECT_TRUE(eventually([&] { return path({}, "?apikey=" + made).status == 401; }));
}

TEST_F(Credentials, RepeatedFailuresSlowOnlyTheirAddress) {
  ClientOptions guesser = stranger();
  const auto guess = [&] {
    return ask(guesser, {.target = "/SyncService/push/Jira6QC11Req/source/QC-20?apikey=guess"}).status;
  };
  const auto start = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration last{};
  for (int i = 0; i < 40 && last < std::chrono::milliseconds{250}; ++i) {
    const auto before = std::chrono::steady_clock::now();
    const int status = guess();
    EXPECT_TRUE(status == 401 || status == 429) << status;
    last = std::chrono::steady_clock::now() - before;
  }
  EXPECT_GE(last, std::chrono::milliseconds{250}) << "forty guesses in a row were not slowed";
  EXPECT_LE(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});

  auto slowed = std::async(std::launch::async, guess);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(path({}, "?apikey=" + key()).status, 201);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds{250});
  ClientOptions same = guesser;
  EXPECT_EQ(ask(same, path_form("Jira6QC11Req/source/QC-20", key())).status, 201) << "the right key still works there";
  slowed.wait();
}

/// An IPv4 address of this machine that is not a loopback one.
std::string outside_address() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::string found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
    if ((ntohl(address->sin_addr.s_addr) >> 24) == 127) continue;
    char text[INET_ADDRSTRLEN] = "";
    found = ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  }
  ::freeifaddrs(list);
  return found;
}

TEST(DefaultPassword, IsForThisMachineOnly) {
  const std::string outside = outside_address();
  if (outside.empty()) GTEST_SKIP() << "NOT TESTED: this machine has no address but loopback ones";
  Daemon daemon({.properties = {{"push.service.port", "http://0.0.0.0:0"}}});
  daemon.start();
  EXPECT_TRUE(daemon.logs("published default password")) << "the start says that the default password is in force";
  const Request push = body_form(std::string(document));
  EXPECT_EQ(ask(daemon.address(), push).status, 201);
  ClientOptions far = daemon.address();
  far.address = far.source = outside;
  EXPECT_EQ(ask(far, push).status, 401);
  Request with_key = push;
  with_key.headers[1] = {"apikey", daemon.create_key("far")};
  EXPECT_EQ(ask(far, with_key).status, 201);
}

TEST(AdministratorPassword, ReplacesTheDefault) {
  Daemon daemon;
  ASSERT_EQ(daemon.cli({"password", "set"}, "correct horse\n").exit, 0);
  daemon.start();
  Request push = body_form(std::string(document));
  EXPECT_EQ(ask(daemon.address(), push).status, 401);
  push.headers[1].second = basic("admin", "correct horse");
  EXPECT_EQ(ask(daemon.address(), push).status, 201);
  EXPECT_EQ(ask(daemon.address(), push).status, 201);
  EXPECT_EQ(daemon.log().find("correct horse"), std::string::npos);
  const std::string properties = support::read_file(daemon.properties_file());
  EXPECT_NE(properties.find("$argon2id$"), std::string::npos);
  EXPECT_EQ(properties.find("correct horse"), std::string::npos);
}

}  // namespace
}  // namespace syncservice::contract
