// The folder adapter with a schema, and describe.
#include "adapters/folder_support.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace syncservice;
using namespace syncservice::adapter;
using record::Fields;
using record::Value;
using testing::HasSubstr;

namespace {

constexpr const char* schema = R"({
  "types": {"Story": {"fields": {
    "summary": {"kind": "text", "required": true, "maxLength": 10},
    "priority": {"kind": "option", "options": ["High", {"id": "3", "name": "Low"}]},
    "labels": {"kind": "text", "list": true}}}},
  "fields": {"due": {"kind": "date"}, "seen": {"kind": "instant"}, "text": {"kind": "rich-text"},
             "owner": {"kind": "user"}, "cost": {"kind": "decimal"}}})";

class FolderSchemaTest : public testing::Test {
 protected:
  void SetUp() override { folder_.put(".fields.json", schema); }
  Result<record::Record> read(const std::string& id) { return adapter_->read(qc_, RecordId{id}, {}); }
  Result<record::Record> update(const std::string& id, const Fields& patch) {
    return adapter_->update(qc_, RecordId{id}, patch, {});
  }
  std::string stripped(const std::string& file) {
    std::string text = folder_.get(file);
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }), text.end());
    return text;
  }

  RecordFolder folder_;
  std::unique_ptr<Adapter> adapter_ = folder_.adapter();
  ProjectName qc_{"QC"};
};

}  // namespace

TEST_F(FolderSchemaTest, PlainJsonIsReadAsTheSchemaSays) {
  folder_.put("QC/QC-1.json", R"({"type":"Story","fields":{"summary":"s","priority":"3","labels":"one",
    "due":"2026-11-24","seen":"2026-11-24T10:00:00+01:00","text":"<p>a <b>b</b></p>","owner":"Jane","cost":7,
    "other":{"$date":"2026-11-25"}}})");
  const auto record = read("QC-1");
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->fields, (Fields{{"summary", "s"},
                                    {"priority", record::Option{"3", "Low"}},
                                    {"labels", record::List{"one"}},
                                    {"due", *record::date_from_text("2026-11-24")},
                                    {"seen", *record::instant_from_text("2026-11-24T09:00:00Z")},
                                    {"text", record::from_html("<p>a <b>b</b></p>")},
                                    {"owner", record::User{"", "Jane", ""}},
                                    {"cost", 7.0},
                                    {"other", *record::date_from_text("2026-11-25")}}));
}

TEST_F(FolderSchemaTest, WhatCantBeTypedStaysAsItIs) {
  folder_.put("QC/QC-1.json", R"({"type":"Story","fields":{"due":"soon","labels":7,"cost":"much"}})");
  EXPECT_EQ(read("QC-1")->fields, (Fields{{"due", "soon"}, {"labels", 7}, {"cost", "much"}}));
}

TEST_F(FolderSchemaTest, ValuesAreWrittenAsPeopleWouldUnlessThatLosesSomething) {
  folder_.put("QC/QC-1.json", R"({"type":"Story","fields":{}})");
  const Fields patch{
      {"due", *record::date_from_text("2026-11-24")}, {"seen", *record::instant_from_text("2026-11-24T10:00:00+01:00")},
      {"priority", record::Option{"3", "Low"}},       {"text", record::from_html("<p>a</p>")},
      {"owner", record::User{"u1", "Jane", ""}},      {"labels", record::List{"a", "b"}}};
  const auto updated = update("QC-1", patch);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->fields, patch);
  EXPECT_EQ(updated->fields.at("seen").as<record::Instant>()->zone, std::chrono::minutes{60});
  EXPECT_EQ(stripped("QC/QC-1.json"),
            R"({"type":"Story","fields":{"due":"2026-11-24","labels":["a","b"],)"
            R"("owner":{"$user":"u1","name":"Jane"},"priority":"Low","seen":"2026-11-24T10:00:00.000+01:00",)"
            R"("text":"<p>a</p>"}})");
}

TEST_F(FolderSchemaTest, WhatTheSchemaForbidsIsRefused) {
  folder_.put("QC/QC-1.json", R"({"type":"Story","fields":{"summary":"s"}})");
  const std::string text = folder_.get("QC/QC-1.json");
  const auto refused = [&](const Fields& patch, const char* says) {
    const auto updated = update("QC-1", patch);
    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().failure, FailureClass::permanent);
    EXPECT_THAT(updated.error().message, HasSubstr(says));
  };
  refused({{"summary", Value{}}}, "\"summary\" is required");
  refused({{"summary", "much too long"}}, "at most 10 characters");
  refused({{"priority", "Hihg"}}, "\"High\"");
  refused({{"due", "soon"}}, "takes date");
  refused({{"lables", record::List{}}}, "near is \"labels\"");
  EXPECT_EQ(folder_.get("QC/QC-1.json"), text);

  const auto type = adapter_->create({qc_, "Bug", {{"summary", "s"}}, "m"}, {});
  ASSERT_FALSE(type);
  EXPECT_THAT(type.error().message, HasSubstr("no type \"Bug\"; there is \"Story\""));
  const auto missing = adapter_->create({qc_, "Story", {}, "m"}, {});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("\"summary\""));
  EXPECT_FALSE(folder_.has("QC/QC-2.json"));
}

