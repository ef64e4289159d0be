// The conformance suite for records.
#include "adapters/conformance.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>

#include <map>
#include <thread>

namespace syncservice::adapter::conformance {

using record::Value;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AdapterConformance);

TEST_P(AdapterConformance, CreateReadsBack) {
  const auto record = created("m-1", "grüße \"x\"");
  EXPECT_FALSE(record.id.empty());
  EXPECT_EQ(record.project, project_);
  EXPECT_EQ(record.type, subject_->type());
  EXPECT_EQ(record.marker, "m-1");
  EXPECT_EQ(record.fields.at(subject_->first_field()), Value{"grüße \"x\""});

  const auto read = adapter().read(project_, record.id, context_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, record);
}

TEST_P(AdapterConformance, EachCreationIsARecordOfItsOwn) {
  const auto one = created("m-1");
  const auto two = created("m-2");
  EXPECT_NE(one.id, two.id);
  EXPECT_EQ(adapter().read(project_, one.id, context_)->marker, "m-1");
}

TEST_P(AdapterConformance, UpdateChangesOnlyWhatItNames) {
  const auto before = created("m-1", "keep");
  const auto after = adapter().update(project_, before.id, {{subject_->second_field(), "new"}}, context_);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->id, before.id);
  EXPECT_EQ(after->marker, "m-1");
  EXPECT_EQ(after->fields.at(subject_->first_field()), Value{"keep"});
  EXPECT_EQ(after->fields.at(subject_->second_field()), Value{"new"});
}

TEST_P(AdapterConformance, NullEmptiesAField) {
  NewRecord full = wanted("m-1");
  full.fields.emplace(subject_->second_field(), "two");
  const auto before = adapter().create(full, context_);
  ASSERT_TRUE(before) << before.error().message;
  const auto after = adapter().update(project_, before->id, {{subject_->second_field(), Value{}}}, context_);
  ASSERT_TRUE(after) << after.error().message;
  const auto field = after->fields.find(subject_->second_field());
  EXPECT_TRUE(field == after->fields.end() || field->second.is_null() || field->second == Value{""});
}

TEST_P(AdapterConformance, AnUpdateMovesTheInstantForward) {
  const auto before = created("m-1");
  const auto after = adapter().update(project_, before.id, {{subject_->first_field(), "two"}}, context_);
  ASSERT_TRUE(after) << after.error().message;
  if (before.updated && after->updated) {
    EXPECT_GE(*after->updated, *before.updated);
  }
}

TEST_P(AdapterConformance, AMissingRecordIsGone) {
  const auto record = created("m-1");
  subject_->remove(record.id);
  const auto read = adapter().read(project_, record.id, context_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().failure, FailureClass::gone);
  EXPECT_EQ(read.error().code, Failure::not_found);
  EXPECT_THAT(read.error().message, testing::HasSubstr(record.id.str()));
  const auto updated = adapter().update(project_, record.id, {{subject_->first_field(), "x"}}, context_);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().failure, FailureClass::gone);
}

TEST_P(AdapterConformance, TheMarkerFindsTheRecordAsLongAsItIsThere) {
  const auto nothing = adapter().find_by_marker(project_, "m-1", context_);
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_FALSE(*nothing);

  const auto record = created("m-1");
  const auto other = created("m-2");
  const auto updated = adapter().update(project_, record.id, {{subject_->first_field(), "two"}}, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  const auto restarted = subject_->restarted();
  for (Adapter* instance : {&adapter(), restarted.get()}) {
    const auto again = found(*instance, "m-1");
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *updated);
  }

  subject_->remove(record.id);
  const auto gone = adapter().find_by_marker(project_, "m-1", context_);
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_FALSE(*gone);
}

TEST_P(AdapterConformance, PingWorks) {
  const auto pinged = adapter().ping(context_);
  EXPECT_TRUE(pinged) << pinged.error().message;
}

