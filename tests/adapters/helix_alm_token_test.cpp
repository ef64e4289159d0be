// Signing in to Helix ALM: tokens of several projects, and the limits of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "adapters/helix_alm_support.hpp"
#include "support/eventually.hpp"
#include "support/fake_clock.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapters/helix_alm/helix_alm.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

using testing::HasSubstr;
using testing::Not;

const ProjectName traditional{"Traditional Template"}, compliance{"Enhanced Compliance & E-Sigs"};
constexpr const char* any_token = "/helix-alm/api/v0/[^/]*/token";

class HelixAlmToken : public testing::Test {
 protected:
  [[nodiscard]] std::string seeded(const ProjectName& project = traditional) {
    const auto item = simulator_.seed(
        "edit", {{"project", project.str()}, {"itemType", "issues"}, {"fields", {{"Summary", "by hand"}}}});
    return std::to_string(item.at("id").get<int>());
  }
  [[nodiscard]] std::size_t issued() const { return simulator_.record("token").at("issued"); }
  [[nodiscard]] static NewRecord issue(std::string marker, const ProjectName& project = traditional) {
    return {project, "issue", {{"Summary", "one"}}, std::move(marker)};
  }
  [[nodiscard]] Settings settings(std::map<std::string, std::string, std::less<>> more) const {
    more.emplace("url", simulator_.url());
    more.emplace("markerField", "Sync Key");
    return Settings{std::move(more), {}};
  }

  support::Simulator simulator_{"helix_alm.py"};
  CallContext context_;
};

TEST_F(HelixAlmToken, AnApiKeyAndAPasswordSignIn) {
  const RecordId id{seeded()};
  const Kind kind = helix_alm_kind();
  const auto by_key = kind.make(settings({{"apiKeyId", "key-sync"}, {"apiKeySecret", "key-secret"}}));
  const auto by_password =
      kind.make(settings({{"auth", "password"}, {"username", "sync"}, {"password", "sync-secret"}}));
  ASSERT_TRUE(by_key && by_password);
  EXPECT_EQ(simulator_.count(), 0U) << "nothing is asked for before it is needed";
  for (const auto* adapter : {&by_key, &by_password}) {
    EXPECT_TRUE((**adapter)->ping(context_));
    const auto read = (**adapter)->read(traditional, id, context_);
    EXPECT_TRUE(read) << read.error().message;
  }
  const nlohmann::json requests = simulator_.requests("GET", any_token).at("requests");
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests.at(0).at("headers").at("authorization"), "ApiKey key-sync:key-secret") << "as it is, no base64";
}

TEST_F(HelixAlmToken, TheAddressMayGoUpToTheApi) {
  const Kind kind = helix_alm_kind();
  for (const char* path : {"", "/", "/helix-alm/api/v0", "/perforce-alm/api/v0/"}) {
    const auto adapter =
        kind.make(settings({{"url", simulator_.url(path)}, {"apiKeyId", "key-sync"}, {"apiKeySecret", "key-secret"}}));
    ASSERT_TRUE(adapter) << adapter.error().message;
    EXPECT_TRUE((*adapter)->ping(context_)) << path;
  }
}

TEST_F(HelixAlmToken, WrongCredentialsAreToldAsSuchAndNotShown) {
  for (const rest::Credential& credential :
       {rest::Credential{rest::Basic{"sync", "no-such-word"}},
        rest::Credential{rest::ApiKey{"Authorization", "ApiKey key-sync:no-such-word"}}}) {
    const auto adapter = adapter_for(simulator_, options_for(), credential);
    for (const auto& error :
         {adapter->ping(context_).error(), adapter->read(traditional, RecordId{"3"}, context_).error()}) {
      EXPECT_EQ(error.failure, FailureClass::auth);
      EXPECT_THAT(error.message, Not(HasSubstr("no-such-word")));
    }
  }
}

TEST_F(HelixAlmToken, IsOfOneProjectAndSeveralLiveSideBySide) {
  const RecordId here{seeded()}, there{seeded(compliance)};
  const auto adapter = adapter_for(simulator_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(adapter->read(traditional, here, context_));
    ASSERT_TRUE(adapter->read(compliance, there, context_));
  }
  EXPECT_EQ(issued(), 2U);
  EXPECT_EQ(simulator_.record("token").at("live"), 2);
}

