// Bodies that are streamed, and what a call tells of how far it came.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/tiny_server.hpp"
#include "syncservice/client/client.hpp"

namespace syncservice::client {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t small = std::size_t{64} * 1024;

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Gives `text` in pieces of at most `piece` bytes, and remembers the largest room that it was offered.
struct TextSource {
  std::string text;
  std::size_t piece = 1000;
  std::size_t given = 0, largest_room = 0;

  Source source() {
    return [this](std::span<char> room) -> Result<std::size_t> {
      largest_room = std::max(largest_room, room.size());
      const std::size_t count = text.copy(room.data(), std::min(room.size(), piece), given);
      given += count;
      return count;
    };
  }
};

std::string long_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

// Keeps the last request and answers it.
class Recorder {
 public:
  explicit Recorder(std::string answer = ok("done"))
      : server_{[this, answer = std::move(answer)](Peer& peer) {
          for (std::string next = peer.read_request(); !next.empty(); next = peer.read_request()) {
            request = next;
            ++requests;
            peer.write(answer);
          }
          if (request.empty()) cut = true;
        }} {}
  [[nodiscard]] std::string url() const { return server_.url("/file"); }

  std::string request;
  std::atomic<int> requests{0};
  std::atomic<bool> cut{false};

 private:
  TinyServer server_;
};

TEST(Streams, AnUploadIsTheBody) {
  Recorder server;
  TextSource text{long_text(3'000'000)};
  {
    Client client{{}};
    Trace trace;
    const auto answer = client.upload({"POST", server.url(), {{"Content-Type", "image/png"}}, ""},
                                      {text.source(), text.text.size(), {}}, {{}, {}, &trace});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "done");
    EXPECT_TRUE(trace.sent);
  }
  EXPECT_THAT(server.request, StartsWith("POST /file HTTP/1.1\r\n"));
  EXPECT_THAT(server.request, HasSubstr("\r\nContent-Length: 3000000\r\n"));
  EXPECT_THAT(server.request, HasSubstr("\r\nContent-Type: image/png\r\n"));
  EXPECT_TRUE(body_of(server.request) == text.text);
  EXPECT_LE(text.largest_room, small);
}