TEST_F(FolderSchemaTest, AProjectsOwnSchemaCountsAndIsReadAnew) {
  folder_.put("QC/QC-1.json", R"({"type":"Story","fields":{"size":"7"}})");
  folder_.put("QC/.fields.json", R"({"fields":{"size":{"kind":"text"}}})");
  EXPECT_TRUE(update("QC-1", {{"size", "8"}}));
  EXPECT_FALSE(update("QC-1", {{"summary", "s"}}));
  folder_.put("QC/.fields.json", R"({"fields":{"size":{"kind":"option","options":["7","8"]}}})");
  EXPECT_EQ(read("QC-1")->fields.at("size"), (Value{record::Option{"", "8"}}));
  std::filesystem::remove(folder_.path() / "QC/.fields.json");
  EXPECT_TRUE(update("QC-1", {{"summary", "s"}}));
}

TEST_F(FolderSchemaTest, ABrokenSchemaPutsTheApplicationOutOfOrder) {
  folder_.put("QC/QC-1.json", R"({"type":"Story","fields":{}})");
  struct Row {
    const char* text;
    const char* says;
  };
  for (const Row& row : {Row{"{", "line 1"}, Row{"[]", "is an object"}, Row{R"({"x":1})", "no member \"x\""},
                         Row{R"({"fields":{"f":{"kind":"colour"}}})", "Field \"f\": There is no kind \"colour\""},
                         Row{R"({"fields":{"f":{"kind":"text","maxLength":0}}})", "whole number"},
                         Row{R"({"fields":{"f":{"kind":"date","maxLength":5}}})", "Only text"},
                         Row{R"({"fields":{"f":{"kind":"text","options":["a"]}}})", "Only the kind"},
                         Row{R"({"fields":{"f":{"kind":"option","options":[{}]}}})", "An option is text"},
                         Row{R"({"fields":{"f":{"required":"yes"}}})", "true or false"},
                         Row{R"({"fields":{"f":{"color":1}}})", "no member \"color\""},
                         Row{R"({"types":{"T":{"field":{}}}})", "Type \"T\""}}) {
    folder_.put(".fields.json", row.text);
    const auto record = read("QC-1");
    ASSERT_FALSE(record) << row.text;
    EXPECT_EQ(record.error().failure, FailureClass::transient);
    EXPECT_THAT(record.error().message, HasSubstr(".fields.json"));
    EXPECT_THAT(record.error().message, HasSubstr(row.says));
  }
  folder_.put(".fields.json", schema);
  EXPECT_TRUE(read("QC-1"));
}

TEST_F(FolderSchemaTest, DescribeTellsTheSchema) {
  const auto description = adapter_->describe(qc_, {});
  ASSERT_TRUE(description) << description.error().message;
  EXPECT_TRUE(description->projects.empty()) << "no folder yet";
  ASSERT_THAT(description->types, testing::SizeIs(1));
  EXPECT_EQ(description->types[0].name, "Story");
  EXPECT_THAT(description->types[0].fields, testing::SizeIs(8));
}

TEST(FolderDescribe, WithoutASchemaTheRecordsTell) {
  const RecordFolder folder;
  folder.put("QC/QC-1.json", R"({"type":"Story","fields":{"a":"x","n":1,"l":["x"],"empty":null,"mixed":1}})");
  folder.put("QC/QC-2.json", R"({"type":"Story","fields":{"n":1.5,"l":[],"d":{"$date":"2026-11-24"},"mixed":"x"}})");
  folder.put("P/P-1.json", R"({"type":"Bug","fields":{"b":true}})");
  folder.put("P/broken.json", "{");
  folder.put("REC-1.json", R"({"fields":{}})");
  folder.put("REC-1.files/1", "content");
  folder.put(".hidden/x.json", "{}");
  const auto adapter = folder.adapter();
  const auto one = adapter->describe(ProjectName{"QC"}, {});
  ASSERT_TRUE(one) << one.error().message;
  std::vector<std::string> projects;
  for (const ProjectInfo& project : one->projects) projects.push_back(project.name.str());
  EXPECT_THAT(projects, testing::ElementsAre("P", "QC"));
  ASSERT_THAT(one->types, testing::SizeIs(1));
  std::map<std::string, std::string> kinds;
  for (const FieldInfo& field : one->types[0].fields)
    kinds[field.name] = std::string{field.list ? "list of " : ""} + std::string{to_string(field.kind)};
  EXPECT_EQ(kinds, (std::map<std::string, std::string>{{"a", "text"},
                                                       {"n", "decimal"},
                                                       {"l", "list of text"},
                                                       {"empty", "text"},
                                                       {"mixed", "text"},
                                                       {"d", "date"}}));
  const auto all = adapter->describe({}, {});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_THAT(all->types, testing::SizeIs(2));
}
