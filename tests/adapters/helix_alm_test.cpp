// Helix ALM's traps, a test for each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/helix_alm_support.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapter/fit.hpp"
#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

using record::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const ProjectName traditional{"Traditional Template"};
constexpr const char *issues_path = "/helix-alm/api/v0/Traditional%20Template/issues",
                     *search_path = "/helix-alm/api/v0/Traditional%20Template/issues/search";

Source text_source(std::string text) {
  return [text = std::move(text), at = std::size_t{0}](std::span<char> piece) mutable -> Result<std::size_t> {
    const std::size_t some = text.copy(piece.data(), piece.size(), at);
    at += some;
    return some;
  };
}

class HelixAlm : public testing::Test {
 protected:
  [[nodiscard]] static NewRecord wanted(std::string marker, record::Fields more = {}) {
    more.emplace("Summary", "one");
    return {traditional, "issue", std::move(more), std::move(marker)};
  }
  [[nodiscard]] record::Record created(std::string marker, record::Fields more = {}) {
    auto record = adapter_->create(wanted(std::move(marker), std::move(more)), context_);
    if (record) return *record;
    ADD_FAILURE() << record.error().message;
    return {};
  }
  /// What a person does in the client; the id is that of the item.
  nlohmann::json edit(const nlohmann::json& what, const RecordId& id = {}) {
    nlohmann::json record{{"project", 4}, {"itemType", "issues"}};
    if (!id.empty()) record["id"] = std::stoi(id.str());
    record.update(what);
    return simulator_.seed("edit", record);
  }
  void seed(const std::string& kind, const RecordId& id, nlohmann::json more = nlohmann::json::object()) {
    more.update({{"project", 4}, {"itemType", "issues"}, {"id", std::stoi(id.str())}});
    simulator_.seed(kind, more);
  }
  [[nodiscard]] RecordId by_hand(const std::string& summary = "by hand") {
    return RecordId{std::to_string(edit({{"fields", {{"Summary", summary}}}}).at("id").get<int>())};
  }
  [[nodiscard]] nlohmann::json stored(const RecordId& id) const { return simulator_.record("4.issues", id.str()); }
  [[nodiscard]] std::size_t made() const { return simulator_.record("4.issues").size(); }
  [[nodiscard]] std::set<RecordId> changes(Adapter& adapter, std::string& cursor, const Selection& selection) {
    std::set<RecordId> out;
    for (bool more = true; more;) {
      const auto page = adapter.changed_since(selection, cursor, context_);
      if (!page) {
        ADD_FAILURE() << page.error().message;
        return out;
      }
      for (const ChangedRecord& record : page->records) out.insert(record.id);
      cursor = page->cursor;
      more = page->more;
    }
    return out;
  }

  support::Simulator simulator_{"helix_alm.py"};
  std::unique_ptr<HelixAlmAdapter> adapter_ = adapter_for(simulator_);
  CallContext context_;
};

// Ids.

TEST_F(HelixAlm, ARecordIsFoundByIdOrTagAndNeverByItsNumber) {
  const RecordId id = by_hand("first");
  const nlohmann::json item = stored(id);
  ASSERT_NE(std::to_string(item.at("number").get<int>()), id.str());
  const auto by_tag = adapter_->read(traditional, RecordId{item.at("tag").get<std::string>()}, context_);
  ASSERT_TRUE(by_tag) << by_tag.error().message;
  EXPECT_EQ(by_tag->id, id);
  EXPECT_EQ(by_tag->fields.at("Tag"), Value{item.at("tag").get<std::string>()});
  EXPECT_EQ(by_tag->fields.at("URL"), Value{item.at("httpURL").get<std::string>()});
  const auto by_number = adapter_->read(traditional, RecordId{std::to_string(item.at("number").get<int>())}, context_);
  ASSERT_FALSE(by_number);
  EXPECT_EQ(by_number.error().failure, FailureClass::gone);
  EXPECT_EQ(adapter_->read(traditional, RecordId{"IS-999"}, context_).error().failure, FailureClass::gone);
}

