// The life of a server: listening, sockets of every kind, TLS, stopping.
#include "http/fixture.hpp"

#include <deque>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace syncservice::http::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr const char* who = "GET /who HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr milliseconds long_grace{10'000};

std::string common_name(const Client& client) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{SSL_get1_peer_certificate(client.tls()), X509_free};
  std::string name(64, '\0');
  const int length =
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(), 64);
  name.resize(static_cast<std::size_t>(std::max(length, 0)));
  return name;
}

class Listening : public ServerTest {
 protected:
  Listening() { make_server(); }
  [[nodiscard]] std::string failure(const Endpoint& endpoint, const TlsFiles& tls = {}) {
    const auto listening = server_->listen(endpoint, tls);
    return listening ? std::string{} : listening.error().message;
  }
};

TEST_F(Listening, ATakenPortIsNamed) {
  ASSERT_EQ(failure({"http", "127.0.0.1", 0}), "");
  const std::string taken = std::to_string(port());
  EXPECT_THAT(failure({"http", "127.0.0.1", port()}), HasSubstr("127.0.0.1:" + taken + ": the port is taken"));
}

TEST_F(Listening, AnAddressOfAnotherMachineIsNamed) {
  EXPECT_THAT(failure({"http", "192.0.2.1", 7070}), HasSubstr("192.0.2.1:7070: this machine does not have"));
}

TEST_F(Listening, OnAllAddressesOfBothFamilies) {
  ASSERT_EQ(failure({"http", "::", 0}), "");
  server_->start();
  EXPECT_EQ(ask(who).body, "127.0.0.1 loopback");
}

TEST_F(Listening, OnAUnixSocketThatIsTheOwnersAlone) {
  const std::string path = in_folder("socket");
  ASSERT_EQ(failure({"unix", path, 0}), "");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  server_->start();
  Client client{path};
  client.send(who);
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "local loopback local");
  server_->stop(long_grace);
  EXPECT_NE(::stat(path.c_str(), &status), 0);
}

TEST_F(Listening, ReplacesAStaleUnixSocketButNothingElse) {
  const std::string path = in_folder("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(stale);
  EXPECT_EQ(failure({"unix", path, 0}), "");
  EXPECT_THAT(failure({"unix", path, 0}), HasSubstr("another process listens there"));

  const std::string file = in_folder("file");
  std::ofstream{file} << "precious";
  EXPECT_THAT(failure({"unix", file, 0}), HasSubstr("not a socket"));
  EXPECT_THAT(failure({"unix", in_folder("none/socket"), 0}), HasSubstr("its folder must exist"));
  EXPECT_THAT(failure({"unix", std::string(200, 'x'), 0}), HasSubstr("107 bytes"));
}

TEST_F(Listening, ACertificateThatCannotBeUsedIsNamed) {
  const TlsFiles good = make_certificate("one");
  const std::string none = in_folder("none.pem");
  EXPECT_THAT(failure({"https", "127.0.0.1", 0}, {none, good.key}), HasSubstr("certificate file \"" + none + "\""));
  EXPECT_THAT(failure({"https", "127.0.0.1", 0}, {good.certificate, none}), HasSubstr("key file \"" + none + "\""));
  EXPECT_THAT(failure({"https", "127.0.0.1", 0}, {good.certificate, good.certificate}), HasSubstr("key file"));
}

class Tls : public ServerTest {
 protected:
  void SetUp() override {
    settings.header_timeout = header_timeout;
    make_server();
    ASSERT_TRUE(server_->listen({"https", "127.0.0.1", 0}, make_certificate("one")).has_value());
    server_->start();
  }
  milliseconds header_timeout{10'000};
};

TEST_F(Tls, CarriesRequestsOfAllSizes) {
  Client client{port(), true};
  ASSERT_TRUE(client.connected());
  client.send(who);
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "127.0.0.1 loopback tls");
  const std::string body(60'000, 'x');
  client.send(post("/echo", body) + who);
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "POST /echo |" + body);
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 200U);
  client.send("GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.answer().value_or(Answer{}).body.size(), 32U * 1024 * 1024);
  EXPECT_TRUE(client.closed());
}

TEST_F(Tls, AgreesOnHttp11AndAModernVersion) {
  const Client client{port(), true};
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client.tls(), &protocol, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(protocol), length), "http/1.1");
  EXPECT_GE(SSL_version(client.tls()), TLS1_2_VERSION);
}

