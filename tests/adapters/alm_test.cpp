// ALM's traps, a test for each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/alm_support.hpp"
#include "support/fake_clock.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapters/alm/alm.hpp"
#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::alm {
namespace {

using record::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::SizeIs;

const ProjectName qc{"QualityCenter"}, versioned{"Versioned"};

class Alm : public testing::Test {
 protected:
  [[nodiscard]] static NewRecord wanted(std::string marker, record::Fields more = {}) {
    more.emplace("name", "one");
    more.emplace("severity", "1-Low");
    return {qc, "defect", std::move(more), std::move(marker)};
  }
  [[nodiscard]] record::Record created(std::string marker, record::Fields more = {}) {
    auto record = adapter_->create(wanted(std::move(marker), std::move(more)), context_);
    if (record) return *record;
    ADD_FAILURE() << record.error().message;
    return {};
  }
  void seed(const std::string& what, const std::string& id, const std::string& as, const std::string& type = "defect",
            const ProjectName& project = qc) {
    simulator_.seed(what, {{"project", project.str()}, {"type", type}, {"id", id}, {"as", as}});
  }
  void edit(const std::string& id, const nlohmann::json& fields) {
    simulator_.seed("edit", {{"project", qc.str()}, {"type", "defect"}, {"id", id}, {"fields", fields}});
  }
  [[nodiscard]] nlohmann::json stored(const RecordId& id) const {
    return simulator_.record("DEFAULT.QualityCenter.defect", id.str());
  }
  void answer(const char* method, const char* path, unsigned status, const std::string& id, const std::string& title) {
    simulator_.fault(
        {{"kind", "answer"},
         {"method", method},
         {"path", path},
         {"status", status},
         {"headers", {{"Content-Type", "application/xml"}}},
         {"body", "<QCRestException><Id>qccore." + id + "</Id><Title>" + title + "</Title></QCRestException>"}});
  }
  [[nodiscard]] std::set<RecordId> changes(Adapter& adapter, std::string& cursor, const std::string& query = {}) {
    std::set<RecordId> out;
    for (bool more = true; more;) {
      const auto page = adapter.changed_since({qc, {}, {}, query}, cursor, context_);
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

  support::Simulator simulator_{"alm.py"};
  std::unique_ptr<AlmAdapter> adapter_ = adapter_for(simulator_);
  CallContext context_;
};

TEST_F(Alm, FieldsGoByNameLabelOrPhysicalName) {
  const auto record = created("m-1", {{"Customer", "ACME"}, {"BG_USER_04", 7}});
  EXPECT_EQ(record.fields.at("user-07"), Value{"ACME"});
  EXPECT_EQ(record.fields.at("Customer"), Value{"ACME"});
  EXPECT_EQ(record.fields.at("user-04"), Value{7});
  const auto twice = adapter_->update(qc, record.id, {{"Customer", "a"}, {"user-07", "b"}}, context_);
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("given twice"));
}

TEST_F(Alm, ANewDefectHasWhatAlmDemands) {
  const auto record = created("m-1");
  EXPECT_EQ(record.fields.at("detected-by").as<record::User>()->name, "Sync Service");
  EXPECT_NE(record.fields.at("creation-time").as<record::Date>(), nullptr);
  EXPECT_TRUE(record.fields.at("status").is_null()) << "ALM gives a new defect no status";
  const auto without = adapter_->create({qc, "defect", {{"name", "x"}}, "m-2"}, context_);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().failure, FailureClass::permanent);
  EXPECT_THAT(without.error().message, HasSubstr("severity"));
}

TEST_F(Alm, IdsOfOtherEntitiesNameThem) {
  const auto both = adapter_for(simulator_, options_for({"requirement", "defect", "test", "test-instance"}));
  const auto defect = both->create(wanted("m-1"), context_);
  ASSERT_TRUE(defect) << defect.error().message;
  EXPECT_EQ(defect->id, RecordId{"defect/1"});
  const auto requirement = both->create({qc, "requirement", {{"name", "r"}}, "m-2"}, context_);
  ASSERT_TRUE(requirement) << requirement.error().message;
  EXPECT_EQ(requirement->id, RecordId{"1"});
  EXPECT_EQ(both->read(qc, RecordId{"requirement/1"}, context_)->id, requirement->id);
  const auto instance =
      both->create({qc,
                    "test-instance",
                    {{"test-id", "test/1"}, {"cycle-id", "1"}, {"subtype-id", "hp.qc.test-instance.MANUAL"}},
                    "m-3"},
                   context_);
  ASSERT_TRUE(instance) << instance.error().message;
  EXPECT_THAT(*both->comments(qc, instance->id, context_), testing::IsEmpty());
  EXPECT_EQ((*both->find_by_marker(qc, "m-3", context_))->id, instance->id);
}

TEST_F(Alm, AProjectIsNeeded) {
  for (const char* name : {"", "A/B/C", "DEFAULT/"}) {
    const auto read = adapter_->read(ProjectName{name}, RecordId{"1"}, context_);
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().failure, FailureClass::permanent) << read.error().message;
  }
  Options options = options_for();
  options.domain.clear();
  const auto without = adapter_for(simulator_, options);
  EXPECT_THAT(without->read(qc, RecordId{"1"}, context_).error().message, HasSubstr("DEFAULT/QualityCenter"));
  const auto record = created("m-1");
  EXPECT_TRUE(without->read(ProjectName{"DEFAULT/QualityCenter"}, record.id, context_));
}