TEST_F(HelixAlm, IdsOfOtherTypesNameThem) {
  const auto both = adapter_for(simulator_, options_for({"requirement", "issue", "testCase"}));
  const auto requirement = both->create({traditional, "requirement", {{"Summary", "r"}}, "m-1"}, context_);
  ASSERT_TRUE(requirement) << requirement.error().message;
  const auto issue = both->create(wanted("m-2"), context_);
  const auto test = both->create({traditional, "testCase", {{"Summary", "t"}}, "m-3"}, context_);
  ASSERT_TRUE(issue && test);
  EXPECT_EQ(requirement->id, RecordId{"20"});
  EXPECT_EQ(issue->id, RecordId{"issue/3"});
  EXPECT_EQ(test->id, RecordId{"testCase/2"});
  EXPECT_EQ(both->read(traditional, RecordId{"requirement/20"}, context_)->id, requirement->id);
  EXPECT_EQ(both->read(traditional, RecordId{"testcases/2"}, context_)->id, test->id);
  EXPECT_EQ(both->read(traditional, RecordId{"TC-40"}, context_)->id, test->id);
  EXPECT_EQ((*both->find_by_marker(traditional, "m-3", context_))->id, test->id);
  std::string cursor;
  EXPECT_EQ(changes(*both, cursor, {traditional, {}, {}, {}}),
            (std::set<RecordId>{requirement->id, issue->id, test->id}));
  EXPECT_EQ(both->read(traditional, RecordId{"document/1"}, context_).error().failure, FailureClass::gone);
}

// Fields.

TEST_F(HelixAlm, AReadOnlyMirrorIsWrittenInTheFirstFoundByRecord) {
  const auto record = created("m-1", {{"Description", record::from_html("<p>It <strong>sticks</strong></p>")},
                                      {"Steps to Reproduce", record::from_plain("push")},
                                      {"Date Found", *record::date_from_text("2026-11-20")},
                                      {"Version Found", "1.0"},
                                      {"Reproducible", record::Option{"", "Always"}},
                                      {"Found By", record::User{"anna", "", ""}}});
  EXPECT_EQ(record::to_plain(*record.fields.at("Description").as<record::RichText>()), "It sticks");
  EXPECT_EQ(record.fields.at("Version Found"), Value{"1.0"});
  EXPECT_EQ(record.fields.at("Reproducible").as<record::Option>()->name, "Always");
  EXPECT_EQ(record.fields.at("Found By").as<record::User>()->name, "Anna Alm");
  EXPECT_THAT(stored(record.id).at("foundByRecords").at("foundByRecordsData"), SizeIs(1));

  const auto updated = adapter_->update(traditional, record.id, {{"Description", record::from_plain("new")}}, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->fields.at("Description"), Value{record::from_plain("new")});
  EXPECT_EQ(updated->fields.at("Version Found"), Value{"1.0"}) << "the rest of the record stays";
  EXPECT_EQ(updated->fields.at("Steps to Reproduce"), Value{record::from_plain("push")});
  EXPECT_THAT(stored(record.id).at("foundByRecords").at("foundByRecordsData"), SizeIs(1));
}

TEST_F(HelixAlm, OtherFoundByRecordsAndTheirFilesStay) {
  const RecordId id = by_hand();
  edit({{"foundBy",
         {{{"description", {{"text", "first"}, {"isFormatted", false}}}},
          {{"description", {{"text", "second"}, {"isFormatted", false}}}}}}},
       id);
  const nlohmann::json before = stored(id).at("foundByRecords").at("foundByRecordsData");
  ASSERT_EQ(before.size(), 2U);
  seed("attach", id, {{"filename", "photo.txt"}, {"text", "a photo"}, {"foundByRecord", before.at(1).at("id")}});
  const auto updated = adapter_->update(traditional, id, {{"Description", record::from_plain("new")}}, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  const nlohmann::json after = stored(id).at("foundByRecords").at("foundByRecordsData");
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after.at(1).at("description").at("text"), "second");
  EXPECT_THAT(*adapter_->attachments(traditional, id, context_), SizeIs(1));
  // What needs no found-by record leaves them alone.
  simulator_.forget_requests();
  ASSERT_TRUE(adapter_->update(traditional, id, {{"Summary", "other"}}, context_));
  const nlohmann::json puts = simulator_.requests("PUT").at("requests");
  ASSERT_EQ(puts.size(), 1U);
  EXPECT_THAT(puts.at(0).at("body").dump(), Not(HasSubstr("foundByRecords")));
}

TEST_F(HelixAlm, LabelsWithCommasAndQuotesWork) {
  const auto record =
      created("m-1", {{"Impact, Business", record::Option{"", "Much"}}, {"Customer's View", "it's \"fine\""}});
  EXPECT_EQ(record.fields.at("Impact, Business").as<record::Option>()->name, "Much");
  EXPECT_EQ(record.fields.at("Customer's View"), Value{"it's \"fine\""});
  std::string cursor;
  EXPECT_EQ(changes(*adapter_, cursor, {traditional, {}, {}, "\"Impact, Business\" = 'Much'"}),
            std::set<RecordId>{record.id});
}

