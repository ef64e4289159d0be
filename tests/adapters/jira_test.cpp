// What Jira, of both flavours, has in store for an adapter: each trap a test, over the simulator.
#include "adapters/jira_support.hpp"

#include "syncservice/adapter/fit.hpp"
#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>

#include <set>

namespace syncservice::adapter::jira {
namespace {

using nlohmann::json;
using record::List;
using record::Option;
using record::Reference;
using record::Value;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const ProjectName ed{"ED"};

class Jira : public testing::TestWithParam<Flavour> {
 protected:
  [[nodiscard]] bool cloud() const { return GetParam() == Flavour::cloud; }
  [[nodiscard]] support::Simulator& simulator() { return jira_.simulator(); }

  /// An issue of fred's, made behind our back; its id.
  RecordId seeded(json record) {
    record.emplace("project", "ED");
    record.emplace("type", "Bug");
    record.emplace("summary", "seeded");
    return RecordId{simulator().seed("issue", record).at("id").get<std::string>()};
  }
  record::Record created(record::Fields fields, const std::string& marker = "m-1", const std::string& type = "Bug") {
    fields.emplace("summary", "made");
    const auto made = adapter_->create({ed, type, std::move(fields), marker}, context_);
    if (made) return *made;
    ADD_FAILURE() << made.error().message;
    return {};
  }
  Result<record::Record> update(const RecordId& id, const record::Fields& patch) {
    return adapter_->update(ed, id, patch, context_);
  }
  [[nodiscard]] std::string status_of(const RecordId& id) const {
    return jira_.simulator_record(id.str()).at("fields").at("status").at("name");
  }
  [[nodiscard]] std::string api() const { return cloud() ? "/jira/rest/api/3" : "/jira/rest/api/2"; }

