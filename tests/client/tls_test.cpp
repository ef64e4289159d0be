// TLS against a real server: which certificates are accepted on either side, and which versions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "client/tiny_server.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"
#include "syncservice/client/client.hpp"

namespace syncservice::client {
namespace {

using testing::HasSubstr;

// Two authorities, a server's certificate for 127.0.0.1 and one for another name, and a client's certificate.
class Certificates {
 public:
  Certificates() {
    authority("ca");
    authority("other-ca");
    issue("server", "ca", "IP:127.0.0.1");
    issue("stranger", "ca", "DNS:tracker.acme.com");
    issue("client", "ca", "DNS:syncservice");
  }
  [[nodiscard]] std::string pem(const std::string& name) const { return folder_ / (name + ".pem"); }
  [[nodiscard]] std::string key(const std::string& name) const { return folder_ / (name + ".key"); }

 private:
  void openssl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    const auto done = support::run({std::move(arguments), {}, folder_.path()});
    if (done.exit != 0) throw std::runtime_error(done.err);
  }
  void authority(const std::string& name) const {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
             "-out", name + ".pem", "-subj", "/CN=" + name, "-days", "2"});
  }
  void issue(const std::string& name, const std::string& by, const std::string& alternative) const {
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out",
             name + ".csr", "-subj", "/CN=" + name, "-addext", "subjectAltName=" + alternative});
    openssl({"x509", "-req", "-in", name + ".csr", "-CA", by + ".pem", "-CAkey", by + ".key", "-out", name + ".pem",
             "-days", "2", "-copy_extensions", "copy"});
  }
  support::TempFolder folder_;
};

// Serves "fine" over TLS on each connection, until the client closes it.
class TlsServer {
 public:
  TlsServer(const Certificates& files, const std::string& name)
      : context_{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free} {
    if (SSL_CTX_use_certificate_file(context_.get(), files.pem(name).c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_.get(), files.key(name).c_str(), SSL_FILETYPE_PEM) != 1)
      throw std::runtime_error("can't use " + files.pem(name));
  }
  void demand_client_of(const std::string& ca) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    if (SSL_CTX_load_verify_locations(context_.get(), ca.c_str(), nullptr) != 1) throw std::runtime_error(ca);
  }
  void speak_at_most(int version) { SSL_CTX_set_max_proto_version(context_.get(), version); }

  [[nodiscard]] std::string url() const { return "https" + server_.url("/").substr(4); }
  std::atomic<int> connections{0};

 private:
  void serve(Peer& peer) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context_.get()), &SSL_free};
    SSL_set_fd(ssl.get(), peer.socket());
    if (SSL_accept(ssl.get()) != 1) return;
    ++connections;
    char buffer[4096];
    while (SSL_read(ssl.get(), buffer, sizeof buffer) > 0) {
      constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
      SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
    }
  }
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  TinyServer server_{[this](Peer& peer) { serve(peer); }};
};

class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() { files = std::make_unique<Certificates>(); }
  static void TearDownTestSuite() { files.reset(); }

  static Settings trusting(const std::string& ca) {
    Settings settings;
    settings.ca_file = files->pem(ca);
    return settings;
  }
  static Result<Response> ask(const Settings& settings, const TlsServer& server) {
    return Client{settings}.send({"POST", server.url(), {}, "x"}, {{}, {}, &trace});
  }
  // A TLS failure, before anything was sent; says why.
  static std::string refusal(const Settings& settings, const TlsServer& server) {
    trace.sent = true;
    const auto answer = ask(settings, server);
    if (answer) return "accepted";
    EXPECT_EQ(answer.error().code, make_error_code(Errc::tls)) << answer.error().message;
    EXPECT_EQ(answer.error().failure, FailureClass::transient);
    EXPECT_FALSE(trace.sent);
    return answer.error().message;
  }

  static inline std::unique_ptr<Certificates> files;
  static inline Trace trace;
};

TEST_F(Tls, ACertificateOfTheGivenAuthorityIsAcceptedAndTheConnectionKept) {
  TlsServer server{*files, "server"};
  Client client{trusting("ca")};
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.send({"GET", server.url(), {}, ""});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "fine");
  }
  EXPECT_EQ(server.connections, 1);
}

TEST_F(Tls, AnUnknownAuthorityIsRefused) {
  TlsServer server{*files, "server"};
  EXPECT_THAT(refusal({}, server), HasSubstr("certificate"));
  EXPECT_THAT(refusal(trusting("other-ca"), server), HasSubstr("certificate"));
}

TEST_F(Tls, AnotherHostsCertificateIsRefused) {
  TlsServer server{*files, "stranger"};
  EXPECT_THAT(refusal(trusting("ca"), server), HasSubstr("127.0.0.1"));
}

TEST_F(Tls, AClientCertificateIsShownWhenDemanded) {
  TlsServer server{*files, "server"};
  server.demand_client_of(files->pem("ca"));
  Settings settings = trusting("ca");
  settings.client_certificate = files->pem("client");
  settings.client_key = files->key("client");
  const auto answer = ask(settings, server);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "fine");
  server.speak_at_most(TLS1_2_VERSION);  // where the server refuses within the handshake
  EXPECT_THAT(refusal(trusting("ca"), server), HasSubstr("handshake"));
  settings.client_key = files->key("server");
  EXPECT_THAT(refusal(settings, server), HasSubstr("key"));
}

TEST_F(Tls, TheMinimumVersionIsKept) {
  TlsServer server{*files, "server"};
  Settings newest = trusting("ca");
  newest.tls_minimum = TlsVersion::v1_3;
  EXPECT_TRUE(ask(newest, server));
  server.speak_at_most(TLS1_2_VERSION);
  EXPECT_TRUE(ask(trusting("ca"), server));
  EXPECT_THAT(refusal(newest, server), HasSubstr("version"));
  server.speak_at_most(TLS1_1_VERSION);
  EXPECT_THAT(refusal(trusting("ca"), server), HasSubstr("TLS"));
}

TEST_F(Tls, AMissingAuthorityFileIsNamed) {
  TlsServer server{*files, "server"};
  EXPECT_THAT(refusal(trusting("nowhere"), server), HasSubstr("nowhere.pem"));
}

}  // namespace
}  // namespace syncservice::client