TEST_F(HelixAlm, WhatTheServerPassesOverWithoutAWordIsAnError) {
  // The lists of fields may be missing, and then nothing says what is read-only.
  simulator_.fault(
      {{"kind", "answer"}, {"path", ".*/configs/.*"}, {"times", 2}, {"status", 404}, {"body", {{"message", "no"}}}});
  simulator_.set("ignored_writes", "silent");
  const RecordId id = by_hand();
  const auto updated = adapter_->update(
      traditional, id, {{"Date Created", *record::instant_from_text("2020-01-01T00:00:00Z")}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::permanent);
  EXPECT_THAT(updated.error().message, HasSubstr("Date Created"));
}

TEST_F(HelixAlm, FieldsAreKnownFromARecordWhereNothingDescribesThem) {
  simulator_.fault(
      {{"kind", "answer"}, {"path", ".*/configs/.*"}, {"times", 20}, {"status", 404}, {"body", {{"message", "no"}}}});
  const auto nothing = adapter_->create(wanted("m-1"), context_);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().failure, FailureClass::permanent);
  EXPECT_THAT(nothing.error().message, HasSubstr("Make one by hand"));
  static_cast<void>(by_hand());
  const auto record = created("m-1", {{"Story Points", 3}, {"Priority", record::Option{"", "High"}}});
  EXPECT_EQ(record.fields.at("Story Points"), Value{3});
  const auto described = adapter_->describe(traditional, context_);
  ASSERT_TRUE(described) << described.error().message;
  EXPECT_NE(find_field(described->types.front(), "Sync Key"), find_field(described->types.front(), "Summary"));
}

TEST_F(HelixAlm, AnEmptyValueIsNoneHoweverItIsWritten) {
  for (const char* way : {"null", "absent", "blank"}) {
    simulator_.set("empty_as", way);
    const auto read = adapter_->read(traditional, by_hand(), context_);
    ASSERT_TRUE(read) << read.error().message;
    for (const char* label :
         {"Priority", "Release Note", "Effort", "Due", "Reviewer", "Reviewers", "Fixed In", "Description"})
      EXPECT_TRUE(read->fields.at(label).is_null()) << way << ' ' << label;
  }
}

TEST_F(HelixAlm, EveryKindOfFieldCanBeEmptied) {
  const record::Fields full{{"Priority", record::Option{"", "High"}},
                            {"Release Note", record::from_plain("x")},
                            {"Story Points", 3},
                            {"Due", *record::date_from_text("2026-11-24")},
                            {"Reviewer", record::User{"anna", "", ""}},
                            {"Affected Platforms", record::List{record::Option{"", "Linux"}}},
                            {"Description", record::from_plain("x")},
                            {"Customer's View", "x"}};
  const auto record = created("m-1", full);
  record::Fields empty;
  for (const auto& [label, value] : full) empty.emplace(label, Value{});
  const auto updated = adapter_->update(traditional, record.id, empty, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  for (const auto& [label, value] : full) EXPECT_TRUE(updated->fields.at(label).is_null()) << label;
}

TEST_F(HelixAlm, AValueThatStaysWhenItIsEmptiedIsAnError) {
  simulator_.set("null_clears", false);
  const auto record = created("m-1", {{"Story Points", 3}, {"Priority", record::Option{"", "High"}}});
  const auto emptied = adapter_->update(traditional, record.id, {{"Priority", Value{}}}, context_);
  ASSERT_TRUE(emptied) << "menus have a form of their own: " << emptied.error().message;
  const auto kept = adapter_->update(traditional, record.id, {{"Story Points", Value{}}}, context_);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().failure, FailureClass::permanent);
  EXPECT_THAT(kept.error().message, HasSubstr("Story Points"));
}

TEST_F(HelixAlm, ACheckBoxThatKnowsNoEmptyStateIsEmptyWhenUnchecked) {
  EXPECT_TRUE(is_kept(Shape::boolean, Value{}, Value{false}));
  EXPECT_FALSE(is_kept(Shape::boolean, Value{}, Value{true}));
  EXPECT_FALSE(is_kept(Shape::integer, Value{}, Value{3}));
}

TEST_F(HelixAlm, AFormattedTextWithAnImageKeepsItsWords) {
  const RecordId id = by_hand();
  edit({{"fields",
         {{"Release Note",
           {{"text", "<p>see <img src=\"data:image/png;base64,iVBORw0KGgo=\"></p>"}, {"isFormatted", true}}}}}},
       id);
  const auto read = adapter_->read(traditional, id, context_);
  ASSERT_TRUE(read);
  EXPECT_THAT(record::to_plain(*read->fields.at("Release Note").as<record::RichText>()), HasSubstr("see"));
}