  class Site : public SimulatedJira {
   public:
    using SimulatedJira::SimulatedJira;
    [[nodiscard]] json simulator_record(const std::string& id) const {
      return const_cast<Site*>(this)->simulator().record("issue", id);
    }
  };
  Site jira_{GetParam()};
  std::unique_ptr<Adapter> adapter_ = jira_.adapter();
  CallContext context_;
};

INSTANTIATE_TEST_SUITE_P(Cloud, Jira, testing::Values(Flavour::cloud));
INSTANTIATE_TEST_SUITE_P(DataCenter, Jira, testing::Values(Flavour::server));

// --- Signing in

TEST_P(Jira, RejectedCredentialsAreNeverTakenForNothingThere) {
  const RecordId id = seeded({});
  const auto stranger = jira_.adapter(jira_.settings("sync", "wrong"));
  for (const auto& error : {stranger->read(ed, id, context_).error(), stranger->ping(context_).error(),
                            stranger->find_by_marker(ed, "m-1", context_).error()}) {
    EXPECT_EQ(error.code, Failure::unauthorized) << error.message;
  }
}

TEST_P(Jira, AStrangersEmptySearchIsARejectionEvenWithoutItsHeader) {
  ASSERT_TRUE(adapter_->find_by_marker(ed, "m-1", context_));
  const json nothing = cloud() ? json{{"issues", json::array()}, {"isLast", true}}
                               : json{{"startAt", 0}, {"maxResults", 50}, {"total", 0}, {"issues", json::array()}};
  simulator().fault({{"kind", "answer"}, {"path", ".*/search.*"}, {"status", 200}, {"body", nothing}});
  simulator().fault({{"kind", "answer"}, {"path", ".*/myself"}, {"status", 401}, {"body", json::object()}});
  const auto found = adapter_->find_by_marker(ed, "m-1", context_);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Failure::unauthorized);
}

TEST_P(Jira, A404OfAStrangerIsARejection) {
  const RecordId id = seeded({});
  ASSERT_TRUE(adapter_->read(ed, id, context_));
  const json missing{{"errorMessages", {"Issue does not exist or you do not have permission to see it."}}};
  simulator().fault({{"kind", "answer"}, {"path", ".*/issue/.*"}, {"status", 404}, {"body", missing}});
  simulator().fault({{"kind", "answer"}, {"path", ".*/myself"}, {"status", 401}, {"body", json::object()}});
  EXPECT_EQ(adapter_->read(ed, id, context_).error().code, Failure::unauthorized);
}

TEST_P(Jira, ACaptchaNeedsAPersonAndIsSaidToDoSo) {
  if (cloud()) GTEST_SKIP() << "the cloud has none";
  const auto stranger = jira_.adapter(jira_.settings("sync", "wrong"));
  for (int attempt = 0; attempt < 4; ++attempt) static_cast<void>(stranger->ping(context_));
  const auto right = adapter_->ping(context_);
  ASSERT_FALSE(right);
  EXPECT_EQ(right.error().code, Failure::unauthorized);
  EXPECT_THAT(right.error().message, AllOf(HasSubstr("CAPTCHA"), HasSubstr("/login.jsp")));
}

TEST_P(Jira, APermissionThatIsMissingIsPermanentAndNoMatterOfSigningIn) {
  const RecordId exhibit{
      simulator().seed("issue", {{"project", "ROX"}, {"type", "Bug"}, {"summary", "x"}}).at("id").get<std::string>()};
  const ProjectName rox{"ROX"};
  ASSERT_TRUE(adapter_->read(rox, exhibit, context_));
  const auto refused = adapter_->update(rox, exhibit, {{"summary", "y"}}, context_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, FailureClass::permanent) << refused.error().message;
  EXPECT_THAT(refused.error().message, HasSubstr("permission"));
}

TEST_P(Jira, APersonalAccessTokenGoesAlone) {
  if (cloud()) GTEST_SKIP() << "the cloud has none";
  Settings settings = jira_.settings();
  settings.values.erase("username");
  settings.values.erase("password");
  settings.values["token"] = "sync-pat";
  EXPECT_TRUE(jira_.adapter(settings)->ping(context_));
}

// --- Issues

TEST_P(Jira, AnIssueIsReadByIdAndKeyAndKeepsItsIdWhenItMoves) {
  const RecordId id = seeded({});
  const std::string key = jira_.simulator_record(id.str()).at("key");
  const auto by_key = adapter_->read(ed, RecordId{key}, context_);
  ASSERT_TRUE(by_key) << by_key.error().message;
  EXPECT_EQ(by_key->id, id);
  EXPECT_EQ(by_key->fields.at("key"), Value{key});
  EXPECT_THAT(by_key->fields.at("url").text(), testing::EndsWith("/browse/" + key));
  simulator().seed("move", {{"issue", key}, {"project", "OPS"}});
  const auto moved = adapter_->read(ed, RecordId{key}, context_);
  ASSERT_FALSE(moved) << "it is in another project now";
  EXPECT_EQ(moved.error().failure, FailureClass::permanent) << "a moved issue is not a deleted one";
  EXPECT_THAT(moved.error().message, AllOf(HasSubstr("\"OPS-1\""), HasSubstr("\"ED\"")));
  EXPECT_EQ(adapter_->read(ProjectName{"OPS"}, RecordId{key}, context_)->id, id);
}

TEST_P(Jira, AFieldMadeWhileWeRunIsKnownByItsName) {
  const RecordId id = seeded({});
  ASSERT_TRUE(adapter_->read(ed, id, context_));
  const std::string field = simulator().seed("field", {{"name", "Brand new"}, {"type", "float"}}).at("id");
  const auto other = jira_.adapter();
  const auto updated = other->update(ed, id, {{"Brand new", 3}}, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->fields.at("Brand new"), Value{3.0});
  EXPECT_EQ(updated->fields.at(field), Value{3.0});
}

TEST_P(Jira, AFieldThatIsNotOnTheScreenIsRefusedInJirasWords) {
  const RecordId id = seeded({});
  const auto refused = update(id, {{"Off screen", "x"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Failure::refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("customfield_10124"), HasSubstr("screen")));
  const auto twice = update(id, {{"Twice", "x"}});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("\"customfield_10122\" or \"customfield_10123\""));
}

TEST_P(Jira, TheMarkerLabelIsNoLabelToAnybodyAndSurvives) {
  const auto made = created({{"labels", List{"red"}}});
  EXPECT_EQ(made.fields.at("labels"), (Value{List{"red"}}));
  const auto updated = jira_.adapter()->update(ed, made.id, {{"labels", List{"blue", "green"}}}, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->fields.at("labels"), (Value{List{"blue", "green"}}));
  EXPECT_EQ(updated->marker, "m-1");
  EXPECT_THAT(jira_.simulator_record(made.id.str()).at("fields").at("labels"), SizeIs(3));
}

TEST_P(Jira, ATextFieldCanLeadToTheMarker) {
  Settings settings = jira_.settings();
  settings.values["marker"] = "Sync marker";
  const auto adapter = jira_.adapter(settings);
  const auto made = adapter->create({ed, "Bug", {{"summary", "x"}}, "m-1"}, context_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(jira_.simulator_record(made->id.str()).at("fields").at("labels"), IsEmpty());
  const auto found = adapter->find_by_marker(ed, "m-1", context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, made->id);
}

TEST_P(Jira, ACloneIsNotTakenForTheIssueThatWeMade) {
  const auto made = created({});
  const json labels = jira_.simulator_record(made.id.str()).at("fields").at("labels");
  const RecordId clone = seeded({{"fields", {{"labels", labels}}}});
  EXPECT_EQ(adapter_->read(ed, clone, context_)->marker, "");
  const auto found = adapter_->find_by_marker(ed, "m-1", context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, made.id);
}

TEST_P(Jira, ALaggingIndexHidesTheMarkerNoLongerThanIsClaimed) {
  simulator().control("POST", "/clock", {{"freeze", true}});
  simulator().set("index_lag", 0.9);
  const auto made = created({});
  EXPECT_FALSE(*adapter_->find_by_marker(ed, "m-1", context_));
  EXPECT_GE(adapter_->capabilities().marker_lag, std::chrono::milliseconds{900});
  simulator().advance_clock(1);
  const auto found = adapter_->find_by_marker(ed, "m-1", context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, made.id);
}

TEST_P(Jira, ACreationWhoseAnswerIsLostIsUncertainAndFoundByItsMarker) {
  ASSERT_TRUE(adapter_->ping(context_));
  static_cast<void>(created({}, "m-0"));
  simulator().fault({{"kind", "commit_then_answer"}, {"method", "POST"}, {"path", ".*/issue"}, {"status", 500}});
  const auto lost = adapter_->create({ed, "Bug", {{"summary", "x"}}, "m-1"}, context_);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Failure::uncertain) << lost.error().message;
  const auto found = adapter_->find_by_marker(ed, "m-1", context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->fields.at("summary"), Value{"x"});
}

TEST_P(Jira, UsersAreFoundByAddressAndByName) {
  const RecordId id = seeded({});
  const auto by_address = update(id, {{"assignee", record::User{"foreign", "Somebody", "fred@example.com"}}});
  ASSERT_TRUE(by_address) << by_address.error().message;
  EXPECT_EQ(by_address->fields.at("assignee").as<record::User>()->name, "Fred F. User");
  const auto by_name = update(id, {{"Reviewer", "Ada Admin"}});
  ASSERT_TRUE(by_name) << by_name.error().message;
  EXPECT_EQ(by_name->fields.at("Reviewer").as<record::User>()->email, "admin@example.com");
  const auto several = update(id, {{"assignee", "Mia Krystof"}});
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message, AllOf(HasSubstr("assignee"), HasSubstr("several")));
  const auto nobody = update(id, {{"assignee", record::User{"", "", "nobody@example.com"}}});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Failure::refused);
  EXPECT_TRUE(update(id, {{"assignee", Value{}}})->fields.at("assignee").is_null());
}

