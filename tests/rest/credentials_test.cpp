// Signing in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <thread>

#include "rest/fixture.hpp"

namespace syncservice::rest {
namespace {

using adapter::Failure;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const Vendor tracker{"Tracker", {}, {}};

std::string token(const std::string& text, int life) {
  return answer("200 OK", R"({"access_token":")" + text + R"(","token_type":"Bearer","expires_in":)" +
                              std::to_string(life) + "}");
}

// One server for tokens and calls; the answers come in the order of the requests.
class OAuthTest : public testing::Test {
 protected:
  Server& app(std::vector<std::string> answers, OAuth::Grant grant = OAuth::Grant::client_credentials) {
    app_.reset();  // closes its connections, for which the server waits
    server_ = std::make_unique<Scripted>(std::move(answers));
    OAuth oauth{grant, server_->url("/oauth_token.do"), "id", "s&cret", "jane", "pass word", ""};
    app_ = std::make_unique<Server>(endpoint_at(server_->url()), oauth, tracker, clock_);
    return *app_;
  }
  [[nodiscard]] std::vector<std::string> requests() const { return server_->requests(); }
  [[nodiscard]] int sign_ins() const {
    int count = 0;
    for (const std::string& request : requests()) count += request.starts_with("POST /oauth_token.do ") ? 1 : 0;
    return count;
  }

