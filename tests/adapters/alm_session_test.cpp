// The one session: opened on need, shared, rotating, kept alive, renewed once, signed out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "adapters/alm_support.hpp"
#include "support/eventually.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapters/alm/alm.hpp"
#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::alm {
namespace {

using testing::HasSubstr;
using testing::Not;

const ProjectName qc{"QualityCenter"}, mobile{"Mobile"};
constexpr const char* sign_in_path = "/qcbin/authentication-point/alm-authenticate";
constexpr const char* session_path = "/qcbin/rest/site-session";
constexpr const char* defects_path = "/qcbin/rest/domains/DEFAULT/projects/QualityCenter/defects";

class AlmSession : public testing::Test {
 protected:
  [[nodiscard]] nlohmann::json sessions() const { return simulator_.record("session"); }
  [[nodiscard]] std::string seeded(const ProjectName& project = qc) {
    return simulator_.seed("edit", {{"project", project.str()}, {"type", "defect"}, {"fields", {{"name", "by hand"}}}})
        .at("id")
        .at(0);
  }
  [[nodiscard]] static NewRecord defect(std::string marker, const ProjectName& project = qc) {
    return {project, "defect", {{"name", "one"}, {"severity", "1-Low"}}, std::move(marker)};
  }
  [[nodiscard]] std::size_t made() const { return simulator_.record("DEFAULT.QualityCenter.defect").size(); }
  [[nodiscard]] std::size_t sign_ins() const { return simulator_.count("POST", sign_in_path); }

  support::Simulator simulator_{"alm.py"};
  CallContext context_;
};

TEST_F(AlmSession, IsOpenedByTheFirstCallAndSignedOutAtTheEnd) {
  auto adapter = adapter_for(simulator_);
  EXPECT_EQ(simulator_.count(), 0U) << "nothing is opened before it is needed";
  ASSERT_TRUE(adapter->ping(context_));
  EXPECT_EQ(sessions().at("open"), 1);
  adapter.reset();
  EXPECT_EQ(sessions().at("open"), 0);
  EXPECT_EQ(sessions().at("tokens"), 0) << "the second half of signing out ends the LWSSO token";
}

TEST_F(AlmSession, IsOneForAllProjectsApplicationsAndWorkers) {
  simulator_.set("max_sessions", 1);
  const Kind kind = alm_kind();
  const auto settings = [&](const char* entities) {
    return Settings{{{"url", simulator_.url("/qcbin")},
                     {"username", "sync"},
                     {"password", "sync-secret"},
                     {"domain", "DEFAULT"},
                     {"entities", entities},
                     {"markerField", "External Id"}},
                    {}};
  };
  const auto first = kind.make(settings("defect")), second = kind.make(settings("requirement, defect"));
  ASSERT_TRUE(first && second);
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 32; ++worker) {
      workers.emplace_back([&, worker] {
        Adapter& adapter = worker % 2 == 0 ? **first : **second;
        const ProjectName& project = worker % 3 == 0 ? mobile : qc;
        const auto made = adapter.create(defect("m-" + std::to_string(worker), project), context_);
        EXPECT_TRUE(made) << made.error().message;
      });
    }
  }
  EXPECT_EQ(sessions().at("most"), 1);
  EXPECT_EQ(sign_ins(), 1U);
}

TEST_F(AlmSession, AreAsManyAsConfiguredAtMostAndAllSignedOut) {
  simulator_.set("max_sessions", 3);
  auto adapter = adapter_for(
      simulator_, std::make_shared<Sessions>(endpoint_of(simulator_), Account{"sync", "sync-secret", false, {}},
                                             std::chrono::seconds{0}, 3));
  const auto shared = adapter->create(defect("m-shared"), context_);
  ASSERT_TRUE(shared) << shared.error().message;
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 32; ++worker) {
      workers.emplace_back([&, worker] {
        const std::string words = "by " + std::to_string(worker);
        EXPECT_TRUE(adapter->create(defect("m-" + std::to_string(worker)), context_));
        const auto added = adapter->add_comment(qc, shared->id, {record::from_plain(words), false}, context_);
        EXPECT_TRUE(added) << added.error().message;
      });
    }
  }
  EXPECT_THAT(*adapter->comments(qc, shared->id, context_), testing::SizeIs(32));
  EXPECT_GT(sessions().at("most"), 1);
  EXPECT_LE(sessions().at("most"), 3);
  adapter.reset();
  EXPECT_EQ(sessions().at("open"), 0);
}