TEST_P(Jira, SubTasksHaveParentsAndLinksAreFields) {
  const auto parent = created({}, "m-1", "Task");
  const auto child = created({{"parent", Reference{{}, parent.id}}}, "m-2", "Sub-task");
  EXPECT_EQ(child.fields.at("parent"), (Value{Reference{{}, parent.id}}));
  EXPECT_EQ(adapter_->read(ed, parent.id, context_)->fields.at("subtasks"), (Value{List{Reference{{}, child.id}}}));

  const auto other = created({}, "m-3");
  const auto blocking = created({{"link:blocks", List{Reference{{}, parent.id}, Reference{{}, other.id}}}}, "m-4");
  EXPECT_EQ(blocking.fields.at("link:blocks"), (Value{List{Reference{{}, parent.id}, Reference{{}, other.id}}}));
  EXPECT_EQ(adapter_->read(ed, other.id, context_)->fields.at("link:is blocked by"),
            (Value{List{Reference{{}, blocking.id}}}));
  const auto less =
      update(blocking.id, {{"link:blocks", Reference{{}, other.id}}, {"link:relates to", parent.id.str()}});
  ASSERT_TRUE(less) << less.error().message;
  EXPECT_EQ(less->fields.at("link:blocks"), (Value{List{Reference{{}, other.id}}}));
  EXPECT_EQ(less->fields.at("link:relates to"), (Value{List{Reference{{}, parent.id}}}));
  const auto wrong = update(blocking.id, {{"link:block", Reference{{}, other.id}}});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("\"link:blocks\""));
}