TEST_F(HelixAlm, HtmlThatComesBackRewrittenIsStillTheSameText) {
  simulator_.set("html_reformatted", true);
  const Value text = record::from_html("<p>Grüße, <strong>all</strong></p><ul><li>one</li><li>two</li></ul>");
  const auto record = created("m-1", {{"Release Note", text}, {"Description", text}});
  EXPECT_EQ(record.fields.at("Release Note"), text);
  EXPECT_EQ(record.fields.at("Description"), text);
}

TEST_F(HelixAlm, ARequirementNeedsAType) {
  Options options = options_for({"requirement"});
  options.requirement_type.clear();
  const auto adapter = adapter_for(simulator_, options);
  const auto without = adapter->create({traditional, "requirement", {{"Summary", "r"}}, "m-1"}, context_);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().failure, FailureClass::permanent);
  EXPECT_THAT(without.error().message, HasSubstr("requirementType"));
  const auto mapped = adapter->create(
      {traditional, "requirement", {{"Summary", "r"}, {"Requirement Type", "User Story"}}, "m-1"}, context_);
  ASSERT_TRUE(mapped) << mapped.error().message;
  EXPECT_EQ(mapped->fields.at("Requirement Type").as<record::Option>()->name, "User Story");
  EXPECT_EQ(mapped->fields.at("Tag"), Value{"US-11"});
  const auto standard = adapter_for(simulator_, options_for({"requirement"}))
                            ->create({traditional, "requirement", {{"Summary", "r"}}, "m-2"}, context_);
  ASSERT_TRUE(standard);
  EXPECT_EQ(standard->fields.at("Requirement Type").as<record::Option>()->name, "Functional Requirement");
}

TEST_F(HelixAlm, AnUnknownMenuItemIsRefusedInItsOwnWords) {
  const auto record = created("m-1");
  const auto updated = adapter_->update(traditional, record.id, {{"Priority", "Urgent"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::permanent);
  EXPECT_THAT(updated.error().message, HasSubstr("Urgent"));
  for (const char* form : {"error", "errors"}) {
    simulator_.set("error_form", form);
    const auto again = adapter_->update(traditional, record.id, {{"Priority", "Urgent"}}, context_);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().message, HasSubstr("\"Urgent\" does not exist")) << form;
  }
}

TEST_F(HelixAlm, AnUnknownFieldDoesNotMakeTheRecordGone) {
  const RecordId id = by_hand();
  ASSERT_TRUE(adapter_->update(traditional, id, {{"Summary", "x"}}, context_));
  simulator_.fault(
      {{"kind", "answer"},
       {"method", "PUT"},
       {"path", issues_path},
       {"status", 404},
       {"body", {{"code", "Not Found"}, {"statusCode", 404}, {"message", "The X field does not exist."}}}});
  const auto updated = adapter_->update(traditional, id, {{"Summary", "y"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::permanent);
  EXPECT_THAT(updated.error().message, HasSubstr("The X field does not exist"));
}

// Markers.

TEST_F(HelixAlm, AMarkersFieldThatIsNotThereIsToldBeforeAnythingIsMade) {
  Options options = options_for();
  options.labels.marker = "Snyc Key";
  const auto adapter = adapter_for(simulator_, options);
  const auto record = adapter->create(wanted("m-1"), context_);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, Failure::misconfigured);
  EXPECT_THAT(record.error().message, testing::AllOf(HasSubstr("Snyc Key"), HasSubstr("markerField")));
  EXPECT_EQ(made(), 0U);
  const auto found = adapter->find_by_marker(traditional, "m-1", context_);
  ASSERT_FALSE(found) << "that is no 'there is none'";
  EXPECT_EQ(found.error().failure, FailureClass::permanent);
}

TEST_F(HelixAlm, ARecordWhoseMarkerWasNotTakenIsNamed) {
  simulator_.set("ignored_writes", "silent");
  simulator_.seed("field", {{"project", 4}, {"itemType", "issues"}, {"label", "Sync Key"}, {"managed", true}});
  const auto record = adapter_->create(wanted("m-1"), context_);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().failure, FailureClass::permanent);
  EXPECT_THAT(record.error().message, testing::AllOf(HasSubstr("IS-11"), HasSubstr("Sync Key"), HasSubstr("delete")));
}

TEST_F(HelixAlm, AnyMarkerIsFoundThoughTheSearchHasNoEscape) {
  const std::string marker = "it's a \"marker\", 100%";
  const auto record = created(marker);
  EXPECT_EQ(record.marker, marker);
  const auto found = adapter_->find_by_marker(traditional, marker, context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, record.id);
}

TEST_F(HelixAlm, AWriteWithoutAnAnswerIsLookedUp) {
  ASSERT_TRUE(adapter_->describe(traditional, context_));
  for (const char* kind : {"commit_then_cut", "commit_then_answer"}) {
    simulator_.fault({{"kind", kind}, {"method", "POST"}, {"path", issues_path}});
    const auto record = adapter_->create(wanted(kind), context_);
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code, Failure::uncertain) << record.error().message;
    const auto found = adapter_->find_by_marker(traditional, kind, context_);
    ASSERT_TRUE(found && *found) << kind;
  }
  EXPECT_EQ(made(), 2U);
}

