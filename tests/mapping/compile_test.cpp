#include "syncservice/mapping/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/plan_support.hpp"

using namespace syncservice;
using namespace syncservice::mapping;
using testing::HasSubstr;

namespace {

std::vector<Fault> faults_of(PlanSpec spec) {
  std::vector<Fault> faults;
  const auto plan = Plan::compile(std::move(spec), faults);
  EXPECT_EQ(plan == nullptr, !faults.empty());
  return faults;
}

std::vector<Fault> faults_of(FieldRule rule, Direction direction = Direction::both) {
  PlanSpec spec;
  spec.fields.push_back(std::move(rule));
  spec.direction = direction;
  return faults_of(std::move(spec));
}

// The only fault is that of rule 0 and says so.
void expect_fault(const std::vector<Fault>& faults, const char* says) {
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].rule, 0);
  EXPECT_THAT(faults[0].what, HasSubstr(says));
}

std::shared_ptr<const Plan> filtered(const std::string& condition) {
  PlanSpec spec;
  spec.only_when_source = condition;
  std::vector<Fault> faults;
  auto plan = Plan::compile(std::move(spec), faults);
  for (const auto& fault : faults) ADD_FAILURE() << fault.what;
  return plan;
}

}  // namespace

TEST(PlanCompile, TakesTheDesignsExample) {
  PlanSpec spec;
  spec.only_when_source = "status != \"Draft\"";
  spec.fields = {both("summary", "name"), both("description", "description"), both("priority", "req-priority"),
                 both("reporter", "owner"), both("", "req-type")};
  spec.fields[2].values = {{"High", "1-High"}, {"Medium", "2-Medium"}, {"*", "3-Low"}};
  spec.fields[3].users = {{"*", "sync"}};
  spec.fields[3].direction = Direction::to_destination;
  spec.fields[4].constant = "Functional";
  EXPECT_TRUE(faults_of(spec).empty());
  spec.direction = Direction::to_destination;
  EXPECT_TRUE(faults_of(spec).empty());
}

TEST(PlanCompile, RefusesIncompleteRules) {
  expect_fault(faults_of(both("", "")), "names no field");
  expect_fault(faults_of(both("summary", "")), "source \"summary\"");
  expect_fault(faults_of(both("", "name")), "destination \"name\"");
}

TEST(PlanCompile, RefusesWhatContradictsItself) {
  FieldRule rule = both("a", "b");
  rule.constant = "x";
  expect_fault(faults_of(rule), "constant and fields at both sides");

  rule = both("", "b");
  rule.constant = "x";
  rule.values = {{"a", "b"}};
  expect_fault(faults_of(rule), "leave out values and users");

  rule = both("a", "b");
  rule.values = rule.users = {{"a", "b"}};
  expect_fault(faults_of(rule), "both values and users");

  rule = both("a", "b");
  rule.direction = Direction::to_source;
  expect_fault(faults_of(rule, Direction::to_destination), "goes to the source only");

  rule = both("", "kind");
  rule.constant = "x";
  rule.direction = Direction::to_source;
  expect_fault(faults_of(rule), "destination \"kind\" is never written");
}

TEST(PlanCompile, RefusesAFieldWrittenTwice) {
  PlanSpec spec;
  spec.fields = {both("a", "name"), both("b", "name"), both("b", "title")};
  spec.fields[0].line = 7;
  const auto faults = faults_of(spec);
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].rule, 1);
  EXPECT_THAT(faults[0].what, HasSubstr("destination \"name\" is already written by rule 1 (line 7)"));
  EXPECT_EQ(faults[1].rule, 2);
  EXPECT_THAT(faults[1].what, HasSubstr("source \"b\" is already written by rule 2"));

  spec.fields[1].direction = Direction::to_source;
  spec.fields[2].direction = Direction::to_destination;
  EXPECT_TRUE(faults_of(spec).empty());
}

TEST(PlanCompile, RefusesATableWithoutAClearWayBack) {
  FieldRule rule = both("priority", "rank");
  rule.values = {{"Highest", "1"}, {"High", "1"}, {"Low", "2"}};
  expect_fault(faults_of(rule), "\"1\" may mean \"High\" or \"Highest\"");
  rule.direction = Direction::to_destination;
  EXPECT_TRUE(faults_of(rule).empty());
  rule.direction = Direction::both;
  EXPECT_TRUE(faults_of(rule, Direction::to_destination).empty());
  rule.values = {{"High", "1"}, {"*", "1"}};
  EXPECT_TRUE(faults_of(rule).empty());
}

TEST(PlanCompile, ReportsAllFaultsInOrder) {
  PlanSpec spec;
  spec.fields = {both("", ""), both("a", "b"), both("c", "")};
  spec.only_when_source = "a ==";
  spec.only_when_destination = "== b";
  const auto faults = faults_of(spec);
  ASSERT_EQ(faults.size(), 4U);
  EXPECT_EQ(faults[0].rule, 0);
  EXPECT_EQ(faults[1].rule, 2);
  EXPECT_EQ(faults[2].rule, -1);
  EXPECT_EQ(faults[3].rule, -2);
}