  std::shared_ptr<support::FakeClock> clock_ = std::make_shared<support::FakeClock>();
  std::unique_ptr<Scripted> server_;
  std::unique_ptr<Server> app_;
};

const std::string fine = answer("200 OK", "{}"), expired = answer("401 Unauthorized", "{}");

TEST(Credentials, OfEveryKindAreSent) {
  Scripted server{{fine}};
  const auto header_of = [&](const Credential& credential) {
    const Server app{endpoint_at(server.url()), credential, tracker};
    EXPECT_TRUE(app.json(reading(app), {}));
    return server.requests().back();
  };
  EXPECT_THAT(header_of(NoCredential{}), Not(HasSubstr("Authorization")));
  EXPECT_THAT(header_of(Basic{"jane", "secret"}), HasSubstr("\r\nAuthorization: Basic amFuZTpzZWNyZXQ=\r\n"));
  EXPECT_THAT(header_of(Bearer{"t0ken"}), HasSubstr("\r\nAuthorization: Bearer t0ken\r\n"));
  EXPECT_THAT(header_of(ApiKey{"x-sn-apikey", "k"}), HasSubstr("\r\nx-sn-apikey: k\r\n"));
}

TEST(Credentials, GoToNoOtherOrigin) {
  Scripted server{{fine}}, other{{fine}};
  const Server app{endpoint_at(server.url()), Bearer{"t0ken"}, tracker};
  Call call = reading(app);
  call.url = Url{other.url("/file")};
  EXPECT_TRUE(app.json(call, {}));
  EXPECT_THAT(other.requests().at(0), Not(HasSubstr("Authorization")));
}

TEST_F(OAuthTest, ATokenIsFetchedOnceAndKept) {
  Server& server = app({token("t1", 1800), fine});
  EXPECT_TRUE(server.json(reading(server), {}));
  EXPECT_TRUE(server.json(reading(server), {}));
  const auto sent = requests();
  ASSERT_THAT(sent, SizeIs(3));
  EXPECT_THAT(sent[0], StartsWith("POST /oauth_token.do "));
  EXPECT_THAT(sent[0], HasSubstr("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
  EXPECT_THAT(sent[0], testing::EndsWith("\r\n\r\ngrant_type=client_credentials&client_id=id&client_secret=s%26cret"));
  EXPECT_THAT(sent[0], Not(HasSubstr("Authorization")));
  for (const std::size_t call : {1U, 2U}) EXPECT_THAT(sent[call], HasSubstr("\r\nAuthorization: Bearer t1\r\n"));
}

TEST_F(OAuthTest, ThePasswordGrantSendsThePassword) {
  Server& server = app({token("t1", 1800), fine}, OAuth::Grant::password);
  EXPECT_TRUE(server.json(reading(server), {}));
  EXPECT_THAT(requests()[0], testing::EndsWith("\r\n\r\ngrant_type=password&client_id=id&client_secret=s%26cret&"
                                               "username=jane&password=pass%20word"));
}

TEST_F(OAuthTest, ATokenIsRenewedBeforeItExpires) {
  Server& server = app({token("t1", 1800), fine, token("t2", 20), fine, token("t3", 1800), fine});
  EXPECT_TRUE(server.json(reading(server), {}));
  clock_->advance(seconds{1741});
  EXPECT_TRUE(server.json(reading(server), {}));
  EXPECT_THAT(requests().back(), HasSubstr("Bearer t2"));
  clock_->advance(seconds{11});  // a short life is used up to its half
  EXPECT_TRUE(server.json(reading(server), {}));
  EXPECT_THAT(requests().back(), HasSubstr("Bearer t3"));
  EXPECT_EQ(sign_ins(), 3);
}

TEST_F(OAuthTest, ARejectedTokenIsRenewedOnce) {
  Server& server = app({token("t1", 1800), expired, token("t2", 1800), fine});
  const auto written = server.json(writing(server), {});
  EXPECT_TRUE(written) << written.error().message;
  EXPECT_THAT(requests().back(), AllOf(StartsWith("POST /record "), HasSubstr("Bearer t2"), testing::EndsWith("{}")));
  EXPECT_EQ(sign_ins(), 2);
}

TEST_F(OAuthTest, ATokenThatIsRejectedTwiceIsAuth) {
  Server& server = app({token("t1", 1800), expired, token("t2", 1800), expired});
  const auto read = server.json(reading(server), {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Failure::unauthorized);
  EXPECT_EQ(sign_ins(), 2);
}

TEST_F(OAuthTest, AFailedSignInIsAuthAndNothingIsSentAfterIt) {
  for (const std::string status : {"400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"}) {
    Server& server = app({answer(status, R"({"error_description":"access_denied","error":"server_error"})")},
                         OAuth::Grant::password);
    const auto read = server.json(writing(server), {});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Failure::unauthorized) << status;
    EXPECT_THAT(read.error().message, HasSubstr("server_error: access_denied"));
    EXPECT_THAT(read.error().message, AllOf(Not(HasSubstr("s&cret")), Not(HasSubstr("pass"))));
    EXPECT_THAT(requests(), SizeIs(1));
  }
  Server& without = app({answer("200 OK", R"({"token":"x"})")});
  EXPECT_EQ(without.json(reading(without), {}).error().code, Failure::unauthorized);
}

TEST_F(OAuthTest, ASignInThatIsOutOfOrderIsTransientAlsoForAWrite) {
  Server& server = app({answer("503 Busy", "{}"), answer("500 Oops", "{}"), ""});
  EXPECT_EQ(server.json(writing(server), {}).error().code, Failure::unavailable);
  EXPECT_EQ(server.json(writing(server), {}).error().code, Failure::unavailable);
  EXPECT_EQ(server.json(writing(server), {}).error().code, Failure::unavailable);
}

TEST_F(OAuthTest, ThreadsShareOneSignIn) {
  const std::string close = "Connection: close\r\n";
  Server& server =
      app({answer("200 OK", R"({"access_token":"t1","expires_in":1800})", close), answer("200 OK", "{}", close)});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&] {
        const auto read = server.json(reading(server), {});
        EXPECT_TRUE(read) << read.error().message;
      });
  }
  EXPECT_EQ(sign_ins(), 1);
  EXPECT_THAT(requests(), SizeIs(7));
}

// A session with a cookie, which a 500 ends.
class Sessions final : public SignIn {
 public:
  Result<Pass> pass(const adapter::CallContext&) override {
    return Pass{{{"Cookie", "s=" + std::to_string(opened)}}, 1};
  }
  bool lost(const Pass&, const client::Response& response, const adapter::CallContext&) override {
    seen.push_back(response.status);
    if (response.status == 500) ++opened;
    return response.status == 500;
  }
  int opened = 1;
  std::vector<unsigned> seen;
};

TEST(SignInOfAVendor, SeesEveryAnswerAndIsRenewedOnce) {
  const std::string lost = answer("500 Internal Server Error", "{}");
  Scripted server{{fine, lost, fine, answer("401 Unauthorized", "{}"), lost, lost, fine}};
  const auto sessions = std::make_shared<Sessions>();
  const Server app{endpoint_at(server.url()), sessions, tracker};
  EXPECT_TRUE(app.json(reading(app), {}));
  EXPECT_TRUE(app.json(writing(app), {})) << "what was not carried out is sent again";
  EXPECT_THAT(server.requests().back(), HasSubstr("\r\nCookie: s=2\r\n"));
  EXPECT_FALSE(app.json(reading(app), {})) << "a 401 may have other reasons";
  EXPECT_FALSE(app.json(reading(app), {})) << "one more time, and no more";
  EXPECT_THAT(server.requests(), SizeIs(6));
  EXPECT_THAT(sessions->seen, testing::ElementsAre(200, 500, 200, 401, 500, 500));
}

}  // namespace
}  // namespace syncservice::rest
