// What may and what may not travel over a connection: framing, smuggling shapes, pipelining, HTTP/1.0.
#include "http/fixture.hpp"

#include <string>
#include <vector>

namespace syncservice::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Wire : public ServerTest {
 protected:
  Wire() { start(); }
};

TEST_F(Wire, AnswersWithEverythingThatBelongsToAnAnswer) {
  const Answer answer = ask(post("/echo?a=b", "hello", "X-Tag: t\r\nX-Request-Id: Ab-1._\r\n"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "POST /echo?a=b t|hello");
  EXPECT_THAT(answer.head, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(answer.headers.at("server"), "syncservice");
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain");
  EXPECT_EQ(answer.headers.at("x-request-id"), "Ab-1._");
  EXPECT_THAT(answer.headers.at("date"),
              testing::MatchesRegex("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 2[0-9]{3} [0-9:]{8} GMT"));
  EXPECT_FALSE(answer.headers.contains("connection"));
}

struct Refused {
  const char* name;
  std::string request;
  unsigned status;
};

// Each of these must be answered with this status, then the connection must end, with nothing of the rest executed.
TEST_F(Wire, RefusesWhatTwoParsersCouldReadDifferently) {
  const std::string rest = "GET /who HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto head = [](const std::string& headers) { return "POST /echo HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n"; };
  const std::string nul(1, '\0');
  const std::vector<Refused> table{
      {"two lengths that differ", head("Content-Length: 1\r\nContent-Length: 2\r\n"), 400},
      {"two equal lengths", head("Content-Length: 1\r\nContent-Length: 1\r\n"), 400},
      {"a list of lengths", head("Content-Length: 1, 1\r\n"), 400},
      {"a signed length", head("Content-Length: +1\r\n"), 400},
      {"a negative length", head("Content-Length: -1\r\n"), 400},
      {"a hexadecimal length", head("Content-Length: 0x1\r\n"), 400},
      {"an empty length", head("Content-Length: \r\n"), 400},
      {"a length beyond 64 bits", head("Content-Length: 18446744073709551616\r\n"), 400},
      {"length and encoding", head("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"encoding and length", head("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), 400},
      {"two encodings", head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"encoding twice in one", head("Transfer-Encoding: chunked, chunked\r\n"), 501},
      {"unknown encoding", head("Transfer-Encoding: gzip\r\n"), 501},
      {"unknown encoding, then chunked", head("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"almost chunked", head("Transfer-Encoding: xchunked\r\n"), 501},
      {"chunked with a parameter", head("Transfer-Encoding: chunked;q=1\r\n"), 501},
      {"identity", head("Transfer-Encoding: identity\r\n"), 501},
      {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"blank before the colon", head("Content-Length : 1\r\n"), 400},
      {"tab before the colon", head("X\t: 1\r\n"), 400},
      {"folded line", head("X-A: b\r\n c\r\n"), 400},
      {"folded line with a tab", head("X-A: b\r\n\tc\r\n"), 400},
      {"folded empty value", head("X-A:\r\n chunked\r\n"), 400},
      {"folded into nothing", head("X-A: b\r\n \r\n"), 400},
      {"first line folded", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
      {"no name", head(": x\r\n"), 400},
      {"no colon", head("Content-Length 1\r\n"), 400},
      {"NUL in a name", head("X" + nul + "Y: 1\r\n"), 400},
      {"NUL in a value", head("X: a" + nul + "\r\n"), 400},
      {"bare LF after a value", head("X: a\nContent-Length: 1\r\n"), 400},
      {"bare CR in a value", head("X: a\rb\r\n"), 400},
      {"bare LF lines", "GET /who HTTP/1.1\nHost: x\n\n", 400},
      {"NUL in the target", "GET /who" + nul + " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"blank in the target", "GET /who am i HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"two blanks", "GET  /who HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"relative target", "GET who HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"authority", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"broken method", "GE(T /who HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"no version", "GET /who\r\nHost: x\r\n\r\n", 400},
      {"lower-case version", "GET /who http/1.1\r\nHost: x\r\n\r\n", 400},
      {"garbage after the version", "GET /who HTTP/1.1 x\r\nHost: x\r\n\r\n", 400},
      {"HTTP/2.0", "GET /who HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"HTTP/0.9", "GET /who HTTP/0.9\r\nHost: x\r\n\r\n", 505},
      {"HTTP/1.2", "GET /who HTTP/1.2\r\nHost: x\r\n\r\n", 505},
      {"no Host", "GET /who HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET /who HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
      {"Host with a path", "GET /who HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
      {"unknown expectation", head("Content-Length: 1\r\nExpect: 200-maybe\r\n"), 417},
      {"a TLS greeting", "\x16\x03\x01\x02" + nul + "\r\n\r\n", 400},
  };
  for (const Refused& refused : table) {
    SCOPED_TRACE(refused.name);
    Client client{port()};
    client.send(refused.request + rest);
    const auto answer = client.answer();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, refused.status) << answer->body;
    EXPECT_EQ(answer->headers.at("connection"), "close");
    EXPECT_FALSE(answer->body.empty());
    client.finish_sending();
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(Wire, RefusesBrokenChunks) {
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string nul(1, '\0');
  const std::vector<std::pair<const char*, std::string>> table{
      {"no size", "\r\nabc\r\n0\r\n\r\n"},
      {"not hex", "g\r\nabc\r\n0\r\n\r\n"},
      {"0x", "0x3\r\nabc\r\n0\r\n\r\n"},
      {"negative", "-3\r\nabc\r\n0\r\n\r\n"},
      {"beyond 64 bits", "10000000000000000\r\nabc\r\n0\r\n\r\n"},
      {"bare LF after the size", "3\nabc\r\n0\r\n\r\n"},
      {"bare CR after the size", "3\rabc\r\n0\r\n\r\n"},
      {"longer than it says", "3\r\nabcd\r\n0\r\n\r\n"},
      {"shorter than it says", "3\r\nab\r\n0\r\n\r\n"},
      {"no line end after the data", "3\r\nabc0\r\n\r\n"},
      {"broken extension", "3;=x\r\nabc\r\n0\r\n\r\n"},
      {"bare LF in an extension", "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n"},
      {"NUL in an extension", "3;a=\"" + nul + "\"\r\nabc\r\n0\r\n\r\n"},
      {"length in the trailers", "3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n"},
      {"encoding in the trailers", "3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"broken trailer", "3\r\nabc\r\n0\r\nX : y\r\n\r\n"},
      {"folded trailer", "3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n"},
  };
  for (const auto& [name, body] : table) {
    SCOPED_TRACE(name);
    Client client{port()};
    client.send(head + body + "GET /who HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = client.answer();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 400U);
    EXPECT_EQ(answer->headers.at("connection"), "close");
    client.finish_sending();
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(Wire, ReadsChunkedBodies) {
  Client client{port()};
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\nX-Tag: t\r\n\r\n";
  client.send(head + "3\r\nabc\r\n00A;name=\"v;\\\"\";n ; m=1\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(client.answer().value().body, "POST /echo t|abc0123456789");
  client.send(head + "0\r\n\r\n");
  EXPECT_EQ(client.answer().value().body, "POST /echo t|");
}

TEST_F(Wire, ReadsAllKindsOfTargets) {
  EXPECT_EQ(ask("GET http://any.where/who HTTP/1.1\r\nHost: x\r\n\r\n").status, 200U);
  EXPECT_EQ(ask("GET HTTP://x HTTP/1.1\r\nHost: x\r\n\r\n").status, 404U);
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status, 404U);
  EXPECT_EQ(ask("GET /pair/a%2Fb/%C3%A4?x=y/z HTTP/1.1\r\nHost: x\r\n\r\n").body, "[a/b][ä]");
}

TEST_F(Wire, AnswersPipelinedRequestsInOrder) {
  std::string requests;
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string body(static_cast<std::size_t>(i % 50), 'b');
    requests += post("/echo", body, "X-Tag: " + std::to_string(i) + "\r\n");
    expected += "POST /echo " + std::to_string(i) + "|" + body + "\n";
  }
  Client client{port()};
  client.send(requests);
  std::string bodies;
  for (int i = 0; i < 500; ++i) bodies += client.answer().value_or(Answer{}).body + "\n";
  EXPECT_EQ(bodies, expected);
}

TEST_F(Wire, DoesNotCareWhereThePacketsEnd) {
  const std::string requests = post("/echo", "first body", "X-Tag: 1\r\n") + "\r\n" +
                               "POST /echo HTTP/1.1\r\nHost: x\r\nX-Tag: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: 1\r\n\r\n" +
                               "GET /pair/a/b HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t split = 1; split < requests.size(); ++split) {
    Client client{port()};
    client.send(requests.substr(0, split));
    // The answers to what is complete by then show that the server has read this part.
    client.send(requests.substr(split));
    ASSERT_EQ(client.answer().value_or(Answer{}).body, "POST /echo 1|first body") << split;
    ASSERT_EQ(client.answer().value_or(Answer{}).body, "POST /echo 2|hello world") << split;
    ASSERT_EQ(client.answer().value_or(Answer{}).body, "[a][b]") << split;
  }
}

TEST_F(Wire, TakesARequestByteByByte) {
  Client client{port()};
  for (const char c : post("/echo", "0123456789", "X-Tag: slow\r\n")) client.send({&c, 1});
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "POST /echo slow|0123456789");
  for (const char c : std::string{"POST /discard HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "3\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n"}) {
    client.send({&c, 1});
  }
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "5");
}

TEST_F(Wire, KeepsOrEndsTheConnectionAsAsked) {
  Client kept{port()};
  kept.send("GET /who HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(kept.answer().value_or(Answer{}).status, 200U);
  kept.send("GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(kept.answer().value_or(Answer{}).headers["connection"], "close");
  EXPECT_TRUE(kept.closed());

  Client old{port()};
  old.send("GET /who HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.answer().value_or(Answer{}).headers["connection"], "keep-alive");
  old.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(old.answer().value_or(Answer{}).body, "POST /echo |hi");
  EXPECT_TRUE(old.closed());
}

TEST_F(Wire, AnswersAClientThatHasFinishedSending) {
  Client client{port()};
  client.send("GET /who HTTP/1.1\r\nHost: x\r\n\r\n");
  client.finish_sending();
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 200U);
  EXPECT_TRUE(client.closed());
}

TEST_F(Wire, TellsWhoEndsInTheMiddle) {
  for (const char* begun :
       {"GET /who HTTP/1.1\r\nHo", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    Client client{port()};
    client.send(begun);
    client.finish_sending();
    EXPECT_EQ(client.answer().value_or(Answer{}).status, 400U) << begun;
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(Wire, AnswersHeadWithoutABody) {
  Client client{port()};
  client.send("HEAD /who HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = client.answer(true).value_or(Answer{});
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.headers.at("content-length"), "18");
  const auto nothing = client.answer().value_or(Answer{});
  EXPECT_EQ(nothing.status, 204U);
  EXPECT_FALSE(nothing.headers.contains("content-length"));
  client.send("GET /who HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "127.0.0.1 loopback");
}

TEST_F(Wire, SendsContinueOnlyWhenTheBodyIsWanted) {
  const std::string expecting = "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  Client wanted{port()};
  wanted.send("POST /echo HTTP/1.1\r\nHost: x\r\n" + expecting);
  ASSERT_TRUE(wanted.await("\r\n\r\n"));
  EXPECT_EQ(wanted.answer().value_or(Answer{}).head, "HTTP/1.1 100 Continue\r\n\r\n");
  wanted.send("hello");
  EXPECT_EQ(wanted.answer().value_or(Answer{}).body, "POST /echo |hello");

  Client unwanted{port()};
  unwanted.send("POST /ignore HTTP/1.1\r\nHost: x\r\n" + expecting);
  const auto answer = unwanted.answer().value_or(Answer{});
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(unwanted.closed());

  Client hasty{port()};
  hasty.send("POST /echo HTTP/1.1\r\nHost: x\r\n" + expecting + "hello");
  EXPECT_EQ(hasty.answer().value_or(Answer{}).body, "POST /echo |hello");

  Client old{port()};
  old.send("POST /echo HTTP/1.0\r\n" + expecting);
  EXPECT_TRUE(old.quiet_for(std::chrono::milliseconds{50}));
  old.send("hello");
  EXPECT_EQ(old.answer().value_or(Answer{}).body, "POST /echo |hello");
}

TEST_F(Wire, ReadsPastABodyThatNobodyWanted) {
  Client client{port()};
  client.send(post("/ignore", std::string(60'000, 'x')) +
              "POST /ignore HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
              "GET /who HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 201U);
  EXPECT_EQ(client.answer().value_or(Answer{}).status, 201U);
  EXPECT_EQ(client.answer().value_or(Answer{}).body, "127.0.0.1 loopback");
}

TEST_F(Wire, MakesARequestIdUnlessTheClientsIsSane) {
  std::string last;
  for (const std::string& id : {std::string{}, std::string{"a b"}, std::string{"\xC3\xA4"}, std::string(129, 'a')}) {
    const Answer answer = ask("GET /who HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + id + "\r\n\r\n");
    const std::string& made = answer.headers.at("x-request-id");
    EXPECT_THAT(made, testing::MatchesRegex("[0-9a-f]{16}")) << id;
    EXPECT_NE(made, last);
    last = made;
  }
  const std::string longest(128, 'a');
  EXPECT_EQ(ask("GET /who HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + longest + "\r\n\r\n").headers.at("x-request-id"),
            longest);
}

TEST_F(Wire, HidesWhatWentWrongInsideBehindAnIncident) {
  const Answer answer = ask("GET /fail?apikey=hidden HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status, 500U);
  ASSERT_THAT(answer.body, testing::MatchesRegex("internal error, incident [0-9a-f]{16}"));
  const std::string incident = answer.body.substr(answer.body.size() - 16);
  EXPECT_THAT(log_text(), HasSubstr("incident=" + incident));
  EXPECT_THAT(log_text(), HasSubstr("secret inside"));
  EXPECT_THAT(log_text(), Not(HasSubstr("hidden")));
}

TEST_F(Wire, NeverLetsAHeaderBreakOut) {
  const Answer answer = ask("GET /inject HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status, 500U);
  EXPECT_THAT(answer.head, Not(HasSubstr("Set-Cookie")));
}

TEST_F(Wire, TellsAWrongPathFromAWrongMethod) {
  EXPECT_EQ(ask("GET /none HTTP/1.1\r\nHost: x\r\n\r\n").status, 404U);
  EXPECT_EQ(ask("GET /pair/a/%zz HTTP/1.1\r\nHost: x\r\n\r\n").status, 400U);
  const Answer answer = ask("PUT /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status, 405U);
  EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD, POST");
}

}  // namespace
}  // namespace syncservice::http::test