TEST_F(Alm, AProjectThatIsNotThereDoesNotMakeItsRecordsGone) {
  const auto read = adapter_->read(ProjectName{"Nowhere"}, RecordId{"1"}, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::permanent) << read.error().message;
}

TEST_F(Alm, ALockedRecordIsTriedLater) {
  const auto record = created("m-1");
  seed("lock", record.id.str(), "anna");
  const auto updated = adapter_->update(qc, record.id, {{"name", "two"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::transient);
  EXPECT_THAT(updated.error().message, HasSubstr("anna"));
  const auto commented = adapter_->add_comment(qc, record.id, {record::from_plain("x"), false}, context_);
  ASSERT_FALSE(commented);
  EXPECT_EQ(commented.error().failure, FailureClass::transient);
  seed("unlock", record.id.str(), "anna");
  EXPECT_TRUE(adapter_->update(qc, record.id, {{"name", "two"}}, context_));
}

TEST_F(Alm, ForbiddenIsA403ThatIsNotTriedAgain) {
  const auto record = created("m-1");
  answer("PUT", ".*/defects/.*", 403, "operation-forbidden", "No permission");
  const auto updated = adapter_->update(qc, record.id, {{"name", "two"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::permanent);
  EXPECT_THAT(updated.error().message, HasSubstr("No permission"));
}

TEST_F(Alm, AnUnknownFieldIsPermanentEvenAsA500) {
  const auto record = created("m-1");
  answer("PUT", ".*/defects/.*", 500, "unknown-field-name", "Unknown field");
  EXPECT_EQ(adapter_->update(qc, record.id, {{"name", "two"}}, context_).error().failure, FailureClass::permanent);
  answer("GET", ".*/defects/.*", 500, "general-error", "Out of order");
  EXPECT_EQ(adapter_->read(qc, record.id, context_).error().code, Failure::unavailable);
}

TEST_F(Alm, AMirrorIsRefusedByName) {
  const auto record = created("m-1", {{"user-07", "ACME"}});
  EXPECT_EQ(record.fields.at("Mirror"), Value{"ACME"});
  const auto updated = adapter_->update(qc, record.id, {{"Mirror", "x"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::permanent);
  EXPECT_THAT(updated.error().message, HasSubstr("user-10"));
}

TEST_F(Alm, AnItemWithASemicolonCantBeOneOfSeveral) {
  const auto made = adapter_->create(wanted("m-1", {{"user-02", record::List{record::Option{{}, "A;B"}}}}), context_);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("semicolons"));
}

TEST_F(Alm, LineBreaksOfRichTextSurvive) {
  const auto text = record::from_plain("one\ntwo\n\nthree");
  EXPECT_EQ(created("m-1", {{"description", text}}).fields.at("description"), Value{text});
}

TEST_F(Alm, AUserGoesByLoginMailOrName) {
  const auto record = created("m-1", {{"owner", record::User{{}, {}, "BERT@example.com"}}});
  EXPECT_EQ(record.fields.at("owner").as<record::User>()->id, "bert");
  const auto updated = adapter_->update(qc, record.id, {{"owner", "Anna Alm"}}, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->fields.at("owner").as<record::User>()->id, "anna");
  const auto unknown = adapter_->update(qc, record.id, {{"owner", "Nobody"}}, context_);
  EXPECT_THAT(unknown.error().message, HasSubstr("no such user"));
  simulator_.seed("account", {{"login", "anna2"}, {"password", "x"}, {"full", "Anna Alm"}, {"mail", "a2@example.com"}});
  const auto fresh = adapter_for(simulator_);
  EXPECT_THAT(fresh->update(qc, record.id, {{"owner", "Anna Alm"}}, context_).error().message, HasSubstr("anna2"));
}

TEST_F(Alm, ACommentKeepsTheHistoryThatOthersWrote) {
  const auto record = created("m-1");
  const std::string history =
      "<html>\n<body>\n<b>Anna Alm &lt;anna&gt;, 03/11/2026:</b> keep <u>this</u>\n</body>\n</html>";
  edit(record.id.str(), {{"dev-comments", history}});
  const auto added = adapter_->add_comment(qc, record.id, {record::from_plain("ours"), false}, context_);
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(added->author, (record::User{"sync", "Sync Service", "sync@example.com"}));
  const auto all = adapter_->comments(qc, record.id, context_);
  ASSERT_THAT(*all, SizeIs(2));
  EXPECT_EQ((*all)[0].author.name, "Anna Alm");
  EXPECT_EQ((*all)[0].created, record::instant_from_text("2026-11-03T23:59:59Z")->at) << "the end of its day";
  EXPECT_EQ(record::to_plain((*all)[0].body), "keep this");
  EXPECT_THAT(stored(record.id).at("dev-comments").at(0).get<std::string>(), HasSubstr("keep <u>this</u>"));
  EXPECT_THAT(simulator_.record("lock"), SizeIs(0)) << "the lock is given back";
}

TEST_F(Alm, ACommentThatWasTakenAndNotKeptIsTriedLater) {
  const auto record = created("m-1");
  simulator_.fault({{"kind", "answer"},
                    {"method", "PUT"},
                    {"status", 200},
                    {"headers", {{"Content-Type", "application/xml"}}},
                    {"body", "<Entity Type=\"defect\"><Fields/></Entity>"}});
  const auto added = adapter_->add_comment(qc, record.id, {record::from_plain("x"), false}, context_);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Failure::unavailable);
  EXPECT_THAT(simulator_.record("lock"), SizeIs(0));
}

TEST_F(Alm, AVersionedRecordIsCheckedOutAndInAgain) {
  const auto requirements = adapter_for(simulator_, options_for({"requirement"}));
  const auto record = requirements->create({versioned, "requirement", {{"name", "r"}}, "m-1"}, context_);
  ASSERT_TRUE(record) << record.error().message;
  const auto holder = [&] {
    return simulator_.record("DEFAULT.Versioned.requirement", record->id.str()).at("vc-checkout-user-name").dump();
  };
  EXPECT_EQ(holder(), "[]") << "a new record is checked in";
  ASSERT_TRUE(requirements->update(versioned, record->id, {{"name", "s"}}, context_));
  EXPECT_EQ(holder(), "[]");
  seed("check-out", record->id.str(), "anna", "requirement", versioned);
  const auto updated = requirements->update(versioned, record->id, {{"name", "t"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::transient);
  EXPECT_THAT(updated.error().message, HasSubstr("anna"));
  seed("check-in", record->id.str(), "anna", "requirement", versioned);
  seed("check-out", record->id.str(), "sync", "requirement", versioned);
  ASSERT_TRUE(requirements->update(versioned, record->id, {{"name", "t"}}, context_)) << "what we left checked out";
  EXPECT_EQ(holder(), "[]");
}

TEST_F(Alm, WhatWasLeftCheckedOutToUsIsCheckedInByWhoeverReadsIt) {
  const auto requirements = adapter_for(simulator_, options_for({"requirement"}));
  const auto record = requirements->create({versioned, "requirement", {{"name", "r"}}, "m-1"}, context_);
  ASSERT_TRUE(record) << record.error().message;
  const auto holder = [&](const RecordId& id) {
    return simulator_.record("DEFAULT.Versioned.requirement", id.str()).at("vc-checkout-user-name").dump();
  };
  const auto busy_check_in = [&] {
    simulator_.fault({{"kind", "answer"}, {"method", "POST"}, {"path", ".*/versions/check-in"}, {"status", 500}});
  };
  busy_check_in();
  ASSERT_FALSE(requirements->update(versioned, record->id, {{"name", "s"}}, context_));
  ASSERT_NE(holder(record->id), "[]");
  const auto read = requirements->read(versioned, record->id, context_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->fields.at("name"), Value{"s"});
  EXPECT_EQ(holder(record->id), "[]");

  busy_check_in();
  ASSERT_FALSE(requirements->create({versioned, "requirement", {{"name", "r"}}, "m-2"}, context_));
  const auto found = requirements->find_by_marker(versioned, "m-2", context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(holder((*found)->id), "[]");

  seed("check-out", record->id.str(), "anna", "requirement", versioned);
  ASSERT_TRUE(requirements->read(versioned, record->id, context_));
  EXPECT_NE(holder(record->id), "[]") << "what others have checked out is theirs";
}

TEST_F(Alm, AProjectsReferencesAreRecordsWhereTheApplicationHasTheirEntity) {
  for (const Form form : {Form::xml, Form::json}) {
    Options options = options_for({"defect", "requirement"});
    options.form = form;
    const auto adapter = adapter_for(simulator_, options);
    const auto release = adapter->create(wanted(form == Form::xml ? "m-1" : "m-2", {{"target-rel", "1005"}}), context_);
    ASSERT_TRUE(release) << release.error().message;
    EXPECT_EQ(release->fields.at("target-rel"), Value{"1005"}) << "no defect 1005";
    const auto parent = adapter->create({qc, "requirement", {{"name", "p"}}, "m-p"}, context_);
    ASSERT_TRUE(parent) << parent.error().message;
    const auto child = adapter->create(
        {qc, "requirement", {{"name", "c"}, {"parent-id", Value{record::Reference{{}, parent->id}}}}, "m-c"}, context_);
    ASSERT_TRUE(child) << child.error().message;
    EXPECT_EQ(child->fields.at("parent-id"), (Value{record::Reference{{}, parent->id}})) << parent->id.str();
    const auto wrong =
        adapter->update(qc, child->id, {{"parent-id", Value{record::Reference{{}, release->id}}}}, context_);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, Failure::refused);
    EXPECT_THAT(wrong.error().message, testing::AllOf(HasSubstr("parent-id"), HasSubstr("requirement")));
  }
}

TEST_F(Alm, AMarkersFieldThatTakesNoTextIsNamed) {
  for (const char* name : {"user-05", "no such field", "user-10"}) {
    Options options = options_for();
    options.marker = name;
    const auto made = adapter_for(simulator_, options)->create(wanted("m-1"), context_);
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code, Failure::misconfigured);
    EXPECT_THAT(made.error().message, HasSubstr(name));
    const auto found = adapter_for(simulator_, options)->find_by_marker(qc, "m-1", context_);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, Failure::misconfigured);
  }
}

TEST_F(Alm, AMarkersFieldThatAnotherEntityLacksHidesNoRecord) {
  simulator_.seed("field",
                  {{"project", "QualityCenter"}, {"type", "requirement"}, {"name", "user-01"}, {"editable", false}});
  const auto both = adapter_for(simulator_, options_for({"requirement", "defect"}));
  const auto made = both->create(wanted("m-1"), context_);
  ASSERT_TRUE(made) << made.error().message;
  const auto found = both->find_by_marker(qc, "m-1", context_);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->id, made->id);
}

TEST_F(Alm, PagesThatAreCappedWithoutAWordLoseNothing) {
  simulator_.set("page_cap", 2);
  std::set<RecordId> made;
  for (int i = 0; i < 7; ++i) made.insert(created("m-" + std::to_string(i)).id);
  std::string cursor;
  EXPECT_EQ(changes(*adapter_, cursor), made);
  const RecordId first = *made.begin();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(adapter_->upload(
        qc, first, {"a.txt", "text/plain", 0}, [](std::span<char>) -> Result<std::size_t> { return std::size_t{0}; },
        context_));
  }
  const auto listed = adapter_->attachments(qc, first, context_);
  ASSERT_TRUE(listed);
  EXPECT_THAT(*listed, SizeIs(5));
  EXPECT_EQ(listed->back().name, "a (5).txt") << "names are unique in ALM";
}

TEST_F(Alm, ManyChangesWithinOneSecondAreAllListed) {
  Options options = options_for();
  options.page = 2;
  const auto paging = adapter_for(simulator_, options);
  simulator_.control("POST", "/clock", {{"freeze", true}});
  std::set<RecordId> made;
  for (int i = 0; i < 7; ++i) made.insert(created("m-" + std::to_string(i)).id);
  std::string cursor;
  EXPECT_EQ(changes(*paging, cursor), made);
  const RecordId late = created("m-late").id;
  EXPECT_THAT(changes(*paging, cursor), testing::Contains(late)) << "within the same second, after the end";
}

TEST_F(Alm, AClockThatIsPutBackHidesNoChange) {
  const auto clock = std::make_shared<support::FakeClock>();
  Options options = options_for();
  options.zone = *Zone::find("Europe/Berlin");
  AlmAdapter berlin{endpoint_of(simulator_), session_for(simulator_), options, clock};
  const auto set = [&](const char* instant, int zone_minutes) {
    const Timestamp at = record::instant_from_text(instant)->at;
    clock->set(at);
    simulator_.control("POST", "/clock", {{"freeze", true}, {"set", static_cast<double>(to_millis(at)) / 1000}});
    simulator_.set("zone_minutes", zone_minutes);
  };
  set("2026-10-25T00:58:00Z", 120);  // 02:58, and an hour later 02:58 again
  static_cast<void>(created("m-1"));
  std::string cursor;
  static_cast<void>(changes(berlin, cursor));
  set("2026-10-25T01:05:00Z", 60);  // 02:05
  const RecordId late = created("m-2").id;
  set("2026-10-25T01:10:00Z", 60);
  EXPECT_THAT(changes(berlin, cursor), testing::Contains(late));
}

TEST_F(Alm, AQueryNarrowsTheList) {
  const auto open = created("m-1", {{"status", "Not Completed"}});
  static_cast<void>(created("m-2", {{"status", "Open"}}));
  std::string cursor;
  EXPECT_THAT(changes(*adapter_, cursor, "{status[\"Not Completed\"]}"), ElementsAre(open.id));
  cursor.clear();
  EXPECT_THAT(changes(*adapter_, cursor, "status[\"Not Completed\"]"), ElementsAre(open.id));
  cursor.clear();
  EXPECT_THAT(changes(*adapter_, cursor, "{status[NOT \"Open\" AND NOT (\"Closed\")]}"), ElementsAre(open.id));
  const auto page = adapter_->changed_since({qc, {}, {}, "{nope[1]}"}, {}, context_);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().failure, FailureClass::permanent) << "a filter that is none is a 404 in ALM";
}

TEST_F(Alm, ANameInAQueryThatHasToBeQuotedIsRefusedWithoutQuotes) {
  for (const char* query :
       {"{status[Not Completed]}", "status[Open OR not Completed]", "{id[>0];status[(NOT Open)]}"}) {
    const auto page = adapter_->changed_since({qc, {}, {}, query}, {}, context_);
    ASSERT_FALSE(page) << query;
    EXPECT_EQ(page.error().code, Failure::misconfigured);
    EXPECT_THAT(page.error().message, HasSubstr("[\"Not Completed\"]"));
  }
}

TEST_F(Alm, NothingInAMarkerMeansAnythingInAFilter) {
  const auto one = created("m \"1\"; [NOT x]{*}");
  static_cast<void>(created("m 1"));
  const auto found = adapter_->find_by_marker(qc, "m \"1\"; [NOT x]{*}", context_);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, one.id);
  const auto star = adapter_->find_by_marker(qc, "m*", context_);
  ASSERT_TRUE(star) << star.error().message;
  EXPECT_FALSE(*star) << "a star stands for anything in ALM";
}