// --- Workflow

TEST_P(Jira, AStatusIsWalkedToStepByStepWithTheFieldsItAsksFor) {
  const RecordId id = seeded({});
  const auto done = update(id, {{"status", Option{"", "Done"}}, {"resolution", "Fixed"}, {"summary", "resolved"}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->fields.at("status").text(), "Done");
  EXPECT_EQ(done->fields.at("resolution").text(), "Fixed");
  EXPECT_EQ(done->fields.at("summary"), Value{"resolved"});
  const std::size_t looked = simulator().count("GET", ".*/transitions");
  const RecordId next = seeded({});
  ASSERT_TRUE(adapter_->read(ed, next, context_));
  ASSERT_TRUE(update(next, {{"status", "Done"}, {"resolution", "Fixed"}}));
  EXPECT_EQ(simulator().count("GET", ".*/transitions"), looked) << "the workflow was learned";
}

TEST_P(Jira, ATransitionsMissingFieldIsNamed) {
  const RecordId id = seeded({{"status", "In Review"}});
  const auto refused = update(id, {{"status", "Done"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Failure::refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("status"), HasSubstr("\"resolution\""), HasSubstr("rule")));
  EXPECT_EQ(status_of(id), "In Review");
}

TEST_P(Jira, AStatusWithoutAWayIsRefusedAndTheIssueIsWhereItWas) {
  const RecordId id = seeded({});
  const auto refused = update(id, {{"status", "Blocked"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Failure::refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("\"To Do\""), HasSubstr("\"Blocked\"")));
  const std::string status = status_of(id);
  EXPECT_TRUE(status == "To Do" || refused.error().message.find("left in \"" + status + '"') != std::string::npos)
      << status << ": " << refused.error().message;
  const auto unknown = update(id, {{"status", "Finished"}});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, AllOf(HasSubstr("\"Finished\""), HasSubstr("\"Done\"")));
}

TEST_P(Jira, OtherIssuesShowTheWayBeforeAnythingIsTried) {
  static_cast<void>(seeded({{"status", "In Progress"}}));
  static_cast<void>(seeded({{"status", "In Review"}}));
  const RecordId id = seeded({});
  simulator().forget_requests();
  ASSERT_TRUE(update(id, {{"status", "Done"}, {"resolution", "Done"}}));
  EXPECT_EQ(simulator().count("POST", ".*/transitions"), 3U) << "the three of the way, and no other";
}

TEST_P(Jira, AStatusThatSomebodyChangedMeanwhileIsLookedUpAgain) {
  const RecordId one = seeded({});
  ASSERT_TRUE(update(one, {{"status", "In Progress"}}));
  const RecordId id = seeded({});
  ASSERT_TRUE(adapter_->read(ed, id, context_));
  ASSERT_TRUE(jira_.adapter()->update(ed, id, {{"status", "In Review"}}, context_));
  const auto back = update(id, {{"status", "In Progress"}});
  // In Review leads to Done alone, which asks for a resolution.
  ASSERT_FALSE(back);
  EXPECT_THAT(back.error().message, HasSubstr("In Review"));
}

TEST_P(Jira, ANewIssueGetsItsStatusAndWhatOnlyATransitionTakes) {
  const auto made = created({{"status", "Done"}, {"resolution", "Fixed"}});
  EXPECT_EQ(made.fields.at("status").text(), "Done");
  EXPECT_EQ(made.fields.at("resolution").text(), "Fixed");
  EXPECT_EQ(made.marker, "m-1");
  EXPECT_FALSE(jira_.simulator_record(made.id.str()).at("properties").at("syncservice").contains("unfinished"));
}

TEST_P(Jira, ANewIssueThatCantBeWhatWasAskedForIsTakenBack) {
  const auto refused = adapter_->create({ed, "Bug", {{"summary", "x"}, {"status", "Done"}}, "m-1"}, context_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, FailureClass::permanent);
  EXPECT_THAT(simulator().record("issue"), IsEmpty());
}

TEST_P(Jira, ACreationThatBrokeOffIsCompletedByWhoeverReadsIt) {
  for (const bool by_marker : {true, false}) {
    const std::string marker = by_marker ? "m-1" : "m-2";
    simulator().fault({{"kind", "cut"}, {"method", "POST"}, {"path", ".*/transitions"}});
    const auto broken = adapter_->create(
        {ed, "Bug", {{"summary", "x"}, {"status", "Done"}, {"resolution", "Fixed"}}, marker}, context_);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, Failure::uncertain) << broken.error().message;
    const auto restarted = jira_.adapter();
    const RecordId id{simulator().record("issue").back().at("id").get<std::string>()};
    const auto found = by_marker ? restarted->find_by_marker(ed, marker, context_)
                                 : Result<std::optional<record::Record>>{*restarted->read(ed, id, context_)};
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->fields.at("status").text(), "Done");
    EXPECT_EQ((*found)->fields.at("resolution").text(), "Fixed");
  }
}

