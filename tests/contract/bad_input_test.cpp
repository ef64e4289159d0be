// Whatever a client sends: a JSON error or a closed connection, never a push, and the daemon lives on.
#include "contract/contract.hpp"

namespace syncservice::contract {
namespace {

using std::chrono::seconds;

class BadInput : public ContractTest {
 protected:
  void SetUp() override { before_ = newest_push(); }
  void TearDown() override {
    EXPECT_EQ(newest_push(), before_) << "something was accepted";
    EXPECT_EQ(ask(stranger(), {.method = "GET", .target = "/readyz"}).status, 200) << daemon().log();
  }

  static std::string head(const std::string& more) {
    return "POST /SyncService/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: " +
           basic("admin", "welcome") + "\r\n" + more;
  }

  /// Sends these bytes; each answer that comes back must be an error. Returns the first one's status, 0 if the server
  /// closed without one.
  static int send_raw(const std::string& bytes, bool finish = true) {
    RawClient client(stranger());
    static_cast<void>(client.try_send(bytes));
    if (finish) client.shutdown_write();
    int first = 0;
    while (!client.closed_within(seconds{0}) && (finish || first == 0)) {
      if (!client.readable_within(seconds{5}) || client.closed_within(seconds{0})) break;
      const Answer answer = client.read_answer();
      EXPECT_TRUE((answer.status >= 400 && answer.status < 500) || answer.status == 501 || answer.status == 505)
          << answer.status_line;
      EXPECT_TRUE(answer.body.starts_with(R"({"Response":"Error", "Message":")")) << answer.body;
      EXPECT_FALSE(nlohmann::json::parse(answer.body, nullptr, false).is_discarded()) << answer.body;
      if (first == 0) first = answer.status;
    }
    return first;
  }

  static constexpr std::string_view good_ = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"BAD-1"})";

