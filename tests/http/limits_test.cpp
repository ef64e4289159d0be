// No client can make the server hold more, or wait longer, than the settings allow.
#include "http/fixture.hpp"

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace syncservice::http::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr const char* who = "GET /who HTTP/1.1\r\nHost: x\r\n\r\n";

class Limits : public ServerTest {};

TEST_F(Limits, RefusesLongHeadersAndTargets) {
  settings.header_limit = 2048;
  settings.target_limit = 1024;
  start();
  const auto request = [](std::size_t target, std::size_t header) {
    return "GET /" + std::string(target - 1, 'a') + " HTTP/1.1\r\nHost: x\r\nX: " + std::string(header, 'b') +
           "\r\n\r\n";
  };
  const std::size_t frame = request(10, 0).size() - 10;
  EXPECT_EQ(ask(request(10, 2048 - frame - 10)).status, 404U);
  EXPECT_EQ(ask(request(10, 2049 - frame - 10)).status, 431U);
  EXPECT_EQ(ask(request(10, 1'000'000)).status, 431U);
  EXPECT_EQ(ask(request(1024, 0)).status, 404U);
  EXPECT_EQ(ask(request(1025, 0)).status, 414U);
  EXPECT_EQ(ask(request(1'000'000, 0)).status, 414U);
}

TEST_F(Limits, RefusesLongBodies) {
  start();
  Client client{port()};
  client.send(post("/echo", std::string(64 * 1024, 'x')));
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 200U);

  client.send(post("/echo", std::string(64 * 1024 + 1, 'x')));
  const auto refused = client.answer().value_or(Answer{});
  EXPECT_EQ(refused.status, 413U);
  EXPECT_EQ(refused.headers.at("connection"), "close");
  EXPECT_THAT(refused.body, HasSubstr("65536"));

  Client chunked{port()};
  chunked.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 17; ++i) chunked.send("1000\r\n" + std::string(0x1000, 'x') + "\r\n");
  EXPECT_EQ(chunked.answer().value_or(Answer{}).status, 413U);

  Client huge{port()};
  huge.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n");
  EXPECT_EQ(huge.answer().value_or(Answer{}).status, 413U);

  Client expecting{port()};
  expecting.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(expecting.answer().value_or(Answer{}).status, 413U);
}

TEST_F(Limits, BoundsWhatSurroundsChunks) {
  start();
  const std::string head = "POST /discard HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ask(head + "1;" + std::string(20'000, 'e')).status, 400U);
  EXPECT_EQ(ask(head + "0\r\nX: " + std::string(20'000, 'e')).status, 400U);
  std::string extensions;
  for (int i = 0; i < 40; ++i) extensions += "1;" + std::string(1000, 'e') + "\r\na\r\n";
  EXPECT_EQ(ask(head + extensions + "0\r\n\r\n").status, 400U);
}

TEST_F(Limits, AClientThatStillSendsSeesTheAnswer) {
  start();
  Client client{port()};
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.send(piece));
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 413U);
}

TEST_F(Limits, DiscardsALongBody) {
  start();
  Client client{port()};
  const std::string body(8 * 1024 * 1024, 'x');
  client.send(post("/discard", body));
  EXPECT_EQ(client.answer().value_or(Answer{}).body, std::to_string(body.size()));
  client.send(who);
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 200U);
}

TEST_F(Limits, ShowsALongBodyInPieces) {
  start();
  Client client{port()};
  std::string body(3 * 1024 * 1024, '\0');
  std::uint32_t folded = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    body[i] = static_cast<char>('a' + i % 23);
    folded = folded * 31 + static_cast<unsigned char>(body[i]);
  }
  const std::string seen = std::to_string(body.size()) + " " + std::to_string(folded);
  client.send(post("/stream", body));
  EXPECT_EQ(client.answer().value_or(Answer{}).body, seen);
  client.send("POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (std::size_t at = 0; at < body.size(); at += 1024 * 1024)
    client.send("100000\r\n" + body.substr(at, 1024 * 1024) + "\r\n");
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.answer().value_or(Answer{}).body, seen);
  client.send(post("/stream", ""));
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "0 0");
  client.send(post("/stream", std::string(9 * 1024 * 1024, 'x')));
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 413U);
}