// --- Comments and attachments

TEST_P(Jira, CommentsOfManyShortPagesAreAllRead) {
  const RecordId id = seeded({});
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(adapter_->add_comment(ed, id, {record::from_plain("x"), false}, context_));
  simulator().set("comment_page", 2);
  EXPECT_THAT(*adapter_->comments(ed, id, context_), SizeIs(7));
}

TEST_P(Jira, APrivateCommentIsForTheRoleAlone) {
  const RecordId id = seeded({});
  const auto added = adapter_->add_comment(ed, id, {record::from_plain("secret"), true}, context_);
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(jira_.simulator_record(id.str()).at("comments").at(0).at("visibility").at("value"), "Developers");
  ASSERT_TRUE(adapter_->update_comment(ed, id, added->id, record::from_plain("still"), context_));
  const json sent = simulator().requests("PUT", ".*/comment/.*").at("requests").at(0);
  EXPECT_THAT(sent.dump(), HasSubstr("Developers")) << "who may read it is said again";

  Settings open = jira_.settings();
  open.values.erase("privateComments");
  const auto refused = jira_.adapter(open)->add_comment(ed, id, {record::from_plain("x"), true}, context_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("privateComments"));
}

TEST_P(Jira, AnInternalCommentOfAServiceProjectIsPrivate) {
  Settings settings = jira_.settings();
  settings.values["privateComments"] = "internal";
  const auto adapter = jira_.adapter(settings);
  const RecordId id = seeded({});
  ASSERT_TRUE(adapter->add_comment(ed, id, {record::from_plain("internal"), true}, context_));
  ASSERT_TRUE(adapter->add_comment(ed, id, {record::from_plain("public"), false}, context_));
  const auto listed = adapter->comments(ed, id, context_);
  ASSERT_THAT(*listed, SizeIs(2));
  EXPECT_TRUE(listed->at(0).is_private);
  EXPECT_FALSE(listed->at(1).is_private);
}

