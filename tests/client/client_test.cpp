#include "syncservice/client/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "client/tiny_server.hpp"

namespace syncservice::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Answers every request of every connection alike.
std::function<void(Peer&)> always(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    while (!peer.read_request().empty()) peer.write(answer);
  };
}

std::string ok(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

TEST(Client, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
  std::string seen;
  TinyServer server{[&](Peer& peer) {
    seen = peer.read_request();
    peer.write("HTTP/1.1 201 Created\r\nX-Two: a\r\nx-two:  b \r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone");
  }};
  Client client{{}};
  const auto answer = client.send(
      {"POST", server.url("/api/v1/keys?x=1"), {{"Content-Type", "application/json"}, {"X-Empty", ""}}, "{\"a\":1}"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201U);
  EXPECT_EQ(answer->body, "done");
  EXPECT_EQ(answer->header("X-TWO"), "a");
  ASSERT_EQ(answer->headers.size(), 4U);
  EXPECT_EQ(answer->headers[1].value, "b");
  EXPECT_THAT(seen, StartsWith("POST /api/v1/keys?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nUser-Agent: syncservice\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Length: 7\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\n\r\n{\"a\":1}"));
}

TEST(Client, SendsEveryMethodAsNamed) {
  std::vector<std::string> seen;
  TinyServer server{[&](Peer& peer) {
    for (;;) {
      std::string request = peer.read_request();
      if (request.empty()) return;
      seen.push_back(request);
      peer.write(request.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" : ok(""));
    }
  }};
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    const auto answer = Client{{}}.send({method, server.url("/"), {}, ""});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_THAT(seen.back(), StartsWith(method + " / HTTP/1.1\r\n"));
    EXPECT_THAT(seen.back(), Not(HasSubstr("Content-Type")));
  }
}
TEST(Client, AnswersOfEveryStatusAreAnswers) {
  for (const std::string status : {"401 Unauthorized", "404 Not Found", "429 Too Many", "500 Oops"}) {
    TinyServer server{always("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n")};
    Client client{{}};
    const auto answer = client.send(get(server.url("/")));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(std::to_string(answer->status), status.substr(0, 3));
  }
}

TEST(Client, SpeaksOverAUnixSocket) {
  std::string folder = std::filesystem::temp_directory_path() / "syncservice-client-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  {
    TinyServer server{always(ok("{}")), folder + "/socket"};
    Settings settings;
    settings.unix_socket = folder + "/socket";
    Client client{settings};
    const auto answer = client.send(get("http://syncservice/api/v1/keys"));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "{}");
  }
  Settings settings;
  settings.unix_socket = folder + "/nobody";
  const auto answer = Client{settings}.send(get("http://syncservice/"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, make_error_code(Errc::connect));
  settings.unix_socket = folder + std::string(120, 'x');
  EXPECT_EQ(Client{settings}.send(get("http://syncservice/")).error().code, make_error_code(Errc::bad_request));
  std::filesystem::remove_all(folder);
}

TEST(Client, UsesAConnectionAgain) {
  std::atomic<int> connections{0};
  TinyServer server{[&](Peer& peer) {
    ++connections;
    while (!peer.read_request().empty()) peer.write(ok("x"));
  }};
  {
    Client client{{}};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(client.send(get(server.url("/"))));
  }
  EXPECT_EQ(connections, 1);
}

TEST(Client, KeepsNoMoreConnectionsThanToldTo) {
  std::atomic<int> connections{0};
  TinyServer server{[&](Peer& peer) {
    ++connections;
    while (!peer.read_request().empty()) peer.write(ok("x"));
  }};
  Settings settings;
  settings.idle_connections = 0;
  Client client{settings};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.send(get(server.url("/"))));
  EXPECT_EQ(connections, 3);
}

TEST(Client, DoesNotFollowRedirects) {
  std::atomic<int> requests{0};
  TinyServer server{[&](Peer& peer) {
    while (!peer.read_request().empty()) {
      ++requests;
      peer.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    }
  }};
  Client client{{}};
  const auto answer = client.send(get(server.url("/")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302U);
  EXPECT_EQ(answer->header("location"), "/elsewhere");
  EXPECT_EQ(requests, 1);
}

TEST(Client, AStopEndsACallThatWaitsForTheAnswer) {
  std::promise<void> asked;
  TinyServer server{[&](Peer& peer) {
    peer.read_request();
    asked.set_value();
    peer.wait_for_close();
  }};
  Client client{{}};
  std::stop_source stop;
  auto answer =
      std::async(std::launch::async, [&] { return client.send(get(server.url("/?token=abc")), stop.get_token()); });
  asked.get_future().wait();
  const auto before = steady_clock::now();
  stop.request_stop();
  const auto result = answer.get();
  EXPECT_LT(steady_clock::now() - before, seconds{5});  // the call's own limit is 60 s
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, make_error_code(Errc::interrupted));
  EXPECT_EQ(result.error().failure, FailureClass::transient);
  EXPECT_THAT(result.error().message, Not(HasSubstr("abc")));
}

TEST(Client, AStopBeforeTheCallPreventsIt) {
  std::atomic<int> connections{0};
  TinyServer server{[&](Peer&) { ++connections; }};
  std::stop_source stop;
  stop.request_stop();
  const auto result = Client{{}}.send(get(server.url("/")), stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, make_error_code(Errc::interrupted));
  EXPECT_EQ(connections, 0);
}

