#include "syncservice/record/rich_text.hpp"

#include "adf_schema.hpp"
#include "canonical.hpp"
#include "rich_text_sample.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace syncservice;
using namespace syncservice::record;
using test::name_of;
using test::Sample;

namespace {

class Wiki : public testing::TestWithParam<Sample> {};
class Markdown : public testing::TestWithParam<Sample> {};
class Adf : public testing::TestWithParam<Sample> {};

std::string doc(const std::string& content) {
  return R"({"version":1,"type":"doc","content":[)" + content + "]}";
}

}  // namespace

TEST_P(Wiki, BecomesCanonical) {
  const RichText text = from_wiki(GetParam().given);
  EXPECT_EQ(text.html(), GetParam().canonical);
  EXPECT_EQ(from_wiki(to_wiki(text)), text) << to_wiki(text);
  EXPECT_EQ(test::fault_of(text.html()), "");
}

INSTANTIATE_TEST_SUITE_P(
    Jira, Wiki,
    testing::Values(
        Sample{"Nothing", " \n", ""}, Sample{"Lines", "a\nb\r\n\r\nc", "<p>a<br>b</p><p>c</p>"},
        Sample{"Marks", "*b* _i_ ??c?? -s- +u+ ^p^ ~b~ {{code}}",
               "<p><strong>b</strong> <em>i c</em> <s>s</s> <u>u</u> <sup>p</sup> <sub>b</sub> "
               "<code>code</code></p>"},
        Sample{"NestedMarks", "*_a_ b*", "<p><strong><em>a</em> b</strong></p>"},
        Sample{"MarksInWords", "e-mail snake_case_name 2*3*4 in{*}ter{*}nal →*5* 😀_a_",
               "<p>e-mail snake_case_name 2*3*4 in<strong>ter</strong>nal →<strong>5</strong> "
               "😀<em>a</em></p>"},
        Sample{"MarksAlone", "* a -b c_ *d", "<ul><li>a -b c_ *d</li></ul>"},
        Sample{"MarksCrossed", "*a _b* c_", "<p><strong>a _b</strong> c_</p>"},
        Sample{"MarksEndWithLines", "*a\nb*", "<p>*a<br>b*</p>"},
        Sample{"Escapes", "\\*a\\* \\{b\\} \\[c\\] C:\\Temp \\\\srv\\x", "<p>*a* {b} [c] C:\\Temp \\\\srv\\x</p>"},
        Sample{"Entities", "&lt;a&gt; &#42;b&#42; A&B", "<p>&lt;a&gt; *b* A&amp;B</p>"},
        Sample{"ForcedBreaks", "a\\\\ b\\\\\nc", "<p>a<br>b<br>c</p>"},
        Sample{"Headings", "h1. One *two*\nh6. Six\ntext", "<h1>One <strong>two</strong></h1><h6>Six</h6><p>text</p>"},
        Sample{"HeadingWithoutBlank", "h2.One\nbq.two", "<h2>One</h2><blockquote><p>two</p></blockquote>"},
        Sample{"Rule", "a\n----\nb", "<p>a</p><hr><p>b</p>"},
        Sample{"Lists", "* a\n** b\n*# c\n* d\n\n# e\n- f",
               "<ul><li>a<ul><li>b</li></ul><ol><li>c</li></ol></li><li>d</li></ul><ol><li>e</li></ol><ul><li>f</li></"
               "ul>"},
        Sample{"DeeperAtOnce", "** a\n* b", "<ul><li><ul><li>a</li></ul></li><li>b</li></ul>"},
        Sample{"ItemOfLines", "* a\nb\n\nc", "<ul><li>a<br>b</li></ul><p>c</p>"},
        Sample{"CodeInItem", "* a\n{code:sql}\nselect 1\n{code}\nb\n* c",
               "<ul><li>a<pre><code class=\"language-sql\">select 1</code></pre><p>b</p></li><li>c</li></ul>"},
        Sample{"Dashes", "-- a\n--- b", "<p>-- a<br>--- b</p>"},
        Sample{"DashesInList", "- a\n-- b\n--- c", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li></ul>"},
        Sample{"Table", "||h||i||\n|a|b\\|c|\n| |[x|https://x.org]|",
               "<table><tr><th>h</th><th>i</th></tr><tr><td>a</td><td>b|c</td></tr><tr><td></td><td><a "
               "href=\"https://x.org\">x</a></td></tr></table>"},
        Sample{"TableOfLines", "||k|v\nw|\n|x|!a.png|thumbnail!|",
               "<table><tr><th>k</th><td>v<br>w</td></tr><tr><td>x</td><td><img "
               "src=\"attachment:a.png\"></td></tr></table>"},
        Sample{"CodeInCell", "|a|{code}x|y{code}|", "<table><tr><td>a</td><td><code>x|y</code></td></tr></table>"},
        Sample{"Code", "see {code:title=Foo.java|java}\nint *a*;\n{code} end",
               "<p>see</p><p><strong>Foo.java</strong></p><pre><code class=\"language-java\">int "
               "*a*;</code></pre><p>end</p>"},
        Sample{"Noformat", "{noformat}\n  *a* {code}\n{noformat}", "<pre><code>  *a* {code}</code></pre>"},
        Sample{"CodeNeverClosed", "{code}\na", "<p>{code}<br>a</p>"},
        Sample{
            "Quotes", "{quote}\na\n\n* b\n{quote}\nbq. c *d*",
            "<blockquote><p>a</p><ul><li>b</li></ul></blockquote><blockquote><p>c <strong>d</strong></p></blockquote>"},
        Sample{"Panel", "{panel:title=Note|bgColor=#FFF}\na\n{panel}\nb",
               "<p><strong>Note</strong></p><p>a</p><p>b</p>"},
        Sample{"Color", "{color:#d04437}*red*{color} {anchor:x}text", "<p><strong>red</strong> text</p>"},
        Sample{
            "Links", "[https://x.org] [x *y*|https://x.org/a_b_c|tip] [#top] [mail|mailto:a@b.c]",
            "<p><a href=\"https://x.org\">https://x.org</a> <a href=\"https://x.org/a_b_c\">x <strong>y</strong></a> "
            "<a href=\"#top\">#top</a> <a href=\"mailto:a@b.c\">mail</a></p>"},
        Sample{"BareAddress", "(see https://x.org/a_b_c?d=1).",
               "<p>(see <a href=\"https://x.org/a_b_c?d=1\">https://x.org/a_b_c?d=1</a>).</p>"},
        Sample{"NotLinks", "a[1] [x] [TODO|later]", "<p>a[1] [x] [TODO|later]</p>"},
        Sample{"People", "[~jdoe], [~accountid:5b10:a], [Jane|~jdoe]", "<p>@jdoe, @accountid:5b10:a, Jane</p>"},
        Sample{"Attachments",
               "[^log 1.txt] [the log|^log.txt] !shot.png|width=300,alt=\"the dialog\"! !https://x.org/i/p.gif!",
               "<p>log 1.txt the log <img src=\"attachment:shot.png\" alt=\"the dialog\"> <img "
               "src=\"attachment:p.gif\"></p>"},
        Sample{"Exclamations", "Hello! World! a != b", "<p>Hello! World! a != b</p>"}),
    name_of);

TEST(Wiki, WritesWhatJiraReads) {
  const RichText text = from_html(
      "<h2>T</h2><p>a <strong>b</strong><em>c</em>d <a href=\"https://x.org\">x</a><br>- "
      "e</p><ul><li>f<ol><li>g</li></ol>"
      "</li></ul><table><tr><th>h</th></tr><tr><td></td></tr></table><pre><code>x</code></pre>"
      "<pre><code class=\"language-sql\">y</code></pre><blockquote><p>q</p></blockquote><hr>"
      "<p>f(x) 1*2 *no* [n] {m} C:\\Temp <img src=\"attachment:a.png\" alt=\"b, c\"></p>");
  EXPECT_EQ(to_wiki(text),
            "h2. T\n\na {*}b{*}{_}c{_}d [x|https://x.org]\n\\- e\n\n* f\n*# g\n\n||h||\n| |\n\n"
            "{noformat}\nx\n{noformat}\n\n{code:sql}\ny\n{code}\n\n{quote}\nq\n{quote}\n\n----\n\n"
            "f\\(x) 1*2 \\*no* \\[n] \\{m} C:\\Temp !a.png|alt=b&#44; c!");
  EXPECT_EQ(from_wiki(to_wiki(text)), text);
}

TEST(Wiki, DegradesWhatItHasNoFormFor) {
  EXPECT_EQ(to_wiki(from_html("<ul><li><p>a</p><h3>b</h3><table><tr><th>c</th><td>d</td></tr></table></li></ul>")),
            "* a\n*b*\nc | d");
  EXPECT_EQ(to_wiki(from_html("<blockquote>a<blockquote>b</blockquote></blockquote>")), "{quote}\na\n\nb\n{quote}");
  EXPECT_EQ(to_wiki(from_html("<pre>{code} {noformat}</pre>")), "{code}\n{ code} {noformat}\n{code}");
}

TEST_P(Markdown, BecomesCanonical) {
  EXPECT_EQ(from_markdown(GetParam().given).html(), GetParam().canonical);
}

INSTANTIATE_TEST_SUITE_P(
    GitHub, Markdown,
    testing::Values(
        Sample{"Paragraphs", "a\nb  \nc\n\n# d *e*", "<p>a b<br>c</p><h1>d <em>e</em></h1>"},
        Sample{"Marks", "**a** _b_ ~~c~~ `d*e` \\*f\\* &copy;",
               "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d*e</code> *f* ©</p>"},
        Sample{"Lists", "- a\n  1. b\n- [x] c\n- [ ] d",
               "<ul><li>a<ol><li>b</li></ol></li><li>[x] c</li><li>[ ] d</li></ul>"},
        Sample{"Code", "```sql\nselect <1>\n```\n\n    x",
               "<pre><code class=\"language-sql\">select &lt;1&gt;</code></pre>"
               "<pre><code>x</code></pre>"},
        Sample{"Quote", "> a\n> > b\n\n---", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote><hr>"},
        Sample{"Table", "|h|i|\n|---|---|\n|a|`b`|",
               "<table><tr><th>h</th><th>i</th></tr><tr><td>a</td><td><code>b</code></td></tr></table>"},
        Sample{"Links", "[x](https://x.org/?a=1&amp;b=2) <https://y.org> https://z.org",
               "<p><a href=\"https://x.org/?a=1&amp;b=2\">x</a> <a href=\"https://y.org\">https://y.org</a> "
               "<a href=\"https://z.org\">https://z.org</a></p>"},
        Sample{"Image", "![the *dialog*](img/shot.png)", "<p><img src=\"attachment:shot.png\" alt=\"the dialog\"></p>"},
        Sample{"HtmlIsText", "<b>a</b>\n\n<script>b</script>",
               "<p>&lt;b&gt;a&lt;/b&gt;</p><p>&lt;script&gt;b&lt;/script&gt;</p>"}),
    name_of);

TEST_P(Adf, BecomesCanonical) {
  const auto text = from_adf(doc(GetParam().given));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(text->html(), GetParam().canonical);
  EXPECT_EQ(*from_adf(to_adf(*text)), *text) << to_adf(*text);
  EXPECT_EQ(test::fault_of(text->html()), "");
}

INSTANTIATE_TEST_SUITE_P(
    Jira, Adf,
    testing::Values(
        Sample{"Nothing", "", ""},
        Sample{"Marks",
               R"({"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"strong"},{"type":"em"},
               {"type":"underline"},{"type":"strike"},{"type":"subsup","attrs":{"type":"sup"}},
               {"type":"textColor","attrs":{"color":"#f00"}}]},{"type":"hardBreak"},{"type":"text","text":"b\nc",
               "marks":[{"type":"code"},{"type":"link","attrs":{"href":"https://x.org","title":"t"}}]}]})",
               "<p><strong><em><u><s><sup>a</sup></s></u></em></strong><br><a "
               "href=\"https://x.org\"><code>b</code></a><br>"
               "<a href=\"https://x.org\"><code>c</code></a></p>"},
        Sample{"Blocks",
               R"({"type":"heading","attrs":{"level":3},"content":[{"type":"text","text":"h"}]},{"type":"rule"},
               {"type":"codeBlock","attrs":{"language":"java"},"content":[{"type":"text","text":"a\n b"}]},
               {"type":"blockquote","content":[{"type":"paragraph","content":[{"type":"text","text":"q"}]}]})",
               "<h3>h</h3><hr><pre><code class=\"language-java\">a\n b</code></pre><blockquote><p>q</p></blockquote>"},
        Sample{"Lists",
               R"({"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[
               {"type":"text","text":"a"}]},{"type":"orderedList","attrs":{"order":3},"content":[{"type":"listItem",
               "content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}]}]}]})",
               "<ul><li>a<ol><li>b</li></ol></li></ul>"},
        Sample{"Table",
               R"({"type":"table","attrs":{"layout":"default"},"content":[{"type":"tableRow","content":[
               {"type":"tableHeader","attrs":{"colspan":2},"content":[{"type":"paragraph","content":[{"type":"text",
               "text":"h"}]}]}]},{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"paragraph"}]},
               {"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]}]}]})",
               "<table><tr><th>h</th><th></th></tr><tr><td></td><td>c</td></tr></table>"},
        Sample{"Inlines",
               R"({"type":"paragraph","content":[{"type":"mention","attrs":{"id":"5b","text":"@Jane Doe"}},
               {"type":"text","text":" "},{"type":"emoji","attrs":{"shortName":":smile:","text":"😄"}},
               {"type":"text","text":" "},{"type":"emoji","attrs":{"shortName":":acme:"}},{"type":"text","text":" "},
               {"type":"date","attrs":{"timestamp":"1795478400000"}},{"type":"text","text":" "},
               {"type":"status","attrs":{"text":"In Progress","color":"blue"}},{"type":"text","text":" "},
               {"type":"inlineCard","attrs":{"url":"https://x.org/1"}}]})",
               "<p>@Jane Doe 😄 :acme: 2026-11-24 <strong>[In Progress]</strong> <a "
               "href=\"https://x.org/1\">https://x.org/1</a></p>"},
        Sample{
            "Media",
            R"({"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"type":"file",
               "id":"6e7c","collection":"","alt":"shot.png"}}]},{"type":"mediaSingle","content":[{"type":"media",
               "attrs":{"type":"external","url":"https://x.org/p.png"}}]})",
            "<p><img src=\"attachment:shot.png\"></p><p><a href=\"https://x.org/p.png\">https://x.org/p.png</a></p>"},
        Sample{"Containers",
               R"({"type":"panel","attrs":{"panelType":"info"},"content":[{"type":"paragraph","content":[{"type":"text",
               "text":"p"}]}]},{"type":"expand","attrs":{"title":"More"},"content":[{"type":"paragraph","content":[
               {"type":"text","text":"e"}]}]},{"type":"taskList","content":[{"type":"taskItem","attrs":{"state":"DONE"},
               "content":[{"type":"text","text":"t"}]},{"type":"taskItem","attrs":{"state":"TODO"},
               "content":[{"type":"text","text":"u"}]}]})",
               "<p>p</p><p><strong>More</strong></p><p>e</p><ul><li>[x] t</li><li>[ ] u</li></ul>"},
        Sample{"Unknown",
               R"({"type":"bodiedExtension","content":[{"type":"paragraph","content":[{"type":"text","text":"a"},
               {"type":"inlineExtension","attrs":{"text":" b"}},{"type":"futureNode"}]}]},42,{"type":7})",
               "<p>a b</p>"},
        Sample{"UnsafeLink",
               R"j({"type":"paragraph","content":[{"type":"text","text":"x","marks":[{"type":"link","attrs":
               {"href":"javascript:alert(1)"}}]}]})j",
               "<p>x</p>"}),
    name_of);

