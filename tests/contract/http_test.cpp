// Contract §5 and the limits of the server: what holds for every request, whoever sends it.
#include "contract/contract.hpp"

#include <chrono>
#include <regex>

namespace syncservice::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view document = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})";

void expect_error(const Answer& answer, int status) {
  EXPECT_EQ(answer.status, status) << answer.status_line;
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_TRUE(answer.body.starts_with(R"({"Response":"Error", "Message":")")) << answer.body;
  const auto parsed = nlohmann::json::parse(answer.body, nullptr, false);
  ASSERT_TRUE(parsed.is_object()) << answer.body;
  EXPECT_EQ(parsed.size(), 2U);
}

class Http : public ContractTest {
 protected:
  static Request push() { return body_form(std::string(document)); }
  static Request get(const std::string& target) { return {.method = "GET", .target = target}; }
};

TEST_F(Http, Version10) {
  Request request = push();
  request.version = "HTTP/1.0";
  RawClient client(stranger());
  client.send(to_bytes(request));
  EXPECT_EQ(client.read_answer().body, success("Jira6QC11Req", "QC-20"));
  EXPECT_TRUE(client.closed_within(seconds{5})) << "HTTP/1.0 without keep-alive ends the connection";

  RawClient without_host(stranger());
  without_host.send("POST /SyncService/push/Jira6QC11Req/source/QC-20?apikey=" + key() + " HTTP/1.0\r\n\r\n");
  EXPECT_EQ(without_host.read_answer().body, success("Jira6QC11Req", "QC-20"));
}

TEST_F(Http, Version10KeepsAliveOnRequest) {
  Request request = push();
  request.version = "HTTP/1.0";
  request.headers.emplace_back("Connection", "keep-alive");
  RawClient client(stranger());
  for (int i = 0; i < 2; ++i) {
    client.send(to_bytes(request));
    EXPECT_EQ(client.read_answer().status, 201) << i;
  }
}

TEST_F(Http, KeepAlive) {
  RawClient client(stranger());
  for (int i = 0; i < 3; ++i) {
    client.send(to_bytes(push()));
    EXPECT_EQ(client.read_answer().status, 201);
    client.send(to_bytes(get("/nothing/here")));
    EXPECT_EQ(client.read_answer().status, 404);
    client.send(to_bytes(body_form("{}")));
    EXPECT_EQ(client.read_answer().status, 400) << "a refused push does not end the connection";
  }
  Request last = push();
  last.headers.emplace_back("Connection", "close");
  client.send(to_bytes(last));
  EXPECT_EQ(client.read_answer().status, 201);
  EXPECT_TRUE(client.closed_within(seconds{5}));
}

TEST_F(Http, Pipelining) {
  RawClient client(stranger());
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    bytes +=
        to_bytes(body_form(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"P-)" + std::to_string(i) + "\"}"));
    bytes += to_bytes(path_form("Jira6QC11Req/source/PP-" + std::to_string(i), key(), "ignored"));
  }
  client.send(bytes);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.read_answer().body, success("Jira6QC11Req", "P-" + std::to_string(i)));
    EXPECT_EQ(client.read_answer().body, success("Jira6QC11Req", "PP-" + std::to_string(i)));
  }
}

TEST_F(Http, OneByteAtATime) {
  RawClient client(stranger());
  for (const char byte : to_bytes(push())) client.send(std::string_view{&byte, 1});
  EXPECT_EQ(client.read_answer().body, success("Jira6QC11Req", "QC-20"));
}