TEST(Streams, AnUploadCanBeTheFileOfAForm) {
  Recorder server;
  TextSource text{long_text(200'000)};
  {
    Client client{{}};
    const auto answer =
        client.upload({"POST", server.url(), {{"X-Atlassian-Token", "no-check"}}, ""},
                      {text.source(), text.text.size(), FormFile{"file", "grüße \"1\".png", "image/png"}});
    ASSERT_TRUE(answer) << answer.error().message;
  }
  EXPECT_THAT(server.request, HasSubstr("\r\nContent-Type: multipart/form-data; boundary="));
  EXPECT_THAT(server.request, HasSubstr("\r\nX-Atlassian-Token: no-check\r\n"));
  const std::string body = body_of(server.request);
  EXPECT_THAT(body.substr(0, 300),
              HasSubstr("Content-Disposition: form-data; name=\"file\"; filename=\"grüße %221%22.png\""));
  EXPECT_THAT(body.substr(0, 300), HasSubstr("Content-Type: image/png"));
  EXPECT_TRUE(body.find("\r\n\r\n" + text.text + "\r\n--") != std::string::npos);
  EXPECT_THAT(body, EndsWith("--\r\n"));
  EXPECT_LE(text.largest_room, small);
}

TEST(Streams, AFormMayHavePartsBeforeTheFile) {
  Recorder server;
  TextSource text{"content"};
  FormFile file{"file", "a.txt", "text/plain", {{"filename", "grüße.txt"}, {"description", ""}}};
  {
    Client client{{}};
    const auto answer = client.upload({"POST", server.url(), {}, ""}, {text.source(), 7, file});
    ASSERT_TRUE(answer) << answer.error().message;
    file.before = {{"na\r\nme", "x"}};
    EXPECT_FALSE(client.upload({"POST", server.url(), {}, ""}, {text.source(), 7, file}));
  }
  const std::string body = body_of(server.request);
  const std::size_t name = body.find("name=\"filename\"\r\n\r\ngrüße.txt\r\n--");
  const std::size_t description = body.find("name=\"description\"\r\n\r\n\r\n--");
  const std::size_t content = body.find("\r\n\r\ncontent\r\n--");
  ASSERT_NE(name, std::string::npos) << body;
  ASSERT_NE(content, std::string::npos) << body;
  EXPECT_LT(name, description);
  EXPECT_LT(description, content);
}

TEST(Streams, AnEmptyUploadIsOne) {
  Recorder server;
  for (const bool form : {false, true}) {
    TextSource nothing;
    Client client{{}};
    const auto answer =
        client.upload({"POST", server.url(), {}, ""},
                      {nothing.source(), 0, form ? std::optional{FormFile{"file", "a", "a/b"}} : std::nullopt});
    ASSERT_TRUE(answer) << answer.error().message;
  }
  EXPECT_EQ(server.requests, 2);
}

TEST(Streams, AnUploadOfAnotherSizeIsLeftIncomplete) {
  for (const std::uint64_t said : {0U, 9U, 11U}) {
    for (const bool form : {false, true}) {
      Recorder server;
      TextSource text{"0123456789"};
      Trace trace;
      Client client{{}};
      const auto answer = client.upload(
          {"POST", server.url(), {}, ""},
          {text.source(), said, form ? std::optional{FormFile{"f", "a", "a/b"}} : std::nullopt}, {{}, {}, &trace});
      ASSERT_FALSE(answer) << said;
      EXPECT_EQ(answer.error().code, make_error_code(Errc::bad_source)) << answer.error().message;
      EXPECT_EQ(answer.error().failure, FailureClass::permanent);
      EXPECT_FALSE(trace.sent);
      EXPECT_EQ(server.requests, 0);
    }
  }
}

TEST(Streams, WhatStopsASourceIsTheResult) {
  Recorder server;
  Client client{{}};
  const Source failing = [](std::span<char>) -> Result<std::size_t> {
    return Error{{}, "The other side is away.", FailureClass::throttled, {}};
  };
  const auto answer = client.upload({"POST", server.url(), {}, ""}, {failing, 5, {}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "The other side is away.");
  EXPECT_EQ(answer.error().failure, FailureClass::throttled);
  const Source throwing = [](std::span<char>) -> Result<std::size_t> { throw std::runtime_error("thrown"); };
  EXPECT_THROW(static_cast<void>(client.upload({"POST", server.url(), {}, ""}, {throwing, 5, {}})), std::runtime_error);
  EXPECT_EQ(server.requests, 0);
}

TEST(Streams, AStopEndsAnUpload) {
  Recorder server;
  std::stop_source stop;
  Client client{{}};
  Trace trace;
  const Source endless = [&](std::span<char> room) -> Result<std::size_t> {
    stop.request_stop();
    room.front() = 'x';
    return std::size_t{1};
  };
  const auto answer =
      client.upload({"POST", server.url(), {}, ""}, {endless, 10'000'000, {}}, {stop.get_token(), {}, &trace});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, make_error_code(Errc::interrupted));
  EXPECT_FALSE(trace.sent);
}

TEST(Streams, ABodyBesideTheUploadIsRefused) {
  Client client{{}};
  TextSource text{"x"};
  EXPECT_EQ(client.upload({"POST", "http://localhost/", {}, "body"}, {text.source(), 1, {}}).error().code,
            make_error_code(Errc::bad_request));
  EXPECT_EQ(client
                .upload({"POST", "http://localhost/", {{"content-type", "a/b"}}, ""},
                        {text.source(), 1, FormFile{"file", "a", "a/b"}})
                .error()
                .code,
            make_error_code(Errc::bad_request));
  EXPECT_EQ(client.upload({"POST", "http://localhost/", {}, ""}, {text.source(), 1, FormFile{"file", "a\r\nb", "a/b"}})
                .error()
                .code,
            make_error_code(Errc::bad_request));
}

TEST(Streams, ADownloadGoesToTheSinkBeyondTheLimitOfAnAnswer) {
  const std::string content = long_text(2'000'000);
  Recorder server{ok(content)};
  Settings settings;
  settings.max_response_bytes = 1000;
  Client client{settings};
  std::string got;
  std::size_t largest = 0;
  const auto answer = client.download({"GET", server.url(), {}, ""}, [&](std::string_view piece) -> Result<void> {
    got += piece;
    largest = std::max(largest, piece.size());
    return {};
  });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "");
  EXPECT_TRUE(got == content);
  EXPECT_LE(largest, small);
}

TEST(Streams, OnlyAGoodAnswerGoesToTheSink) {
  Recorder server{"HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nmissing"};
  Client client{{}};
  std::string got;
  const auto answer = client.download({"GET", server.url(), {}, ""}, [&](std::string_view piece) -> Result<void> {
    got += piece;
    return {};
  });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 404U);
  EXPECT_EQ(answer->body, "missing");
  EXPECT_EQ(got, "");
}

TEST(Streams, WhatStopsASinkIsTheResult) {
  Recorder server;
  Client client{{}};
  const auto answer = client.download({"GET", server.url(), {}, ""}, [](std::string_view) -> Result<void> {
    return Error{{}, "The disk is full.", FailureClass::internal, {}};
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "The disk is full.");
}

TEST(Streams, ACutDownloadFails) {
  TinyServer server{[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  }};
  Client client{{}};
  const auto answer =
      client.download({"GET", server.url("/"), {}, ""}, [](std::string_view) -> Result<void> { return {}; });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, make_error_code(Errc::broken));
}

// A kept connection on which the next request is read and then answered by cutting it.
TEST(Writes, AreNotRepeatedOnAKeptConnectionThatIsCut) {
  std::atomic<int> posts{0};
  TinyServer server{[&](Peer& peer) {
    for (std::string next = peer.read_request(); !next.empty(); next = peer.read_request()) {
      if (next.starts_with("POST")) {
        ++posts;
        return;
      }
      peer.write(ok(""));
    }
  }};
  Client client{{}};
  ASSERT_TRUE(client.send({"GET", server.url("/"), {}, ""}));
  Trace trace;
  const auto answer = client.send({"POST", server.url("/"), {}, "{\"a\":1}"}, {{}, {}, &trace});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, make_error_code(Errc::broken)) << answer.error().message;
  EXPECT_TRUE(trace.sent);
  EXPECT_EQ(posts, 1);
}