TEST(Adf, WritesWhatJiraTakes) {
  EXPECT_EQ(to_adf(RichText{}), R"({"version":1,"type":"doc","content":[]})");
  EXPECT_EQ(to_adf(from_html("<p>a <strong>b</strong></p>")),
            R"({"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a "},)"
            R"({"type":"text","text":"b","marks":[{"type":"strong"}]}]}]})");
}

TEST(Adf, DegradesWhatMayNotStandInItemsAndQuotes) {
  const std::string adf =
      to_adf(from_html("<ul><li><h1>a</h1><table><tr><th>b</th></tr></table><hr>"
                       "<blockquote>c<blockquote>d</blockquote></blockquote></li><li><pre>e</pre></li></ul>"
                       "<blockquote><h2>f</h2><blockquote>g</blockquote></blockquote>"));
  EXPECT_EQ(test::adf_fault(nlohmann::json::parse(adf)), "");
  EXPECT_EQ(from_adf(adf)->html(),
            "<ul><li><strong>a</strong><p>b</p><p>—</p><p>c</p><p>d</p></li><li><pre><code>e</code></pre></li></ul>"
            "<blockquote><p><strong>f</strong></p><p>g</p></blockquote>");
}

TEST(Adf, RefusesWhatIsNone) {
  for (const std::string& json :
       {std::string{""}, std::string{"[]"}, std::string{"{}"}, std::string{R"({"type":"paragraph"})"},
        std::string{R"({"type":"doc","content":[)"}, std::string{"{\"type\":\"doc\",\"a\":\"\xFF\"}"}}) {
    const auto text = from_adf(json);
    ASSERT_FALSE(text) << json;
    EXPECT_EQ(text.error().failure, FailureClass::permanent);
    EXPECT_FALSE(text.error().message.empty());
  }
  EXPECT_TRUE(from_adf(R"({"type":"doc"})"));
  EXPECT_TRUE(from_adf(R"({"type":"doc","content":"x"})")->empty());
}