TEST_F(Http, ExpectContinue) {
  Request request = push();
  request.headers.emplace_back("Expect", "100-continue");
  const std::string bytes = to_bytes(request);
  RawClient client(stranger());
  client.send(bytes.substr(0, bytes.size() - document.size()));
  EXPECT_EQ(client.read_answer().status_line, "HTTP/1.1 100 Continue");
  client.send(document);
  EXPECT_EQ(client.read_answer().body, success("Jira6QC11Req", "QC-20"));

  Request on_path = path_form("Jira6QC11Req/source/QC-20", key(), "0123456789");
  on_path.headers.emplace_back("Expect", "100-continue");
  RawClient second(stranger());
  second.send(to_bytes(on_path).substr(0, to_bytes(on_path).size() - 10));
  EXPECT_EQ(second.read_answer().status, 100);
  second.send("0123456789");
  EXPECT_EQ(second.read_answer().status, 201);
}

TEST_F(Http, ExpectContinueIsRefusedOnTheHeaders) {
  Request request = push();
  request.headers = {{"Content-Type", "application/json"}, {"Expect", "100-continue"}};
  RawClient strange(stranger());
  strange.send(to_bytes(request).substr(0, to_bytes(request).size() - document.size()));
  expect_error(strange.read_answer(), 401);

  RawClient large(stranger());
  large.send("POST /SyncService/push HTTP/1.1\r\nHost: x\r\nAuthorization: " + basic("admin", "welcome") +
             "\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\nExpect: 100-continue\r\n\r\n");
  expect_error(large.read_answer(), 413);
}

TEST_F(Http, HeadersThatMustBeRight) {
  const auto status = [&](const std::string& head) {
    RawClient client(stranger());
    client.send("GET /healthz " + head + "\r\n\r\n");
    return client.read_answer().status;
  };
  EXPECT_EQ(status("HTTP/1.1\r\nHost: localhost"), 200);
  EXPECT_EQ(status("HTTP/1.1"), 400) << "HTTP/1.1 needs a Host";
  EXPECT_EQ(status("HTTP/1.1\r\nHost: a\r\nHost: b"), 400);
  EXPECT_EQ(status("HTTP/1.1\r\nHost: a/b"), 400);
  EXPECT_EQ(status("HTTP/1.1\r\nHost: a\r\nExpect: tea"), 417);
  EXPECT_EQ(status("HTTP/2.0\r\nHost: a"), 505);
  EXPECT_EQ(status("HTTP/1.1\r\nHost: a\r\nX: b\r\n folded"), 400);
}

TEST_F(Http, ChunkedBodies) {
  Request request = push();
  request.length = false;
  request.headers.emplace_back("Transfer-Encoding", "chunked");
  request.body = "10;ext=1\r\n" + std::string(document.substr(0, 16)) + "\r\n";
  char size[16];
  std::snprintf(size, sizeof size, "%zX", document.size() - 16);
  request.body += std::string(size) + "\r\n" + std::string(document.substr(16)) + "\r\n0\r\nTrailer: x\r\n\r\n";
  RawClient client(stranger());
  for (int i = 0; i < 2; ++i) {
    client.send(to_bytes(request));
    EXPECT_EQ(client.read_answer().body, success("Jira6QC11Req", "QC-20"));
  }
}

TEST_F(Http, MethodNotAllowed) {
  const auto allow = [&](const std::string& method, const std::string& target) {
    const Answer answer = ask(stranger(), {.method = method, .target = target});
    EXPECT_EQ(answer.status_line, "HTTP/1.1 405 Method Not Allowed") << method << " " << target;
    if (method != "HEAD") expect_error(answer, 405);
    return answer.header("Allow");
  };
  EXPECT_EQ(allow("GET", "/SyncService/push"), "POST");
  EXPECT_EQ(allow("PUT", "/SyncService/push"), "POST");
  EXPECT_EQ(allow("DELETE", "/SyncService/push/Jira6QC11Req/source/QC-20?apikey=" + key()), "POST");
  EXPECT_EQ(allow("HEAD", "/SyncService/push"), "POST");
  EXPECT_EQ(allow("POST", "/healthz"), "GET, HEAD");
  EXPECT_EQ(allow("BREW", "/metrics"), "GET, HEAD");
}

