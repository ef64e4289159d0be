// What makes an adapter's life hard on ServiceNow, one test each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "adapters/servicenow_support.hpp"
#include "syncservice/adapters/servicenow/servicenow.hpp"
#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Json = nlohmann::json;

class ServiceNowTest : public testing::Test {
 protected:
  [[nodiscard]] ServiceNowAdapter& adapter() {
    if (adapter_ == nullptr) adapter_ = adapter_for(simulator_);
    return *adapter_;
  }
  [[nodiscard]] record::Record created(const std::string& marker, record::Fields fields = {}) {
    fields.try_emplace("short_description", "one");
    auto record = adapter().create({{}, "incident", std::move(fields), marker}, {});
    if (record) return *record;
    ADD_FAILURE() << record.error().message;
    return {};
  }
  [[nodiscard]] std::string sys_id(const std::string& table, const std::string& column,
                                   const std::string& value) const {
    for (const Json& row : simulator_.record(table)) {
      if (row.at(column) == value) return row.at("sys_id").get<std::string>();
    }
    ADD_FAILURE() << "no " << value << " in " << table;
    return {};
  }
  [[nodiscard]] std::set<RecordId> changes(Adapter& from, const Selection& selection) {
    std::set<RecordId> seen;
    std::string cursor;
    for (bool more = true; more;) {
      const auto page = from.changed_since(selection, cursor, {});
      if (!page) {
        ADD_FAILURE() << page.error().message;
        break;
      }
      for (const ChangedRecord& record : page->records) seen.insert(record.id);
      cursor = page->cursor;
      more = page->more;
    }
    return seen;
  }
  void deny(const Json& rule) { simulator_.set("acls", Json::array({rule})); }

  support::Simulator simulator_{"servicenow.py"};
  std::unique_ptr<ServiceNowAdapter> adapter_;
};

// A column that the instance does not have.

TEST_F(ServiceNowTest, AQueryThatWouldMatchEverythingIsRefused) {
  simulator_.set("unknown_columns", "ignore");
  static_cast<void>(created("m-1"));
  for (const char* query :
       {"short_descripton=x", "caller_id.emai=x", "active=true^ORDERBYprio", "short_description.x=1"}) {
    const auto page = adapter().changed_since({{}, "incident", {}, query}, {}, {});
    ASSERT_FALSE(page) << query;
    EXPECT_EQ(page.error().code, Failure::misconfigured);
    EXPECT_THAT(page.error().message, AllOf(HasSubstr(query), HasSubstr("incident")));
  }
  EXPECT_TRUE(adapter().changed_since({{}, "incident", {}, "caller_id.email=x^ORpriority=1"}, {}, {}));
}

TEST_F(ServiceNowTest, ATableWithoutNumbersIsNotAskedForOne) {
  simulator_.set("unknown_columns", "ignore");
  const auto defects = adapter_for(simulator_, {{"u_defect"}, "u_correlation"});
  const auto made = defects->create({{}, "u_defect", {{"u_title", "x"}}, "m-1"}, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(defects->read({}, RecordId{"INC0010001"}, {}).error().code, Failure::not_found);
  EXPECT_EQ(*defects->read({}, made->id, {}), *made);
}

TEST_F(ServiceNowTest, AMarkerColumnThatIsNotThereIsNamed) {
  const auto defects = adapter_for(simulator_, {{"u_defect"}});
  for (const auto& error :
       {defects->find_by_marker({}, "m-1", {}).error(), defects->create({{}, "u_defect", {}, "m-1"}, {}).error()}) {
    EXPECT_EQ(error.code, Failure::misconfigured);
    EXPECT_THAT(error.message, AllOf(HasSubstr("correlation_id"), HasSubstr("markerField")));
  }
  EXPECT_THAT(simulator_.record("u_defect"), IsEmpty());
  EXPECT_TRUE(defects->describe({}, {})) << "it may be a side where no records are made";
  const auto wrong = adapter_for(simulator_, {{"u_defect"}, "u_nope"})->describe({}, {});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, AllOf(HasSubstr("u_nope"), HasSubstr("markerField")));
}

