#include <gmock/gmock.h>

#include <future>

#include "auth/fixture.hpp"
#include "support/eventually.hpp"

namespace syncservice::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

class Passwords : public AuthTest {
 protected:
  void use_password(std::string_view password, const std::string& user = "admin") {
    restart({user, quick_hash(password)});
  }
  /// Checks as a server does: fast, then slowly when it must.
  Result<Principal> sign_in(const std::string& header, const Origin& origin = far) {
    Credentials credentials;
    credentials.authorization = header;
    if (auto fast = auth_->check(credentials, origin)) return *fast;
    std::promise<Result<Principal>> answer;
    auth_->verify_slowly(credentials, origin, [&](Result<Principal> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
};

TEST_F(Passwords, TheDefaultCountsFromLoopbackOnly) {
  EXPECT_TRUE(auth_->default_password_in_force());
  const auto local = check_header(basic("admin", "welcome"), here);
  ASSERT_TRUE(local && local->has_value());
  EXPECT_TRUE((*local)->is_administrator());
  EXPECT_EQ((*local)->name(), "admin");
  const auto remote = check_header(basic("admin", "welcome"), far);
  EXPECT_EQ(code(remote), make_error_code(Errc::loopback_only));
  EXPECT_THAT(remote->error().message, HasSubstr("syncservice password set"));
  EXPECT_EQ(code(check_header(basic("admin", "Welcome"), here)), make_error_code(Errc::rejected));
  EXPECT_EQ(code(check_header(basic("Admin", "welcome"), here)), make_error_code(Errc::rejected));
  EXPECT_EQ(code(check_header(basic("admin", "guess"), far)), make_error_code(Errc::rejected));
}

TEST_F(Passwords, APasswordOfOnesOwnCountsFromEverywhereAndEndsTheDefault) {
  use_password("own: \xC3\xBC");
  EXPECT_FALSE(auth_->default_password_in_force());
  EXPECT_TRUE(sign_in(basic("admin", "own: \xC3\xBC"))->is_administrator());
  EXPECT_EQ(sign_in(basic("admin", "welcome"), here).error().code, make_error_code(Errc::rejected));
  EXPECT_EQ(sign_in(basic("root", "own: \xC3\xBC"), here).error().code, make_error_code(Errc::rejected));
  EXPECT_EQ(sign_in(basic("admin", ""), here).error().code, make_error_code(Errc::rejected));
}

TEST_F(Passwords, TheSlowCheckIsPaidOnce) {
  use_password("secret");
  const std::string right = basic("admin", "secret");
  EXPECT_FALSE(check_header(right).has_value());
  EXPECT_TRUE(sign_in(right));
  EXPECT_TRUE(check_header(right, far)->has_value());
  EXPECT_FALSE(check_header(basic("admin", "other"), far).has_value());
  auth_->reload({"admin", quick_hash("secret")});
  EXPECT_FALSE(check_header(right).has_value());
}

TEST_F(Passwords, AReloadChangesUserAndPasswordAtOnce) {
  use_password("old");
  ASSERT_TRUE(sign_in(basic("admin", "old")));
  auth_->reload({"boss", quick_hash("new")});
  EXPECT_FALSE(sign_in(basic("admin", "old"), here));
  EXPECT_FALSE(sign_in(basic("boss", "old"), here));
  EXPECT_EQ(sign_in(basic("boss", "new"))->name(), "boss");
  EXPECT_EQ(auth_->local_administrator().name(), "boss");
}

TEST_F(Passwords, AHashThatCantBeUsedLetsNobodyIn) {
  Settings broken{"admin", "welcome"};
  EXPECT_EQ(Authenticator::open(*store_, clock_, broken, *log_, metrics_).error().code, make_error_code(Errc::invalid));
  auth_->reload(broken);
  EXPECT_FALSE(auth_->default_password_in_force());
  EXPECT_FALSE(sign_in(basic("admin", "welcome"), here));
  EXPECT_EQ(Authenticator::open(*store_, clock_, {"", ""}, *log_, metrics_).error().code,
            make_error_code(Errc::invalid));
  EXPECT_EQ(Authenticator::open(*store_, clock_, {"a:b", ""}, *log_, metrics_).error().code,
            make_error_code(Errc::invalid));
}

TEST_F(Passwords, BasicIsIgnoredWhereTheFormTakesNone) {
  const auto answer = check_header(basic("admin", "welcome"), here, false);
  EXPECT_EQ(code(answer), make_error_code(Errc::missing));
  EXPECT_THAT(answer->error().message, HasSubstr("API key"));
}

TEST_F(Passwords, HeadersAreReadStrictly) {
  const std::string right = basic("admin", "welcome");  // "Basic YWRtaW46d2VsY29tZQ=="
  for (const std::string& good : {"bAsIc" + right.substr(5), "Basic   " + right.substr(6) + "  "})
    EXPECT_TRUE(check_header(good, here)->has_value()) << good;
  for (const std::string& bad : std::vector<std::string>{
           "Basic", "Basic ", "Basic YWRtaW46d2VsY29tZQ", "Basic YWRtaW46d2VsY29tZR==", "Basic YWRt aW46d2VsY29tZQ==",
           "Basic YWRtaW46d2VsY29tZQ===", "Basic ====", "Basic YWRtaW4=", "Basic !!!!", "Basic YTr/",
           basic("admin", "a\nb"), "Basic " + std::string(20'000, 'A')})
    EXPECT_EQ(code(check_header(bad, here)), make_error_code(Errc::rejected)) << bad;
  for (const std::string& other : std::vector<std::string>{"", "Digest x", "Basically YWRtaW46d2VsY29tZQ==", "Bearer"})
    EXPECT_EQ(code(check_header(other, here)), make_error_code(Errc::missing)) << other;
}

TEST_F(Passwords, ThePasswordIsWhatFollowsTheFirstColon) {
  use_password("a:b:");
  EXPECT_TRUE(sign_in(basic("admin", "a:b:")));
}

TEST_F(Passwords, AreNeverLogged) {
  use_password("right-secret");
  EXPECT_FALSE(sign_in(basic("admin", "wrong-secret")));
  EXPECT_TRUE(sign_in(basic("admin", "right-secret")));
  EXPECT_THAT(log_text(), HasSubstr("wrong_password"));
  EXPECT_THAT(log_text(), Not(HasSubstr("-secret")));
}

TEST_F(Passwords, StopEndsWaitingChecksAsThrottled) {
  use_password("secret");
  const std::string header = basic("admin", "guess");
  Credentials credentials;
  credentials.authorization = header;
  std::promise<void> first_runs;
  std::promise<void> let_go;
  std::promise<Result<Principal>> second;
  auth_->verify_slowly(credentials, far, [&](const Result<Principal>&) {
    first_runs.set_value();
    let_go.get_future().wait();
  });
  first_runs.get_future().wait();
  const std::string other = basic("admin", "other");
  credentials.authorization = other;
  auth_->verify_slowly(credentials, far, [&](Result<Principal> result) { second.set_value(std::move(result)); });
  std::thread stopper{[&] { auth_->stop(); }};
  // Once stop() counts, a further check is refused in place.
  const std::string third = basic("admin", "third");
  credentials.authorization = third;
  EXPECT_TRUE(support::eventually([&] {
    const auto in_place = std::make_shared<std::atomic<bool>>(false);
    auth_->verify_slowly(credentials, far, [in_place, caller = std::this_thread::get_id()](const auto& result) {
      if (std::this_thread::get_id() == caller) *in_place = result.error().code == make_error_code(Errc::throttled);
    });
    return in_place->load();
  }));
  let_go.set_value();
  EXPECT_EQ(second.get_future().get().error().code, make_error_code(Errc::throttled));
  stopper.join();
  auth_->stop();
}

TEST_F(Passwords, ManyCallersWithTheRightPasswordShareOneCheckAndAllPass) {
  use_password("secret");
  std::vector<std::thread> callers;
  std::atomic<int> passed{0};
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      for (int k = 0; k < 50; ++k) passed += sign_in(basic("admin", "secret")).has_value() ? 1 : 0;
    });
  }
  for (int i = 0; i < 20; ++i) auth_->reload({"admin", quick_hash("secret")});
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(passed, 400);
}

TEST_F(Passwords, GuessesFromOneAddressAreThrottledAndConcernNoOther) {
  use_password("secret");
  const std::string key = create("jira").secret;
  std::optional<Error> throttled;
  int guesses = 0;
  while (!throttled && guesses < 200) {
    const auto answer = sign_in(basic("admin", "guess-" + std::to_string(guesses)));
    ASSERT_FALSE(answer);
    if (answer.error().code == make_error_code(Errc::throttled)) throttled = answer.error();
    ++guesses;
  }
  ASSERT_TRUE(throttled);
  EXPECT_EQ(guesses, 51);
  EXPECT_EQ(throttled->failure, FailureClass::throttled);
  ASSERT_TRUE(throttled->retry_after);
  EXPECT_FALSE(sign_in(basic("admin", "secret")));
  EXPECT_TRUE(passes(key));  // a key can't be guessed, so it is not shut out
  EXPECT_TRUE(sign_in(basic("admin", "secret"), {"203.0.113.10", false}));
  clock_.advance(*throttled->retry_after);
  EXPECT_TRUE(sign_in(basic("admin", "secret")));
}

TEST_F(Passwords, AnOutdatedPasswordRepeatedForEverShutsNobodyOut) {
  use_password("new");
  for (int i = 0; i < 300; ++i) EXPECT_EQ(sign_in(basic("admin", "old")).error().code, make_error_code(Errc::rejected));
  EXPECT_EQ(auth_->penalty(far), std::chrono::seconds{5});
  EXPECT_TRUE(sign_in(basic("admin", "new")));
}

TEST(PasswordHash, IsArgon2idInPhcForm) {
  const Result<std::string> hash = hash_password("pass\xC3\xBC");
  ASSERT_TRUE(hash);
  EXPECT_THAT(*hash, testing::StartsWith("$argon2id$v=19$m=65536,t=3,p=1$"));
  EXPECT_TRUE(is_password_hash(*hash));
  EXPECT_EQ(argon2id_verify(hash->c_str(), "pass\xC3\xBC", 6), ARGON2_OK);
  EXPECT_NE(*hash, *hash_password("pass\xC3\xBC"));
}

TEST(PasswordHash, CantBeMadeOfWhatNobodyCouldSendNorOfTheDefault) {
  for (const std::string& bad :
       {std::string{}, std::string(1025, 'x'), std::string{"a\nb"}, std::string{"\xFF"}, std::string{"welcome"}}) {
    const Result<std::string> hash = hash_password(bad);
    ASSERT_FALSE(hash);
    EXPECT_EQ(hash.error().code, make_error_code(Errc::invalid));
    EXPECT_EQ(hash.error().failure, FailureClass::permanent);
  }
}

TEST(PasswordHash, OthersAreNotTakenForOne) {
  const std::string good = quick_hash("x");
  EXPECT_TRUE(is_password_hash(good));
  std::string argon2i = good;
  argon2i.erase(argon2i.find("id$"), 2).insert(argon2i.find('$', 1), "i");
  const std::vector<std::string> bad{"",
                                     "welcome",
                                     argon2i,
                                     good + "!",
                                     good.substr(0, good.rfind('$')),
                                     "$2y$10$abcdefghijklmnopqrstuv",
                                     "$argon2id$v=19$m=99999999999,t=1,p=1$c2FsdHNhbHQ$x",
                                     " " + good};
  for (const std::string& text : bad) EXPECT_FALSE(is_password_hash(text)) << text;
}

}  // namespace
}  // namespace syncservice::auth