TEST_F(Limits, EndsSlowHeaders) {
  settings.header_timeout = milliseconds{80};
  start();
  Client client{port()};
  client.send("GET /who HT");
  const auto answer = client.answer().value_or(Answer{});
  EXPECT_EQ(answer.status, 408U);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(Limits, AByteNowAndThenDoesNotProlongTheHeaders) {
  settings.header_timeout = milliseconds{100};
  start();
  Client client{port()};
  client.send("GET /who HTTP/1.1\r\nX: ");
  int bytes = 0;
  while (client.quiet_for(milliseconds{10}) && bytes < 500) {
    client.send("x");
    ++bytes;
  }
  EXPECT_LT(bytes, 500);
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 408U);
}

TEST_F(Limits, EndsSlowBodies) {
  settings.body_timeout = milliseconds{80};
  start();
  for (const char* begun : {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
                            "POST /discard HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    Client client{port()};
    client.send(begun);
    const auto answer = client.answer().value_or(Answer{});
    EXPECT_EQ(answer.status, 408U);
    EXPECT_THAT(answer.body, HasSubstr("too slowly"));
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(Limits, ALongBodyEarnsTimeByItsRate) {
  settings.body_timeout = milliseconds{100};
  settings.body_min_rate = 1024 * 1024;
  start();
  Client client{port()};
  const std::string piece(64 * 1024, 'x');
  // 2 MiB take at least 320 ms this way: more than body_timeout, less than the rate demands.
  client.send("POST /discard HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\n");
  for (int i = 0; i < 32; ++i) {
    EXPECT_TRUE(client.quiet_for(milliseconds{10}));
    client.send(piece);
  }
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "2097152");

  client.send("POST /discard HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\n" + piece);
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 408U);
}

TEST_F(Limits, EndsIdleConnectionsSilently) {
  settings.idle_timeout = milliseconds{60};
  start();
  Client fresh{port()};
  EXPECT_TRUE(fresh.closed());
  Client used{port()};
  used.send(who);
  EXPECT_EQ(used.answer().value_or(Answer{}).status, 200U);
  EXPECT_TRUE(used.closed());
}

TEST_F(Limits, EndsAClientThatDoesNotReadItsAnswer) {
  settings.write_timeout = milliseconds{80};
  start();
  Client client{port()};
  client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server_->connections() != 0) std::this_thread::yield();
  const auto rest = client.rest();
  ASSERT_TRUE(rest.has_value());
  EXPECT_LT(rest->size(), 32U * 1024 * 1024);
}

TEST_F(Limits, ClosesTheLongestIdleConnectionFirst) {
  settings.max_connections = 3;
  start();
  std::deque<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(port());
    clients.back().send(who);
    ASSERT_EQ(clients.back().answer().value_or(Answer{}).status, 200U);
  }
  clients[0].send(who);
  ASSERT_EQ(clients[0].answer().value_or(Answer{}).status, 200U);
  EXPECT_EQ(ask(who).status, 200U);
  EXPECT_TRUE(clients[1].closed());
  for (const std::size_t kept : {0U, 2U}) {
    clients[kept].send(who);
    EXPECT_EQ(clients[kept].answer().value_or(Answer{}).status, 200U) << kept;
  }
}

TEST_F(Limits, SaysBusyWhenNoConnectionIsIdle) {
  settings.max_connections = 1;
  start();
  Client busy{port()};
  busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.await_arrival();
  Client refused{port()};
  const auto answer = refused.answer().value_or(Answer{});
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.headers.at("retry-after"), "5");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  Client refused_too{port()};  // the first one's lingering end is no idle connection
  EXPECT_EQ(refused_too.answer().value_or(Answer{}).status, 503U);
  gate.open();
  EXPECT_EQ(busy.answer().value_or(Answer{}).body, "waited");
  EXPECT_THAT(metrics.text(), HasSubstr("syncservice_http_connections_refused_total 2"));
}

TEST_F(Limits, SurvivesRunningOutOfDescriptors) {
  start();
  ASSERT_EQ(ask(who).status, 200U);
  while (server_->connections() != 0) std::this_thread::yield();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit small{64, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &small);
  std::vector<int> taken;
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY)) taken.push_back(fd);
  // One descriptor is left: the client's end takes it, the server's end finds none.
  ::close(taken.back());
  taken.pop_back();
  Client client{port()};
  client.send(who);
  EXPECT_TRUE(client.quiet_for(milliseconds{50}));
  for (const int fd : taken) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 200U);
  EXPECT_THAT(log_text(), HasSubstr("can't accept connections for now"));
}

}  // namespace
}  // namespace syncservice::http::test