TEST_F(ServiceNowTest, UnknownFieldsAreRefusedByNameAndNotIgnored) {
  const auto record = created("m-1");
  const auto updated = adapter().update({}, record.id, {{"short_descripton", "x"}}, {});
  ASSERT_FALSE(updated);
  EXPECT_THAT(updated.error().message, AllOf(HasSubstr("short_descripton"), HasSubstr("short_description")));
  for (const char* journal : {"comments", "work_notes"})
    EXPECT_EQ(adapter().update({}, record.id, {{journal, "x"}}, {}).error().failure, FailureClass::permanent)
        << journal;
}

TEST_F(ServiceNowTest, AMarkerThatIsNotTakenLeavesNoRecord) {
  deny({{"operation", "write"}, {"table", "incident"}, {"columns", {"correlation_id"}}});
  const auto made = adapter().create({{}, "incident", {{"short_description", "x"}}, "m-1"}, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().failure, FailureClass::auth);
  EXPECT_THAT(made.error().message, HasSubstr("correlation_id"));
  EXPECT_THAT(simulator_.record("incident"), IsEmpty());
}

TEST_F(ServiceNowTest, OnlyTheVeryMarkerIsTheMarker) {
  simulator_.seed("incident", {{"short_description", "x"}, {"correlation_id", "M-1"}});
  EXPECT_FALSE(*adapter().find_by_marker({}, "m-1", {}));
}

// Lists.

TEST_F(ServiceNowTest, ACutListIsNotTheWholeList) {
  const auto record = created("m-1");
  std::set<RecordId> made{record.id};
  for (int i = 0; i < 4; ++i) made.insert(created("m-1" + std::to_string(i)).id);
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(adapter().add_comment({}, record.id, {record::from_plain(std::to_string(i)), false}, {}));
  simulator_.set("cut_lists_after", 2);
  const auto comments = adapter().comments({}, record.id, {});
  ASSERT_FALSE(comments);
  EXPECT_EQ(comments.error().code, Failure::unavailable);
  EXPECT_THAT(comments.error().message, HasSubstr("maximum execution time"));
  EXPECT_EQ(changes(adapter(), {{}, "incident", {}, {}}), made) << "a list in order goes on where it was cut";
}

TEST_F(ServiceNowTest, ShortAndEmptyPagesAreNotTheLast) {
  deny({{"operation", "read"}, {"table", "incident"}, {"query", "short_descriptionLIKEhidden"}});
  std::set<RecordId> visible;
  for (int i = 0; i < 24; ++i) {
    const bool hidden = i % 12 != 0;  // eleven of twelve, in pages of three
    const auto row = simulator_.seed("incident", {{"short_description", hidden ? "hidden" : "seen"}});
    if (!hidden) visible.insert(RecordId{row.at("sys_id").get<std::string>()});
  }
  Options options{{"incident"}};
  options.page = 3;
  EXPECT_EQ(changes(*adapter_for(simulator_, options), {{}, "incident", {}, {}}), visible);
}

TEST_F(ServiceNowTest, ChangesOfSeveralTablesComeInOneList) {
  const std::vector<std::string> tables{"incident", "problem", "u_defect"};
  std::set<RecordId> made;
  for (const std::string& table : tables) {
    for (int i = 0; i < 4; ++i)
      made.insert(RecordId{simulator_.seed(table, Json::object()).at("sys_id").get<std::string>()});
  }
  Options options{tables};
  options.page = 3;
  EXPECT_EQ(changes(*adapter_for(simulator_, options), {}), made);
}

TEST_F(ServiceNowTest, WhatBecameVisibleLateIsListedTheNextTime) {
  static_cast<void>(created("m-1"));
  std::string cursor;
  const auto first = adapter().changed_since({{}, "incident", {}, {}}, cursor, {});
  ASSERT_TRUE(first && !first->more);
  // A transaction that began before the list was made and ended after it.
  const auto before = std::chrono::sys_seconds{std::chrono::seconds{static_cast<std::int64_t>(simulator_.now())}} -
                      std::chrono::seconds{20};
  const auto late = simulator_.seed("incident", {{"sys_updated_on", to_moment(before)}});
  const auto next = adapter().changed_since({{}, "incident", {}, {}}, first->cursor, {});
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE(std::any_of(next->records.begin(), next->records.end(), [&](const ChangedRecord& record) {
    return record.id.str() == late.at("sys_id").get<std::string>();
  }));
}

