// Bodies that are streamed through an application.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rest/fixture.hpp"

namespace syncservice::rest {
namespace {

using adapter::Failure;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const Vendor tracker{"Tracker", {}, {}};

client::Source text_source(std::string text) {
  auto left = std::make_shared<std::string>(std::move(text));
  return [left](std::span<char> room) -> Result<std::size_t> {
    const std::size_t count = left->copy(room.data(), room.size());
    left->erase(0, count);
    return count;
  };
}

struct Collected {
  std::string text;
  adapter::Sink sink() {
    return [this](std::string_view piece) -> Result<void> {
      text += piece;
      return {};
    };
  }
};

TEST(Downloads, GoToTheSinkWhateverTheirType) {
  Scripted server{{answer("200 OK", "<html>a file</html>", {}, "text/html")}};
  const Server app{endpoint_at(server.url()), Bearer{"t"}, tracker};
  Collected got;
  const auto done = app.download(reading(app), got.sink(), {});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(got.text, "<html>a file</html>");
}

TEST(Downloads, AreClassifiedLikeEverything) {
  Scripted server{{answer("404 Not Found", "{}")}};
  const Server app{endpoint_at(server.url()), Bearer{"t"}, tracker};
  Collected got;
  EXPECT_EQ(app.download(reading(app), got.sink(), {}).error().code, Failure::not_found);
  EXPECT_EQ(got.text, "");
}

TEST(Downloads, FollowRedirectsWithoutTheCredential) {
  Scripted store{{answer("200 OK", "content", {}, "image/png")}};
  Scripted server{{answer("303 See Other", "", "Location: " + store.url("/blob?sig=1") + "\r\n")}};
  const Server app{endpoint_at(server.url()), Bearer{"t0ken"}, tracker};
  Collected got;
  const auto done = app.download(reading(app), got.sink(), {});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(got.text, "content");
  EXPECT_THAT(server.requests().at(0), HasSubstr("Bearer t0ken"));
  EXPECT_THAT(store.requests().at(0), testing::StartsWith("GET /blob?sig=1 "));
  EXPECT_THAT(store.requests().at(0), Not(HasSubstr("t0ken")));
}

TEST(Downloads, AreNotLedInACircle) {
  Scripted server{{answer("302 Found", "", "Location: /again\r\n")}};
  const Server app{endpoint_at(server.url()), NoCredential{}, tracker};
  Collected got;
  EXPECT_FALSE(app.download(reading(app), got.sink(), {}));
  EXPECT_THAT(server.requests(), SizeIs(6));
}

TEST(Uploads, SendTheSourceAndReadTheAnswer) {
  Scripted server{{answer("201 Created", R"({"id":"7"})")}};
  const Server app{endpoint_at(server.url()), Bearer{"t"}, tracker};
  Call call = writing(app);
  call.body.clear();
  call.headers = {{"Content-Type", "image/png"}};
  const auto sent = app.upload(call, {text_source("bytes"), 5, {}}, {});
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->at("id"), "7");
  EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nContent-Type: image/png\r\n"));
  EXPECT_THAT(server.requests().at(0), testing::EndsWith("\r\n\r\nbytes"));
}

TEST(Uploads, OfAnotherSizeAreRefusedAndAFailingSourceIsHandedOn) {
  Scripted server{{answer("201 Created", "{}")}};
  const Server app{endpoint_at(server.url()), Bearer{"t"}, tracker};
  Call call = writing(app);
  call.body.clear();
  EXPECT_EQ(app.upload(call, {text_source("bytes"), 6, {}}, {}).error().code, Failure::refused);
  const client::Source away = [](std::span<char>) -> Result<std::size_t> {
    return adapter::make_error(Failure::not_found, "The other side is away.");
  };
  const auto failed = app.upload(call, {away, 6, {}}, {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "The other side is away.");
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST(Uploads, WithAnExpiredTokenAreTriedAgainLater) {
  Scripted server{{answer("200 OK", R"({"access_token":"t1","expires_in":1800})"), answer("401 Unauthorized", "{}"),
                   answer("200 OK", R"({"access_token":"t2","expires_in":1800})"), answer("201 Created", "{}")}};
  const Server app{endpoint_at(server.url()),
                   OAuth{OAuth::Grant::client_credentials, server.url("/token"), "id", "secret", "", "", ""}, tracker};
  Call call = writing(app);
  call.body.clear();
  const auto expired = app.upload(call, {text_source("bytes"), 5, {}}, {});
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().code, Failure::unavailable);
  const auto sent = app.upload(call, {text_source("bytes"), 5, {}}, {});
  EXPECT_TRUE(sent) << sent.error().message;
  EXPECT_THAT(server.requests().back(), HasSubstr("Bearer t2"));
}

}  // namespace
}  // namespace syncservice::rest