TEST_P(AdapterConformance, AnyMarkerFindsItsRecordAndNoOther) {
  const std::string markers[] = {"m", "m-1", "../m", "m/1", "grüße \U0001F600", "M", ".m", "m%2F1", "\"m\""};
  std::map<std::string, RecordId> made;
  for (const std::string& marker : markers) made[marker] = created(marker).id;
  for (const std::string& marker : markers) {
    const auto again = found(adapter(), marker);
    ASSERT_TRUE(again) << marker;
    EXPECT_EQ(again->id, made[marker]) << marker;
  }
}

TEST_P(AdapterConformance, TextIsKeptToTheByte) {
  const std::string texts[] = {"",         " two  blanks ", "grüße \U0001F600 \u2028", "a\nb", "<b>&amp;</b>",
                               "\"\\/%20", "null"};
  for (const std::string& text : texts) {
    const auto record = created("m-" + text, "one");
    const auto updated = adapter().update(project_, record.id, {{subject_->second_field(), text}}, context_);
    ASSERT_TRUE(updated) << updated.error().message;
    const auto field = updated->fields.find(subject_->second_field());
    if (text.empty() && (field == updated->fields.end() || field->second.is_null())) continue;
    ASSERT_NE(field, updated->fields.end());
    EXPECT_EQ(field->second, Value{subject_->kept(text)});
  }
}

TEST_P(AdapterConformance, TypedValuesComeBackAsTheyWereWritten) {
  const record::Fields typed = subject_->typed_fields();
  if (typed.empty()) GTEST_SKIP() << "there is only text";
  NewRecord wanted_one = wanted("m-1");
  wanted_one.fields.insert(typed.begin(), typed.end());
  const auto record = adapter().create(wanted_one, context_);
  ASSERT_TRUE(record) << record.error().message;
  const auto blank = created("m-2");
  const auto updated = adapter().update(project_, blank.id, typed, context_);
  ASSERT_TRUE(updated) << updated.error().message;
  for (const auto& [name, value] : typed) {
    EXPECT_EQ(record->fields.at(name), value) << name;
    EXPECT_EQ(updated->fields.at(name), value) << name;
  }
  EXPECT_EQ(*adapter().read(project_, record->id, context_), *record);
}

TEST_P(AdapterConformance, SeveralThreadsUseOneInstance) {
  constexpr int threads = 4, each = 5;
  const auto shared = created("m-shared");
  std::vector<std::set<RecordId>> made(threads);
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        for (int i = 0; i < each; ++i) {
          const std::string marker = "m-" + std::to_string(t) + '-' + std::to_string(i);
          const auto record = adapter().create(wanted(marker, marker), context_);
          if (record) made[static_cast<std::size_t>(t)].insert(record->id);
          EXPECT_TRUE(adapter().update(project_, shared.id, {{subject_->second_field(), marker}}, context_));
          EXPECT_TRUE(adapter().read(project_, shared.id, context_));
          if (!can().comments) continue;
          EXPECT_TRUE(adapter().add_comment(project_, shared.id, {record::from_plain(marker), false}, context_));
        }
      });
    }
  }
  std::set<RecordId> all{shared.id};
  for (int t = 0; t < threads; ++t) {
    for (const RecordId& id : made[static_cast<std::size_t>(t)]) {
      all.insert(id);
      EXPECT_TRUE(adapter().read(project_, id, context_)->marker.starts_with("m-" + std::to_string(t) + '-'));
    }
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(threads * each + 1));
  EXPECT_EQ(adapter().read(project_, shared.id, context_)->fields.at(subject_->first_field()), Value{"one"});
  if (can().comments) {
    const auto comments = adapter().comments(project_, shared.id, context_);
    ASSERT_TRUE(comments) << comments.error().message;
    std::set<CommentId> ids;
    for (const Comment& comment : *comments) ids.insert(comment.id);
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(threads * each));
  }
}

}  // namespace syncservice::adapter::conformance