// Writes whose answer is lost.

TEST_F(ServiceNowTest, ACommentWhoseAnswerIsLostIsNotWrittenTwice) {
  const auto record = created("m-1");
  simulator_.fault({{"kind", "commit_then_cut"}, {"method", "PATCH"}});
  simulator_.forget_requests();
  const auto lost = adapter().add_comment({}, record.id, {record::from_plain("once"), false}, {});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Failure::uncertain);
  EXPECT_EQ(simulator_.count("PATCH"), 1U);
  EXPECT_THAT(*adapter().comments({}, record.id, {}), SizeIs(1));
}

TEST_F(ServiceNowTest, AWrittenCommentThatCannotBeReadBackIsUncertain) {
  const auto record = created("m-1");
  simulator_.fault({{"kind", "answer"}, {"path", ".*sys_journal_field"}, {"after", 1}, {"status", 503}});
  EXPECT_EQ(adapter().add_comment({}, record.id, {record::from_plain("once"), false}, {}).error().code,
            Failure::uncertain);
  EXPECT_THAT(*adapter().comments({}, record.id, {}), SizeIs(1));
}

TEST_F(ServiceNowTest, ACreationThatAnsweredAnErrorIsFoundByItsMarker) {
  for (const Json& fault : {Json{{"kind", "commit_then_answer"}, {"method", "POST"}, {"status", 500}},
                            Json{{"kind", "commit_then_cut"}, {"method", "POST"}}}) {
    const std::string marker = "m-" + fault.at("kind").get<std::string>();
    simulator_.fault(fault);
    const auto made = adapter().create({{}, "incident", {{"short_description", "x"}}, marker}, {});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Failure::uncertain);
    const auto found = adapter().find_by_marker({}, marker, {});
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->marker, marker);
  }
  EXPECT_THAT(simulator_.record("incident"), SizeIs(2));
}

// What answers mean.

TEST_F(ServiceNowTest, AHiddenRecordIsNotGone) {
  const auto record = created("m-1", {{"short_description", "secret"}});
  const auto other = created("m-2");
  deny({{"operation", "read"}, {"table", "incident"}, {"query", "short_description=secret"}});
  for (const auto& error :
       {adapter().read({}, record.id, {}).error(), adapter().update({}, record.id, {{"u_text", "x"}}, {}).error(),
        adapter().remove({}, record.id, {}).error()}) {
    EXPECT_EQ(error.code, Failure::refused);
    EXPECT_THAT(error.message, HasSubstr("hides record"));
  }
  ASSERT_TRUE(adapter().remove({}, other.id, {}));
  EXPECT_EQ(adapter().read({}, other.id, {}).error().code, Failure::not_found);
}

TEST_F(ServiceNowTest, A404OfAnotherSystemIsNoDeletion) {
  const auto record = created("m-1");
  const Json row = simulator_.record("incident", record.id.str());
  const Json own{{"error", {{"message", "No Record found"}, {"detail", nullptr}}}, {"status", "failure"}};
  const Json plain{{"Content-Type", "text/plain"}}, none = Json::object();
  struct Stranger {
    const char* path;
    Json headers, body;
  };
  const Stranger strangers[] = {
      {".*", plain, "404 page not found"},
      {".*", none, {{"status", 404}, {"error", "Not Found"}, {"path", "/"}}},
      {".*", none, own},
      {"/api/now/table/sys_.*", none, own},
      {"/api/now/table/sys_.*", plain, "404 page not found"},
      {"/api/now/table/incident.*", plain, "404 page not found"},
  };
  for (const Stranger& stranger : strangers) {
    for (const std::string& id : {record.id.str(), row.at("number").get<std::string>()}) {
      for (const bool known : {false, true}) {
        const auto fresh = adapter_for(simulator_);
        const bool kept = std::string_view{stranger.path}.find("sys_") != std::string_view::npos;
        if (known && (kept || !fresh->read({}, record.id, {}))) continue;
        simulator_.fault({{"kind", "answer"},
                          {"path", stranger.path},
                          {"status", 404},
                          {"headers", stranger.headers},
                          {"body", stranger.body},
                          {"times", 50}});
        const auto read = fresh->read({}, RecordId{id}, {});
        simulator_.drop_faults();
        ASSERT_FALSE(read) << stranger.path << stranger.body << id;
        EXPECT_NE(read.error().failure, FailureClass::gone) << stranger.path << stranger.body << id;
        EXPECT_THAT(read.error().message, HasSubstr(simulator_.url())) << stranger.path << stranger.body << id;
      }
    }
  }
  ASSERT_TRUE(adapter().remove({}, record.id, {}));
  EXPECT_EQ(adapter().read({}, record.id, {}).error().code, Failure::not_found);
}