TEST_F(AlmSession, TakesNewSettingsWhileItIsOpen) {
  const Account account{"sync", "sync-secret", false, {}};
  SessionPool pool;
  rest::Endpoint wrong = endpoint_of(simulator_);
  wrong.client.proxy = "http://127.0.0.1:1";
  const auto sessions_before = pool.get(wrong, account, std::chrono::milliseconds{0}, 1);
  const auto adapter = adapter_for(simulator_, sessions_before);
  ASSERT_FALSE(adapter->ping(context_));
  const auto sessions_after = pool.get(endpoint_of(simulator_), account, std::chrono::milliseconds{0}, 1);
  EXPECT_EQ(sessions_after, sessions_before);
  ASSERT_TRUE(adapter->ping(context_)) << "by the way that is configured now";

  EXPECT_EQ(pool.get(endpoint_of(simulator_), account, std::chrono::milliseconds{20}, 1), sessions_before);
  ASSERT_TRUE(adapter->ping(context_));
  EXPECT_TRUE(support::eventually([&] { return simulator_.count("GET", session_path) >= 2; })) << "touched now";
  EXPECT_EQ(sign_ins(), 1U) << "the open session stayed";
}

TEST_F(AlmSession, AreAsManyAsConfiguredLast) {
  const Account account{"sync", "sync-secret", false, {}};
  SessionPool pool;
  const auto shared = pool.get(endpoint_of(simulator_), account, std::chrono::milliseconds{0}, 1);
  const auto adapter = adapter_for(simulator_, shared);
  const auto from_many_threads = [&] {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 32; ++worker) workers.emplace_back([&] { EXPECT_TRUE(adapter->ping(context_)); });
  };
  from_many_threads();
  EXPECT_EQ(sessions().at("open"), 1);
  static_cast<void>(pool.get(endpoint_of(simulator_), account, std::chrono::milliseconds{0}, 4));
  from_many_threads();
  EXPECT_GT(sessions().at("open"), 1);
  EXPECT_LE(sessions().at("open"), 4);
  static_cast<void>(pool.get(endpoint_of(simulator_), account, std::chrono::milliseconds{0}, 1));
  EXPECT_EQ(sessions().at("open"), 1) << "those that are too many were signed out";
  from_many_threads();
  EXPECT_EQ(sessions().at("open"), 1);
}

TEST_F(AlmSession, SendsTheNewestCookie) {
  simulator_.set("rotation_grace", 5);
  const auto adapter = adapter_for(simulator_);
  const RecordId id{seeded()};
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(adapter->read(qc, id, context_));
    simulator_.advance_clock(60);
  }
  EXPECT_EQ(sign_ins(), 1U);
}

TEST_F(AlmSession, TriesTheOtherCookiesOfCallsThatOverlapped) {
  simulator_.set("rotation_grace", 5);
  const auto adapter = adapter_for(simulator_);
  const RecordId id{seeded()}, other{seeded()};
  ASSERT_TRUE(adapter->read(qc, id, context_));
  // The answer with the older cookie arrives after the one with the newer.
  const std::string slow = std::string{defects_path} + "/" + other.str();
  simulator_.fault({{"kind", "trickle"}, {"path", slow}, {"seconds", 2}});
  {
    std::jthread first{[&] { EXPECT_TRUE(adapter->read(qc, other, context_)); }};
    ASSERT_TRUE(support::eventually([&] { return simulator_.count("GET", slow) == 1; }));
    ASSERT_TRUE(adapter->read(qc, id, context_));
  }
  simulator_.advance_clock(60);
  EXPECT_TRUE(adapter->read(qc, id, context_));
  EXPECT_EQ(sign_ins(), 1U);
  EXPECT_EQ(simulator_.count("GET", session_path), 1U) << "the older cookie was lost, and the newer one found";
}