TEST_F(HelixAlmToken, IsSharedByAllWorkers) {
  const RecordId id{seeded()};
  const auto adapter = adapter_for(simulator_);
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 16; ++worker) {
      workers.emplace_back([&] { EXPECT_TRUE(adapter->read(traditional, id, context_)); });
    }
  }
  EXPECT_EQ(issued(), 1U);
}

TEST_F(HelixAlmToken, ThatTheServerForgotIsRenewedOnceAndTheCallIsNotLost) {
  const auto adapter = adapter_for(simulator_);
  ASSERT_TRUE(adapter->create(issue("m-1"), context_));
  simulator_.expire_tokens();
  const auto created = adapter->create(issue("m-2"), context_);
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(simulator_.record("4.issues").size(), 2U);
  EXPECT_EQ(issued(), 2U);
}

TEST_F(HelixAlmToken, ThatIsLostForAllWorkersAtOnceIsRenewedOnce) {
  const RecordId id{seeded()};
  const auto adapter = adapter_for(simulator_);
  ASSERT_TRUE(adapter->read(traditional, id, context_));
  simulator_.expire_tokens();
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 16; ++worker) {
      workers.emplace_back([&] { EXPECT_TRUE(adapter->read(traditional, id, context_)); });
    }
  }
  EXPECT_EQ(issued(), 2U);
}

TEST_F(HelixAlmToken, ThatIsRejectedAgainIsNoCauseToHammer) {
  const RecordId id{seeded()};
  const auto adapter = adapter_for(simulator_);
  simulator_.fault({{"kind", "answer"},
                    {"path", ".*/issues/.*"},
                    {"times", 5},
                    {"status", 401},
                    {"body", {{"code", "Unauthorized"}, {"statusCode", 401}, {"message", "Access is denied."}}}});
  const auto read = adapter->read(traditional, id, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::auth);
  EXPECT_EQ(issued(), 2U);
  EXPECT_EQ(simulator_.count("GET", ".*/issues/.*"), 2U);
}

TEST_F(HelixAlmToken, IsRenewedBeforeItEnds) {
  const auto clock = std::make_shared<support::FakeClock>();
  simulator_.control("POST", "/clock", {{"set", to_millis(clock->now()) / 1000}, {"freeze", true}});
  simulator_.set("token_lifetime", 600);
  const RecordId id{seeded()};
  const auto adapter = adapter_for(simulator_, options_for(), key_of_sync, clock);
  const auto passes = [&](int seconds) {
    clock->advance(std::chrono::seconds{seconds});
    simulator_.advance_clock(seconds);
  };
  ASSERT_TRUE(adapter->read(traditional, id, context_));
  passes(500);
  ASSERT_TRUE(adapter->read(traditional, id, context_));
  EXPECT_EQ(issued(), 1U);
  passes(60);
  ASSERT_TRUE(adapter->read(traditional, id, context_));
  EXPECT_EQ(issued(), 2U);
  const nlohmann::json requests = simulator_.requests("GET", ".*/issues/.*").at("requests");
  for (const auto& request : requests) EXPECT_EQ(request.at("status"), 200) << "none was rejected";
}

TEST_F(HelixAlmToken, AProjectGoesByNameIdOrUuid) {
  const ProjectName name{"100% Größe/{x}?"};
  const RecordId id{seeded(name)};
  const auto adapter = adapter_for(simulator_);
  for (const char* project : {"100% Größe/{x}?", "12", "{0f0c2d6e-52a1-4f6e-8a53-0f4f5f1b7c11}"}) {
    const auto read = adapter->read(ProjectName{project}, id, context_);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->project, ProjectName{project});
    const auto described = adapter->describe(ProjectName{project}, context_);
    ASSERT_TRUE(described) << described.error().message;
    EXPECT_THAT(described->projects, testing::Contains(testing::Field(&ProjectInfo::name, ProjectName{project})));
  }
  const RecordId other{seeded(ProjectName{"@REST API's Test Project DB!"})};
  EXPECT_TRUE(adapter->read(ProjectName{"@REST API's Test Project DB!"}, other, context_));
}

