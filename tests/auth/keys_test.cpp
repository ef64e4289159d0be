#include <gmock/gmock.h>

#include <array>
#include <latch>
#include <set>
#include <thread>

#include "auth/fixture.hpp"

namespace syncservice::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

class Keys : public AuthTest {};

TEST_F(Keys, AreAcceptedWhereverTheyStand) {
  const std::string secret = create("jira").secret;
  EXPECT_EQ(secret.size(), 46U);
  EXPECT_TRUE(secret.starts_with("ss_"));
  EXPECT_TRUE(passes(secret));
  EXPECT_TRUE(check_header("Bearer " + secret)->has_value());
  EXPECT_TRUE(check_header("bEARER   " + secret + " ", far, false)->has_value());
  EXPECT_EQ(code(check_header("Basic " + secret)), make_error_code(Errc::rejected));
  EXPECT_EQ(check_keys({secret})->value().name(), "jira");
  EXPECT_FALSE(check_keys({secret})->value().is_administrator());
}

TEST_F(Keys, OneValidAmongSeveralSuffices) {
  const std::string secret = create("jira").secret;
  EXPECT_TRUE(check_keys({"", "wrong", secret})->has_value());
  const std::string wrong = basic("admin", "wrong");
  const std::array<std::string_view, 1> keys{secret};
  EXPECT_TRUE(auth_->check({wrong, keys, true}, far)->has_value());
  const std::string bearer = "Bearer " + secret;
  const std::array<std::string_view, 1> bad{"bad"};
  EXPECT_TRUE(auth_->check({bearer, bad, true}, far)->has_value());
}

TEST_F(Keys, AreRejectedUnlessExactlyRight) {
  const std::string secret = create("jira").secret;
  std::string other = secret;
  other.back() = other.back() == 'A' ? 'B' : 'A';
  for (const std::string& wrong :
       {other, secret + "x", secret.substr(0, 45), std::string{"jira"}, std::string(5000, 'x')})
    EXPECT_EQ(code(check_keys({wrong})), make_error_code(Errc::rejected));
  EXPECT_EQ(code(check_keys({})), make_error_code(Errc::missing));
  EXPECT_EQ(code(check_keys({""})), make_error_code(Errc::missing));
}

TEST_F(Keys, LimitWhatAPrincipalMay) {
  NewApiKey wanted;
  wanted.name = "one";
  wanted.app_links = {AppLinkName{"B"}, AppLinkName{"A"}, AppLinkName{"B"}};
  wanted.origin = Side::source;
  const CreatedApiKey created = create(wanted);
  EXPECT_EQ(created.key.app_links, (std::vector<AppLinkName>{AppLinkName{"A"}, AppLinkName{"B"}}));
  for (int round = 0; round < 2; ++round) {
    const Principal one = check_keys({created.secret})->value();
    EXPECT_TRUE(one.may(AppLinkName{"A"}, Side::source));
    EXPECT_FALSE(one.may(AppLinkName{"A"}, Side::destination));
    EXPECT_FALSE(one.may(AppLinkName{"C"}, Side::source));
    EXPECT_FALSE(one.may(AppLinkName{"a"}, Side::source));
    restart({});
  }
  EXPECT_TRUE(check_keys({create("all").secret})->value().may(AppLinkName{"C"}, Side::destination));
  EXPECT_FALSE(Principal{}.may(AppLinkName{"A"}, Side::source));
  EXPECT_TRUE(auth_->local_administrator().may(AppLinkName{"C"}, Side::destination));
}

TEST_F(Keys, ExpireToTheMillisecond) {
  NewApiKey wanted;
  wanted.name = "short";
  wanted.valid_for = std::chrono::hours{1};
  const CreatedApiKey created = create(wanted);
  EXPECT_EQ(created.key.expires, clock_.now() + std::chrono::hours{1});
  clock_.advance(std::chrono::hours{1} - std::chrono::milliseconds{1});
  EXPECT_TRUE(passes(created.secret));
  clock_.advance(std::chrono::milliseconds{1});
  const auto answer = check_keys({created.secret});
  EXPECT_EQ(code(answer), make_error_code(Errc::rejected));
  EXPECT_THAT(answer->error().message, HasSubstr("expired"));
  restart({});
  EXPECT_FALSE(passes(created.secret));
}

TEST_F(Keys, AreRevokedByNameOrId) {
  const CreatedApiKey first = create("first");
  const CreatedApiKey second = create("second");
  clock_.advance(std::chrono::seconds{1});
  EXPECT_EQ(auth_->revoke_key("first")->revoked, clock_.now());
  EXPECT_EQ(auth_->revoke_key(std::to_string(second.key.id))->name, "second");
  EXPECT_FALSE(passes(first.secret));
  EXPECT_FALSE(passes(second.secret));
  EXPECT_EQ(auth_->revoke_key("first").error().code, make_error_code(Errc::no_such_key));
  EXPECT_EQ(auth_->revoke_key("9999").error().failure, FailureClass::gone);
  const Timestamp before = clock_.now();
  clock_.advance(std::chrono::seconds{1});
  EXPECT_EQ(auth_->revoke_key(std::to_string(first.key.id))->revoked, before);
  restart({});
  EXPECT_FALSE(passes(first.secret));
}