TEST_P(Jira, AnAttachmentThatIsTooLargeIsRefusedForGood) {
  const RecordId id = seeded({});
  simulator().set("attachment_limit", 2);
  const auto refused = adapter_->upload(
      ed, id, {"a.txt", "text/plain", 3},
      [given = false](std::span<char> piece) mutable -> Result<std::size_t> {
        if (std::exchange(given, true)) return std::size_t{0};
        std::copy_n("abc", 3, piece.begin());
        return std::size_t{3};
      },
      context_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, FailureClass::permanent) << refused.error().message;
}

// --- Changes

std::multiset<std::string> listed(Adapter& adapter, const Selection& selection, std::string& cursor) {
  std::multiset<std::string> out;
  for (bool more = true; more;) {
    const auto page = adapter.changed_since(selection, cursor, {});
    if (!page) {
      ADD_FAILURE() << page.error().message;
      break;
    }
    for (const ChangedRecord& record : page->records) out.insert(record.id.str());
    cursor = page->cursor;
    more = page->more;
  }
  return out;
}

TEST_P(Jira, ManyIssuesOfOneInstantAreAllListedOnce) {
  simulator().control("POST", "/clock", {{"freeze", true}});
  std::set<std::string> made;
  for (int i = 0; i < 25; ++i) made.insert(seeded({}).str());
  for (const double later : {0.0, 3600.0}) {
    simulator().advance_clock(later);
    const auto adapter = jira_.adapter(jira_.settings(), 4);
    std::string cursor;
    const auto seen = listed(*adapter, {ed, "Bug", {}, {}}, cursor);
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), made);
    EXPECT_EQ(seen.size(), made.size());
    EXPECT_THAT(listed(*adapter, {ed, "Bug", {}, {}}, cursor), IsEmpty()) << "nothing changed since";
  }
}

TEST_P(Jira, AChangeThatTheIndexShowsLateIsNotMissed) {
  simulator().control("POST", "/clock", {{"freeze", true}});
  const RecordId one = seeded({}), two = seeded({});
  simulator().advance_clock(600);
  std::string cursor;
  const Selection all{ed, {}, {}, {}};
  EXPECT_THAT(listed(*adapter_, all, cursor), SizeIs(2));
  simulator().set("index_lag", 0.9);
  ASSERT_TRUE(update(one, {{"summary", "changed"}}));
  EXPECT_THAT(listed(*adapter_, all, cursor), IsEmpty()) << "the index does not show it yet";
  simulator().advance_clock(0.5);
  ASSERT_TRUE(update(two, {{"summary", "changed"}}));
  simulator().advance_clock(0.5);
  EXPECT_THAT(listed(*adapter_, all, cursor), testing::Contains(one.str()));
  simulator().advance_clock(600);
  EXPECT_THAT(listed(*adapter_, all, cursor), testing::Contains(two.str()));
}

TEST_P(Jira, IssuesThatMoveWhileTheyAreListedPushNoneOverTheEdge) {
  simulator().control("POST", "/clock", {{"freeze", true}});
  std::vector<RecordId> made;
  for (int i = 0; i < 12; ++i) made.push_back(seeded({}));
  const auto adapter = jira_.adapter(jira_.settings(), 3);
  std::set<std::string> seen;
  std::string cursor;
  std::size_t touched = 0;
  for (bool more = true; more;) {
    const auto page = adapter->changed_since({ed, {}, {}, {}}, cursor, context_);
    ASSERT_TRUE(page) << page.error().message;
    for (const ChangedRecord& record : page->records) seen.insert(record.id.str());
    cursor = page->cursor;
    more = page->more;
    // What was listed first moves to the end.
    if (touched < 4) {
      simulator().advance_clock(2);
      ASSERT_TRUE(update(made[touched++], {{"summary", "moved"}}));
    }
  }
  EXPECT_THAT(seen, SizeIs(12));
}