TEST(Client, ADeadlineEndsASlowCall) {
  TinyServer server{[&](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly so much");
    peer.wait_for_close();
  }};
  Client client{{}};
  const auto result = client.send(get(server.url("/")), {}, steady_clock::now() + milliseconds{50});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, make_error_code(Errc::timeout));
  EXPECT_EQ(result.error().failure, FailureClass::transient);
  const auto late = client.send(get(server.url("/")), {}, steady_clock::now() - seconds{1});
  EXPECT_EQ(late.error().code, make_error_code(Errc::timeout));
}

TEST(Client, ACutConnectionIsTransient) {
  for (const std::string start :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nConte"}) {
    TinyServer server{[&](Peer& peer) {
      peer.read_request();
      peer.write(start);
    }};
    const auto result = Client{{}}.send(get(server.url("/")));
    ASSERT_FALSE(result) << start;
    EXPECT_EQ(result.error().code, make_error_code(Errc::broken)) << result.error().message;
    EXPECT_EQ(result.error().failure, FailureClass::transient);
  }
}

TEST(Client, ARefusedConnectionIsTransient) {
  std::string url;
  {
    TinyServer closed{[](Peer&) {}};
    url = closed.url("/rest?apikey=ss_secret");
  }
  const auto result = Client{{}}.send(get(url));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, make_error_code(Errc::connect));
  EXPECT_EQ(result.error().failure, FailureClass::transient);
  EXPECT_THAT(result.error().message, HasSubstr("/rest?apikey=•••"));
  EXPECT_THAT(result.error().message, Not(HasSubstr("ss_secret")));
}

TEST(Client, AnAnswerBeyondTheLimitIsRefused) {
  const std::string exact(1000, 'x');
  const std::vector<std::string> too_long{
      ok(exact + "y"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + exact + "y\r\n0\r\n\r\n",
      ok("", "X-Long: " + exact + "\r\n")};
  Settings settings;
  settings.max_response_bytes = exact.size();
  {
    TinyServer server{always(ok(exact))};
    Client client{settings};
    const auto answer = client.send(get(server.url("/")));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, exact);
  }
  for (const std::string& answer : too_long) {
    TinyServer server{always(answer)};
    Client client{settings};
    const auto result = client.send(get(server.url("/")));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, make_error_code(Errc::too_large));
    EXPECT_EQ(result.error().failure, FailureClass::permanent);
  }
}

TEST(Client, APeerThatSpeaksNoTlsIsATlsFailure) {
  TinyServer server{[](Peer& peer) {
    peer.write("this is not TLS, not at all\r\n\r\n");
    peer.wait_for_close();
  }};
  Client client{{}};
  const auto result = client.send(get("https" + server.url("/").substr(4)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, make_error_code(Errc::tls)) << result.error().message;
}

TEST(Client, RequestsThatCantBeSentArePermanentFailures) {
  Client client{{}};
  const std::vector<Request> bad{
      {"GET", "", {}, ""},
      {"GET", "ftp://host/", {}, ""},
      {"GET", "file:///etc/passwd", {}, ""},
      {"GET", "http://ho st/", {}, ""},
      {"GET", "http://host/\r\nX: y", {}, ""},
      {"GET", "http://host:99999/", {}, ""},
      {"GE T", "http://host/", {}, ""},
      {"GET", "http://host/", {{"X\r\nY", "v"}}, ""},
      {"GET", "http://host/", {{"Authorization", "Basic c2VjcmV0\r\nX: y"}}, ""},
  };
  for (const Request& request : bad) {
    const auto result = client.send(request);
    ASSERT_FALSE(result) << request.url;
    EXPECT_EQ(result.error().code, make_error_code(Errc::bad_request)) << result.error().message;
    EXPECT_EQ(result.error().failure, FailureClass::permanent);
    EXPECT_THAT(result.error().message, Not(HasSubstr("c2VjcmV0")));
    EXPECT_THAT(result.error().message, Not(HasSubstr("\n")));
  }
}

TEST(Client, ServesManyThreads) {
  std::atomic<int> served{0};
  TinyServer server{[&](Peer& peer) {
    const std::string request = peer.read_request();
    ++served;
    peer.write(ok(request.substr(0, request.find(" HTTP")), "Connection: close\r\n"));
  }};
  Client client{{}};
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
        const auto answer = client.send(get(server.url(path)));
        if (answer && answer->body == "GET " + path) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 40);
  EXPECT_EQ(served, 40);
}

TEST(RedactUrl, HidesUserInformationAndSecretParameters) {
  EXPECT_EQ(redact_url("https://user:pa@ss@host/p?a=1"), "https://•••@host/p?a=1");
  EXPECT_EQ(redact_url("http://h/p?apikey=x&b=2&Access_Token=y&%70assword=z#f"),
            "http://h/p?apikey=•••&b=2&Access_Token=•••&%70assword=•••#f");
  EXPECT_EQ(redact_url("http://h/@not-user?q=a@b"), "http://h/@not-user?q=a@b");
  EXPECT_EQ(redact_url("http://h/?token"), "http://h/?token");
  EXPECT_EQ(redact_url("http://h/?a=1\nX"), "http://h/?a=1\\x0AX");
  EXPECT_EQ(redact_url("user:secret@host/path"), "•••@host/path");
}

}  // namespace
}  // namespace syncservice::client