TEST_F(Alm, JsonIsSpokenWhereItIsAskedFor) {
  Options options = options_for();
  options.form = Form::json;
  const auto json = adapter_for(simulator_, options);
  const auto made = json->create(wanted("m-1", {{"user-02", record::List{record::Option{{}, "Linux"}}}}), context_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(adapter_->read(qc, made->id, context_)->fields, made->fields);
  simulator_.set("json", false);
  const auto read = json->read(qc, made->id, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::permanent);
  EXPECT_THAT(read.error().message, HasSubstr("set format to xml"));
}

TEST_F(Alm, ThereIsNoAlmAtAnotherAddress) {
  rest::Endpoint endpoint = endpoint_of(simulator_);
  endpoint.url = simulator_.url("/elsewhere");
  const auto session = std::make_shared<Sessions>(endpoint, Account{"sync", "x", false, {}}, std::chrono::seconds{0});
  const auto pinged = AlmAdapter{endpoint, session, options_for()}.ping(context_);
  ASSERT_FALSE(pinged);
  EXPECT_NE(pinged.error().failure, FailureClass::gone);
  static_cast<void>(simulator_.take_violations());
}

TEST_F(Alm, DescribesProjectsOfOneDomainOrOfAll) {
  const auto named = [](const Description& description) {
    std::set<std::string> out;
    for (const ProjectInfo& project : description.projects) out.insert(project.name.str());
    return out;
  };
  const auto one = adapter_->describe(qc, context_);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_THAT(named(*one), ElementsAre("Mobile", "QualityCenter", "Versioned"));
  EXPECT_THAT(one->types, SizeIs(1));
  const auto whole = adapter_->describe(ProjectName{"DEFAULT/Mobile"}, context_);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_THAT(named(*whole), ElementsAre("DEFAULT/Mobile", "QualityCenter", "Versioned"));
  EXPECT_THAT(whole->types, SizeIs(1));
  const auto none = adapter_->describe(ProjectName{"Nowhere"}, context_);
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_THAT(named(*none), ElementsAre("Mobile", "QualityCenter", "Versioned"));
  EXPECT_THAT(none->types, testing::IsEmpty());
  Options options = options_for();
  options.domain.clear();
  const auto all = adapter_for(simulator_, options)->describe({}, context_);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_THAT(named(*all), IsSupersetOf({"DEFAULT/Mobile", "DEFAULT/QualityCenter"}));
}

TEST(AlmSettings, AreCheckedByName) {
  const Kind kind = alm_kind();
  EXPECT_TRUE(kind.needs_project);
  const std::map<std::string, std::string, std::less<>> good{{"url", "https://alm.acme.com/qcbin"},
                                                             {"username", "sync"},
                                                             {"password", "secret-word"},
                                                             {"markerField", "user-01"}};
  EXPECT_TRUE(kind.make({good, {}}));
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"url", ""},
                                                                  {"username", ""},
                                                                  {"password", ""},
                                                                  {"markerField", ""},
                                                                  {"entities", "defect, No Entity"},
                                                                  {"timeZone", "Middle/Earth"},
                                                                  {"format", "yaml"},
                                                                  {"commentDates", "yyyy"},
                                                                  {"keepAlive", "often"},
                                                                  {"sessions", "0"},
                                                                  {"auth", "kerberos"}}) {
    auto settings = good;
    settings[name] = value;
    const auto made = kind.make({settings, {}});
    ASSERT_FALSE(made) << name;
    EXPECT_THAT(made.error().message, HasSubstr(name));
    EXPECT_THAT(made.error().message, testing::Not(HasSubstr("secret-word")));
  }
}

}  // namespace
}  // namespace syncservice::adapter::alm