TEST_F(ServiceNowTest, HiddenTablesThatDescribeOthersAreNamed) {
  for (const char* table : {"sys_db_object", "sys_dictionary", "sys_choice"}) {
    deny({{"operation", "read"}, {"table", table}});
    const auto described = adapter_for(simulator_)->describe({}, {});
    ASSERT_FALSE(described) << table;
    EXPECT_EQ(described.error().failure, FailureClass::auth);
    EXPECT_THAT(described.error().message, HasSubstr(table));
  }
  simulator_.set("acls", Json::array());
  EXPECT_TRUE(adapter_for(simulator_, {{"incident", "u_defect"}})->describe({}, {}));
}

TEST_F(ServiceNowTest, WrongCredentialsSayWhatElseItMayBe) {
  const auto wrong = adapter_for(simulator_, {{"incident"}}, rest::Basic{"sync.user", "guess"});
  const auto pinged = wrong->ping({});
  ASSERT_FALSE(pinged);
  EXPECT_EQ(pinged.error().code, Failure::unauthorized);
  EXPECT_THAT(pinged.error().message, AllOf(HasSubstr("User Not Authenticated"), Not(HasSubstr("guess"))));
  simulator_.set("basic_auth_restricted", true);
  EXPECT_THAT(adapter().ping({}).error().message, AllOf(HasSubstr("snc_basic_auth_api_access"), HasSubstr("OAuth")));
}

TEST_F(ServiceNowTest, RefusalsKeepTheInstancesWords) {
  const auto record = created("m-1");
  const auto resolved = adapter().update({}, record.id, {{"state", record::Option{"", "Resolved"}}}, {});
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().code, Failure::refused);
  EXPECT_THAT(resolved.error().message, HasSubstr("The following fields are mandatory: Resolution code"));
  deny({{"operation", "write"}, {"table", "incident"}});
  EXPECT_THAT(adapter().update({}, record.id, {{"u_text", "x"}}, {}).error().message,
              HasSubstr("ACL Exception Update Failed due to security constraints"));
}

TEST_F(ServiceNowTest, ASleepingInstanceIsNoAnswer) {
  const auto record = created("m-1");
  simulator_.set("hibernating", true);
  const auto read = adapter().read({}, record.id, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Failure::unavailable);
  EXPECT_THAT(read.error().message, HasSubstr("Instance Hibernating page"));
  EXPECT_EQ(adapter().update({}, record.id, {{"u_text", "x"}}, {}).error().failure, FailureClass::transient);
}

TEST_F(ServiceNowTest, APageInAFilesPlaceIsNoFile) {
  const auto record = created("m-1");
  const std::string content = "content";
  bool given = false;
  const auto sent = adapter().upload({}, record.id, {"a.txt", "text/plain", content.size()},
                                     [&](std::span<char> room) -> Result<std::size_t> {
                                       if (std::exchange(given, true)) return std::size_t{0};
                                       return content.copy(room.data(), room.size());
                                     },
                                     {});
  ASSERT_TRUE(sent) << sent.error().message;
  simulator_.fault({{"kind", "answer"},
                    {"path", ".*/file"},
                    {"status", 200},
                    {"headers", {{"Content-Type", "text/html"}}},
                    {"body", "<html><title>Log in</title></html>"}});
  const auto got = adapter().download({}, record.id, sent->id, [](std::string_view) -> Result<void> { return {}; }, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().failure, FailureClass::transient);
}

