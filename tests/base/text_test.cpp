#include "syncservice/base/text.hpp"

#include <gtest/gtest.h>

#include "syncservice/base/ids.hpp"

namespace syncservice {
namespace {

TEST(Utf8, AcceptsWellFormedOnly) {
  EXPECT_EQ(text::utf8_prefix("\xC3\xBC\xFF"
                              "a"),
            2U);
  EXPECT_TRUE(text::is_utf8("plain, \xC3\xBC, \xE2\x82\xAC, \xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xF8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(text::is_utf8(bad)) << text::printable(bad);
  }
}

TEST(Text, FindsControls) {
  EXPECT_FALSE(text::has_control("QC-20 \xC3\xBC"));
  EXPECT_TRUE(text::has_control("a\nb"));
  EXPECT_TRUE(text::has_control("a\x7F"));
  EXPECT_TRUE(text::has_control("a\xC2\x85"));
  EXPECT_TRUE(text::has_control(std::string_view{"a\0b", 3}));
}

TEST(Text, Trims) {
  EXPECT_EQ(text::trim(" \t\xC2\xA0 QC-20 \r\n\xC2\xA0"), "QC-20");
  EXPECT_EQ(text::trim("  "), "");
}

TEST(Percent, DecodesOnce) {
  EXPECT_EQ(text::percent_decode("a%2Fb%20c+d"), "a/b c+d");
  EXPECT_EQ(text::percent_decode("%252F"), "%2F");
  for (const char* bad : {"%", "%2", "%zz", "a%2"}) EXPECT_EQ(text::percent_decode(bad), std::nullopt) << bad;
}

TEST(Percent, RoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(text::percent_decode(text::percent_encode(all)), all);
}

TEST(Printable, EscapesAndCuts) {
  EXPECT_EQ(text::printable("a\nb\xFF"), "a\\x0Ab\\xFF");
  EXPECT_EQ(text::printable("\xC3\xBC\xC3\xBC", 3), "\xC3\xBC…");
}

TEST(Nearest, FindsTypingErrorsOnly) {
  const std::vector<std::string> known{"Jira6QC11Req", "Jira6QC11Def", "ServiceNow"};
  EXPECT_EQ(text::nearest("Jira6QC11Rqe", known).front(), "Jira6QC11Req");
  EXPECT_EQ(text::nearest("jira6qc11req", known).front(), "Jira6QC11Req");
  EXPECT_TRUE(text::nearest("Zebra", known).empty());
}

TEST(Side, IgnoresCase) {
  EXPECT_EQ(parse_side("Source"), Side::source);
  EXPECT_EQ(parse_side("DESTINATION"), Side::destination);
  EXPECT_EQ(parse_side("left"), std::nullopt);
}

TEST(Secrets, CompareEqualOnlyWhenEqual) {
  EXPECT_TRUE(text::equal_constant_time("abc", "abc"));
  EXPECT_FALSE(text::equal_constant_time("abc", "abd"));
  EXPECT_FALSE(text::equal_constant_time("abc", "abcabc"));
  EXPECT_FALSE(text::equal_constant_time("abc", ""));
  EXPECT_TRUE(text::equal_constant_time("", ""));
}

}  // namespace
}  // namespace syncservice