class AlmSessionLost : public AlmSession, public testing::WithParamInterface<const char*> {};

TEST_P(AlmSessionLost, IsRenewedOnceAndTheCallIsNotLost) {
  simulator_.set("lost_as", GetParam());
  const auto adapter = adapter_for(simulator_);
  ASSERT_TRUE(adapter->create(defect("m-1"), context_));
  simulator_.expire_tokens();
  const auto created = adapter->create(defect("m-2"), context_);
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(made(), 2U);
  EXPECT_EQ(sign_ins(), 2U);
  simulator_.expire_tokens();
  ASSERT_TRUE(adapter->read(qc, created->id, context_));
  EXPECT_EQ(sign_ins(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Ways, AlmSessionLost, testing::Values("expired", "login", "token"));

TEST_F(AlmSession, ThatIsLostForAllWorkersAtOnceIsRenewedOnce) {
  const auto adapter = adapter_for(simulator_);
  const RecordId id{seeded()};
  ASSERT_TRUE(adapter->read(qc, id, context_));
  simulator_.expire_tokens();
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 16; ++worker) {
      workers.emplace_back([&] { EXPECT_TRUE(adapter->read(qc, id, context_)); });
    }
  }
  EXPECT_EQ(sign_ins(), 2U);
  EXPECT_EQ(sessions().at("most"), 1);
}

TEST_F(AlmSession, ThatIsLostAgainAtOnceIsTriedLater) {
  const auto adapter = adapter_for(simulator_);
  const RecordId id{seeded()};
  ASSERT_TRUE(adapter->read(qc, id, context_));
  const char* gone = "<QCRestException><Id>qccore.session-has-expired</Id><Title>expired</Title></QCRestException>";
  simulator_.fault({{"kind", "answer"},
                    {"path", ".*/defects/.*"},
                    {"times", 2},
                    {"status", 401},
                    {"headers", {{"Content-Type", "application/xml"}}},
                    {"body", gone}});
  const auto read = adapter->read(qc, id, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::transient);
  EXPECT_TRUE(adapter->read(qc, id, context_));
}

TEST_F(AlmSession, AProjectOfOthersIsA401ThatEndsNothing) {
  const auto adapter = adapter_for(simulator_);
  const RecordId id{seeded()};
  ASSERT_TRUE(adapter->read(qc, id, context_));
  const auto read = adapter->read(ProjectName{"SANDBOX/Closed"}, RecordId{"1"}, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Failure::refused) << "no circuit opens for the other projects";
  EXPECT_THAT(read.error().message, testing::AllOf(HasSubstr("SANDBOX.Closed"), HasSubstr("add the account")));
  EXPECT_TRUE(adapter->read(qc, id, context_));
  EXPECT_EQ(sign_ins(), 1U);
}

TEST_F(AlmSession, ThatEndedByIdlenessIsOpenedAnew) {
  const auto adapter = adapter_for(simulator_);
  const RecordId id{seeded()};
  ASSERT_TRUE(adapter->read(qc, id, context_));
  simulator_.advance_clock(3700);
  EXPECT_TRUE(adapter->read(qc, id, context_));
  EXPECT_EQ(sign_ins(), 2U);
}

TEST_F(AlmSession, IsKeptAliveWhileNobodyCalls) {
  const auto adapter = adapter_for(
      simulator_, session_for(simulator_, {"sync", "sync-secret", false, {}}, std::chrono::milliseconds{20}));
  ASSERT_TRUE(adapter->ping(context_));
  EXPECT_TRUE(support::eventually([&] { return simulator_.count("GET", session_path) >= 3; }));
  EXPECT_EQ(sign_ins(), 1U);
}