TEST_F(ServiceNowTest, RedirectsAreNotFollowed) {
  support::Simulator elsewhere{"servicenow.py"};
  simulator_.fault({{"kind", "answer"},
                    {"status", 302},
                    {"headers", {{"Location", elsewhere.url("/api/now/table/incident")}}},
                    {"body", ""}});
  const auto pinged = adapter().ping({});
  ASSERT_FALSE(pinged);
  EXPECT_EQ(pinged.error().code, Failure::unauthorized);
  EXPECT_EQ(elsewhere.count(), 0U);
}

TEST_F(ServiceNowTest, ARateLimitSaysHowLong) {
  simulator_.set("rate_limit", 1);
  std::vector<RateLimit> seen;
  CallContext context;
  context.saw_rate_limit = [&](const RateLimit& limit) { seen.push_back(limit); };
  ASSERT_TRUE(adapter().ping(context));
  const auto pinged = adapter().ping(context);
  ASSERT_FALSE(pinged);
  EXPECT_EQ(pinged.error().code, Failure::throttled);
  ASSERT_TRUE(pinged.error().retry_after);
  EXPECT_LE(*pinged.error().retry_after, std::chrono::hours{1});
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_TRUE(seen.front().resets_in);
}

// Signing in.

TEST_F(ServiceNowTest, BothGrantsOfOAuthWorkAndAnExpiredTokenIsRenewed) {
  for (const auto grant : {rest::OAuth::Grant::password, rest::OAuth::Grant::client_credentials}) {
    simulator_.reset();
    const auto oauth = adapter_for(simulator_, {{"incident"}},
                                   rest::OAuth{grant, simulator_.url("/oauth_token.do"), "syncservice", "client-secret",
                                               "sync.user", "sync-password", ""});
    ASSERT_TRUE(oauth->ping({})) << oauth->ping({}).error().message;
    ASSERT_TRUE(oauth->ping({}));
    EXPECT_EQ(simulator_.count("POST", "/oauth_token.do"), 1U);
    simulator_.expire_tokens();
    const auto made = oauth->create({{}, "incident", {{"short_description", "x"}}, "m-1"}, {});
    EXPECT_TRUE(made) << made.error().message;
    EXPECT_EQ(simulator_.count("POST", "/oauth_token.do"), 2U);
  }
  const auto wrong = adapter_for(simulator_, {{"incident"}},
                                 rest::OAuth{rest::OAuth::Grant::client_credentials, simulator_.url("/oauth_token.do"),
                                             "syncservice", "guess", "", "", ""});
  EXPECT_EQ(wrong->ping({}).error().code, Failure::unauthorized);
}

TEST_F(ServiceNowTest, AnApiKeyWorks) {
  EXPECT_TRUE(adapter_for(simulator_, {{"incident"}}, rest::ApiKey{"x-sn-apikey", "now_sync_key"})->ping({}));
}

// Values.

TEST_F(ServiceNowTest, InstantsAreUtcWhateverTheAccountsZone) {
  const auto at = *record::instant_from_text("2026-11-24T10:00:00Z");
  const auto record = created("m-1", {{"u_moment", at}});
  EXPECT_EQ(simulator_.record("incident", record.id.str()).at("u_moment"), "2026-11-24 10:00:00");
  EXPECT_EQ(record.fields.at("u_moment"), record::Value{at});
}

TEST_F(ServiceNowTest, UsersChoicesAndReferencesGoByWhatPeopleSee) {
  const auto record = created("m-1", {{"assigned_to", record::User{"", "", "fred.luddy@example.com"}},
                                      {"caller_id", record::User{"", "Beth Anglin", ""}},
                                      {"opened_by", record::User{"", "beth.anglin", ""}},
                                      {"assignment_group", record::Option{"", "Software"}},
                                      {"state", record::Option{"", "In Progress"}}});
  const Json row = simulator_.record("incident", record.id.str());
  EXPECT_EQ(row.at("assigned_to"), sys_id("sys_user", "user_name", "fred.luddy"));
  EXPECT_EQ(row.at("caller_id"), sys_id("sys_user", "user_name", "beth.anglin"));
  EXPECT_EQ(row.at("opened_by"), sys_id("sys_user", "user_name", "beth.anglin"));
  EXPECT_EQ(row.at("assignment_group"), sys_id("sys_user_group", "name", "Software"));
  EXPECT_EQ(row.at("state"), "2");
  const record::User fred{sys_id("sys_user", "user_name", "fred.luddy"), "Fred Luddy", "fred.luddy@example.com"};
  EXPECT_EQ(record.fields.at("assigned_to"), record::Value{fred});
}

