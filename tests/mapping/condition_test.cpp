// The expression language of `onlyWhen`.
#include "filter.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <chrono>

using namespace syncservice;
using namespace syncservice::mapping;
using record::Fields;
using record::Value;

namespace {

Value day(const char* text) {
  return *record::date_from_text(text);
}
Value moment(const char* text) {
  return *record::instant_from_text(text);
}

const Fields issue{{"status", "Open"},
                   {"points", 8},
                   {"weight", 2.5},
                   {"rank", "10"},
                   {"number", "007"},
                   {"done", false},
                   {"due", day("2026-11-24")},
                   {"created", moment("2026-11-24T10:30:00+01:00")},
                   {"due text", "2026-11-24"},
                   {"labels", record::List{"red", "blue"}},
                   {"reporter", record::User{"jdoe", "Jane Doe", "Jane@acme.com"}},
                   {"priority", record::Option{"3", "High"}},
                   {"parent", record::Reference{{}, RecordId{"QC-1"}}},
                   {"text", record::from_plain("first line\nsecond")},
                   {"nothing", Value{}},
                   {"blank", ""},
                   {"key", "QC-20"}};

bool holds(const std::string& text, const Fields& fields = issue, const Fields* snapshot = nullptr) {
  std::string fault;
  const auto condition = parse_condition(text, fault);
  if (!condition) ADD_FAILURE() << text << ": " << fault;
  return condition && condition->holds(fields, snapshot);
}

std::string fault_of(const std::string& text) {
  std::string fault;
  EXPECT_FALSE(parse_condition(text, fault)) << text;
  return fault;
}

}  // namespace

