// The conformance suite for changed_since and describe.
#include "adapters/conformance.hpp"

#include "syncservice/adapter/fit.hpp"
#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace syncservice::adapter::conformance {

using testing::HasSubstr;
using testing::IsSupersetOf;

TEST_P(AdapterConformance, ChangesNameEveryRecordPageByPage) {
  if (!can().changed_since) GTEST_SKIP() << "changes can't be listed there";
  std::set<RecordId> made;
  // Made at once, so that many of them have one instant.
  for (std::size_t i = 0; i < 2 * std::min<std::size_t>(subject_->page(), 10) + 1; ++i)
    made.insert(created("m-" + std::to_string(i)).id);
  std::string cursor;
  EXPECT_EQ(changes(adapter(), {project_, subject_->type(), {}, {}}, cursor), made);
}

TEST_P(AdapterConformance, ChangesMadeWhilePagingAreNotMissed) {
  if (!can().changed_since) GTEST_SKIP() << "changes can't be listed there";
  std::vector<RecordId> made;
  for (std::size_t i = 0; i < 2 * std::min<std::size_t>(subject_->page(), 10) + 1; ++i)
    made.push_back(created("m-" + std::to_string(i)).id);
  const Selection all{project_, subject_->type(), {}, {}};
  const auto first = adapter().changed_since(all, {}, context_);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_FALSE(first->records.empty());
  const RecordId again = first->records.front().id;
  ASSERT_TRUE(adapter().update(project_, again, {{subject_->first_field(), "changed"}}, context_));
  const RecordId late = created("m-late").id;
  const RecordId gone = made.back() == again ? made.front() : made.back();
  subject_->remove(gone);

  std::string cursor = first->cursor;
  std::set<RecordId> seen = changes(adapter(), all, cursor);
  EXPECT_THAT(seen, IsSupersetOf({again, late}));
  for (const ChangedRecord& record : first->records) seen.insert(record.id);
  std::erase(made, gone);
  EXPECT_THAT(seen, IsSupersetOf(made));
}

TEST_P(AdapterConformance, TheCursorGoesOnWhereItWas) {
  if (!can().changed_since) GTEST_SKIP() << "changes can't be listed there";
  const Selection all{project_, subject_->type(), {}, {}};
  std::string cursor;
  EXPECT_TRUE(changes(adapter(), all, cursor).empty());
  const RecordId one = created("m-1").id;
  EXPECT_THAT(changes(adapter(), all, cursor), testing::Contains(one));
  const RecordId two = created("m-2").id;
  const auto restarted = subject_->restarted();
  EXPECT_THAT(changes(*restarted, all, cursor), testing::Contains(two));
  ASSERT_TRUE(adapter().update(project_, one, {{subject_->first_field(), "changed"}}, context_));
  EXPECT_THAT(changes(*restarted, all, cursor), testing::Contains(one));
  if (can().comments) {
    static_cast<void>(commented(two, "x"));
    EXPECT_THAT(changes(*restarted, all, cursor), testing::Contains(two));
  }
}

TEST_P(AdapterConformance, AForeignCursorIsRefused) {
  if (!can().changed_since) GTEST_SKIP() << "changes can't be listed there";
  for (const char* cursor : {"no cursor", "/", "-", "1/2/3/4", "{}"}) {
    const auto page = adapter().changed_since({project_, {}, {}, {}}, cursor, context_);
    ASSERT_FALSE(page) << cursor;
    EXPECT_EQ(page.error().failure, FailureClass::permanent);
  }
}

TEST_P(AdapterConformance, ASelectionIsHonoured) {
  if (!can().changed_since) GTEST_SKIP() << "changes can't be listed there";
  const auto one = created("m-1", "one");
  const auto two = created("m-2", "two");
  std::string cursor;
  EXPECT_TRUE(changes(adapter(), {project_, "no such type", {}, {}}, cursor).empty());
  cursor.clear();
  ASSERT_TRUE(two.updated);
  EXPECT_TRUE(changes(adapter(), {project_, {}, *two.updated + std::chrono::hours{1}, {}}, cursor).empty());
  cursor.clear();
  EXPECT_THAT(changes(adapter(), {project_, {}, *one.updated - std::chrono::seconds{1}, {}}, cursor),
              IsSupersetOf({one.id, two.id}));
  cursor.clear();
  EXPECT_THAT(changes(adapter(), {project_, {}, *two.updated, {}}, cursor), testing::Contains(two.id));
  if (!can().native_query) return;
  cursor.clear();
  EXPECT_EQ(changes(adapter(), {project_, {}, {}, subject_->query("two")}, cursor), std::set{two.id});
}