// Partial success.

TEST_F(HelixAlm, ARecordThatWasMadeInPartIsThereAndNamed) {
  simulator_.set("partial_fields", true);
  const auto record = adapter_->create(wanted("m-1", {{"Priority", "Urgent"}}), context_);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, Failure::incomplete);
  EXPECT_THAT(record.error().message, testing::AllOf(HasSubstr("IS-11"), HasSubstr("Urgent"), HasSubstr("/fields/")));
  EXPECT_EQ(made(), 1U);
  const auto found = adapter_->find_by_marker(traditional, "m-1", context_);
  ASSERT_TRUE(found && *found) << "who tries again goes on with it";
}

TEST_F(HelixAlm, AnUpdateInPartIsAnError) {
  const auto record = created("m-1");
  simulator_.set("partial_fields", true);
  const auto updated = adapter_->update(traditional, record.id, {{"Summary", "two"}, {"Priority", "Urgent"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::permanent);
  EXPECT_THAT(updated.error().message, HasSubstr("Urgent"));
}

TEST_F(HelixAlm, ASuccessThatChangedNothingIsAnError) {
  const auto record = created("m-1");
  simulator_.fault({{"kind", "answer"},
                    {"method", "PUT"},
                    {"path", issues_path},
                    {"status", 200},
                    {"body", nlohmann::json::object()}});
  const auto updated = adapter_->update(traditional, record.id, {{"Story Points", 5}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_THAT(updated.error().message, HasSubstr("Story Points"));
}

// Status.

TEST_F(HelixAlm, AStatusIsReachedByEvents) {
  const auto record = created("m-1");
  EXPECT_EQ(record.fields.at("Status"), (Value{record::Option{"Open", "Open"}}));
  const auto closed = adapter_->update(traditional, record.id, {{"Status", "Closed"}, {"Summary", "done"}}, context_);
  ASSERT_TRUE(closed) << closed.error().message;
  EXPECT_EQ(closed->fields.at("Status"), (Value{record::Option{"Closed", "Closed"}}));
  EXPECT_EQ(closed->fields.at("Summary"), Value{"done"});
  std::vector<std::string> events;
  const nlohmann::json item = stored(record.id);
  for (const auto& event : item.at("events").at("eventsData")) events.push_back(event.at("name"));
  EXPECT_THAT(events, ElementsAre("Fix", "Verify"));
  const auto reopened = adapter_->update(traditional, record.id, {{"Status", record::Option{"", "Open"}}}, context_);
  ASSERT_TRUE(reopened) << reopened.error().message;
  EXPECT_EQ(reopened->fields.at("Status"), (Value{record::Option{"Open", "Open"}}));
  simulator_.forget_requests();
  ASSERT_TRUE(adapter_->update(traditional, record.id, {{"Status", "Open"}}, context_));
  EXPECT_EQ(simulator_.count("POST", ".*/events"), 0U) << "it is there already";
}

TEST_F(HelixAlm, ANewRecordReachesItsStatus) {
  const auto record = created("m-1", {{"Status", "Fixed"}});
  EXPECT_EQ(record.fields.at("Status"), (Value{record::Option{"Fixed", "Fixed"}}));
}

TEST_F(HelixAlm, ANewRecordThatDoesNotReachItsStatusIsThereAllTheSame) {
  for (const char* workflow : {"Open > Fix > Fixed", "Open > Comment > Fixed", "Fixed > Verify > Closed"}) {
    const auto adapter = adapter_for(simulator_, options_for({"issue"}, workflow));
    const auto record = adapter->create(wanted(workflow, {{"Status", "Fixed"}}), context_);
    ASSERT_FALSE(record) << workflow;
    EXPECT_EQ(record.error().code, Failure::incomplete) << record.error().message;
    EXPECT_THAT(record.error().message, HasSubstr("Helix ALM made IS-"));
    const auto found = adapter->find_by_marker(traditional, workflow, context_);
    ASSERT_TRUE(found && *found) << "who tries again goes on with it";
  }
}

TEST_F(HelixAlm, ANewRecordWithAFieldThatWasPassedOverIsThereAllTheSame) {
  ASSERT_TRUE(adapter_->describe(traditional, context_));
  simulator_.set("ignored_writes", "silent");
  simulator_.seed("field", {{"project", 4}, {"itemType", "issues"}, {"label", "Story Points"}, {"managed", true}});
  const auto record = adapter_->create(wanted("m-1", {{"Story Points", 3}}), context_);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, Failure::incomplete) << record.error().message;
  const auto found = adapter_->find_by_marker(traditional, "m-1", context_);
  ASSERT_TRUE(found && *found);
}

TEST_F(HelixAlm, AStatusThatNoEventLeadsToIsRefusedBeforeAnythingIsWritten) {
  const auto adapter = adapter_for(
      simulator_, options_for({"issue"}, "Open > Fix (Resolution = Code Change) > Fixed; Verified > Close > Closed"));
  const auto record = created("m-1");
  const auto closed = adapter->update(traditional, record.id, {{"Status", "Closed"}, {"Summary", "two"}}, context_);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().failure, FailureClass::permanent);
  EXPECT_THAT(closed.error().message, testing::AllOf(HasSubstr("Open"), HasSubstr("Closed"), HasSubstr("workflow")));
  EXPECT_EQ(adapter_->read(traditional, record.id, context_)->fields.at("Summary"), Value{"one"});
  const auto unknown = adapter->update(traditional, record.id, {{"Status", "Nowhere"}}, context_);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, testing::AllOf(HasSubstr("Status"), HasSubstr("Nowhere")));
}

TEST_F(HelixAlm, WithoutAWorkflowTheStatusIsReadOnly) {
  const auto adapter = adapter_for(simulator_, options_for({"issue"}, ""));
  const auto record = created("m-1");
  EXPECT_EQ(adapter->read(traditional, record.id, context_)->fields.at("Status"), Value{"Open"});
  const auto updated = adapter->update(traditional, record.id, {{"Status", "Closed"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::permanent);
  EXPECT_THAT(updated.error().message, HasSubstr("Status"));
}

TEST_F(HelixAlm, AnEventThatIsNotPossibleIsToldWithTheServersWords) {
  struct Case {
    const char *workflow, *says;
  };
  for (const auto& [workflow, says] :
       {Case{"Open > Fix > Fixed", "Resolution"}, Case{"Open > Verify > Fixed", "cannot be added"},
        Case{"Open > Solve > Fixed", "Solve"}}) {
    const auto adapter = adapter_for(simulator_, options_for({"issue"}, workflow));
    const auto updated = adapter->update(traditional, by_hand(), {{"Status", "Fixed"}}, context_);
    ASSERT_FALSE(updated) << workflow;
    EXPECT_EQ(updated.error().failure, FailureClass::permanent) << updated.error().message;
    EXPECT_THAT(updated.error().message, HasSubstr(says));
  }
}

TEST_F(HelixAlm, AnEventThatLeadsElsewhereIsToldSo) {
  const auto adapter = adapter_for(simulator_, options_for({"issue"}, "Open > Comment > Fixed"));
  const auto updated = adapter->update(traditional, by_hand(), {{"Status", "Fixed"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::permanent);
  EXPECT_THAT(updated.error().message, testing::AllOf(HasSubstr("Comment"), HasSubstr("Open"), HasSubstr("workflow")));
}

TEST_F(HelixAlm, AStepWhoseAnswerWasLostIsNotTakenTwice) {
  const auto record = created("m-1");
  simulator_.fault({{"kind", "commit_then_cut"}, {"method", "POST"}, {"path", ".*/events"}});
  const auto lost = adapter_->update(traditional, record.id, {{"Status", "Closed"}}, context_);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().failure, FailureClass::transient);
  const auto again = adapter_->update(traditional, record.id, {{"Status", "Closed"}}, context_);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_THAT(stored(record.id).at("events").at("eventsData"), SizeIs(2)) << "Fix and Verify";
}

// Comments.

TEST_F(HelixAlm, ACommentIsAnEventAndOtherEventsAreNone) {
  const RecordId id = by_hand();
  seed("event", id, {{"name", "Force Close"}, {"fields", {{"Notes", "not ours"}}}});
  seed("event", id, {{"name", "Comment"}, {"as", "bert"}, {"fields", {{"Notes", "from Bert"}}}});
  const auto added = adapter_->add_comment(traditional, id, {record::from_plain("a\nb"), false}, context_);
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(added->author.id, "sync");
  EXPECT_EQ(record::to_plain(added->body), "a\nb");
  const auto comments = adapter_->comments(traditional, id, context_);
  ASSERT_TRUE(comments && comments->size() == 2);
  EXPECT_EQ(comments->front().author, (record::User{"bert", "Bert Berg", ""}));
  EXPECT_EQ(record::to_plain(comments->front().body), "from Bert");
}

TEST_F(HelixAlm, ACommentsEventThatTheWorkflowHasNotIsNoMissingRecord) {
  Options options = options_for();
  options.labels.comment = "Remark";
  const auto adapter = adapter_for(simulator_, options);
  const auto added = adapter->add_comment(traditional, by_hand(), {record::from_plain("x"), false}, context_);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().failure, FailureClass::permanent);
  EXPECT_THAT(added.error().message, HasSubstr("Remark"));
  const auto gone = adapter->add_comment(traditional, RecordId{"999"}, {record::from_plain("x"), false}, context_);
  EXPECT_EQ(gone.error().failure, FailureClass::gone);
}

// Attachments.

TEST_F(HelixAlm, AnIssuesFilesGoToItsFoundByRecordWhichIsMadeOnce) {
  const RecordId id = by_hand();
  ASSERT_THAT(stored(id).at("foundByRecords").at("foundByRecordsData"), SizeIs(0));
  for (const char* name : {"größe.txt", "b \"quoted\".txt"}) {
    const auto sent = adapter_->upload(traditional, id, {name, "text/plain", 3}, text_source("abc"), context_);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->name, name);
    EXPECT_EQ(sent->size, 3U);
    std::string content;
    const auto got = adapter_->download(
        traditional, id, sent->id,
        [&](std::string_view piece) -> Result<void> {
          content += piece;
          return {};
        },
        context_);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(content, "abc");
  }
  const nlohmann::json records = stored(id).at("foundByRecords").at("foundByRecordsData");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.at(0).at("attachments").at("attachmentsData").size(), 2U);
}

TEST_F(HelixAlm, FilesOfEventsAreListedAsWell) {
  const RecordId id = by_hand();
  seed("event", id, {{"name", "Comment"}, {"fields", {{"Notes", "see the file"}}}});
  const int event = stored(id).at("events").at("eventsData").at(0).at("id");
  seed("attach", id, {{"filename", "log.txt"}, {"text", "a log"}, {"event", event}});
  const auto listed = adapter_->attachments(traditional, id, context_);
  ASSERT_TRUE(listed && listed->size() == 1);
  EXPECT_EQ(listed->front().name, "log.txt");
}

TEST_F(HelixAlm, AFileThatComesShortIsTriedAgain) {
  const RecordId id = by_hand();
  const auto sent = adapter_->upload(traditional, id, {"a.txt", "text/plain", 3}, text_source("abc"), context_);
  ASSERT_TRUE(sent) << sent.error().message;
  simulator_.fault({{"kind", "answer"},
                    {"path", ".*/files/.*"},
                    {"status", 200},
                    {"headers", {{"Content-Type", "application/octet-stream"}}},
                    {"body", "ab"}});
  const auto got = adapter_->download(
      traditional, id, sent->id, [](std::string_view) -> Result<void> { return {}; }, context_);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().failure, FailureClass::transient);
}