TEST(Condition, Holds) {
  for (const char* text : {R"(status == "Open")",
                           R"(status != "Closed")",
                           R"(status in ["New", "Open"])",
                           R"(not status == "Closed")",
                           R"(points == 8)",
                           R"(points == 8.0)",
                           R"(points == "8")",
                           R"(points > 7)",
                           R"(points >= 8)",
                           R"(points < 8.5)",
                           R"(points <= 8)",
                           R"(weight == 2.5)",
                           R"(weight > -1)",
                           R"(rank > 9)",
                           R"(rank > "9")",
                           R"(rank == 10)",
                           R"(number == "007")",
                           R"(number != "7")",
                           R"(number == 7)",
                           R"(done == false)",
                           R"(done == "false")",
                           R"(due == "2026-11-24")",
                           R"(due < "2026-12-01")",
                           R"(due > "2026-11-23T23:00:00Z")",
                           R"(created == "2026-11-24")",
                           R"(created >= "2026-11-24")",
                           R"(created < "2026-11-24T09:31:00Z")",
                           R"(created == "2026-11-24T09:30:00Z")",
                           R"("due text" < "2026-11-25")",
                           R"("due text" == "2026-11-24")",
                           R"(labels == "red")",
                           R"(labels in ["blue"])",
                           R"(not labels == "green")",
                           R"(labels matches "^bl")",
                           R"(reporter == "jdoe")",
                           R"(reporter == "Jane Doe")",
                           R"(reporter == "jane@ACME.com")",
                           R"(priority == "High")",
                           R"(priority == "3")",
                           R"(priority in ["Low", "High"])",
                           R"(parent == "QC-1")",
                           R"(text matches "line\nsecond")",
                           R"(key matches "^QC-\d+$")",
                           R"(key matches '^QC-\d+$')",
                           R"(status matches "(?i)open")",
                           R"(empty(nothing))",
                           R"(empty(blank))",
                           R"(empty(absent))",
                           R"(not empty(status))",
                           R"(absent == "")",
                           R"(nothing != "x")",
                           R"(status > "A" and status < "Z")",
                           R"(empty(absent) and (status == "x" or points > 1))",
                           R"("status" == "Open")",
                           R"(changed(status))",
                           R"(not changed(nothing))"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
}

TEST(Condition, DoesNotHold) {
  for (const char* text : {R"(status == "open")",
                           R"(points > 8)",
                           R"(points < 8)",
                           R"(rank < 9)",
                           R"(number == "7")",
                           R"(number == 8)",
                           R"(due > "2026-11-24")",
                           R"(created > "2026-11-24")",
                           R"(labels == "red, blue")",
                           R"(labels matches "^lue")",
                           R"(reporter == "")",
                           R"(priority == "")",
                           R"(absent < 5)",
                           R"(absent > "")",
                           R"(blank <= "z")",
                           R"(key matches "^\d+$")",
                           R"(empty(points))",
                           R"(empty(labels))",
                           R"(status == 5)",
                           R"(status < 5)"}) {
    EXPECT_FALSE(holds(text)) << text;
  }
}

TEST(Condition, ChangedComparesWithTheSnapshot) {
  const Fields before{{"status", "Open"}, {"points", 8.0}, {"priority", record::Option{"3", "Very high"}}};
  EXPECT_FALSE(holds("changed(status)", issue, &before));
  EXPECT_FALSE(holds("changed(points)", issue, &before));
  EXPECT_FALSE(holds("changed(priority)", issue, &before));
  EXPECT_TRUE(holds("changed(key)", issue, &before));
  EXPECT_FALSE(holds("changed(absent)", issue, &before));
  EXPECT_TRUE(holds("changed(status)", {{"status", "Closed"}}, &before));
  EXPECT_TRUE(holds("changed(status)", {}, &before));
}

TEST(Condition, FunctionNamesAreFieldNamesToo) {
  const Fields fields{{"changed", "yes"}, {"empty", "no"}, {"matches", "x"}, {"true", "1"}};
  EXPECT_TRUE(holds(R"(changed == "yes" and empty == "no" and matches == "x" and true == "1")", fields));
  EXPECT_TRUE(holds(R"(matches matches "x")", fields));
}

TEST(Condition, CollectsWhatItLooksAt) {
  std::string fault;
  const auto condition =
      parse_condition(R"(a == "1" and (not changed("b c") or empty(d)) or e matches "x" and a in ["2"])", fault);
  ASSERT_TRUE(condition) << fault;
  std::set<std::string> all;
  condition->collect(all);
  EXPECT_EQ(all, (std::set<std::string>{"a", "b c", "d", "e"}));
  std::set<std::string> changes;
  condition->collect(changes, true);
  EXPECT_EQ(changes, (std::set<std::string>{"b c"}));
}

TEST(Condition, FaultsNameTheColumnAndTheCure) {
  EXPECT_EQ(fault_of(R"(key matches "(")"), "column 13: not a regular expression (missing ): (), but found '('");
  EXPECT_EQ(fault_of("key matches 5"), "column 13: expected a regular expression in double quotes, but found '5'");
  EXPECT_EQ(fault_of("chnged(key)"),
            "column 7: there is no function 'chnged'; expected changed(field) or empty(field), but found '('");
  EXPECT_EQ(fault_of("changed()"), "column 9: expected the name of a field in the parentheses, but found ')'");
  EXPECT_EQ(fault_of("empty(a"), "column 8: expected \")\" after the field, but found the end");
  EXPECT_EQ(fault_of("a >"), "column 4: expected a value in double quotes, a number, true or false, but found the end");
}

// Patterns that make backtracking engines take for ever.
TEST(Condition, MatchesHostileTextInBoundedTime) {
  const std::string hostile(200'000, 'a');
  std::string fault;
  const auto condition = parse_condition(R"(t matches "^(a+)+$" and t matches "^(a|aa)+b?$")", fault);
  ASSERT_TRUE(condition) << fault;
  EXPECT_FALSE(condition->holds({{"t", hostile + "!"}}, nullptr));
  // Refused when it would need too much memory.
  EXPECT_THAT(fault_of(R"(t matches "((((a{100}){100}){100}){100}")"), testing::HasSubstr("not a regular expression"));
}

TEST(Condition, DepthIsBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += i % 2 == 0 ? "not " : "(";
  EXPECT_THAT(fault_of(deep), testing::HasSubstr("nested more than 64 levels deep"));
}

RC_GTEST_PROP(ConditionProperty, AnyTextIsAConditionOrAFault, ()) {
  const std::vector<std::string> parts{"a",   "\"b c\"", "==",    "!=",      "<",  "<=",  ">",  ">=",  "in",
                                       "[",   "]",       ",",     "(",       ")",  "and", "or", "not", "5",
                                       "'x'", "matches", "empty", "changed", "\"", "\\",  "=",  "é",   "true"};
  const auto tokens = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(parts));
  std::string text;
  for (const std::string& token : tokens) text += token + (*rc::gen::arbitrary<bool>() ? " " : "");
  if (*rc::gen::arbitrary<bool>()) text += *rc::gen::arbitrary<std::string>();
  std::string fault;
  const auto condition = parse_condition(text, fault);
  RC_ASSERT(condition.has_value() == fault.empty());
  if (condition) {
    const bool held = condition->holds(issue, nullptr);
    RC_ASSERT(condition->holds(issue, nullptr) == held);
    RC_ASSERT(condition->holds({}, &issue) || true);
  }
}

// The ordering operators agree with each other and with equality.
RC_GTEST_PROP(ConditionProperty, OperatorsAreConsistent, ()) {
  const auto value = *rc::gen::inRange(-5, 5);
  const auto literal = *rc::gen::inRange(-5, 5);
  const Fields fields{{"n", *rc::gen::arbitrary<bool>() ? Value{value} : Value{std::to_string(value)}}};
  const auto is = [&](const char* op) { return holds(std::string{"n "} + op + " " + std::to_string(literal), fields); };
  RC_ASSERT(is("<") == (value < literal));
  RC_ASSERT(is("<=") == (is("<") || is("==")));
  RC_ASSERT(is(">=") == !is("<"));
  RC_ASSERT(is(">") == !is("<="));
  RC_ASSERT(is("!=") == !is("=="));
}