TEST(Plain, RoundTrips) {
  for (const std::string& text :
       std::vector<std::string>{"", "a", "a\nb", "a\n\nb\nc", "<b>&amp; \"x\"</b>", "- no list\n1. none", "ä 😀"}) {
    EXPECT_EQ(to_plain(from_plain(text)), text);
  }
  EXPECT_EQ(from_plain("a\r\nb\r\n\r\n\r\n c\td ").html(), "<p>a<br>b</p><p>c d</p>");
}

TEST(Plain, KeepsWhatFormattingSaid) {
  EXPECT_EQ(to_plain(from_html("<h1>T</h1><p>a <b>b</b> <a href=\"https://x.org\"><i>x</i> y</a> <a "
                               "href=\"https://z.org\">https://z.org</a> <a href=\"mailto:a@b.c\">a@b.c</a></p>")),
            "T\n\na b x y (https://x.org) https://z.org a@b.c");
  EXPECT_EQ(to_plain(from_html("<ul><li>a<ol><li>b</li><li>c</li></ol></li><li>d<br>e</li></ul>")),
            "- a\n  1. b\n  2. c\n- d\n  e");
  EXPECT_EQ(to_plain(from_html("<table><tr><th>h</th><th>i</th></tr><tr><td>a</td><td></td></tr></table>")),
            "h | i\na | ");
  EXPECT_EQ(to_plain(from_html(
                "<blockquote><p>a</p><p>b</p></blockquote><pre>x\n y</pre><hr><img src=\"attachment:p.png\">")),
            "> a\n>\n> b\n\nx\n y\n\n----\n\n[p.png]");
}
