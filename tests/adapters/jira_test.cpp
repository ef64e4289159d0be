// What Jira, of both flavours, has in store for an adapter: each trap a test, over the simulator.
#include "adapters/jira_support.hpp"

#include "syncservice/adapter/fit.hpp"
#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>

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

class Jira : public JiraTest {};

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

TEST_P(Jira, A404OfAnotherSystemIsNoDeletion) {
  const RecordId id = seeded({});
  const json own{{"errorMessages", {"Issue does not exist or you do not have permission to see it."}}};
  struct Stranger {
    const char* path;
    json headers, body;
  };
  const Stranger strangers[] = {
      {".*", {{"Content-Type", "text/plain"}}, "404 page not found"},
      {".*", {{"Content-Type", "text/html"}}, "<html><title>Nobody</title></html>"},
      {".*", json::object(), {{"status", 404}, {"error", "Not Found"}, {"path", "/"}}},
      {".*", json::object(), {{"message", "null for uri"}, {"status-code", 404}}},
      {".*", json::object(), own},
      {".*/serverInfo", json::object(), own},
      {".*/field", json::object(), own},
      {".*/issue/.*", {{"Content-Type", "text/plain"}}, "404 page not found"},
  };
  for (const Stranger& stranger : strangers) {
    for (const bool known : {false, true}) {
      const auto adapter = jira_.adapter();
      const bool kept = !std::string_view{stranger.path}.ends_with('*');  // it is asked for once
      if (known && (kept || !adapter->read(ed, id, context_))) continue;
      simulator().fault({{"kind", "answer"},
                         {"path", stranger.path},
                         {"status", 404},
                         {"headers", stranger.headers},
                         {"body", stranger.body},
                         {"times", 50}});
      const auto read = adapter->read(ed, id, context_);
      simulator().drop_faults();
      ASSERT_FALSE(read) << stranger.path << stranger.body;
      EXPECT_NE(read.error().failure, FailureClass::gone) << stranger.path << stranger.body;
      if (read.error().failure != FailureClass::auth) {
        EXPECT_THAT(read.error().message, HasSubstr(simulator().url())) << stranger.path << stranger.body;
      }
    }
  }
  ASSERT_TRUE(adapter_->remove(ed, id, context_));
  EXPECT_EQ(adapter_->read(ed, id, context_).error().code, Failure::not_found);
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

TEST_P(Jira, WhatMayPassIsToldFromWhatWillNot) {
  const RecordId id = seeded({});
  ASSERT_TRUE(adapter_->read(ed, id, context_));
  const auto reading = [&](const json& answer) {
    json fault{{"kind", "answer"}, {"method", "GET"}, {"path", ".*/issue/.*"}};
    fault.update(answer);
    simulator().fault(fault);
    const auto read = adapter_->read(ed, id, context_);
    EXPECT_FALSE(read);
    return read ? Error{} : read.error();
  };
  const Error slower = reading({{"status", 429}, {"headers", {{"Retry-After", "7"}}}, {"body", json::object()}});
  EXPECT_EQ(slower.code, Failure::throttled);
  EXPECT_EQ(slower.retry_after, std::chrono::seconds{7});
  EXPECT_EQ(reading({{"status", 503}, {"body", "<html>down</html>"}}).code, Failure::unavailable);
  const Error page = reading(
      {{"status", 404}, {"headers", {{"Content-Type", "text/html"}}}, {"body", "<html><title>Nobody</title></html>"}});
  EXPECT_NE(page.failure, FailureClass::gone) << "a proxy's page says nothing of the issue";

  simulator().fault({{"kind", "answer"}, {"method", "PUT"}, {"status", 409}, {"body", json::object()}});
  EXPECT_EQ(update(id, {{"summary", "x"}}).error().failure, FailureClass::transient);
  simulator().fault({{"kind", "commit_then_answer"}, {"method", "PUT"}, {"status", 500}});
  EXPECT_EQ(update(id, {{"summary", "committed"}}).error().code, Failure::uncertain);
  EXPECT_EQ(adapter_->read(ed, id, context_)->fields.at("summary"), Value{"committed"});
}

// --- Issues

TEST_P(Jira, AnIssueIsReadByIdAndKeyAndKeepsItsIdWhenItMoves) {
  const RecordId id = seeded({});
  const std::string key = held(id).at("key");
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
  EXPECT_THAT(held(made.id).at("fields").at("labels"), SizeIs(3));
}

TEST_P(Jira, ATextFieldCanLeadToTheMarker) {
  Settings settings = jira_.settings();
  settings.values["marker"] = "Sync marker";
  const auto adapter = jira_.adapter(settings);
  const auto made = adapter->create({ed, "Bug", {{"summary", "x"}}, "m-1"}, context_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(held(made->id).at("fields").at("labels"), IsEmpty());
  const auto found = adapter->find_by_marker(ed, "m-1", context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, made->id);
}

TEST_P(Jira, AFieldForTheMarkerThatIsNotThereIsNamed) {
  Settings settings = jira_.settings();
  settings.values["marker"] = "Synk id";
  const auto described = jira_.adapter(settings)->describe(ed, context_);
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().code, Failure::misconfigured);
  EXPECT_THAT(described.error().message, AllOf(HasSubstr("marker"), HasSubstr("\"Synk id\"")));
}

TEST_P(Jira, ACloneIsNotTakenForTheIssueThatWeMade) {
  const auto made = created({});
  const json labels = held(made.id).at("fields").at("labels");
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

TEST_P(Jira, ManyFieldsAndAVeryLongTextPass) {
  simulator().set("text_limit", 0);
  record::Fields fields;
  for (int i = 0; i < 50; ++i) {
    const std::string name = "Field " + std::to_string(i);
    simulator().seed("field", {{"name", name}, {"type", "textfield"}});
    fields.emplace(name, "value " + std::to_string(i));
  }
  std::string paragraph, words;
  for (int i = 0; i < 100; ++i) paragraph += "The door sticks since Monday, and it did before. ";
  paragraph.back() = '\n';
  while (words.size() < 2 * 1024 * 1024) words.append(paragraph).append("\n");
  fields.emplace("description", record::from_plain(words));
  const auto made = created(fields);
  for (const auto& [name, value] : fields) EXPECT_TRUE(made.fields.at(name) == value) << name;
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

TEST_P(Jira, AnIssueIsNotMovedWhereTheWorkflowIsKnownToLeadNowhere) {
  static_cast<void>(update(seeded({}), {{"status", "Blocked"}}));
  const RecordId id = seeded({});
  ASSERT_TRUE(adapter_->read(ed, id, context_));
  simulator().forget_requests();
  const auto refused = update(id, {{"status", "Blocked"}, {"summary", "with others"}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("\"Blocked\""), testing::Not(HasSubstr("add a rule"))));
  EXPECT_EQ(status_of(id), "To Do");
  EXPECT_EQ(held(id).at("fields").at("summary"), "seeded");
  EXPECT_EQ(simulator().count("POST", ".*/transitions"), 0U);

  const auto incomplete = update(id, {{"status", "Done"}, {"summary", "with others"}});
  ASSERT_FALSE(incomplete);
  EXPECT_THAT(incomplete.error().message, AllOf(HasSubstr("\"resolution\""), HasSubstr("add a rule")));
  EXPECT_EQ(status_of(id), "To Do");
  EXPECT_EQ(simulator().count("POST", ".*/transitions"), 0U);
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
  EXPECT_FALSE(held(made.id).at("properties").at("syncservice").contains("unfinished"));
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

TEST_P(Jira, ACreationWhoseLastStepsHadNoAnswerIsCompletedToo) {
  const json faults[] = {
      {{"kind", "commit_then_cut"}, {"method", "POST"}, {"path", ".*/transitions"}, {"after", 2}},
      {{"kind", "answer"}, {"method", "PUT"}, {"path", ".*/properties/.*"}, {"status", 429}, {"body", json::object()}}};
  // Which ways there are is known from here on.
  static_cast<void>(created({{"status", "Done"}, {"resolution", "Fixed"}}, "m-0"));
  int count = 0;
  for (const json& fault : faults) {
    const std::string marker = "m-" + std::to_string(++count);
    simulator().fault(fault);
    const auto broken = adapter_->create(
        {ed, "Bug", {{"summary", "x"}, {"status", "Done"}, {"resolution", "Fixed"}}, marker}, context_);
    ASSERT_FALSE(broken) << fault;
    EXPECT_EQ(broken.error().code, Failure::uncertain) << broken.error().message;
    const RecordId id{simulator().record("issue").back().at("id").get<std::string>()};
    ASSERT_EQ(status_of(id), "Done") << fault;
    const auto read = jira_.adapter()->read(ed, id, context_);
    ASSERT_TRUE(read) << fault << read.error().message;
    EXPECT_EQ(read->fields.at("resolution").text(), "Fixed");
    EXPECT_FALSE(held(id).at("properties").at("syncservice").contains("unfinished")) << fault;
  }
}

TEST_P(Jira, AnUnfinishedIssueThatSomebodyMovedAwayIsReadAsItIs) {
  static_cast<void>(created({{"status", "Done"}, {"resolution", "Fixed"}}, "m-0"));
  simulator().fault({{"kind", "cut"}, {"method", "POST"}, {"path", ".*/transitions"}});
  ASSERT_FALSE(
      adapter_->create({ed, "Bug", {{"summary", "x"}, {"status", "Done"}, {"resolution", "Fixed"}}, "m-1"}, context_));
  const RecordId id{simulator().record("issue").back().at("id").get<std::string>()};
  const auto person = jira_.adapter(jira_.settings("fred"));
  ASSERT_TRUE(person->update(ed, id, {{"status", "Rejected"}, {"resolution", "Duplicate"}}, context_));
  const auto read = adapter_->read(ed, id, context_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->fields.at("status").text(), "Rejected");
  EXPECT_FALSE(held(id).at("properties").at("syncservice").contains("unfinished"));
  EXPECT_EQ(held(id).at("properties").at("syncservice").at("marker"), "m-1");
}

TEST_P(Jira, WhatATransitionAloneCouldSetStaysWhereTheStatusIsReached) {
  const RecordId id = seeded({});
  ASSERT_TRUE(update(id, {{"status", "Done"}, {"resolution", "Fixed"}}));
  const auto again = update(id, {{"status", "Done"}, {"resolution", "Duplicate"}, {"summary", "changed"}});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->fields.at("resolution").text(), "Fixed");
  EXPECT_EQ(again->fields.at("summary"), Value{"changed"});
  const auto wrong = update(id, {{"status", "Done"}, {"customfield_10103", "no number"}});
  ASSERT_FALSE(wrong) << "a refusal of what can be edited stays one";
  EXPECT_EQ(wrong.error().failure, FailureClass::permanent);
}

TEST_P(Jira, WhoMayNotTakeATransitionIsToldSo) {
  const RecordId exhibit{
      simulator().seed("issue", {{"project", "ROX"}, {"type", "Bug"}, {"summary", "x"}}).at("id").get<std::string>()};
  const auto refused = adapter_->update(ProjectName{"ROX"}, exhibit, {{"status", "In Progress"}}, context_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Failure::refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("for this account"), HasSubstr("nothing")));
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
  EXPECT_EQ(held(id).at("comments").at(0).at("visibility").at("value"), "Developers");
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

TEST_P(Jira, AFileWhoseNameJiraRefusesIsAttachedUnderAnother) {
  const RecordId id = seeded({});
  for (const auto& [name, wanted] : std::map<std::string, std::string>{{"Screenshot 12:30.png", "Screenshot 12_30.png"},
                                                                       {"a\\b|c<d>?*\"\t.txt", "a_b_c_d_____.txt"}}) {
    const auto sent = adapter_->upload(
        ed, id, {name, "text/plain", 0}, [](std::span<char>) -> Result<std::size_t> { return std::size_t{0}; },
        context_);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->name, wanted);
  }
}

TEST_P(Jira, AnEstimateIsEmptied) {
  const auto record = created({{"timetracking.originalEstimate", "2d"}, {"timetracking.remainingEstimate", "1d"}});
  for (const char* name : {"timetracking.originalEstimate", "timetracking.remainingEstimate"}) {
    const auto updated = update(record.id, {{name, Value{}}});
    ASSERT_TRUE(updated) << updated.error().message;
    EXPECT_EQ(updated->fields.at(name), Value{}) << name;
  }
}

TEST_P(Jira, ATextOfOneLineHasOne) {
  const auto record = created({{"summary", "two\r\nlines\n"}});
  EXPECT_EQ(record.fields.at("summary"), Value{"two lines"});
  EXPECT_EQ(update(record.id, {{"summary", "a\nb"}})->fields.at("summary"), Value{"a b"});
}

}  // namespace
}  // namespace syncservice::adapter::jira