TEST_F(AlmSession, OneMoreThanTheServerAllowsIsTriedLater) {
  simulator_.set("max_sessions", 1);
  const auto other = adapter_for(simulator_);
  ASSERT_TRUE(other->ping(context_));
  const auto adapter = adapter_for(simulator_);
  const auto pinged = adapter->ping(context_);
  ASSERT_FALSE(pinged);
  EXPECT_EQ(pinged.error().failure, FailureClass::transient);
  EXPECT_THAT(pinged.error().message, HasSubstr("maximum number of sessions"));
}

TEST_F(AlmSession, AWrongPasswordIsToldAsSuch) {
  const auto adapter = adapter_for(simulator_, session_for(simulator_, {"sync", "no-such-word", false, {}}));
  const auto pinged = adapter->ping(context_);
  ASSERT_FALSE(pinged);
  EXPECT_EQ(pinged.error().failure, FailureClass::auth);
  EXPECT_THAT(pinged.error().message, Not(HasSubstr("no-such-word")));
}

TEST_F(AlmSession, AWrongPasswordIsTriedOnceForAllWhoWait) {
  simulator_.fault({{"kind", "delay"}, {"path", sign_in_path}, {"seconds", 3}});
  const auto adapter = adapter_for(simulator_, session_for(simulator_, {"sync", "wrong", false, {}}));
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 16; ++worker) {
      workers.emplace_back([&] {
        const auto pinged = adapter->ping(context_);
        EXPECT_EQ(pinged.error().failure, FailureClass::auth);
      });
    }
  }
  EXPECT_EQ(sign_ins(), 1U) << "the account would be locked";
}

TEST_F(AlmSession, AnApiKeyIsAUser) {
  const auto adapter = adapter_for(simulator_, session_for(simulator_, {"apikey-sync", "apikey-secret", true, {}}));
  const auto created = adapter->create(defect("m-1"), context_);
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(created->fields.at("detected-by").as<record::User>()->id, "sync");
  EXPECT_EQ(simulator_.count("POST", session_path), 0U);
  for (const auto& [key, secret] : {std::pair{"apikey-sync", "wrong"}, std::pair{"apikey-off", "apikey-secret"}}) {
    const auto pinged = adapter_for(simulator_, session_for(simulator_, {key, secret, true, {}}))->ping(context_);
    ASSERT_FALSE(pinged);
    EXPECT_EQ(pinged.error().failure, FailureClass::auth);
  }
}

TEST_F(AlmSession, AStopEndsASignIn) {
  simulator_.fault({{"kind", "delay"}, {"path", sign_in_path}, {"seconds", 30}});
  const auto adapter = adapter_for(simulator_);
  std::stop_source stop;
  CallContext context;
  context.stop = stop.get_token();
  std::jthread stopper{[&] {
    EXPECT_TRUE(support::eventually([&] { return simulator_.count("POST", sign_in_path) == 1; }));
    stop.request_stop();
  }};
  const auto pinged = adapter->ping(context);
  ASSERT_FALSE(pinged);
  EXPECT_EQ(pinged.error().failure, FailureClass::transient);
}

TEST_F(AlmSession, AWriteWhoseSessionWentWithItsAnswerIsLookedUp) {
  const auto adapter = adapter_for(simulator_);
  ASSERT_TRUE(adapter->ping(context_));
  simulator_.fault({{"kind", "commit_then_answer"}, {"method", "POST"}, {"path", defects_path}, {"status", 500}});
  const auto created = adapter->create(defect("m-1"), context_);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Failure::uncertain);
  const auto found = adapter->find_by_marker(qc, "m-1", context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(made(), 1U);
}

}  // namespace
}  // namespace syncservice::adapter::alm