// Locks.

TEST_F(HelixAlm, ALockedRecordOrProjectIsTriedLater) {
  const auto record = created("m-1");
  seed("lock", record.id, {{"as", "anna"}});
  const auto updated = adapter_->update(traditional, record.id, {{"Summary", "two"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::transient);
  EXPECT_THAT(updated.error().message, HasSubstr("anna"));
  const auto commented = adapter_->add_comment(traditional, record.id, {record::from_plain("x"), false}, context_);
  ASSERT_FALSE(commented);
  EXPECT_EQ(commented.error().failure, FailureClass::transient);
  seed("unlock", record.id);
  simulator_.set("locked_projects", {4});
  EXPECT_EQ(adapter_->update(traditional, record.id, {{"Summary", "two"}}, context_).error().failure,
            FailureClass::transient);
  EXPECT_EQ(adapter_->create(wanted("m-2"), context_).error().failure, FailureClass::transient);
  EXPECT_TRUE(adapter_->read(traditional, record.id, context_));
}

// Changes.

class HelixAlmChanges : public HelixAlm {
 protected:
  void SetUp() override {
    Options options = options_for();
    options.page = 3;
    adapter_ = adapter_for(simulator_, options);
  }
  [[nodiscard]] std::set<RecordId> several(std::size_t count) {
    std::set<RecordId> out;
    for (std::size_t i = 0; i < count; ++i) out.insert(by_hand());
    return out;
  }
};

TEST_F(HelixAlmChanges, PagesThatAreCutShortWithoutAWordLoseNothing) {
  const std::set<RecordId> made = several(11);
  nlohmann::json issues = nlohmann::json::array();
  for (int id = 3; id < 5; ++id) {
    nlohmann::json issue = stored(RecordId{std::to_string(id)});
    issues.push_back({{"id", id}, {"number", issue.at("number")}, {"fields", issue.at("fields")}});
  }
  // Two records where three were asked for, and no word of how many there are.
  simulator_.fault({{"kind", "answer"},
                    {"method", "POST"},
                    {"path", search_path},
                    {"status", 200},
                    {"body",
                     {{"issues", issues},
                      {"paging", {{"page", 1}, {"pageLimit", 2}, {"totalPages", nullptr}, {"totalCount", nullptr}}}}}});
  simulator_.set("totals", false);
  std::string cursor;
  EXPECT_EQ(changes(*adapter_, cursor, {traditional, {}, {}, {}}), made);
}

TEST_F(HelixAlmChanges, WithoutTotalsTheLastPageIsTheOneThatIsNotFull) {
  simulator_.set("totals", false);
  for (const std::size_t count : {0, 1, 2, 1, 2}) {  // 0, 1, 3, 4 and 6 records
    static_cast<void>(several(count));
    std::string cursor;
    EXPECT_EQ(changes(*adapter_, cursor, {traditional, {}, {}, {}}).size(), made());
  }
}

TEST_F(HelixAlmChanges, DeletionsWhilePagingHideNothing) {
  std::set<RecordId> made = several(9);
  const Selection all{traditional, {}, {}, {}};
  const auto first = adapter_->changed_since(all, {}, context_);
  ASSERT_TRUE(first && first->more);
  std::set<RecordId> seen;
  for (const ChangedRecord& record : first->records) seen.insert(record.id);
  for (const char* id : {"3", "4", "5"}) {
    seed("delete", RecordId{id});
    made.erase(RecordId{id});
  }
  std::string cursor = first->cursor;
  seen.merge(changes(*adapter_, cursor, all));
  EXPECT_THAT(seen, testing::IsSupersetOf(made));
}

TEST_F(HelixAlmChanges, DaysAreThoseOfTheServersZone) {
  simulator_.control("POST", "/clock", {{"set", 1'795'563'000}, {"freeze", true}});  // 2026-11-24T23:30:00Z
  const auto now = from_millis(1'795'563'000'000);
  for (const int zone : {-720, 0, 840}) {
    simulator_.set("zone_minutes", zone);
    const RecordId id = by_hand();
    std::string cursor;
    EXPECT_THAT(changes(*adapter_, cursor, {traditional, {}, now - std::chrono::minutes{5}, {}}), testing::Contains(id))
        << zone;
    cursor.clear();
    EXPECT_THAT(changes(*adapter_, cursor, {traditional, {}, now + std::chrono::minutes{5}, {}}), testing::IsEmpty())
        << zone;
  }
}

TEST_F(HelixAlmChanges, ASearchThatTakesNoDatesIsDoneWithout) {
  const std::set<RecordId> made = several(2);
  const Timestamp since = *adapter_->read(traditional, *made.begin(), context_)->updated - std::chrono::hours{1};
  simulator_.fault({{"kind", "answer"},
                    {"method", "POST"},
                    {"path", search_path},
                    {"status", 400},
                    {"body", {{"message", "Incorrect syntax starting at '2026'"}, {"statusCode", 400}}}});
  std::string cursor;
  EXPECT_EQ(changes(*adapter_, cursor, {traditional, {}, since, {}}), made);
}

TEST_F(HelixAlmChanges, AWrongQueryIsToldWithTheServersWords) {
  static_cast<void>(several(1));
  const auto wrong = adapter_->changed_since({traditional, {}, {}, "Story Points = 3"}, {}, context_);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().failure, FailureClass::permanent);
  EXPECT_THAT(wrong.error().message, HasSubstr("Incorrect syntax"));
  const auto unknown = adapter_->changed_since({traditional, {}, {}, "Colour = 'red'"}, {}, context_);
  ASSERT_FALSE(unknown) << "which is no end of the records";
  EXPECT_EQ(unknown.error().failure, FailureClass::permanent);
  EXPECT_THAT(unknown.error().message, HasSubstr("Colour"));
}

TEST_F(HelixAlmChanges, AQueryWithAnOrStaysInItsTime) {
  const RecordId old = by_hand("old");
  simulator_.advance_clock(5 * 24 * 3600);
  const RecordId one = by_hand("one"), two = by_hand("two");
  const Timestamp since = *adapter_->read(traditional, one, context_)->updated;
  std::string cursor;
  EXPECT_EQ(changes(*adapter_, cursor, {traditional, {}, since, "Summary = 'old' OR Summary = 'two'"}),
            std::set<RecordId>{two});
}

}  // namespace
}  // namespace syncservice::adapter::helix_alm
