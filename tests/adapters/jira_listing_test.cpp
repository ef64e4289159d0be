// What Jira, of both flavours, lists: changes, with whatever moves while they are read, and what it says of itself.
// Over the simulator.
#include "adapters/jira_support.hpp"

#include "syncservice/adapter/fit.hpp"

#include <gmock/gmock.h>

#include <set>

namespace syncservice::adapter::jira {
namespace {

using nlohmann::json;
using record::List;
using record::Option;
using testing::IsEmpty;
using testing::SizeIs;

class JiraListing : public JiraTest {};

INSTANTIATE_TEST_SUITE_P(Cloud, JiraListing, testing::Values(Flavour::cloud));
INSTANTIATE_TEST_SUITE_P(DataCenter, JiraListing, testing::Values(Flavour::server));

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

TEST_P(JiraListing, ManyIssuesOfOneInstantAreAllListedOnce) {
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

TEST_P(JiraListing, AChangeThatTheIndexShowsLateIsNotMissed) {
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

TEST_P(JiraListing, IssuesThatMoveWhileTheyAreListedPushNoneOverTheEdge) {
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

TEST_P(JiraListing, WhatIsGoneFromThePageButNotFromTheIndexEndsNoListing) {
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

TEST_P(JiraListing, AQueryOfTheAdministratorsOwnNarrowsTheListing) {
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

TEST_P(JiraListing, APassThatUpdatesOneFieldCostsThreeCallsOfOneConnection) {
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

TEST_P(JiraListing, DescribesProjectsTypesFieldsAndOptions) {
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
  const auto all = adapter_->describe({}, context_);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_THAT(all->types, SizeIs(5));
  EXPECT_NE(find_field(all->types.front(), "Customer"), nullptr);
  EXPECT_FALSE(find_field(all->types.front(), "summary")->required) << "of no project in particular";
  const auto unknown = adapter_->describe(ProjectName{"NONE"}, context_);
  ASSERT_TRUE(unknown) << unknown.error().message;
  EXPECT_THAT(unknown->projects, SizeIs(3));
  EXPECT_THAT(unknown->types, IsEmpty());
}

TEST_P(JiraListing, AStatusThatNoIssueCanGetToIsNoOption) {
  for (const char* status : {"To Do", "In Progress", "In Review", "Done", "Rejected"})
    static_cast<void>(seeded({{"status", status}}));
  const auto described = adapter_->describe(ed, context_);
  ASSERT_TRUE(described) << described.error().message;
  const auto options = [&](const std::string& type) {
    std::vector<std::string> names;
    for (const TypeInfo& info : described->types) {
      if (info.name != type) continue;
      for (const Option& option : find_field(info, "status")->options) names.push_back(option.name);
    }
    return names;
  };
  EXPECT_THAT(options("Bug"), testing::UnorderedElementsAre("To Do", "In Progress", "In Review", "Done", "Rejected"));
  EXPECT_THAT(options("Task"), testing::Contains("Blocked")) << "of which there is no issue, nothing is known";
}

}  // namespace
}  // namespace syncservice::adapter::jira
