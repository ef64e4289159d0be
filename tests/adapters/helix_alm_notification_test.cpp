#include "helix_alm_adapter.hpp"
#include "helix_alm_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace syncservice::adapter::helix_alm {
namespace {

using ::testing::HasSubstr;

// What the page "About webhooks" shows, with a second record.
constexpr const char* published = R"({"version":1,"projectID":"Traditional Template","events":[
  {"action":"changed","condition":["linkAdded"],"id":1,"name":"Tell sync","created":"2013-06-05T18:29:16Z",
   "item":{"itemType":"issue","id":135,"number":3205,"tag":"IS-3205"}},
  {"action":"added","condition":[],"id":2,"name":"Tell sync","created":"2013-06-05T18:29:17Z",
   "item":{"itemType":"requirement","requirementType":{"id":2,"label":"Functional Requirement"},"id":12,"number":7,"tag":"FR-7"}}]})";

class HelixAlmNotification : public ::testing::Test {
 protected:
  static std::unique_ptr<HelixAlmAdapter> adapter(const std::vector<std::string>& types = {"issue"}) {
    rest::Endpoint endpoint;
    endpoint.url = "https://helix.example:8443";
    return std::make_unique<HelixAlmAdapter>(std::move(endpoint), key_of_sync, options_for(types));
  }

  /// The records as "project/id", in order.
  static std::vector<std::string> names(const Notified& notified) {
    std::vector<std::string> out;
    for (const Notified::Record& record : notified.records) out.push_back(record.project.str() + '/' + record.id.str());
    return out;
  }

  Result<Notified> read(const HelixAlmAdapter& from, std::string_view body, std::string_view type = "issue",
                        std::string_view secret = {}) const {
    return from.read_notification({.header =
                                       [this](std::string_view name) {
                                         const auto found = headers.find(name);
                                         return found == headers.end() ? std::string_view{} : found->second;
                                       },
                                   .body = body,
                                   .type = type,
                                   .secret = secret});
  }

  std::map<std::string, std::string, std::less<>> headers{{"X-HALM-WebHook-Version", "1"},
                                                          {"X-HALM-WebHook-ID", "7c9e6679"},
                                                          {"X-HALM-WebHook-Timestamp", "2013-06-05T18:29:18Z"}};
};

TEST_F(HelixAlmNotification, NamesTheRecordsOfTheTypeAskedFor) {
  const auto from = adapter({"issue", "requirement"});
  const auto issues = read(*from, published);
  ASSERT_TRUE(issues) << issues.error().message;
  EXPECT_EQ(names(*issues), std::vector<std::string>{"Traditional Template/135"}) << "the record id, not the rule's";
  EXPECT_EQ(issues->of_other_types, 1U);
  EXPECT_EQ(issues->delivery, "7c9e6679");
  const auto requirements = read(*from, published, "requirements");
  EXPECT_EQ(names(*requirements), std::vector<std::string>{"Traditional Template/requirement/12"});
  const auto all = read(*from, published, "");
  EXPECT_EQ(names(*all), (std::vector<std::string>{"Traditional Template/135", "Traditional Template/requirement/12"}));
}

TEST_F(HelixAlmNotification, TypesThatTheApplicationDoesNotHaveAreLeftOut) {
  const auto issues_only = adapter();
  const auto read_all = read(*issues_only, published, "");
  EXPECT_EQ(names(*read_all), std::vector<std::string>{"Traditional Template/135"});
  EXPECT_EQ(read_all->of_other_types, 1U);
  const auto unknown = read(*issues_only, R"({"projectID":"P","events":[{"item":{"itemType":"folder","id":1}}]})");
  ASSERT_TRUE(unknown) << unknown.error().message;
  EXPECT_EQ(unknown->of_other_types, 1U);
}

TEST_F(HelixAlmNotification, WhatIsNoneIsRefused) {
  const auto from = adapter();
  for (const auto& [body, why] : std::map<std::string, std::string>{
           {"", "not JSON"},
           {"{", "not JSON"},
           {"[]", "projectID"},
           {R"({"appLinkName":"A","origin":"source","id":"1"})", "projectID"},
           {R"({"projectID":"P"})", "events"},
           {R"({"projectID":"P","events":{}})", "events"},
           {R"({"projectID":"P","events":[{}]})", "itemType"},
           {R"({"projectID":"P","events":[{"item":{"itemType":"issue","id":"135"}}]})", "itemType"},
           {R"({"projectID":"P","events":[{"item":{"itemType":"issue","id":-1}}]})", "itemType"},
           {R"({"projectID":"P","events":[7]})", "itemType"}}) {
    const auto result = read(*from, body);
    ASSERT_FALSE(result) << body;
    EXPECT_EQ(result.error().failure, FailureClass::permanent);
    EXPECT_THAT(result.error().message, HasSubstr(why)) << body;
  }
}

// Made with `printf %s "17c9e66792013-06-05T18:29:18Z{…}" | openssl dgst -sha256 -hmac s3cret -binary | base64`.
TEST_F(HelixAlmNotification, EitherSignatureAndEitherAlgorithmDo) {
  const auto from = adapter();
  const std::string body = R"({"projectID":"P","events":[]})";
  const std::string sha256 = "Xt/3WO+FAjlaOisCHAbXVG9Wk8IMGoBEwwFyfgamWas=",
                    sha512 = "+xml8PAZPbhTXQO49dV2miW4TeSehEIviPwbJAtIlCi7wNvir/UwfYh1OnuVMHq2IO9c/j3xhkfb0vcnAdaHqw==";
  for (const char* name : {"X-HALM-WebHook-Signature-Primary", "X-HALM-WebHook-Signature-Secondary"}) {
    for (const std::string& good : {sha256, sha512}) {
      headers[name] = good;
      EXPECT_TRUE(read(*from, body, "issue", "s3cret")) << name;
      const auto other = read(*from, body, "issue", "another");
      ASSERT_FALSE(other);
      EXPECT_EQ(other.error().failure, FailureClass::auth);
      EXPECT_THAT(other.error().message, HasSubstr("does not fit"));
      EXPECT_FALSE(read(*from, body + " ", "issue", "s3cret")) << "every byte counts";
    }
    headers.erase(name);
  }
  const auto unsigned_one = read(*from, body, "issue", "s3cret");
  ASSERT_FALSE(unsigned_one);
  EXPECT_THAT(unsigned_one.error().message, HasSubstr("is missing"));
  EXPECT_TRUE(read(*from, body)) << "no secret, no signature";
}

}  // namespace
}  // namespace syncservice::adapter::helix_alm