TEST_F(ServiceNowTest, NobodyIsPutInAUsersPlace) {
  const auto record = created("m-1");
  simulator_.seed("sys_user", {{"user_name", "beth2"}, {"name", "Beth Anglin"}});
  for (const auto& [value, words] : std::initializer_list<std::pair<record::Value, const char*>>{
           {record::User{"", "Nobody Here", ""}, "There is no user \"Nobody Here\""},
           {record::User{"", "Beth Anglin", ""}, "several users"},
           {record::User{"", "x^ORname=Fred Luddy", ""}, "There can be no user"},
           {record::User{"", "javascript:gs.getUserName()", ""}, "There can be no user"}}) {
    const auto updated = adapter().update({}, record.id, {{"assigned_to", value}}, {});
    ASSERT_FALSE(updated) << words;
    EXPECT_EQ(updated.error().code, Failure::refused);
    EXPECT_THAT(updated.error().message, AllOf(HasSubstr("assigned_to"), HasSubstr(words)));
  }
  const auto group = adapter().update({}, record.id, {{"assignment_group", record::Option{"", "No Group"}}}, {});
  ASSERT_FALSE(group);
  EXPECT_THAT(group.error().message, AllOf(HasSubstr("assignment_group"), HasSubstr("No Group")));
  EXPECT_EQ(simulator_.record("incident", record.id.str()).at("assigned_to"), "");
}

TEST_F(ServiceNowTest, WhatTheInstanceMakesOfAValueIsTheResult) {
  const auto record = created("m-1", {{"impact", record::Option{"", "1 - High"}},
                                      {"urgency", record::Option{"", "1 - High"}},
                                      {"u_text", "blanks   "}});
  EXPECT_EQ(record.fields.at("priority"), record::Value(record::Option{"1", "1 - Critical"}));
  EXPECT_EQ(record.fields.at("u_text"), record::Value{"blanks"});
}

TEST_F(ServiceNowTest, AChoiceThatWasAddedSinceIsKnown) {
  const auto record = created("m-1");
  simulator_.seed("incident:definition", {{"choices", {{"u_choice", Json::array({Json::array({"v", "Violet"})})}}}});
  const auto updated = adapter().update({}, record.id, {{"u_choice", record::Option{"", "Violet"}}}, {});
  // Asked for again at most once a minute, so that wrong mappings don't cost a call each.
  EXPECT_FALSE(updated);
  const auto restarted = adapter_for(simulator_);
  EXPECT_TRUE(restarted->update({}, record.id, {{"u_choice", record::Option{"", "Violet"}}}, {}));
}

// Records.

TEST_F(ServiceNowTest, ARecordGoesByItsNumberToo) {
  const auto record = created("m-1");
  const std::string number = simulator_.record("incident", record.id.str()).at("number").get<std::string>();
  const auto read = adapter().read({}, RecordId{number}, {});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, record);
  const auto updated = adapter().update({}, RecordId{number}, {{"u_text", "x"}}, {});
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->id, record.id);
  ASSERT_TRUE(adapter().add_comment({}, RecordId{number}, {record::from_plain("x"), false}, {}));
  EXPECT_THAT(*adapter().comments({}, RecordId{number}, {}), SizeIs(1));
  EXPECT_EQ(adapter().read({}, RecordId{"INC0099999"}, {}).error().code, Failure::not_found);
}

