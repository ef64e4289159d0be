// What an answer, or the lack of one, means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rest/fixture.hpp"

namespace syncservice::rest {
namespace {

using adapter::CallContext;
using adapter::Failure;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string words(const nlohmann::json& body) {
  const auto found = body.is_object() ? body.find("error") : body.end();
  return body.is_object() && found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

const Vendor tracker{"Tracker", words, {}};

// What one answer makes of a read and of a write.
std::pair<Error, Error> errors_of(const std::string& text) {
  Scripted server{{text}};
  const Server app{endpoint_at(server.url()), Basic{"jane", "secret"}, tracker};
  const auto read = app.json(reading(app), {});
  const auto written = app.json(writing(app), {});
  EXPECT_FALSE(read) << text;
  EXPECT_FALSE(written) << text;
  if (read || written) return {};
  EXPECT_THAT(read.error().message + written.error().message, Not(HasSubstr("secret")));
  return {read.error(), written.error()};
}

TEST(Answers, OfJsonAreRead) {
  Scripted server{{answer("200 OK", R"({"a":[1,"ü"]})"), "HTTP/1.1 204 No Content\r\n\r\n"}};
  const Server app{endpoint_at(server.url("/jira")), Basic{"jane", "secret"}, tracker};
  Call call = reading(app, "/rest/api");
  call.method = "POST";
  call.headers = {{"X-Own", "1"}};
  call.with(nlohmann::json{{"text", "a\xff\"b"}});
  const auto read = app.json(call, {});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, nlohmann::json::parse(R"({"a":[1,"ü"]})"));
  const auto nothing = app.json(reading(app), {});
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_TRUE(nothing->is_null());
  const std::string request = server.requests().front();
  EXPECT_THAT(request, testing::StartsWith("POST /jira/rest/api HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nAuthorization: Basic amFuZTpzZWNyZXQ=\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nAccept: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Own: 1\r\n"));
  EXPECT_THAT(request, testing::EndsWith("{\"text\":\"a\uFFFD\\\"b\"}"));
  EXPECT_THAT(server.requests().back(), Not(HasSubstr("Content-Type")));
}

TEST(Answers, EveryStatusHasItsMeaning) {
  struct Case {
    const char* status;
    Failure read, written;
  };
  for (const auto& [status, read, written] : {Case{"400 Bad Request", Failure::refused, Failure::refused},
                                              {"401 Unauthorized", Failure::unauthorized, Failure::unauthorized},
                                              {"403 Forbidden", Failure::refused, Failure::refused},
                                              {"404 Not Found", Failure::not_found, Failure::not_found},
                                              {"405 No", Failure::refused, Failure::refused},
                                              {"408 Request Timeout", Failure::unavailable, Failure::unavailable},
                                              {"409 Conflict", Failure::unavailable, Failure::unavailable},
                                              {"410 Gone", Failure::refused, Failure::refused},
                                              {"413 Too Large", Failure::refused, Failure::refused},
                                              {"429 Too Many", Failure::throttled, Failure::throttled},
                                              {"500 Oops", Failure::unavailable, Failure::uncertain},
                                              {"501 No", Failure::refused, Failure::refused},
                                              {"502 Bad Gateway", Failure::unavailable, Failure::uncertain},
                                              {"503 Busy", Failure::unavailable, Failure::uncertain},
                                              {"504 Timeout", Failure::unavailable, Failure::uncertain}}) {
    const auto [of_read, of_write] = errors_of(answer(status, R"({"error":"their words"})"));
    EXPECT_EQ(of_read.code, read) << status << ": " << of_read.message;
    EXPECT_EQ(of_write.code, written) << status << ": " << of_write.message;
    EXPECT_THAT(of_read.message, AllOf(HasSubstr("Tracker"), HasSubstr("their words"),
                                       HasSubstr("reading record \"1\""), HasSubstr(std::string{status}.substr(0, 3))));
  }
}

TEST(Answers, ThatAskUsToWaitSayHowLong) {
  const auto [throttled, write] = errors_of(answer("429 Too Many", "{}", "Retry-After: 7\r\n"));
  EXPECT_EQ(throttled.retry_after, seconds{7});
  EXPECT_EQ(write.retry_after, seconds{7});
  const auto [busy, busy_write] = errors_of(answer("503 Busy", "{}", "Retry-After: 9\r\n"));
  EXPECT_EQ(busy.code, Failure::throttled);
  EXPECT_EQ(busy.retry_after, seconds{9});
  EXPECT_EQ(busy_write.code, Failure::uncertain);
  EXPECT_EQ(busy_write.retry_after, seconds{9});
}

TEST(Answers, TellTheRateLimit) {
  Scripted server{
      {answer("404 Not Found", "{}", "X-RateLimit-Remaining: 3\r\nX-RateLimit-Reset: 20\r\n"), answer("200 OK", "{}")}};
  const Server app{endpoint_at(server.url()), NoCredential{}, tracker};
  std::vector<adapter::RateLimit> seen;
  CallContext context;
  context.saw_rate_limit = [&](const adapter::RateLimit& limit) { seen.push_back(limit); };
  EXPECT_FALSE(app.json(reading(app), context));
  EXPECT_TRUE(app.json(reading(app), context));
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen.front().remaining, 3U);
  EXPECT_EQ(seen.front().resets_in, seconds{20});
}

TEST(Answers, APageIsNeverTheApisAnswer) {
  const auto page = [](const char* status, const std::string& title) {
    return answer(status, "<!DOCTYPE html><html><head><title>" + title + "</title></head></html>", {}, "text/html");
  };
  const auto [login, login_write] = errors_of(page("200 OK", "Log in - Tracker"));
  EXPECT_EQ(login.code, Failure::unauthorized);
  EXPECT_EQ(login_write.code, Failure::unauthorized);
  EXPECT_THAT(login.message, AllOf(HasSubstr("HTML"), HasSubstr("\"Log in - Tracker\""), HasSubstr("credentials")));
  const auto [asleep, asleep_write] = errors_of(page("200 OK", "Instance Hibernating page"));
  EXPECT_EQ(asleep.code, Failure::unavailable);
  EXPECT_EQ(asleep_write.code, Failure::uncertain);
  EXPECT_THAT(asleep.message, HasSubstr("\"Instance Hibernating page\""));
  EXPECT_EQ(errors_of(page("401 Unauthorized", "x")).first.code, Failure::unauthorized);
  const auto [missing, missing_write] = errors_of(page("404 Not Found", "Apache"));
  EXPECT_EQ(missing.code, Failure::unavailable) << "a record is not gone because a proxy says so";
  EXPECT_EQ(missing_write.code, Failure::unavailable);
  EXPECT_THAT(missing.message, HasSubstr("url"));
  EXPECT_EQ(errors_of(page("502 Bad Gateway", "nginx")).second.code, Failure::uncertain);
  EXPECT_EQ(errors_of(answer("200 OK", "  <html><body>hello", {}, "text/plain")).first.code, Failure::unavailable);
}

TEST(Answers, OfBrokenJsonAreClear) {
  const auto [read, written] = errors_of(answer("200 OK", "{\"a\": 1"));
  EXPECT_EQ(read.code, Failure::malformed);
  EXPECT_EQ(written.code, Failure::uncertain);
  EXPECT_THAT(read.message, AllOf(HasSubstr("no JSON"), HasSubstr("{\"a\": 1")));
}

TEST(Answers, RedirectsAreNotFollowed) {
  Scripted elsewhere{{answer("200 OK", "{}")}};
  Scripted server{{answer("302 Found", "", "Location: " + elsewhere.url("/saml/login?ticket=secret") + "\r\n"),
                   answer("301 Moved", "", "Location: https://new.acme.com/api\r\n")}};
  const Server app{endpoint_at(server.url()), Basic{"jane", "secret"}, tracker};
  const auto login = app.json(reading(app), {});
  ASSERT_FALSE(login);
  EXPECT_EQ(login.error().code, Failure::unauthorized);
  EXPECT_THAT(login.error().message, AllOf(HasSubstr("/saml/login"), HasSubstr("sign-in"), Not(HasSubstr("secret"))));
  const auto moved = app.json(writing(app), {});
  ASSERT_FALSE(moved);
  EXPECT_THAT(moved.error().message, AllOf(HasSubstr("https://new.acme.com/api"), HasSubstr("setting url")));
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST(Answers, TheVendorLooksFirst) {
  Scripted server{{answer("200 OK", "{}", "X-Reason: DENIED\r\n")}};
  Vendor vendor = tracker;
  vendor.judge = [](const client::Response& response, const Call& call) -> std::optional<Error> {
    if (response.header("X-Reason") != "DENIED") return std::nullopt;
    return adapter::make_error(Failure::unauthorized, "Denied when " + call.doing + ".");
  };
  const Server app{endpoint_at(server.url()), NoCredential{}, vendor};
  const auto read = app.json(reading(app), {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "Denied when reading record \"1\".");
}

TEST(LostAnswers, OfAWriteAreUncertain) {
  const auto [read, written] = errors_of("");
  EXPECT_EQ(read.code, Failure::unavailable);
  EXPECT_EQ(written.code, Failure::uncertain);
  const auto [cut_read, cut_write] = errors_of("HTTP/1.1 200 OK\r\nContent-Le");
  EXPECT_EQ(cut_write.failure, FailureClass::transient);
  EXPECT_EQ(cut_read.failure, FailureClass::transient);
}

TEST(LostAnswers, OfWhatWasNotSentAreNot) {
  std::string closed;
  {
    Scripted server{{""}};
    closed = server.url();
  }
  const Server app{endpoint_at(closed), NoCredential{}, tracker};
  EXPECT_EQ(app.json(writing(app), {}).error().code, Failure::unavailable);
  CallContext late;
  late.deadline = std::chrono::steady_clock::now() - seconds{1};
  EXPECT_EQ(app.json(writing(app), late).error().code, Failure::timed_out);
  std::stop_source stop;
  stop.request_stop();
  CallContext stopped;
  stopped.stop = stop.get_token();
  EXPECT_EQ(app.json(writing(app), stopped).error().code, Failure::cancelled);
}

TEST(LostAnswers, AfterTheDeadlineAreUncertainForAWriteOnly) {
  client::TinyServer silent{[](client::Peer& peer) {
    peer.read_request();
    peer.wait_for_close();
  }};
  const Server app{endpoint_at(silent.url("")), NoCredential{}, tracker};
  const auto soon = [] {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{50};
    return context;
  };
  EXPECT_EQ(app.json(reading(app), soon()).error().code, Failure::timed_out);
  EXPECT_EQ(app.json(writing(app), soon()).error().code, Failure::uncertain);
  Call search = writing(app);
  search.only_reads = true;
  EXPECT_EQ(app.json(search, soon()).error().code, Failure::timed_out);
}

TEST(Connections, AreNoMoreThanAllowed) {
  std::atomic<bool> asked{false};
  client::TinyServer silent{[&](client::Peer& peer) {
    peer.read_request();
    asked = true;
    asked.notify_all();
    peer.wait_for_close();
  }};
  Endpoint endpoint = endpoint_at(silent.url(""));
  endpoint.max_connections = 1;
  const Server app{endpoint, NoCredential{}, tracker};
  std::stop_source stop;
  CallContext first;
  first.stop = stop.get_token();
  std::jthread busy{[&] { EXPECT_FALSE(app.json(reading(app), first)); }};
  asked.wait(false);
  CallContext second;
  second.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
  const auto waited = app.json(writing(app), second);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, Failure::timed_out) << "nothing was sent, so nothing is uncertain";
  stop.request_stop();
}

}  // namespace
}  // namespace syncservice::rest
