// Start, reload and stop: what keeps the daemon from starting, what it keeps when a file breaks, how it ends.
#include "contract/contract.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <future>

namespace syncservice::contract {
namespace {

using std::chrono::seconds;
using support::write_file;

constexpr std::string_view document = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})";

/// The registry with its app link under another name.
std::string registry_named(const std::string& name) {
  std::string yaml = support::published_registry();
  yaml.replace(yaml.find("Jira6QC11Req"), std::string_view{"Jira6QC11Req"}.size(), name);
  return yaml;
}

int push_status(const Daemon& daemon, const std::string& link) {
  return ask(daemon.address(), body_form(R"({"appLinkName":")" + link + R"(","origin":"source","id":"QC-20"})")).status;
}

TEST(Start, RefusesABrokenPropertiesFile) {
  Daemon daemon({.properties = {{"push.service.workers", "many"}}});
  const support::Finished ended = daemon.start_in_vain();
  EXPECT_EQ(ended.exit, 1);
  EXPECT_NE(ended.err.find(daemon.properties_file().string() + ":4:"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("many"), std::string::npos) << ended.err;
}

TEST(Start, WithABrokenRegistryWaitsForItsRepair) {
  Daemon daemon({.registry = "applications:\n  jira: { adapter: folder, path: x }\nappLink: []\n"});
  daemon.start("/healthz");
  EXPECT_TRUE(daemon.logs("links.yaml:3:1: ")) << daemon.log();
  EXPECT_TRUE(daemon.logs("appLinks")) << "and what would be right";
  EXPECT_EQ(ask(daemon.address(), {.method = "GET", .target = "/readyz"}).status, 503);
  const Answer refused = ask(daemon.address(), body_form(std::string(document)));
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.header("Retry-After").empty());
  daemon.set_registry(support::published_registry());
  EXPECT_TRUE(eventually([&] { return push_status(daemon, "Jira6QC11Req") == 201; })) << daemon.log();
}

TEST(Start, NamesAPortThatIsTaken) {
  Daemon first;
  first.start();
  Daemon second({.properties = {{"push.service.port", first.url()}}});
  const support::Finished ended = second.start_in_vain();
  EXPECT_EQ(ended.exit, 3);
  EXPECT_NE(ended.err.find(std::to_string(first.port())), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("the port is taken"), std::string::npos) << ended.err;
}

TEST(Start, OneProcessPerDataFolder) {
  Daemon first;
  first.start();
  Daemon second({.data = first.folder() / "data"});
  const support::Finished ended = second.start_in_vain();
  EXPECT_EQ(ended.exit, 3);
  EXPECT_NE(ended.err.find(std::to_string(first.id())), std::string::npos) << "names the holder's pid: " << ended.err;
}

TEST(Start, ListensOnSeveralUrlsAndBothFamilies) {
  Daemon daemon({.properties = {{"push.service.port", "http://127.0.0.1:0, http://[::]:0"}}});
  daemon.start();
  const std::string log = daemon.log();
  const std::size_t second = log.find("listening url=http://[::]:");
  ASSERT_NE(second, std::string::npos) << log;
  const auto port = static_cast<std::uint16_t>(
      std::stoul(log.substr(second + std::string_view{"listening url=http://[::]:"}.size())));
  for (const char* address : {"::1", "127.0.0.1"}) {
    EXPECT_EQ(ask({.port = port, .address = address}, body_form(std::string(document))).status, 201) << address;
  }
  EXPECT_EQ(push_status(daemon, "Jira6QC11Req"), 201);
}

TEST(Start, TellsSystemd) {
  const support::TempFolder folder;
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (folder / "notify").string();
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const timeval limit{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const auto received = [&] {
    char bytes[4096];
    const ssize_t size = ::recv(socket, bytes, sizeof bytes, 0);
    return std::string(bytes, size > 0 ? static_cast<std::size_t>(size) : 0);
  };
  Daemon daemon({.environment = {"NOTIFY_SOCKET=" + path}});
  daemon.start();
  EXPECT_NE(received().find("READY=1"), std::string::npos);
  EXPECT_EQ(daemon.terminate(), 0);
  EXPECT_NE(received().find("STOPPING=1"), std::string::npos);
  ::close(socket);
}

TEST(Reload, OnChangeAndOnSignal) {
  Daemon daemon;
  daemon.start();
  EXPECT_EQ(push_status(daemon, "Renamed"), 400);
  daemon.set_registry(registry_named("Renamed"));
  EXPECT_TRUE(eventually([&] { return push_status(daemon, "Renamed") == 201; })) << "the file change is noticed\n"
                                                                                 << daemon.log();
  EXPECT_EQ(push_status(daemon, "Jira6QC11Req"), 400);

  // A second file, and a signal to be sure.
  std::string more = registry_named("Second");
  more.replace(0, more.find("appLinks:"), "");
  write_file(daemon.folder() / "conf/app-links/more.yaml", more);
  daemon.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return push_status(daemon, "Second") == 201; })) << daemon.log();
  EXPECT_EQ(push_status(daemon, "Renamed"), 201);
}

