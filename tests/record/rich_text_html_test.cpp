#include "syncservice/record/rich_text.hpp"

#include "canonical.hpp"
#include "rich_text_sample.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace syncservice;
using namespace syncservice::record;
using test::name_of;
using test::Sample;

namespace {

class Html : public testing::TestWithParam<Sample> {};
class Attack : public testing::TestWithParam<std::string> {};

}  // namespace

TEST_P(Html, BecomesCanonical) {
  const RichText text = from_html(GetParam().given);
  EXPECT_EQ(text.html(), GetParam().canonical);
  EXPECT_EQ(from_html(text.html()), text);
  EXPECT_EQ(test::fault_of(text.html()), "");
}

INSTANTIATE_TEST_SUITE_P(
    Subset, Html,
    testing::Values(
        Sample{"Nothing", "", ""}, Sample{"Blank", " \r\n<p>&nbsp;</p><p> <br></p>", ""},
        Sample{"PlainWords", "one\n two", "<p>one two</p>"},
        Sample{"Marks", "<b>b</b><i>i</i><ins>u</ins><del>s</del>x<sub>1</sub><sup>2</sup><tt>c</tt>",
               "<p><strong>b</strong><em>i</em><u>u</u><s>s</s>x<sub>1</sub><sup>2</sup><code>c</code></p>"},
        Sample{"NestingHasOneOrder", "<u><em><b>x</b></em></u>", "<p><strong><em><u>x</u></em></strong></p>"},
        Sample{"BlanksLeaveMarks", "a<b> b </b>c", "<p>a <strong>b</strong> c</p>"},
        Sample{"CodeIsOnlyCode", "<b><code>x</code></b>", "<p><code>x</code></p>"},
        Sample{"SubIsNotSup", "<sub><sup>x</sup></sub>", "<p><sub>x</sub></p>"},
        Sample{"Headings", "<h1>One<br>line</h1><h6>Six</h6>", "<h1>One line</h1><h6>Six</h6>"},
        Sample{"Breaks", "<br>a<br><br>b<br>", "<p>a<br><br>b</p>"},
        Sample{"NestedLists", "<ul><li>a<ol><li>b</ol><li>c</ul>", "<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>"},
        Sample{"ListInList", "<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"},
        Sample{"ItemWithoutList", "<li>a</li><li>b</li>", "<ul><li>a</li><li>b</li></ul>"},
        Sample{"TextInList", "<ol>a<li>b</ol>", "<ol><li>a</li><li>b</li></ol>"},
        Sample{"ItemOfParagraphs", "<ul><li><p>a</p><p>b</p></li></ul>", "<ul><li>a<p>b</p></li></ul>"},
        Sample{"Table", "<table><thead><tr><th>h<th>i</thead><tr><td>a</table>",
               "<table><tr><th>h</th><th>i</th></tr><tr><td>a</td><td></td></tr></table>"},
        Sample{"SpannedColumns", "<table><tr><td colspan=2>a<td>b</tr><tr><td>1<td>2<td>3</table>",
               "<table><tr><td>a</td><td></td><td>b</td></tr><tr><td>1</td><td>2</td><td>3</td></tr></table>"},
        Sample{"BlocksInCells", "<table><tr><td><p>a</p><ul><li>b<li>c</ul><td>d</table>",
               "<table><tr><td>a<br>• b<br>• c</td><td>d</td></tr></table>"},
        Sample{"LayoutTable", "<table><tr><td><p>a</p><table><tr><th>b</table></table>",
               "<p>a</p><table><tr><th>b</th></tr></table>"},
        Sample{"Code", "<pre><code class=\"language-Java\">\n\n  int a;\n\tb &lt; c\n\n</code></pre>",
               "<pre><code class=\"language-java\">  int a;\n\tb &lt; c</code></pre>"},
        Sample{"Quote", "<blockquote>a<blockquote><p>b</p></blockquote></blockquote>",
               "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"},
        Sample{"Rule", "a<hr>b", "<p>a</p><hr><p>b</p>"},
        Sample{"Links", "<a href=' HTTPS://x.org/a b?q=1&amp;r=[2] '><b>x</b> y</a>",
               "<p><a href=\"HTTPS://x.org/a%20b?q=1&amp;r=%5B2%5D\"><strong>x</strong> y</a></p>"},
        Sample{"Image", "<img src=\"attachment:a &amp; b.png\" alt=\"view\">",
               "<p><img src=\"attachment:a &amp; b.png\" alt=\"view\"></p>"},
        Sample{"ImagesStandApart", "a<img src=\"https://x.org/i/p%20q.png?w=1\">b",
               "<p>a <img src=\"attachment:p q.png\"> b</p>"},
        Sample{"ImageOfData", "<img src='data:image/png;base64,AAAA' alt='logo'>", "<p>logo</p>"},
        Sample{"UnknownElements", "<blink>a</blink><x-y>b</x-y><section>c</section>", "<p>ab</p><p>c</p>"},
        Sample{"Entities", "&lt;b&gt; &copy; &#128512; &amp;amp; &nosuch;",
               "<p>&lt;b&gt; © 😀 &amp;amp; &amp;nosuch;</p>"},
        Sample{"NoBreakSpaces", "5&nbsp;km&nbsp; &nbsp;away&nbsp;", "<p>5\u00A0km away</p>"},
        Sample{"NotUtf8",
               "a\xFF"
               "b\xED\xA0\x80"
               "c\x01"
               "d",
               "<p>a\uFFFDb\uFFFD\uFFFD\uFFFDcd</p>"},
        Sample{"MetaCharsetCounts0", "<meta charset=iso-8859-1>ä", "<p>ä</p>"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Systems, Html,
    testing::Values(
        Sample{"AlmEveryLineADiv",
               "<html><body>\n<div align=\"left\" style=\"min-height: 9pt; \">\n<font face=\"Arial\"><span "
               "dir=\"ltr\" style=\" font-size: 8pt; \">Precondition: <b>logged in</b></span></font></div>  \n<div "
               "align=\"left\"><font face=\"Arial\"><span dir=\"ltr\" "
               "style=\"font-size:8pt\">&nbsp;</span></font></div>\n<div "
               "align=\"left\"><font face=\"Arial\"><span dir=\"ltr\">1 &lt; 2</span></font></div>\n</body>\n</html>",
               "<p>Precondition: <strong>logged in</strong></p><p>1 &lt; 2</p>"},
        Sample{"AlmCommentHistory",
               "<html><body><font color=\"#000080\"><b>sa, 24.11.2026: </b></font><br />checked<br /><b>"
               "<font color=\"#000080\">________________________________________</font></b></body></html>",
               "<p><strong>sa, 24.11.2026:</strong>"
               "<br>checked<br><strong>________________________________________</strong></p>"},
        Sample{"WordListInAlm",
               "<p class=MsoNormal>Steps:<o:p></o:p></p>"
               "<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'>"
               "<![if !supportLists]><span style='font-family:Symbol;mso-list:Ignore'>·<span "
               "style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp; </span></span><![endif]>Open<o:p></o:p></p>"
               "<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;mso-list:l0 level2 lfo1'>"
               "<!--[if !supportLists]--><span style='mso-list:Ignore'>1.<span>&nbsp; </span></span><!--[endif]-->"
               "<b>Save</b></p>"
               "<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span "
               "style='mso-list:Ignore'>·</span>Close</p><p class=MsoNormal>Done</p>",
               "<p>Steps:</p><ul><li>Open<ol><li><strong>Save</strong></li></ol></li><li>Close</li></ul><p>Done</p>"},
        Sample{"OutlookMail",
               "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><style><!-- p.MsoNormal {margin:0} "
               "--></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext=\"edit\"/></xml><![endif]--></head>"
               "<body lang=DE link=\"#0563C1\"><div class=WordSection1><p class=MsoNormal><span lang=EN-US "
               "style='font-family:\"Calibri\",sans-serif;color:#1F497D'>Hi,<o:p></o:p></span></p>"
               "<p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal><a href=\"https://acme.com/1\"><span "
               "style='color:blue;text-decoration:underline'>ticket</span></a> is <span "
               "style='font-weight:bold'>open</span>.</p><img width=1 "
               "src=\"cid:image001.png@01D9.ABC\"></div></body></html>",
               "<p>Hi,</p><p><a href=\"https://acme.com/1\">ticket</a> is <strong>open</strong>.</p>"
               "<p><img src=\"attachment:image001.png\"></p>"},
        Sample{"ServiceNowJournal",
               "<p style=\"margin: 0px\">Works <span style=\"text-decoration: line-through;\">not</span></p>"
               "<p><img title=\"shot.png\" src=\"sys_attachment.do?sys_id=5f1a&amp;x=1\" alt=\"\" width=\"10\"></p>",
               "<p>Works <s>not</s></p><p><img src=\"attachment:shot.png\"></p>"},
        Sample{"JiraRendered",
               "<div class=\"code panel\"><div class=\"codeContent panelContent\">\n<pre class=\"code-java\">"
               "<span class=\"code-object\">String</span> a;\n</pre>\n</div></div><ul class=\"alternate\" "
               "type=\"square\">\n\t<li>one</li>\n\t<li>two</li>\n</ul>\n",
               "<pre><code class=\"language-java\">String a;</code></pre><ul><li>one</li><li>two</li></ul>"},
        Sample{"GoogleDocs",
               "<b style=\"font-weight:normal;\" id=\"docs-1\"><p><span "
               "style=\"font-weight:700;font-style:italic\">a</span> b</p></b>",
               "<p><strong><em>a</em></strong> b</p>"},
        Sample{"TaskList", "<ul><li><input type=\"checkbox\" checked disabled> done<li><input type=checkbox>open</ul>",
               "<ul><li>[x] done</li><li>[ ] open</li></ul>"},
        Sample{"Definitions", "<dl><dt>Term<dd>Meaning</dl>", "<p><strong>Term</strong></p><p>Meaning</p>"},
        Sample{"Hidden", "a<span style=\"display: none\">secret</span>b", "<p>ab</p>"}),
    name_of);

TEST_P(Attack, NeverPasses) {
  const std::string& html = GetParam();
  EXPECT_EQ(test::fault_of(from_html(html).html()), "") << html;
  EXPECT_EQ(test::fault_of(from_markdown(html).html()), "") << html;
  EXPECT_EQ(test::fault_of(from_wiki(html).html()), "") << html;
  EXPECT_EQ(test::fault_of(from_plain(html).html()), "") << html;
}

INSTANTIATE_TEST_SUITE_P(
    Html, Attack,
    testing::Values("<script>alert(1)</script>", "<SCRIPT SRC=//evil/x.js></SCRIPT>", "<img src=x onerror=alert(1)>",
                    "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
                    "<a href=javascript:alert(1)>x</a>", "<a href=' java\tscript:alert(1)'>x</a>",
                    "<a href='&#106;avascript:alert(1)'>x</a>", "<a href='javascript&colon;alert(1)'>x</a>",
                    "<a href='\x01javascript:alert(1)'>x</a>",
                    "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "<a href='vbscript:x'>x</a>",
                    "<a href='https://x\"onclick=alert(1)'>x</a>", "<a href=\"http://x'\" onclick=\"alert(1)\">x</a>",
                    "<iframe src=//evil></iframe>", "<iframe srcdoc='<script>alert(1)</script>'>",
                    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
                    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
                    "<style>@import '//evil';</style>", "<div style=\"background:url(javascript:alert(1))\">x</div>",
                    "<!--><img src=x onerror=alert(1)>-->", "<img alt=\"--><script>alert(1)</script>\" src=a.png>",
                    "<<script>alert(1)//<</script>", "<img src='attachment:\"onerror=alert(1) x=\"'>",
                    "<pre class='language-\"onclick=\"'>x</pre>", "<object data=//evil></object><embed src=//evil>",
                    "<base href=//evil><a href=/x>x</a>",
                    "<form action=//evil><button formaction=javascript:alert(1)>x</button></form>",
                    "<meta http-equiv=refresh content='0;url=//evil'>", "<xmp><script>alert(1)</script></xmp>",
                    "<![CDATA[<script>alert(1)</script>]]>", "<template><script>alert(1)</script></template>"));

INSTANTIATE_TEST_SUITE_P(Markup, Attack,
                         testing::Values("[x](javascript:alert(1))", "[x](javascript&#58;alert(1))",
                                         "![x](data:text/html;base64,AAAA)", "<javascript:alert(1)>",
                                         "[x|javascript:alert(1)]", "[javascript:alert(1)]", "[x|data:text/html,a]",
                                         "!javascript:alert(1)!", "{html}<script>x</script>{html}",
                                         "{code:\"onclick=\"}x{code}", "!a.png|alt=\"onerror=\"!",
                                         "[x|https://e\"onclick=\"alert(1)]", "```\"onclick=\"\nx\n```"));

TEST(RichText, ScriptsLeaveNoTrace) {
  EXPECT_EQ(from_html("a<script>b</script><style>c</style><iframe>d</iframe><!-- e -->f").html(), "<p>af</p>");
  EXPECT_EQ(from_html("<a href=\"javascript:x\">y</a>").html(), "<p>y</p>");
}

TEST(RichText, ConcatPutsBlocksAfterBlocks) {
  const RichText list = from_html("<ul><li>a</li></ul>");
  EXPECT_EQ(concat(from_plain("head"), list).html(), "<p>head</p><ul><li>a</li></ul>");
  EXPECT_EQ(concat(list, list).html(), "<ul><li>a</li><li>a</li></ul>");
  EXPECT_EQ(concat(list, RichText{}), list);
  EXPECT_EQ(concat(RichText{}, list), list);
}
