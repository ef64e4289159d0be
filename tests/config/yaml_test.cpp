#include "yaml.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace syncservice::config::yaml {
namespace {

// The tree as one line: scalars in quotes, plain ones without.
std::string print(Node node) {
  if (node.kind() == Kind::scalar)
    return node.plain() ? std::string{node.text()} : '\'' + std::string{node.text()} + '\'';
  std::string out;
  for (std::optional<Node> item = node.first(); item; item = item->next())
    out += (out.empty() ? "" : ",") + print(*item);
  return node.kind() == Kind::map ? '{' + out + '}' : '[' + out + ']';
}

std::string print(std::string_view text) {
  std::vector<Fault> faults;
  const Tree tree = Tree::parse(text, faults);
  if (!faults.empty()) return "fault: " + faults.front().what;
  return tree.root() ? print(*tree.root()) : "nothing";
}

TEST(Yaml, BuildsTheTree) {
  EXPECT_EQ(print("a: 1\nb: [x, 'y', {c: d}]\n"), "{a,1,b,[x,'y',{c,d}]}");
  EXPECT_EQ(print("\xEF\xBB\xBF"
                  "a: ü\n"),
            "{a,ü}");
  EXPECT_EQ(print("# only a comment\n"), "nothing");
  EXPECT_EQ(print("a: &x [1, 2]\nb: *x\nc: *x\n"), "{a,[1,2],b,[1,2],c,[1,2]}");
}

TEST(Yaml, TakesReferencesWithoutQuotesAnywhere) {
  EXPECT_EQ(print("{ a: ${env:JIRA_TOKEN}, b: ${file:/run/secrets/x}, c: x${env:A}y }"),
            "{a,${env:JIRA_TOKEN},b,${file:/run/secrets/x},c,x${env:A}y}");
  EXPECT_EQ(print("a: '${env:X}'\nb: ${env:Y}\n"), "{a,'${env:X}',b,${env:Y}}");
  EXPECT_EQ(print("{ a: \"${other}\", b: $${env:X} }"), "{a,'${other}',b,$${env:X}}");
  EXPECT_EQ(print("a: \"\xEE\x80\x82\"\n"), "{a,'\xEE\x80\x82'}");
}

TEST(Yaml, KnowsPlacesInCharacters) {
  std::vector<Fault> faults;
  const Tree tree = Tree::parse("x: 1\nü: {k: ${env:A}, l: ü, m: *y}\n", faults);
  ASSERT_EQ(faults.size(), 1U);  // the alias
  EXPECT_EQ(faults[0].at, (Location{2, 27}));
  faults.clear();
  const Tree good = Tree::parse("x: &y 1\n  \nü: {k: ${env:A}, l: ü, m: *y}\n", faults);
  ASSERT_TRUE(faults.empty());
  const Node inner = *good.root()->first()->next()->next()->next();
  EXPECT_EQ(inner.at(), (Location{3, 4}));
  EXPECT_EQ(inner.first()->next()->next()->at(), (Location{3, 18}));
  const Node alias = *inner.first()->next()->next()->next()->next()->next();
  EXPECT_EQ(alias.at(), (Location{3, 27}));
  EXPECT_EQ(alias.text(), "1");
}

struct Case {
  std::string text;
  Location at;
  std::string part;
};

class YamlFault : public testing::TestWithParam<Case> {};

TEST_P(YamlFault, HasItsPlaceAndCure) {
  std::vector<Fault> faults;
  (void)Tree::parse(GetParam().text, faults);
  ASSERT_FALSE(faults.empty());
  EXPECT_EQ(faults.front().at.line, GetParam().at.line) << faults.front().what;
  EXPECT_EQ(faults.front().at.column, GetParam().at.column) << faults.front().what;
  EXPECT_NE(faults.front().what.find(GetParam().part), std::string::npos) << faults.front().what;
}

std::string nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') + std::string(static_cast<std::size_t>(levels), ']');
}

// Each line holds ten times the one before it.
std::string bomb() {
  std::string out = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    out += 'a' + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 1; k < 10; ++k) out += ", " + before;
    out += "]\n";
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    All, YamlFault,
    testing::Values(
        Case{"a:\n\tb: 1\n", {2, 1}, "indent with blanks"}, Case{"a: @b\n", {1, 4}, "write it in quotes"},
        Case{"a: b: c\n", {1, 5}, "written in quotes"}, Case{"a: {b: c\nd: e\n", {2, 2}, "a { is not closed"},
        Case{"a:\n  - b\n c: d\n", {3, 2}, "indentation does not fit"}, Case{"a: \"x\n\n", {1, 4}, "never closed"},
        Case{"a: *x\n", {1, 4}, "refers to nothing"}, Case{"a: &x [*x]\n", {1, 8}, "a part of"},
        Case{"a: 1\nb: 2\na: 3\n", {3, 1}, "\"a\" is given twice"},
        Case{"{a: 1, ? [b] : 2}\n", {1, 10}, "must be plain text"},
        Case{"a: !secret x\n", {1, 4}, "\"!secret\" are not allowed"},
        Case{"a: 1\n---\nb: 1\n", {2, 1}, "a second document"}, Case{"a: ü\xFF\n", {1, 5}, "not valid UTF-8"},
        Case{std::string{"a: b\0c\n", 7}, {1, 5}, "control characters"},
        Case{"a: \xEE\x80\x80\n", {1, 4}, "private characters"},
        Case{"a: " + nested(40), {1, 35}, "more than 32 levels"}, Case{bomb(), {8, 5}, "when its aliases"}));

TEST(Yaml, FindsRepeatedKeysInLargeMapsToo) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += 'k' + std::to_string(i) + ": v\n";
  text += "k77: again\n";
  std::vector<Fault> faults;
  (void)Tree::parse(text, faults);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].at, (Location{5001, 1}));
}

TEST(Yaml, GivesUpAfterSomeFaults) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "- {a: 1, a: 2}\n";
  std::vector<Fault> faults;
  (void)Tree::parse(text, faults);
  EXPECT_EQ(faults.size(), 20U);
}

RC_GTEST_PROP(YamlProperty, AnyBytesGiveATreeOrFaults, (const std::string& bytes)) {
  std::string text;
  for (const char c : bytes) {
    text += c;
    if (*rc::gen::inRange(0, 2) == 0)
      text += *rc::gen::element<std::string>("{", "}", "[", "]", ": ", "- ", "\n", "  ", "&a ", "*a ", "${env:", "'",
                                             "\"", ",");
  }
  std::vector<Fault> faults;
  const Tree tree = Tree::parse(text, faults);
  if (faults.empty() && tree.root()) (void)print(*tree.root());
  for (const Fault& fault : faults) RC_ASSERT(!fault.what.empty() && fault.at.line >= 1 && fault.at.column >= 1);
}

}  // namespace
}  // namespace syncservice::config::yaml