TEST(Writes, WithoutABodyTakeANewConnectionSoThatTheyAreNotRepeatedEither) {
  std::atomic<int> posts{0}, kept{-1};
  TinyServer server{[&](Peer& peer) {
    if (peer.read_request().starts_with("POST")) {
      ++posts;
      return;
    }
    peer.write(ok(""));
    kept = ::dup(peer.socket());  // open, and never read again
  }};
  Client client{{}};
  ASSERT_TRUE(client.send({"GET", server.url("/"), {}, ""}));
  const auto answer = client.send({"POST", server.url("/"), {}, ""});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, make_error_code(Errc::broken)) << answer.error().message;
  EXPECT_EQ(posts, 1);
  ::close(kept);
}

TEST(Traces, TellWhetherTheServerCanHaveTheRequest) {
  std::string closed;
  {
    TinyServer server{[](Peer&) {}};
    closed = server.url("/");
  }
  Client client{{}};
  Trace trace{true};
  ASSERT_FALSE(client.send({"POST", closed, {}, "x"}, {{}, {}, &trace}));
  EXPECT_FALSE(trace.sent);

  trace.sent = true;
  const auto late = std::chrono::steady_clock::now() - std::chrono::seconds{1};
  ASSERT_FALSE(client.send({"POST", closed, {}, "x"}, {{}, late, &trace}));
  EXPECT_FALSE(trace.sent);

  TinyServer silent{[](Peer& peer) {
    peer.read_request();
    peer.wait_for_close();
  }};
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds{50};
  const auto answer = client.send({"POST", silent.url("/"), {}, "x"}, {{}, soon, &trace});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, make_error_code(Errc::timeout));
  EXPECT_TRUE(trace.sent);
}

TEST(Proxies, GetTheirCredentialsAndAreNeverPrintedWithThem) {
  Recorder proxy;
  {
    Settings settings;
    settings.proxy = "http://jane:s%40cret@" + proxy.url().substr(7);
    Client client{settings};
    const auto answer = client.send({"GET", "http://tracker.acme.com/x", {}, ""});
    ASSERT_TRUE(answer) << answer.error().message;
  }
  EXPECT_THAT(proxy.request, StartsWith("GET http://tracker.acme.com/x HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.request, HasSubstr("\r\nProxy-Authorization: Basic amFuZTpzQGNyZXQ=\r\n"));
  for (const char* bad :
       {"gopher://jane:secret@proxy/", "http://jane:secret@proxy:99999", "http://jane:secret@pr oxy"}) {
    Settings settings;
    settings.proxy = bad;
    const auto answer = Client{settings}.send({"GET", "http://localhost/", {}, ""});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, make_error_code(Errc::bad_request)) << bad;
    EXPECT_THAT(answer.error().message, HasSubstr("proxy"));
    EXPECT_THAT(answer.error().message, Not(HasSubstr("secret")));
  }
}

TEST(Proxies, ATunnelThatIsRefusedSendsNothing) {
  TinyServer proxy{[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    peer.wait_for_close();
  }};
  Settings settings;
  settings.proxy = proxy.url("");
  Client client{settings};
  Trace trace;
  const auto answer = client.send({"POST", "https://tracker.acme.com/x", {}, "body"}, {{}, {}, &trace});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, make_error_code(Errc::connect));
  EXPECT_THAT(answer.error().message, HasSubstr("407"));
  EXPECT_FALSE(trace.sent);
}

TEST(Logins, AreSentAtOnce) {
  Recorder server;
  {
    Client client{{}};
    ASSERT_TRUE(client.send({"GET", server.url(), {}, "", Login{"jane", "p:ä"}}));
  }
  EXPECT_THAT(server.request, HasSubstr("\r\nAuthorization: Basic amFuZTpwOsOk\r\n"));
}

TEST(Redirects, AreResolved) {
  EXPECT_EQ(resolve_url("https://a.com/x/y?q=1", "../z?b=ü"), "https://a.com/z?b=%c3%bc");
  EXPECT_EQ(resolve_url("https://a.com/x", "//b.com/z"), "https://b.com/z");
  EXPECT_EQ(resolve_url("https://a.com/x", "http://b.com"), "http://b.com/");
  EXPECT_EQ(resolve_url("https://a.com/x", "ftp://b.com/"), std::nullopt);
  EXPECT_EQ(resolve_url("https://a.com/x", "file:///etc/passwd"), std::nullopt);
}

TEST(HttpDates, AreReadInEveryForm) {
  const std::chrono::sys_seconds expected{std::chrono::seconds{784'111'777}};
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
    EXPECT_EQ(parse_http_date(text), expected) << text;
  for (const char* text : {"", "120", "soon"}) EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

}  // namespace
}  // namespace syncservice::client