TEST(PlanCompile, RefusesMembersThatDoNotFit) {
  FieldRule rule = both("", "b");
  rule.pattern = "{a";
  const auto pattern = faults_of(rule);
  expect_fault(pattern, "template, column 1: the \"{\" is never closed");
  EXPECT_EQ(pattern.front().part, Part::pattern);
  rule.pattern = "{a} }";
  expect_fault(faults_of(rule), "column 5: there is no \"{\"");
  rule.pattern = "x {}";
  expect_fault(faults_of(rule), "column 3: \"{}\" names no field");
  rule.pattern = "{a}";
  rule.separator = ",";
  expect_fault(faults_of(rule), "A template makes text");
  rule.separator.clear();
  rule.direction = Direction::to_source;
  expect_fault(faults_of(rule), "is never written");
  rule.direction = Direction::both;
  rule.constant = "x";
  expect_fault(faults_of(rule), "both a constant and a template");
  rule.pattern.clear();
  rule.fallback = "y";
  expect_fault(faults_of(rule), "leave the default out");
  rule.fallback.reset();
  rule.max_length = 5;
  expect_fault(faults_of(rule), "\"maxLength\"");
  rule.max_length.reset();
  rule.as = As::date;
  expect_fault(faults_of(rule), "The constant \"x\" can't be made \"date\"");

  rule = both("a", "b");
  rule.pattern = "{a}";
  expect_fault(faults_of(rule), "a template and fields at both sides");
  rule = both("a", "b");
  rule.fallback = "";
  expect_fault(faults_of(rule), "\"default\" has no value");
  rule.fallback = "x";
  rule.as = As::integer;
  expect_fault(faults_of(rule), "The default \"x\" can't be made \"integer\"");
}

TEST(PlanCompile, PlacesFaultsOfConditions) {
  FieldRule rule = both("a", "b");
  rule.only_when = "x ==";
  auto faults = faults_of(rule);
  expect_fault(faults, "onlyWhen, column 5");
  EXPECT_EQ(faults.front().part, Part::only_when);
  rule.only_when.clear();
  rule.only_when_destination = "y in";
  faults = faults_of(rule);
  expect_fault(faults, "onlyWhen, column 5");
  EXPECT_EQ(faults.front().part, Part::only_when_destination);
  rule.only_when_destination = "y == 1";
  rule.direction = Direction::to_destination;
  expect_fault(faults_of(rule), "onlyWhen for the destination is never looked at");
  rule.only_when = "x == 1";
  rule.only_when_destination = "";
  rule.direction = Direction::to_source;
  expect_fault(faults_of(rule), "onlyWhen for the source is never looked at");
}

TEST(OnlyWhen, ComparesAsText) {
  const record::Fields fields{{"status", "Open"}, {"n", 5}, {"labels", record::List{"a", "b"}}, {"Größe, neu", "x"}};
  const auto holds = [&](const char* condition) { return filtered(condition)->admits(Side::source, fields); };
  EXPECT_TRUE(holds(""));
  EXPECT_TRUE(holds("  "));
  EXPECT_TRUE(holds("status == \"Open\""));
  EXPECT_FALSE(holds("status == \"open\""));
  EXPECT_TRUE(holds("status != 'Draft'"));
  EXPECT_TRUE(holds("n == \"5\""));
  EXPECT_TRUE(holds("status in [\"Draft\", \"Open\"]"));
  EXPECT_FALSE(holds("not status in [\"Draft\", \"Open\"]"));
  EXPECT_TRUE(holds("labels == \"b\""));
  EXPECT_FALSE(holds("labels != \"b\""));
  EXPECT_TRUE(holds("absent == \"\""));
  EXPECT_TRUE(holds("absent != \"x\""));
  EXPECT_TRUE(holds("\"Größe, neu\" == \"x\""));
  EXPECT_TRUE(holds("status == \"\\Open\""));
}

TEST(OnlyWhen, AndBindsTighterThanOr) {
  const auto plan = filtered("a == \"1\" or b == \"1\" and c == \"1\"");
  EXPECT_TRUE(plan->admits(Side::source, {{"a", 1}}));
  EXPECT_FALSE(plan->admits(Side::source, {{"b", 1}}));
  EXPECT_TRUE(plan->admits(Side::source, {{"b", 1}, {"c", 1}}));
  const auto grouped = filtered("(a == \"1\" or b == \"1\") and not (c == \"1\")");
  EXPECT_TRUE(grouped->admits(Side::source, {{"b", 1}}));
  EXPECT_FALSE(grouped->admits(Side::source, {{"b", 1}, {"c", 1}}));
  EXPECT_TRUE(plan->admits(Side::destination, {}));
}

TEST(OnlyWhen, FaultsNameTheColumn) {
  struct Row {
    std::string condition;
    const char* says;
  };
  const Row rows[] = {
      {"status = \"Draft\"",
       "column 8: expected \"==\", \"!=\", \"<\", \"<=\", \">\", \">=\", \"in\" or \"matches\" after the field, but "
       "found '='"},
      {"status == Draft", "column 11: expected a value in double quotes, a number, true or false, but found 'Draft'"},
      {"grün == ", "column 9: expected a value in double quotes, a number, true or false, but found the end"},
      {"a == \"x", "column 6: the quote that opens here is never closed"},
      {"(a == \"x\"", "column 10: expected \"and\", \"or\" or \")\""},
      {"a == \"x\" b", "column 10: expected \"and\", \"or\" or the end, but found 'b'"},
      {"a in []", "column 7: expected a value"},
      {"a in \"x\"", "column 6: expected \"[\""},
      {"a in [\"x\"", "column 10: expected \",\" or \"]\""},
      {"and == \"x\"", "column 1: expected the name of a field"},
      {"a == \"x\" and", "column 13: expected the name of a field"},
      {"a == \"x\" && b == \"y\"", "found '&'"},
      {std::string(100'000, '('), "levels deep"},
      {std::string(65, '('), "column 65"},
  };
  for (const Row& row : rows) {
    PlanSpec spec;
    spec.only_when_destination = row.condition;
    const auto faults = faults_of(spec);
    ASSERT_EQ(faults.size(), 1U) << row.condition;
    EXPECT_EQ(faults[0].rule, -2);
    EXPECT_THAT(faults[0].what, HasSubstr(row.says));
  }
}