TEST_F(HelixAlmToken, AProjectIsNeeded) {
  const auto adapter = adapter_for(simulator_);
  const auto read = adapter->read(ProjectName{}, RecordId{"3"}, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::permanent);
  EXPECT_THAT(read.error().message, HasSubstr("project"));
  EXPECT_TRUE(helix_alm_kind().needs_project);
  EXPECT_EQ(simulator_.count(), 0U);
}

TEST_F(HelixAlmToken, AProjectThatIsNotThereDoesNotMakeItsRecordsGone) {
  const auto adapter = adapter_for(simulator_);
  for (const char* project : {"Traditional Tempalte", "Closed", "99"}) {
    const auto read = adapter->read(ProjectName{project}, RecordId{"3"}, context_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().failure, FailureClass::permanent) << read.error().message;
    EXPECT_THAT(read.error().message, HasSubstr("Traditional Template"));
  }
}

TEST_F(HelixAlmToken, AProjectThatIsStillLoadingIsTriedLater) {
  simulator_.set("projects_loading", 2);
  const auto adapter = adapter_for(simulator_);
  const auto read = adapter->read(ProjectName{"Coming Soon"}, RecordId{"3"}, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::transient) << read.error().message;
  EXPECT_THAT(read.error().message, HasSubstr("loading"));
}

TEST_F(HelixAlmToken, AnAccountThatMayNotSignInIsToldWhatItNeeds) {
  const auto adapter = adapter_for(simulator_, options_for(), rest::Basic{"no-soap", "no-soap-secret"});
  const auto read = adapter->read(traditional, RecordId{"3"}, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::auth);
  EXPECT_THAT(read.error().message, HasSubstr("Allow Login Via SOAP"));
}

TEST_F(HelixAlmToken, AMissingLicenceIsNoFailureOfTheSignIn) {
  const auto adapter =
      adapter_for(simulator_, options_for({"issue", "requirement"}), rest::Basic{"issues-only", "issues-only-secret"});
  const auto read = adapter->read(traditional, RecordId{"requirement/20"}, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::permanent);
  EXPECT_THAT(read.error().message, HasSubstr("licence"));
  EXPECT_TRUE(adapter->read(traditional, RecordId{seeded()}, context_));
}

class HelixAlmLimit : public HelixAlmToken, public testing::WithParamInterface<const char*> {};

TEST_P(HelixAlmLimit, IsObeyedForItsProjectAndNoOther) {
  const RecordId here{seeded()}, there{seeded(compliance)};
  simulator_.control("POST", "/clock", {{"freeze", true}});
  simulator_.set("rate_limit", 5);
  simulator_.set("rate_reset", GetParam());
  const auto adapter = adapter_for(simulator_);
  // The token counts as well.
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(adapter->read(traditional, here, context_)) << i;
  const std::size_t before = simulator_.count();
  for (int i = 0; i < 3; ++i) {
    const auto read = adapter->read(traditional, here, context_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().failure, FailureClass::throttled);
    ASSERT_TRUE(read.error().retry_after);
    EXPECT_GT(*read.error().retry_after, std::chrono::seconds{50});
    EXPECT_LE(*read.error().retry_after, std::chrono::seconds{62});
  }
  EXPECT_EQ(simulator_.count(), before) << "nothing more goes out";
  EXPECT_TRUE(adapter->read(compliance, there, context_));
}

INSTANTIATE_TEST_SUITE_P(Resets, HelixAlmLimit, testing::Values("seconds", "date"));

TEST_F(HelixAlmToken, A429SaysHowLongToWaitHoweverItIsSpelt) {
  const RecordId id{seeded()};
  for (const char* name : {"RetryAfter", "Retry-After"}) {
    const auto adapter = adapter_for(simulator_);
    simulator_.fault({{"kind", "answer"}, {"path", ".*/issues/.*"}, {"status", 429}, {"headers", {{name, "7"}}}});
    const auto read = adapter->read(traditional, id, context_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().failure, FailureClass::throttled);
    EXPECT_EQ(read.error().retry_after, std::chrono::seconds{7}) << name;
  }
  const auto adapter = adapter_for(simulator_);
  simulator_.fault({{"kind", "answer"}, {"path", ".*/issues/.*"}, {"status", 429}});
  const auto read = adapter->read(traditional, id, context_);
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().retry_after) << "by the reset of the limit, else a minute";
}