TEST_F(ServiceNowTest, RecordsOfSeveralTablesAreFound) {
  const std::vector<std::string> tables{"incident", "problem", "change_request", "rm_story", "task", "u_defect"};
  for (const std::size_t count : {2U, 6U}) {
    const std::vector<std::string> some(tables.end() - static_cast<std::ptrdiff_t>(count), tables.end());
    for (const std::string& table : some) {
      const auto row = simulator_.seed(table, Json::object());
      const auto fresh = adapter_for(simulator_, {some, "sys_created_by"});
      const auto read = fresh->read({}, RecordId{row.at("sys_id").get<std::string>()}, {});
      ASSERT_TRUE(read) << table << ": " << read.error().message;
      EXPECT_EQ(read->type, table);
      if (table == "u_defect") continue;
      const auto by_number = fresh->read({}, RecordId{row.at("number").get<std::string>()}, {});
      ASSERT_TRUE(by_number) << table << ": " << by_number.error().message;
      EXPECT_EQ(by_number->id, read->id);
    }
  }
}

TEST_F(ServiceNowTest, ChangingAFieldCostsTwoCallsOnOneConnection) {
  const auto record = created("m-1");
  simulator_.forget_requests();
  ASSERT_TRUE(adapter().read({}, record.id, {}));
  ASSERT_TRUE(adapter().update({}, record.id, {{"short_description", "two"}}, {}));
  const Json seen = simulator_.requests();
  EXPECT_EQ(seen.at("count"), 2);
  EXPECT_LE(seen.at("connections").get<int>(), 1);
}

TEST_F(ServiceNowTest, AFirstPassWithNumberCostsNoMoreThanThreeCallsBesidesTheDictionary) {
  const auto row = simulator_.seed("incident", {{"short_description", "x"}});
  const RecordId number{row.at("number").get<std::string>()};
  const auto read = adapter().read({}, number, {});
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(adapter().update({}, read->id, {{"short_description", "two"}}, {}));
  EXPECT_LE(simulator_.count("", "/api/now/table/incident.*"), 3U);
}

TEST_F(ServiceNowTest, APassOverARecordWithCommentsAndAttachmentsCostsThreeCalls) {
  const auto row = simulator_.seed("incident", {{"short_description", "x"}});
  for (const char* name : {"sys_id", "number"}) {
    const RecordId id{row.at(name).get<std::string>()};
    for (const std::size_t calls : {4U, 3U}) {  // the first time, whether it really has no comments
      ASSERT_TRUE(adapter().read({}, id, {}));
      simulator_.forget_requests();
      ASSERT_TRUE(adapter().read({}, id, {}));
      ASSERT_TRUE(adapter().comments({}, id, {}));
      ASSERT_TRUE(adapter().attachments({}, id, {}));
      EXPECT_LE(simulator_.requests().at("count").get<std::size_t>(), calls) << name << simulator_.requests().dump(2);
    }
  }
}

TEST_F(ServiceNowTest, ARecordThatIsGoneHasNoAttachmentsAnyMore) {
  const auto record = created("m-1");
  ASSERT_TRUE(adapter().attachments({}, record.id, {}));
  ASSERT_TRUE(adapter().remove({}, record.id, {}));
  EXPECT_EQ(adapter().attachments({}, record.id, {}).error().code, Failure::not_found);
  EXPECT_EQ(adapter().comments({}, record.id, {}).error().code, Failure::not_found);
}

TEST_F(ServiceNowTest, ASysIdIsTheRowThatIsMeant) {
  const auto record = created("m-1");
  const Json twin = simulator_.seed("sys_user_group", {{"name", "Software"}});
  const std::string id = twin.at("sys_id").get<std::string>();
  const auto several = adapter().update({}, record.id, {{"assignment_group", record::Option{"", "Software"}}}, {});
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message, AllOf(HasSubstr("several rows"), HasSubstr("sys_id")));
  for (const record::Value& value : {record::Value{record::Option{"", id}}, record::Value{id}}) {
    const auto updated = adapter().update({}, record.id, {{"assignment_group", value}}, {});
    ASSERT_TRUE(updated) << updated.error().message;
    EXPECT_EQ(simulator_.record("incident", record.id.str()).at("assignment_group"), id);
  }
  const std::string beth = sys_id("sys_user", "user_name", "beth.anglin");
  ASSERT_TRUE(adapter().update({}, record.id, {{"assigned_to", record::User{"", beth, ""}}}, {}));
  EXPECT_EQ(simulator_.record("incident", record.id.str()).at("assigned_to"), beth);
}

// Comments.