TEST_F(Tls, EndsAPlainRequestCleanly) {
  Client client{port()};
  client.send(who);
  EXPECT_TRUE(client.rest().has_value());
  Client secure{port(), true};
  EXPECT_TRUE(secure.connected());
}

TEST_F(Tls, RefusedRequestsAreAnsweredToo) {
  Client client{port(), true};
  client.send("GET /who HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n");
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 400U);
  EXPECT_TRUE(client.closed());
}

TEST_F(Tls, TakesANewCertificateForNewConnections) {
  Client before{port(), true};
  EXPECT_EQ(common_name(before), "one");
  const TlsFiles files = make_certificate("two");
  ASSERT_TRUE(server_->reload_certificates().has_value());
  EXPECT_EQ(common_name(Client{port(), true}), "two");
  before.send(who);
  EXPECT_EQ(before.answer().value_or(Answer{}).status, 200U);

  std::ofstream{files.certificate} << "broken";
  EXPECT_FALSE(server_->reload_certificates().has_value());
  EXPECT_EQ(common_name(Client{port(), true}), "two");
}

class SlowTls : public Tls {
 protected:
  SlowTls() { header_timeout = milliseconds{80}; }
};

TEST_F(SlowTls, EndsAHandshakeThatDoesNotCome) {
  Client client{port()};
  EXPECT_TRUE(client.closed());
}

class Stopping : public ServerTest {
 protected:
  Stopping() { start(); }
};

TEST_F(Stopping, LetsTheRequestUnderWayFinish) {
  Client busy{port()};
  busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.await_arrival();
  Client idle{port()};
  idle.send(who);
  ASSERT_EQ(idle.answer().value_or(Answer{}).status, 200U);

  std::jthread stopping{[this] { server_->stop(long_grace); }};
  EXPECT_TRUE(idle.closed());
  gate.open();
  const auto answer = busy.answer().value_or(Answer{});
  EXPECT_EQ(answer.body, "waited");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  busy.finish_sending();
  stopping.join();
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(Stopping, DoesNotWaitForeverForAHandler) {
  Client busy{port()};
  busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.await_arrival();
  server_->stop(milliseconds{10});
  EXPECT_TRUE(busy.closed());
  EXPECT_THAT(log_text(), HasSubstr("handlers were still waiting"));
}

TEST_F(Stopping, EndsAClientThatIsStillSending) {
  Client client{port()};
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
  ASSERT_TRUE(client.await("100 Continue"));
  server_->stop(milliseconds{10});
  EXPECT_TRUE(client.rest().has_value());
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(Stopping, TwiceIsTheSameAsOnce) {
  server_->stop(long_grace);
  server_->stop(long_grace);
  EXPECT_THROW(Client{port()}, std::runtime_error);
}

TEST_F(Stopping, UnderLoadLosesNoAnswerThatItBegan) {
  std::deque<Client> clients;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    Client& client = clients.emplace_back(port());
    threads.emplace_back([&client] {
      for (;;) {
        client.send(post("/echo", "hello"));
        const auto answer = client.answer();
        if (!answer) break;
        EXPECT_EQ(answer->body, "POST /echo |hello");
      }
      client.finish_sending();
    });
  }
  while (metrics.text().find("syncservice_http_request_seconds_count 0") != std::string::npos)
    std::this_thread::yield();
  server_->stop(long_grace);
  threads.clear();
  EXPECT_EQ(server_->connections(), 0U);
}

}  // namespace
}  // namespace syncservice::http::test
