#include "properties.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "syncservice/base/text.hpp"

namespace syncservice::config {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs(std::string_view text) {
  const ParsedProperties parsed = parse_properties(text);
  EXPECT_TRUE(parsed.faults.empty()) << parsed.faults.front().what;
  Pairs out;
  for (const Property& entry : parsed.entries) out.emplace_back(entry.key, entry.value);
  return out;
}

TEST(Properties, SeparatesKeyAndValueAsJavaDoes) {
  for (const char* line : {"key=value", "key:value", "key value", "key = value", "  key\t:\fvalue", "key   value\r\n"})
    EXPECT_EQ(pairs(line), (Pairs{{"key", "value"}})) << line;
  EXPECT_EQ(pairs("key==value"), (Pairs{{"key", "=value"}}));
  EXPECT_EQ(pairs("key = : value"), (Pairs{{"key", ": value"}}));
  EXPECT_EQ(pairs("key"), (Pairs{{"key", ""}}));
  EXPECT_EQ(pairs("=value"), (Pairs{{"", "value"}}));
  EXPECT_EQ(pairs("key=value  "), (Pairs{{"key", "value  "}}));
}

TEST(Properties, ResolvesEscapes) {
  EXPECT_EQ(pairs(R"(a\=b\:c\ d=e)"), (Pairs{{"a=b:c d", "e"}}));
  EXPECT_EQ(pairs(R"(a=\t\n\r\f\\\q)"), (Pairs{{"a", "\t\n\r\f\\q"}}));
  EXPECT_EQ(pairs(R"(a=\u00fc\u20AC)"), (Pairs{{"a", "ü€"}}));
  EXPECT_EQ(pairs(R"(a=\uD83D\uDE00)"), (Pairs{{"a", "😀"}}));
  EXPECT_EQ(pairs(R"(a=\ b)"), (Pairs{{"a", " b"}}));
}

TEST(Properties, ContinuesLines) {
  EXPECT_EQ(pairs("a=b\\\n   c\\\r\n\td"), (Pairs{{"a", "bcd"}}));
  EXPECT_EQ(pairs("a\\\nb=c"), (Pairs{{"ab", "c"}}));
  EXPECT_EQ(pairs("a=b\\\\\nc=d"), (Pairs{{"a", "b\\"}, {"c", "d"}}));
  EXPECT_EQ(pairs("a=b\\\n# no comment"), (Pairs{{"a", "b# no comment"}}));
  EXPECT_EQ(pairs("a=b\\\n\nc=d"), (Pairs{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(pairs("a=b\\"), (Pairs{{"a", "b"}}));
}

TEST(Properties, SkipsCommentsBlankLinesAndMark) {
  EXPECT_EQ(pairs("\xEF\xBB\xBF# one\n! two \\\n\n \t\f\n  # \xFF\ra=b\r\rc=d\r\n"), (Pairs{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(pairs(""), Pairs{});
}

TEST(Properties, KnowsPlaces) {
  const ParsedProperties parsed =
      parse_properties("\xEF\xBB\xBF# c\r\n  ü.k = \xE2\x82\xAC v\n\nlong\\\n  er:x\nempty=\n");
  ASSERT_EQ(parsed.entries.size(), 3U);
  EXPECT_EQ(parsed.entries[0].key_at, (Location{2, 3}));
  EXPECT_EQ(parsed.entries[0].value_at, (Location{2, 9}));
  EXPECT_EQ(parsed.entries[1].key_at, (Location{4, 1}));
  EXPECT_EQ(parsed.entries[1].value_at, (Location{5, 6}));
  EXPECT_EQ(parsed.entries[2].value_at, (Location{6, 7}));
}

TEST(Properties, ReportsEveryFaultWithItsPlace) {
  struct Case {
    std::string text;
    Location at;
    std::string part;
  };
  const std::vector<Case> cases{
      {"a=x\\u12g4", {1, 4}, "\"\\u12\" is not a character"},
      {"a=\\u", {1, 3}, "four hexadecimal digits"},
      {"\na=\\uD83D!", {2, 3}, "\\uD83D is half of a surrogate pair"},
      {"a=\\uDE00", {1, 3}, "\\uDE00 is half"},
      {"a=\\uD83D\\u0041", {1, 3}, "half of a surrogate pair"},
      {"a=\\u0000", {1, 3}, "\\u0000 is not allowed"},
      {"a=\xE4", {1, 3}, "byte 0xE4 is not valid UTF-8"},
      {std::string{"a=b\0c", 5}, {1, 4}, "NUL byte"},
  };
  for (const Case& expected : cases) {
    const ParsedProperties parsed = parse_properties(expected.text);
    ASSERT_EQ(parsed.faults.size(), 1U) << expected.part;
    EXPECT_EQ(parsed.faults[0].at, expected.at) << expected.part;
    EXPECT_NE(parsed.faults[0].what.find(expected.part), std::string::npos) << parsed.faults[0].what;
  }
  EXPECT_EQ(parse_properties("a=\\u1\nb=\xFF\xFE\n").faults.size(), 3U);
}

rc::Gen<std::string> utf8_text() {
  const auto scalar = rc::gen::suchThat(
      rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(1, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0xD800),
                     rc::gen::inRange<std::uint32_t>(0xE000, 0x110000),
                     rc::gen::element<std::uint32_t>(' ', '=', ':', '#', '!', '\\', '\n', '\r', '\t', '\f', 'u')),
      [](std::uint32_t code) { return code > 0; });
  return rc::gen::map(
      rc::gen::container<std::vector<std::uint32_t>>(scalar), [](const std::vector<std::uint32_t>& codes) {
        std::string out;
        for (const std::uint32_t code : codes) {
          const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
          if (code < 0x80) {
            out += static_cast<char>(code);
          } else if (code < 0x800) {
            out += static_cast<char>(0xC0U | (code >> 6U));
            tail(0);
          } else if (code < 0x10000) {
            out += static_cast<char>(0xE0U | (code >> 12U));
            tail(6);
            tail(0);
          } else {
            out += static_cast<char>(0xF0U | (code >> 18U));
            tail(12);
            tail(6);
            tail(0);
          }
        }
        return out;
      });
}

RC_GTEST_PROP(PropertiesProperty, ReadsBackWhatItFormats, ()) {
  const auto entries = *rc::gen::container<Pairs>(rc::gen::pair(utf8_text(), utf8_text()));
  const std::string line_end = *rc::gen::element<std::string>("\n", "\r\n", "\r");
  std::string text;
  for (const auto& [key, value] : entries) {
    RC_ASSERT(text::is_utf8(key));
    text += format_property(key, value) + line_end;
  }
  const ParsedProperties parsed = parse_properties(text);
  RC_ASSERT(parsed.faults.empty());
  RC_ASSERT(parsed.entries.size() == entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    RC_ASSERT(parsed.entries[i].key == entries[i].first);
    RC_ASSERT(parsed.entries[i].value == entries[i].second);
    RC_ASSERT(text.substr(parsed.entries[i].begin, parsed.entries[i].end - parsed.entries[i].begin) ==
              format_property(entries[i].first, entries[i].second));
  }
}

RC_GTEST_PROP(PropertiesProperty, AnyBytesGiveSoundEntries, (const std::string& bytes)) {
  std::string seasoned;
  for (const char c : bytes) {
    seasoned += c;
    if (*rc::gen::inRange(0, 4) == 0)
      seasoned += *rc::gen::element<std::string>("\\", "\\u", "\n", "=", "\\uD83D", "\r", "#");
  }
  const ParsedProperties parsed = parse_properties(seasoned);
  std::size_t before = 0;
  for (const Property& entry : parsed.entries) {
    RC_ASSERT(text::is_utf8(entry.key) && text::is_utf8(entry.value));
    RC_ASSERT(entry.value.find('\0') == std::string::npos);
    RC_ASSERT(before <= entry.begin && entry.begin < entry.end && entry.end <= seasoned.size());
    RC_ASSERT(entry.key_at.line >= 1 && entry.key_at.column >= 1);
    before = entry.end;
  }
}

}  // namespace
}  // namespace syncservice::config