TEST(Reload, ABrokenFileChangesNothing) {
  Daemon daemon;
  daemon.start();
  daemon.set_registry(support::published_registry() + "  - name: Next\n    surce: { application: jira }\n");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(daemon.logs("links.yaml:15:5")) << "the log says where\n" << daemon.log();
  EXPECT_TRUE(daemon.logs("source")) << "and what would be right";
  EXPECT_EQ(push_status(daemon, "Jira6QC11Req"), 201) << "the last good registry stays";
  EXPECT_EQ(push_status(daemon, "Next"), 400);
  daemon.set_registry(registry_named("Mended"));
  EXPECT_TRUE(eventually([&] { return push_status(daemon, "Mended") == 201; }));
}

TEST(Stop, GracefulWithinTenSeconds) {
  Daemon daemon;
  daemon.start();
  RawClient idle(daemon.address());
  RawClient half(daemon.address());
  half.send("POST /SyncService/push HTTP/1.1\r\nHost: x\r\n");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds{10});
  EXPECT_TRUE(idle.closed_within(seconds{1}));
}

TEST(Stop, LosesNoPush) {
  Daemon daemon;
  daemon.start();
  support::write_record(daemon.left(), "QC", "QC-20", {{"summary", "kept"}, {"priority", "High"}});
  ASSERT_EQ(push_status(daemon, "Jira6QC11Req"), 201);
  EXPECT_EQ(daemon.terminate(), 0);
  daemon.start();
  EXPECT_TRUE(eventually([&] { return support::read_records(daemon.right(), "QualityCenter").size() == 1; }));
  EXPECT_EQ(daemon.terminate(), 0);
  daemon.start();
  EXPECT_EQ(daemon.terminate(), 0);
  EXPECT_EQ(support::read_records(daemon.right(), "QualityCenter").size(), 1U);
}

class Tls : public ::testing::Test {
 protected:
  /// A key and a self-signed certificate for that name, in place of the old ones.
  void make_certificate(const std::string& name) {
    const support::Finished made =
        support::run({{"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                       "-days", "2", "-subj", "/CN=" + name, "-keyout", key_file(), "-out", certificate_file()},
                      {},
                      {}});
    ASSERT_EQ(made.exit, 0) << made.err;
  }
  [[nodiscard]] std::string key_file() const { return (files_ / "key.pem").string(); }
  [[nodiscard]] std::string certificate_file() const { return (files_ / "certificate.pem").string(); }
  [[nodiscard]] Installation installation() const {
    return {.properties = {{"push.service.port", "https://127.0.0.1:0"},
                           {"push.service.tls.certificate", certificate_file()},
                           {"push.service.tls.key", key_file()}}};
  }

 private:
  support::TempFolder files_;
};

TEST_F(Tls, ServesAndReloadsItsCertificate) {
  make_certificate("first.example");
  Daemon daemon(installation());
  daemon.start();
  EXPECT_EQ(push_status(daemon, "Jira6QC11Req"), 201);
  RawClient old(daemon.address());
  EXPECT_EQ(old.certificate_name(), "first.example");

  make_certificate("second.example");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return RawClient(daemon.address()).certificate_name() == "second.example"; }))
      << daemon.log();
  old.send(to_bytes(body_form(std::string(document))));
  EXPECT_EQ(old.read_answer().status, 201) << "open connections stay";

  write_file(certificate_file(), "not a certificate");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(daemon.logs(certificate_file())) << "the log names the broken file\n" << daemon.log();
  EXPECT_EQ(RawClient(daemon.address()).certificate_name(), "second.example") << "the old one stays";
}

TEST_F(Tls, PlainHttpOnTheTlsPortHarmsNothing) {
  make_certificate("example");
  Daemon daemon(installation());
  daemon.start();
  ClientOptions plain = daemon.address();
  plain.tls = false;
  RawClient client(plain);
  client.send(to_bytes(body_form(std::string(document))));
  EXPECT_TRUE(client.readable_within(seconds{5})) << "it is closed, or told so";
  EXPECT_EQ(push_status(daemon, "Jira6QC11Req"), 201);
}

TEST_F(Tls, NeedsItsFiles) {
  Daemon missing(installation());
  const support::Finished ended = missing.start_in_vain();
  EXPECT_EQ(ended.exit, 3);
  EXPECT_NE(ended.err.find(certificate_file()), std::string::npos) << ended.err;

  Daemon none({.properties = {{"push.service.port", "https://127.0.0.1:0"}}});
  const support::Finished told = none.start_in_vain();
  EXPECT_EQ(told.exit, 1);
  EXPECT_NE(told.err.find("push.service.tls.certificate"), std::string::npos) << told.err;
}

}  // namespace
}  // namespace syncservice::contract