 private:
  long before_ = 0;
};

TEST_F(BadInput, TruncatedAtEveryByte) {
  const std::string whole = to_bytes(body_form(std::string(good_)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    static_cast<void>(send_raw(whole.substr(0, size)));
  }
}

TEST_F(BadInput, ResetInTheMiddle) {
  const std::string whole = to_bytes(body_form(std::string(good_)));
  for (std::size_t size = 1; size < whole.size(); size += 17) {
    RawClient client(stranger());
    client.send(whole.substr(0, size));
    client.reset();
  }
}

TEST_F(BadInput, SmugglingShapes) {
  const std::string body(good_);
  const std::string size = std::to_string(body.size());
  const std::string chunk = "3D\r\n" + body + "\r\n0\r\n\r\n";
  const std::string second = to_bytes(body_form(std::string(good_)));
  ASSERT_EQ(body.size(), 0x3DU);
  for (const std::string& bytes : {
           head("Content-Length: " + size + "\r\nContent-Length: 5\r\n\r\n" + body),
           head("Content-Length: 5\r\nContent-Length: " + size + "\r\n\r\n" + body),
           head("Content-Length: " + size + ", 5\r\n\r\n" + body),
           head("Content-Length: " + size + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk),
           head("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunk),
           head("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunk),
           head("Transfer-Encoding: identity, chunked, identity\r\n\r\n" + chunk),
           head("Transfer-Encoding: xchunked\r\n\r\n" + chunk),
           head("Transfer-Encoding: chunked, gzip\r\n\r\n" + chunk),
           head("Transfer-Encoding : chunked\r\n\r\n" + chunk),
           head("Content-Length : " + size + "\r\n\r\n" + body),
           head("Content-Length: +" + size + "\r\n\r\n" + body),
           head("Content-Length: -1\r\n\r\n" + body),
           head("Content-Length: 0x3D\r\n\r\n" + body),
           head("Content-Length: 18446744073709551677\r\n\r\n" + body),
           head("Content-Length: " + size + "x\r\n\r\n" + body),
           head("Content-Length:\r\n\r\n" + body),
           head("Bad\x01Name: x\r\nContent-Length: " + size + "\r\n\r\n" + body),
           head("X: a\rb\r\nContent-Length: " + size + "\r\n\r\n" + body),
           head(std::string("X: a\0b\r\nContent-Length: ", 24) + size + "\r\n\r\n" + body),
           head("Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + body + "\r\n0\r\n\r\n"),
           head("Transfer-Encoding: chunked\r\n\r\n-3D\r\n" + body + "\r\n0\r\n\r\n"),
           head("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n" + body + "\r\n0\r\n\r\n"),
           head("Transfer-Encoding: chunked\r\n\r\n3C\r\n" + body + "\r\n0\r\n\r\n"),
       }) {
    SCOPED_TRACE(bytes.substr(120, 100));
    // The request after it must not be taken for a request: the connection is not trusted any more.
    EXPECT_NE(send_raw(bytes + second), 0);
  }
}

TEST_F(BadInput, NotHttp) {
  for (const std::string& bytes : {
           std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),  // a TLS hello
           std::string("\x00\x00\x00\x00", 4),
           std::string("SSH-2.0-OpenSSH_9.2\r\n"),
           std::string("GET\r\n\r\n"),
           std::string("GET / HTTP/9.9\r\n\r\n"),
           std::string("GET / HTTP/2.0\r\n\r\n"),
           std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
           std::string("GET  / HTTP/1.1\r\n\r\n"),
           std::string("POST /SyncService/push\r\n\r\n"),
           std::string("\r\n\r\n\r\n\r\n"),
           std::string(100'000, 'A'),
           std::string(100'000, '\n'),
       }) {
    SCOPED_TRACE(bytes.substr(0, 30));
    const int status = send_raw(bytes);
    EXPECT_TRUE(status == 0 || status == 400 || status == 414 || status == 431 || status == 505) << status;
  }
}

TEST_F(BadInput, HugeHeaderLine) {
  EXPECT_EQ(send_raw(head("X-Huge: " + std::string(1 << 20, 'x') + "\r\n\r\n")), 431);
  EXPECT_EQ(send_raw("GET /" + std::string(1 << 20, 'x') + " HTTP/1.1\r\n\r\n"), 414);
  EXPECT_EQ(send_raw(head(std::string(1 << 20, 'x') + ": 1\r\n\r\n")), 431);
}

TEST_F(BadInput, EndlessBodies) {
  // The server answers long before the announced end, and does not read on for ever.
  RawClient json(stranger());
  json.send(head("Transfer-Encoding: chunked\r\n\r\n"));
  const std::string chunk = "1000\r\n" + std::string(4096, ' ') + "\r\n";
  int sent = 0;
  while (sent < 10'000 && !json.readable_within(std::chrono::milliseconds{0}) && json.try_send(chunk)) ++sent;
  EXPECT_LT(sent, 10'000);
  EXPECT_EQ(json.read_answer().status, 413);
}

TEST_F(BadInput, Documents) {
  const std::string deep_list = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"BAD-1","x":)" +
                                std::string(20'000, '[') + std::string(20'000, ']') + "}";
  std::string deep_object = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"BAD-1","x":)";
  for (int i = 0; i < 5'000; ++i) deep_object += R"({"a":)";
  deep_object += "1" + std::string(5'001, '}');
  std::string with_nul(good_);
  with_nul[with_nul.find("BAD") + 1] = '\0';
  for (const std::string& body : {
           std::string("\0", 1),
           with_nul,
           std::string(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"a\u0000b"})"),
           std::string("{\"appLinkName\":\"Jira6QC11Req\",\"origin\":\"source\",\"id\":\"\xC0\xAF\"}"),
           std::string("{\"appLinkName\":\"Jira6QC11Req\",\"origin\":\"source\",\"id\":\"\xED\xA0\x80\"}"),
           std::string(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"\uD800"})"),
           std::string("\xFF\xFE{\0", 4),
           deep_list,
           deep_object,
           std::string(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":1e400})"),
           std::string(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":-99999999999999999999999})"),
           std::string(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":NaN})"),
           std::string(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":0x10})"),
           std::string(R"({"appLinkName":"Jira6QC11Req","appLinkName":"Jira6QC11Req","origin":"source","id":"1"})"),
           std::string(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"1"}{})"),
           std::string(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"1",})"),
           std::string(R"(/**/{"appLinkName":"Jira6QC11Req","origin":"source","id":"1"})"),
           std::string("appLinkName=Jira6QC11Req&origin=source&id=1"),
           std::string("<push/>"),
       }) {
    SCOPED_TRACE(body.substr(0, 100));
    EXPECT_EQ(send_raw(to_bytes(body_form(body))), 400);
  }
}

/// An id is text: it never becomes a path, a query or a URL. These are well-formed pushes of records that don't exist.
class OddIds : public ContractTest {};

TEST_F(OddIds, NeverLeaveTheirFolder) {
  support::write_file(daemon().folder() / "records/secret.json",
                      R"({"id":"secret","type":"Story","fields":{"summary":"secret"},"comments":[],"attachments":[]})");
  for (const char* id : {"../../etc/passwd", "..", ".", "/etc/passwd", "../../secret", "%2e%2e%2f%2e%2e%2fsecret",
                         "..\\..\\secret", "~root", "$(id)", "`id`", "'; DROP TABLE push; --", "a?b=c#d", "*", "CON"}) {
    SCOPED_TRACE(id);
    const Answer pushed =
        ask(stranger(), body_form(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":)" + json_string(id) + "}"));
    if (pushed.status == 400) continue;
    ASSERT_EQ(pushed.status, 201) << pushed.body;
    EXPECT_EQ(pushed.body, success("Jira6QC11Req", id));
    nlohmann::json push;
    ASSERT_TRUE(eventually([&] {
      push = nlohmann::json::parse(
          ask(stranger(), {.method = "GET", .target = pushed.header("Location"), .headers = {{"apikey", key()}}}).body);
      return push.at("state") != "waiting" && push.at("state") != "running";
    })) << push;
    EXPECT_EQ(push.at("id"), id);
    EXPECT_NE(push.value("outcome", ""), "synchronized") << push;
  }
  EXPECT_TRUE(support::read_records(daemon().right(), "QualityCenter").empty());
}

}  // namespace
}  // namespace syncservice::contract
