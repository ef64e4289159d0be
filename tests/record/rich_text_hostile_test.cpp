// Text that was written to take all time, memory or stack.
#include "syncservice/record/rich_text.hpp"

#include "canonical.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

using namespace syncservice;
using namespace syncservice::record;

namespace {

constexpr std::size_t size = 1U << 17U;
// Linear readers take a second, quadratic ones minutes. Of the processor: what else the machine does must not count.
constexpr double limit = 30;

double seconds_used() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Hostile {
  const char* name;
  std::string once;
  std::string front, back;

  [[nodiscard]] std::string text() const {
    std::string out = front;
    while (out.size() < size) out += once;
    return out + back;
  }
};

class Flood : public testing::TestWithParam<Hostile> {};

std::string attributes() {
  std::string out;
  for (int i = 0; out.size() < size; ++i) out += " a" + std::to_string(i);
  return out;
}

std::string elements(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "<b id=" + std::to_string(i) + ">";
  return out;
}

}  // namespace

TEST_P(Flood, IsReadInTimeAndClean) {
  const std::string text = GetParam().text();
  const double begin = seconds_used();
  for (const RichText& read : {from_html(text), from_wiki(text), from_markdown(text), from_plain(text)}) {
    EXPECT_EQ(test::fault_of(read.html()), "");
    EXPECT_LT(to_wiki(read).size(), 64 * size);
    EXPECT_LT(to_adf(read).size(), 64 * size);
  }
  EXPECT_LT(seconds_used() - begin, limit);
}

INSTANTIATE_TEST_SUITE_P(
    Repeated, Flood,
    testing::Values(
        Hostile{"Bold", "<b>", "", ""}, Hostile{"Div", "<div>", "", ""}, Hostile{"List", "<ul><li>", "", "x"},
        Hostile{"Quote", "<blockquote>", "", "x"}, Hostile{"Table", "<table><tr><td>", "", "x"},
        Hostile{"BoldParagraphs", "<p>x", elements(300), ""}, Hostile{"ManyBold", "<p>x", elements(5'000), ""},
        Hostile{"WrongEnds", "</i>", elements(300), ""}, Hostile{"Items", "<li>x", "<ul>", ""},
        Hostile{"Cells", "<td>x", "<table><tr>", ""},
        Hostile{"WideAndLong", "<tr><td>x", "<table><tr>" + std::string(20'000, ' '), ""},
        Hostile{"Spans", "<td colspan=1000>x", "<table><tr>", ""}, Hostile{"Attributes", ">", "<b" + attributes(), ""},
        Hostile{"Comments", "<!--", "", ""}, Hostile{"Sections", "<![if x]>", "", ""}, Hostile{"Less", "<", "", ""},
        Hostile{"Ampersands", "&", "", ""}, Hostile{"References", "&#1;", "", ""},
        Hostile{"Nul", std::string(1, '\0'), "", ""}, Hostile{"NotUtf8", "\xFF", "", ""},
        Hostile{"Parentheses", "(", "", ""}, Hostile{"Brackets", "[", "", "]"}, Hostile{"Links", "[a|", "", "b]"},
        Hostile{"Exclamations", "!a", "", ""}, Hostile{"Braces", "{{", "", "}}"}, Hostile{"Code", "{code}", "", ""},
        Hostile{"CodeWithParameters", "{code:x}", "", ""}, Hostile{"Quotes", "{quote}", "", ""},
        Hostile{"Stars", "*", "", " x"}, Hostile{"StarsAndLetters", "*a", "", ""}, Hostile{"Marks", "*a _b ", "", ""},
        Hostile{"BraceMarks", "{*}a{_}b", "", ""}, Hostile{"Backslashes", "\\", "", ""},
        Hostile{"Breaks", "\\\\ ", "a", ""}, Hostile{"Addresses", "http://", "", ""}, Hostile{"Bars", "|", "", ""},
        Hostile{"BarsBeforeBlanks", "|", "", std::string(size, ' ')},
        Hostile{"Rows", "|\n", "|" + std::string(20'000, '|') + "\n|-\n", ""},
        Hostile{"NestedItems", "********** a\n* b\n", "", ""}, Hostile{"Lines", "a\n", "", ""},
        Hostile{"Hashes", "# ", "", ""}, Hostile{"QuoteLines", "> ", "", "a"}, Hostile{"Ticks", "`a", "", ""}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Hostile, DeepAdfIsRefused) {
  const auto nested = [](std::size_t depth) {
    std::string json = R"({"type":"doc","content":[)";
    for (std::size_t i = 0; i < depth; ++i) json += R"({"type":"bulletList","content":[{"type":"listItem","content":[)";
    json += R"({"type":"text","text":"x"})";
    for (std::size_t i = 0; i < depth; ++i) json += "]}]}";
    return json + "]}";
  };
  const auto deep = from_adf(nested(10'000));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, make_error_code(Fault::too_deep)) << deep.error().message;
  const auto allowed = from_adf(nested(90));
  ASSERT_TRUE(allowed) << allowed.error().message;
  EXPECT_EQ(to_plain(*allowed).find_last_not_of("- x"), std::string::npos);
  EXPECT_EQ(from_html(allowed->html()), *allowed);
}

TEST(Hostile, WideTablesBecomeLines) {
  std::string html = "<table><tr>";
  for (int i = 0; i < 2'000; ++i) html += "<td>x";
  for (int i = 0; i < 2'000; ++i) html += "<tr><td>y";
  const RichText text = from_html(html);
  EXPECT_TRUE(text.html().starts_with("<p>x | x"));
  EXPECT_EQ(from_html(text.html()), text);
}

TEST(Hostile, WordsOfWhatIsTooDeepAreKept) {
  std::string html;
  for (int i = 0; i < 1'000; ++i) html += "<div>";
  EXPECT_EQ(from_html(html + "a &amp; b").html(), "<p>a &amp; b</p>");
}

TEST(Hostile, AMebibyteOfOpenTagsIsReadAtOnce) {
  std::string html;
  while (html.size() < 1U << 20U) html += "<b>";
  const double begin = seconds_used();
  EXPECT_EQ(from_html(html + "x").html(), "<p>x</p>");
  EXPECT_LT(seconds_used() - begin, limit);
}