TEST_P(Jira, WhatIsGoneFromThePageButNotFromTheIndexEndsNoListing) {
  simulator().control("POST", "/clock", {{"freeze", true}});
  std::vector<RecordId> made;
  for (int i = 0; i < 9; ++i) made.push_back(seeded({}));
  simulator().set("index_lag", 30);
  simulator().advance_clock(31);
  for (const std::size_t gone : {2U, 3U, 4U, 5U}) ASSERT_TRUE(adapter_->remove(ed, made[gone], context_));
  const auto adapter = jira_.adapter(jira_.settings(), 3);
  std::string cursor;
  const auto seen = listed(*adapter, {ed, {}, {}, {}}, cursor);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()),
            (std::set<std::string>{made[0].str(), made[1].str(), made[6].str(), made[7].str(), made[8].str()}));
}

TEST_P(Jira, AQueryOfTheAdministratorsOwnNarrowsTheListing) {
  const RecordId red = seeded({{"fields", {{"labels", {"red"}}}}});
  static_cast<void>(seeded({}));
  std::string cursor;
  EXPECT_EQ(listed(*adapter_, {ed, {}, {}, "labels = red"}, cursor), (std::multiset<std::string>{red.str()}));
  for (const char* wrong : {"labels = red ORDER BY key", "labels = red) OR (labels = blue"}) {
    const auto refused = adapter_->changed_since({ed, {}, {}, wrong}, {}, context_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Failure::refused);
  }
}

// --- How many calls

TEST_P(Jira, APassThatUpdatesOneFieldCostsThreeCallsOfOneConnection) {
  const RecordId id = seeded({});
  ASSERT_TRUE(adapter_->read(ed, id, context_));
  ASSERT_TRUE(update(id, {{"status", "In Progress"}}));
  ASSERT_TRUE(update(id, {{"status", "To Do"}}));
  for (const record::Fields& patch :
       {record::Fields{{"summary", "new"}}, {{"labels", List{"red"}}}, {{"status", Option{"", "In Progress"}}}}) {
    simulator().forget_requests();
    ASSERT_TRUE(adapter_->read(ed, id, context_));
    ASSERT_TRUE(update(id, patch));
    EXPECT_LE(simulator().count(), 3U) << patch.begin()->first;
    EXPECT_LE(simulator().requests().at("connections").get<int>(), 1);
  }
}

// --- What check --online asks

TEST_P(Jira, DescribesProjectsTypesFieldsAndOptions) {
  simulator().set("meta_page", 2);
  const auto described = adapter_->describe(ed, context_);
  ASSERT_TRUE(described) << described.error().message;
  std::vector<std::string> projects;
  for (const ProjectInfo& project : described->projects) projects.push_back(project.name.str());
  EXPECT_THAT(projects, testing::UnorderedElementsAre("ED", "OPS", "ROX"));
  EXPECT_THAT(described->types, SizeIs(5));
  const auto& story = *std::find_if(described->types.begin(), described->types.end(),
                                    [](const TypeInfo& type) { return type.name == "Story"; });
  const auto field = [&](const std::string& name) -> const FieldInfo& {
    const FieldInfo* found = find_field(story, name);
    EXPECT_NE(found, nullptr) << name;
    static const FieldInfo none;
    return found == nullptr ? none : *found;
  };
  EXPECT_TRUE(field("summary").required);
  EXPECT_TRUE(field("Customer").required);
  EXPECT_EQ(field("Customer").name, "customfield_10125");
  EXPECT_FALSE(field("priority").required) << "it has a default";
  EXPECT_THAT(field("Severity").options, SizeIs(3));
  EXPECT_THAT(field("Region").options, testing::Contains(testing::Field(&Option::name, "Europe > Austria")));
  EXPECT_THAT(field("status").options, testing::Contains(testing::Field(&Option::name, "Blocked")));
  EXPECT_FALSE(field("status").read_only);
  EXPECT_TRUE(field("created").read_only);
  EXPECT_EQ(field("link:is blocked by").kind, FieldKind::reference);
  EXPECT_EQ(find_field(story, "Twice"), nullptr) << "it says not which one";
  const auto unknown = adapter_->describe(ProjectName{"NONE"}, context_);
  ASSERT_TRUE(unknown) << unknown.error().message;
  EXPECT_THAT(unknown->projects, SizeIs(3));
  EXPECT_THAT(unknown->types, IsEmpty());
}

}  // namespace
}  // namespace syncservice::adapter::jira