TEST_F(Http, NotFound) {
  for (const char* target :
       {"/", "/SyncService", "/SyncService/pushes", "/api/v1/nothing", "/favicon.ico", "/..%2f..%2fetc/passwd"}) {
    SCOPED_TRACE(target);
    expect_error(ask(stranger(), get(target)), 404);
  }
}

TEST_F(Http, BodyTooLarge) {
  const std::string limit(64 * 1024, ' ');
  EXPECT_EQ(ask(stranger(), body_form(limit.substr(document.size()) + std::string(document))).status, 201) << "64 KiB";
  expect_error(ask(stranger(), body_form(limit.substr(document.size() - 1) + std::string(document))), 413);

  RawClient announced(stranger());
  announced.send("POST /SyncService/push HTTP/1.1\r\nHost: x\r\nAuthorization: " + basic("admin", "welcome") +
                 "\r\nContent-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n{");
  expect_error(announced.read_answer(), 413);

  Request chunked = push();
  chunked.length = false;
  chunked.headers.emplace_back("Transfer-Encoding", "chunked");
  chunked.body.clear();
  for (int i = 0; i < 80; ++i) chunked.body += "400\r\n" + std::string(1024, ' ') + "\r\n";
  expect_error(ask(stranger(), chunked), 413);

  RawClient endless(stranger());
  endless.send("POST /SyncService/push/Jira6QC11Req/source/QC-20?apikey=" + key() +
               " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
  expect_error(endless.read_answer(), 413);
}

TEST_F(Http, TargetTooLong) {
  expect_error(ask(stranger(), get("/" + std::string(9'000, 'x'))), 414);
  expect_error(ask(stranger(), path_form("Jira6QC11Req/source/QC-20", key() + "&x=" + std::string(9'000, 'x'))), 414);
}

TEST_F(Http, HeaderTooLarge) {
  Request request = push();
  request.headers.emplace_back("X-Large", std::string(20'000, 'x'));
  expect_error(ask(stranger(), request), 431);
  Request many = push();
  for (int i = 0; i < 2'000; ++i) many.headers.emplace_back("X-Many", "value");
  expect_error(ask(stranger(), many), 431);
}

TEST_F(Http, RequestIds) {
  Request request = push();
  request.headers.emplace_back("X-Request-Id", "ticket-4711");
  EXPECT_EQ(ask(stranger(), request).header("X-Request-Id"), "ticket-4711");
  const std::string one = ask(stranger(), push()).header("X-Request-Id");
  const std::string two = ask(stranger(), push()).header("X-Request-Id");
  EXPECT_FALSE(one.empty());
  EXPECT_NE(one, two);
  request.headers.back().second = "no <sane> token; " + std::string(500, 'x');
  const std::string made = ask(stranger(), request).header("X-Request-Id");
  EXPECT_FALSE(made.empty());
  EXPECT_EQ(made.find('<'), std::string::npos);
  EXPECT_TRUE(ask(stranger(), get("/nothing")).has("X-Request-Id"));
}

TEST_F(Http, StandardHeaders) {
  const Answer answer = ask(stranger(), push());
  static const std::regex date{R"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT)"};
  EXPECT_TRUE(std::regex_match(answer.header("Date"), date)) << answer.header("Date");
  EXPECT_FALSE(answer.has("Transfer-Encoding"));
}

TEST_F(Http, Probes) {
  const Answer alive = ask(stranger(), get("/healthz"));
  EXPECT_EQ(alive.status_line, "HTTP/1.1 200 OK");
  EXPECT_EQ(alive.body, R"({"Response":"Success", "Message":"alive"})");
  const Answer ready = ask(stranger(), get("/readyz"));
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.body, R"({"Response":"Success", "Message":"ready"})");
  const Answer head = ask(stranger(), {.method = "HEAD", .target = "/healthz"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), std::to_string(alive.body.size()));

  ASSERT_EQ(ask(stranger(), push()).status, 201);
  const Answer metrics = ask(stranger(), get("/metrics"));
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  std::istringstream lines{metrics.body};
  static const std::regex sample{R"([a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? [-+0-9.eEInfNa]+)"};
  int samples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    ++samples;
    EXPECT_TRUE(std::regex_match(line, sample)) << line;
    EXPECT_EQ(line.find("QC-20"), std::string::npos) << "a client's value became a label: " << line;
  }
  EXPECT_GT(samples, 5);
}

TEST(HttpLimits, SlowClientsAreCutOff) {
  Daemon daemon({.properties = {{"push.service.http.header.timeout", "500ms"},
                                {"push.service.http.body.timeout", "500ms"},
                                {"push.service.http.idle.timeout", "700ms"}}});
  daemon.start();
  const auto trickle = [&](RawClient& client, std::string_view bytes) {
    const auto start = std::chrono::steady_clock::now();
    for (const char byte : bytes) {  // a byte whenever nothing comes back for 100 ms
      if (client.readable_within(milliseconds{100}) || !client.try_send({&byte, 1})) break;
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, seconds{5});
  };
  const std::string bytes = to_bytes(body_form(std::string(document)));

  RawClient header(daemon.address());
  trickle(header, bytes);
  expect_error(header.read_answer(), 408);
  EXPECT_TRUE(header.closed_within(seconds{5}));

  RawClient body(daemon.address());
  body.send(bytes.substr(0, bytes.size() - document.size()));
  trickle(body, document);
  expect_error(body.read_answer(), 408);
  EXPECT_TRUE(body.closed_within(seconds{5}));

  RawClient discarded(daemon.address());
  discarded.send("POST /SyncService/push/Jira6QC11Req/source/QC-20?apikey=" + daemon.create_key("slow") +
                 " HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n");
  trickle(discarded, document);
  expect_error(discarded.read_answer(), 408);

  RawClient silent(daemon.address());
  EXPECT_TRUE(silent.closed_within(seconds{5})) << "a connection that never says anything is closed";
  RawClient idle(daemon.address());
  idle.send(bytes);
  EXPECT_EQ(idle.read_answer().status, 201);
  EXPECT_TRUE(idle.closed_within(seconds{5})) << "an idle connection is closed without a word";
}

TEST(HttpLimits, OldestIdleConnectionGivesWay) {
  Daemon daemon({.properties = {{"push.service.http.connections", "8"}}});
  daemon.start();
  const std::string bytes = to_bytes(body_form(std::string(document)));
  std::vector<RawClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(daemon.address());
    clients.back().send(bytes);
    ASSERT_EQ(clients.back().read_answer().status, 201) << i;
  }
  RawClient ninth(daemon.address());
  ninth.send(bytes);
  EXPECT_EQ(ninth.read_answer().status, 201);
  EXPECT_TRUE(clients.front().closed_within(seconds{5})) << "the longest idle one gives way";
  clients.back().send(bytes);
  EXPECT_EQ(clients.back().read_answer().status, 201) << "the others stay";
}

TEST(HttpLimits, AreSettings) {
  Daemon daemon({.properties = {{"push.service.http.header.limit", "2 KiB"},
                                {"push.service.http.body.limit", "1 KiB"},
                                {"push.service.http.discard.limit", "1 MiB"}}});
  daemon.start();
  const std::string key = daemon.create_key("limits");
  Request large = body_form(std::string(document), {{"X-Large", std::string(2'048, 'x')}});
  expect_error(ask(daemon.address(), large), 431);
  expect_error(ask(daemon.address(), body_form(std::string(1'024, ' ') + std::string(document))), 413);
  EXPECT_EQ(ask(daemon.address(), path_form("Jira6QC11Req/source/QC-20", key, std::string(1 << 20, 'x'))).status, 201);
  expect_error(ask(daemon.address(), path_form("Jira6QC11Req/source/QC-20", key, std::string((1 << 20) + 1, 'x'))),
               413);
}

}  // namespace
}  // namespace syncservice::contract