TEST_F(Keys, ANameIsFreeAgainAfterRevocation) {
  const std::string old_secret = create("jira").secret;
  NewApiKey again;
  again.name = "jira";
  EXPECT_EQ(auth_->create_key(again).error().code, make_error_code(Errc::name_taken));
  ASSERT_TRUE(auth_->revoke_key("jira"));
  const std::string secret = create("jira").secret;
  EXPECT_TRUE(passes(secret));
  EXPECT_FALSE(passes(old_secret));
  const std::vector<ApiKey> keys = auth_->list_keys().value();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_TRUE(keys[0].revoked);
  EXPECT_FALSE(keys[1].revoked);
  EXPECT_EQ(auth_->revoke_key("jira")->id, keys[1].id);
}

TEST_F(Keys, AreRefusedFromNowOnWhenTheStoreCantRecordTheRevocation) {
  const CreatedApiKey created = create("jira");
  store_->stop();
  const auto revoked = auth_->revoke_key("jira");
  ASSERT_FALSE(revoked);
  EXPECT_THAT(revoked.error().message, HasSubstr("refused from now on"));
  EXPECT_FALSE(passes(created.secret));
  EXPECT_NE(auth_->revoke_key("jira").error().code, make_error_code(Errc::no_such_key));
  NewApiKey other;
  other.name = "other";
  EXPECT_FALSE(auth_->create_key(other));
}

TEST_F(Keys, NamesAndLimitsAreChecked) {
  const auto refused = [&](const NewApiKey& wanted) {
    const auto created = auth_->create_key(wanted);
    return !created && created.error().code == make_error_code(Errc::invalid) &&
           created.error().failure == FailureClass::permanent;
  };
  for (const std::string& name : {std::string{}, std::string(101, 'x'), std::string{"a\nb"}, std::string{"\xFF"},
                                  std::string{" a"}, std::string{"a "}, std::string{"42"}})
    EXPECT_TRUE(refused({name, {}, {}, {}})) << name;
  EXPECT_TRUE(refused({"a", {AppLinkName{""}}, {}, {}}));
  EXPECT_TRUE(refused({"a", {}, {}, std::chrono::milliseconds{0}}));
  EXPECT_TRUE(refused({"a", {}, {}, std::chrono::hours{24 * 365 * 101}}));
  EXPECT_TRUE(auth_->create_key({std::string(100, 'x'), {}, {}, {}}));
  EXPECT_TRUE(auth_->create_key({"Jira \xC3\xBC 1", {}, {}, {}}));
  EXPECT_EQ(auth_->list_keys().value().size(), 2U);
}

TEST_F(Keys, SecretsAreNeitherStoredNorLogged) {
  const std::string secret = create("jira").secret;
  ASSERT_TRUE(auth_->revoke_key("jira"));
  EXPECT_FALSE(passes(secret));
  EXPECT_FALSE(check_keys({"guess-of-a-key"})->has_value());
  EXPECT_THAT(log_text(), HasSubstr("revoked_key"));
  EXPECT_THAT(log_text(), Not(HasSubstr(secret.substr(3))));
  EXPECT_THAT(log_text(), Not(HasSubstr("guess-of-a-key")));
  auth_.reset();
  store_.reset();
  for (const auto& file : std::filesystem::directory_iterator{folder_ / "data"}) {
    std::ifstream in{file.path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_THAT(bytes, Not(HasSubstr(secret.substr(3)))) << file.path();
  }
}

TEST_F(Keys, EverySecretIsDifferent) {
  std::set<std::string> secrets;
  for (int i = 0; i < 20; ++i) secrets.insert(create("key-" + std::to_string(i)).secret);
  EXPECT_EQ(secrets.size(), 20U);
}

// Whoever sees `revoked` set knows that revoke_key has returned, and from then on no check may pass.
TEST_F(Keys, ARevocationCountsAtOnceOnOtherThreads) {
  for (int round = 0; round < 10; ++round) {
    const std::string name = "key-" + std::to_string(round);
    const std::string secret = create(name).secret;
    std::atomic<bool> revoked{false};
    std::atomic<int> passed_after{0};
    std::latch started{3};
    std::vector<std::thread> checkers;
    for (int i = 0; i < 3; ++i) {
      checkers.emplace_back([&] {
        ASSERT_TRUE(passes(secret));
        started.count_down();
        for (;;) {
          const bool after = revoked.load();
          const bool passed = passes(secret);
          if (after && passed) ++passed_after;
          if (!passed) break;
        }
      });
    }
    started.wait();
    create("beside-" + std::to_string(round));
    ASSERT_TRUE(auth_->revoke_key(name));
    revoked = true;
    for (std::thread& checker : checkers) checker.join();
    EXPECT_EQ(passed_after, 0);
  }
}

TEST_F(Keys, RefusalsAreCountedByReasonAndLoggedAtALimitedRate) {
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(check_keys({"wrong"})->has_value());
  EXPECT_FALSE(check_keys({})->has_value());
  EXPECT_THAT(metrics_.text(), HasSubstr("syncservice_auth_failures_total{reason=\"unknown_key\"} 500"));
  EXPECT_THAT(metrics_.text(), HasSubstr("syncservice_auth_failures_total{reason=\"missing\"} 1"));
  const std::string text = log_text();
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 25);
  EXPECT_THAT(text, HasSubstr(std::string{far.address}));
  clock_.advance(std::chrono::minutes{1});
  EXPECT_FALSE(check_keys({"wrong"})->has_value());
  EXPECT_THAT(log_text(), HasSubstr("480"));
}

}  // namespace
}  // namespace syncservice::auth