TEST_F(HelixAlmToken, ABusyServerIsTriedLater) {
  const RecordId id{seeded()};
  const auto adapter = adapter_for(simulator_);
  ASSERT_TRUE(adapter->read(traditional, id, context_));
  simulator_.control("POST", "/clock", {{"freeze", true}});
  simulator_.set("burst_limit", 1);
  std::optional<Error> error;
  for (int i = 0; i < 3 && !error; ++i) {
    if (const auto read = adapter->read(traditional, id, context_); !read) error = read.error();
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->failure, FailureClass::throttled) << error->message;
  EXPECT_EQ(error->retry_after, std::chrono::seconds{2});
  const auto written = adapter->update(traditional, id, {{"Summary", "two"}}, context_);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().failure, FailureClass::throttled) << "no outage";
}

TEST_F(HelixAlmToken, AWriteThatABusyServerAnsweredIsLookedUp) {
  const RecordId id{seeded()};
  const auto adapter = adapter_for(simulator_);
  ASSERT_TRUE(adapter->read(traditional, id, context_));
  ASSERT_TRUE(adapter->describe(traditional, context_));
  simulator_.fault({{"kind", "answer"},
                    {"method", "PUT"},
                    {"status", 503},
                    {"headers", {{"Content-Type", "application/json"}}},
                    {"body", R"({"code":"Unavailable","statusCode":503,"message":"busy"})"}});
  const auto written = adapter->update(traditional, id, {{"Summary", "two"}}, context_);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Failure::uncertain) << written.error().message;
  EXPECT_EQ(written.error().failure, FailureClass::throttled);
}

TEST(HelixAlmPace, SpreadsTheRequestsOfAllWhoCallTheServer) {
  const auto pace = Pace::of("https://pace.example:8443", 200);
  EXPECT_EQ(Pace::of("https://pace.example:8443", 200), pace);
  EXPECT_NE(Pace::of("https://other.example:8443", 200), pace);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(pace->wait({}, "reading"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{50});
}

TEST(HelixAlmPace, ATurnThatComesTooLateIsNotWaitedFor) {
  Pace pace{1};
  ASSERT_TRUE(pace.wait({}, "reading"));
  const auto begin = std::chrono::steady_clock::now();
  const auto late = pace.wait({{}, begin + std::chrono::milliseconds{100}}, "reading");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Failure::timed_out);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = pace.wait({stop.get_token()}, "reading");
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Failure::cancelled);
}

TEST_F(HelixAlmToken, AStopEndsASignIn) {
  simulator_.fault({{"kind", "delay"}, {"path", any_token}, {"seconds", 30}});
  const auto adapter = adapter_for(simulator_);
  std::stop_source stop;
  CallContext context;
  context.stop = stop.get_token();
  std::jthread stopper{[&] {
    EXPECT_TRUE(support::eventually([&] { return simulator_.count("GET", any_token) == 1; }));
    stop.request_stop();
  }};
  const auto read = adapter->read(traditional, RecordId{"3"}, context);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::transient);
}

TEST_F(HelixAlmToken, SettingsAreReadWithTheCure) {
  const Kind kind = helix_alm_kind();
  const std::map<std::string, std::string, std::less<>> right{{"apiKeyId", "key-sync"}, {"apiKeySecret", "key-secret"}};
  EXPECT_TRUE(kind.make(settings(right)));
  const auto wrong = [&](const char* name, const char* value, const char* says) {
    auto values = settings(right);
    values.values[name] = value;
    const auto made = kind.make(values);
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code, Failure::misconfigured);
    EXPECT_THAT(made.error().message, HasSubstr(says)) << name;
  };
  wrong("url", "ftp://x", "url");
  wrong("auth", "none", "api-key");
  wrong("apiKeySecret", "", "apiKeySecret");
  wrong("types", "issue, bug", "bug");
  wrong("types", ",", "types");
  wrong("markerField", "", "Sync Key");
  wrong("markerField", "a \"b\"", "quote");
  wrong("workflow", "Open > Fixed", "status > event > status");
}

}  // namespace
}  // namespace syncservice::adapter::helix_alm