namespace {

// A value that the field takes.
record::Value sample(const FieldInfo& field) {
  const auto one = [&]() -> record::Value {
    switch (field.kind) {
      case FieldKind::text:
        return std::string(std::min<std::size_t>(field.max_length.value_or(3), 3), 'x');
      case FieldKind::rich_text:
        return record::from_plain("x");
      case FieldKind::integer:
        return 7;
      case FieldKind::decimal:
        return 1.5;
      case FieldKind::boolean:
        return true;
      case FieldKind::date:
        return *record::date_from_text("2026-11-24");
      case FieldKind::instant:
        return *record::instant_from_text("2026-11-24T10:00:00Z");
      case FieldKind::user:
        return record::User{"", "Jane", ""};
      case FieldKind::option:
        return field.options.empty() ? record::Option{"", "High"} : field.options.front();
      case FieldKind::reference:
        return record::Reference{{}, RecordId{"QC-1"}};
    }
    return {};
  }();
  return field.list ? record::Value{record::List{one}} : one;
}

const TypeInfo* find_type(const Description& description, const std::string& name) {
  const auto found = std::find_if(description.types.begin(), description.types.end(),
                                  [&](const TypeInfo& type) { return type.name == name || type.name.empty(); });
  return found == description.types.end() ? nullptr : &*found;
}

}  // namespace

TEST_P(AdapterConformance, WhatIsDescribedIsTaken) {
  if (!can().describe) GTEST_SKIP() << "nothing is described there";
  // Some systems know a field only once a record has it.
  NewRecord first = wanted("m-1");
  first.fields.emplace(subject_->second_field(), "two");
  first.fields.merge(subject_->typed_fields());
  ASSERT_TRUE(adapter().create(first, context_));
  const auto description = adapter().describe(project_, context_);
  ASSERT_TRUE(description) << description.error().message;
  if (!project_.empty()) {
    EXPECT_TRUE(std::any_of(description->projects.begin(), description->projects.end(),
                            [&](const ProjectInfo& project) { return project.name == project_; }));
  }
  const TypeInfo* type = find_type(*description, subject_->type());
  ASSERT_NE(type, nullptr);
  for (const std::string& name : {subject_->first_field(), subject_->second_field()}) {
    const FieldInfo* field = find_field(*type, name);
    ASSERT_NE(field, nullptr) << name;
    EXPECT_EQ(field->kind, FieldKind::text);
    EXPECT_FALSE(field->read_only || field->list);
  }
  NewRecord whole{project_, subject_->type(), {}, "m-2"};
  for (const FieldInfo& field : type->fields) {
    if (field.read_only) continue;
    auto value = subject_->sample(field, sample(field));
    if (value && !value->is_null()) whole.fields.emplace(field.name, std::move(*value));
  }
  const auto made = adapter().create(whole, context_);
  ASSERT_TRUE(made) << made.error().message;
  for (const auto& [name, value] : whole.fields) EXPECT_EQ(made->fields.at(name), value) << name;
}

TEST_P(AdapterConformance, WhatIsDescribedAsImpossibleIsRefusedByName) {
  if (!can().describe) GTEST_SKIP() << "nothing is described there";
  const auto record = created("m-1");
  const auto description = adapter().describe(project_, context_);
  ASSERT_TRUE(description) << description.error().message;
  const TypeInfo* type = find_type(*description, subject_->type());
  ASSERT_NE(type, nullptr);
  const auto refused = [&](const FieldInfo& field, const record::Value& value) {
    const auto updated = adapter().update(project_, record.id, {{field.name, value}}, context_);
    ASSERT_FALSE(updated) << field.name;
    EXPECT_EQ(updated.error().failure, FailureClass::permanent);
    EXPECT_THAT(updated.error().message, HasSubstr(field.name));
  };
  for (const FieldInfo& field : type->fields) {
    if (field.read_only) {
      refused(field, sample(field));
      continue;
    }
    if (field.required) {
      refused(field, record::Value{});
      NewRecord without = wanted("m-2");
      without.fields.erase(field.name);
      const auto made = adapter().create(without, context_);
      ASSERT_FALSE(made) << field.name;
      EXPECT_EQ(made.error().failure, FailureClass::permanent);
      EXPECT_THAT(made.error().message, HasSubstr(field.name));
    }
    if (field.max_length && !field.list) refused(field, std::string(*field.max_length + 1, 'x'));
    if (!field.options.empty() && !field.list) refused(field, record::Option{"", "no such option"});
  }
  EXPECT_EQ(*adapter().read(project_, record.id, context_), record);
  EXPECT_FALSE(*adapter().find_by_marker(project_, "m-2", context_));
}

}  // namespace syncservice::adapter::conformance