TEST_F(ServiceNowTest, HiddenCommentsAreNotNoComments) {
  const auto record = created("m-1");
  ASSERT_TRUE(adapter().add_comment({}, record.id, {record::from_plain("x"), false}, {}));
  deny({{"operation", "read"}, {"table", "sys_journal_field"}});
  const auto comments = adapter().comments({}, record.id, {});
  ASSERT_FALSE(comments);
  EXPECT_EQ(comments.error().code, Failure::refused);
  EXPECT_THAT(comments.error().message, HasSubstr("sys_journal_field"));
}

TEST_F(ServiceNowTest, CommentsHaveTheirAuthorsAndWorkNotesArePrivate) {
  const auto record = created("m-1");
  const auto note = adapter().add_comment({}, record.id, {record::from_plain("internal"), true}, {});
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_TRUE(note->is_private);
  EXPECT_EQ(note->author,
            (record::User{sys_id("sys_user", "user_name", "sync.user"), "Sync User", "sync.user@example.com"}));
  const auto entries = simulator_.record("sys_journal_field");
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries.at(0).at("element"), "work_notes");
}

TEST_F(ServiceNowTest, EqualCommentsAreTwo) {
  const auto record = created("m-1");
  const auto one = adapter().add_comment({}, record.id, {record::from_plain("same"), false}, {});
  const auto two = adapter().add_comment({}, record.id, {record::from_plain("same"), false}, {});
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->id, two->id);
  EXPECT_THAT(*adapter().comments({}, record.id, {}), SizeIs(2));
}

TEST_F(ServiceNowTest, ManyCommentsAreRead) {
  const auto record = created("m-1");
  for (int i = 0; i < 1200; ++i)
    simulator_.seed(
        "sys_journal_field",
        {{"name", "incident"}, {"element", "comments"}, {"element_id", record.id.str()}, {"value", std::to_string(i)}});
  const auto comments = adapter().comments({}, record.id, {});
  ASSERT_TRUE(comments) << comments.error().message;
  EXPECT_THAT(*comments, SizeIs(1200));
}

// Settings.

std::string complaint(std::map<std::string, std::string, std::less<>> values) {
  values.try_emplace("url", "https://acme.service-now.com");
  const auto made = servicenow_kind().make({std::move(values), "/"});
  return made ? "taken" : made.error().message;
}

TEST(ServiceNowSettings, WrongOnesAreNamed) {
  EXPECT_EQ(complaint({{"username", "u"}, {"password", "p"}}), "taken");
  EXPECT_EQ(complaint({{"auth", "oauth-client-credentials"},
                       {"clientId", "i"},
                       {"clientSecret", "s"},
                       {"tables", "incident, u_defect"},
                       {"markerField", "u_key"},
                       {"formattedComments", "false"}}),
            "taken");
  EXPECT_EQ(complaint({{"auth", "api-key"}, {"apiKey", "k"}}), "taken");
  EXPECT_THAT(complaint({}), AllOf(HasSubstr("username is missing"), HasSubstr("password is missing")));
  EXPECT_THAT(complaint({{"tables", "incident/x"}, {"timeout", "soon"}, {"language", "E N"}}),
              AllOf(HasSubstr("username is missing"), HasSubstr("incident/x"), HasSubstr("soon"), HasSubstr("E N")));
  EXPECT_THAT(complaint({{"auth", "oauth-password"}, {"username", "u"}, {"password", "p"}}),
              HasSubstr("clientId is missing"));
  EXPECT_THAT(complaint({{"auth", "kerberos"}}), HasSubstr("\"oauth-password\""));
  EXPECT_THAT(complaint({{"username", "u"}, {"password", "p"}, {"tables", "incident/x"}}), HasSubstr("incident/x"));
  EXPECT_THAT(complaint({{"username", "u"}, {"password", "p"}, {"markerField", "Correlation ID"}}),
              HasSubstr("markerField"));
}

TEST(ServiceNowSettings, SecretsAreMarkedAsSuch) {
  for (const SettingSpec& spec : servicenow_kind().settings) {
    const std::set<std::string> secrets{"password", "clientSecret", "apiKey", "proxy"};
    EXPECT_EQ(spec.secret, secrets.contains(spec.name)) << spec.name;
  }
}

}  // namespace
}  // namespace syncservice::adapter::servicenow
