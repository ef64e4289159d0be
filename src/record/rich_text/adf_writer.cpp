// The document in Atlassian Document Format. Jira refuses a document with one node out of place, so what may not stand
// where it stands is reduced.
#include "address.hpp"
#include "reduce.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace syncservice::record {
namespace {

using Json = nlohmann::ordered_json;

Json node(const char* type, Json content) {
  return Json{{"type", type}, {"content", std::move(content)}};
}

Json simple_mark(const char* type) {
  return Json{{"type", type}};
}

Json marks_of(const Run& run) {
  Json marks = Json::array();
  if (!run.link.empty()) marks.push_back({{"type", "link"}, {"attrs", {{"href", run.link}}}});
  for (const Mark mark : all_marks) {
    if ((run.marks & mark) == 0) continue;
    switch (mark) {
      case strong:
        marks.push_back(simple_mark("strong"));
        break;
      case emphasis:
        marks.push_back(simple_mark("em"));
        break;
      case underline:
        marks.push_back(simple_mark("underline"));
        break;
      case strike:
        marks.push_back(simple_mark("strike"));
        break;
      case subscript:
        marks.push_back({{"type", "subsup"}, {"attrs", {{"type", "sub"}}}});
        break;
      case superscript:
        marks.push_back({{"type", "subsup"}, {"attrs", {{"type", "sup"}}}});
        break;
      case code:
        marks.push_back(simple_mark("code"));
        break;
    }
  }
  return marks;
}

Json inlines(const Runs& runs) {
  Json content = Json::array();
  for (const Run& run : runs) {
    switch (run.kind) {
      case Run::Kind::line_break:
        content.push_back(simple_mark("hardBreak"));
        break;
      case Run::Kind::image: {
        // Media are named by ids that only Jira gives.
        std::string address{attachment_scheme};
        address += text::percent_encode(run.text);
        Json link{{"type", "link"}, {"attrs", {{"href", std::move(address)}}}};
        content.push_back(Json{{"type", "text"},
                               {"text", run.alt.empty() ? run.text : run.alt},
                               {"marks", Json::array({std::move(link)})}});
        break;
      }
      case Run::Kind::text: {
        Json text{{"type", "text"}, {"text", run.text}};
        if (Json marks = marks_of(run); !marks.empty()) text["marks"] = std::move(marks);
        content.push_back(std::move(text));
        break;
      }
    }
  }
  return content;
}

Json write(const Blocks& blocks);

Json write_item(const Blocks& item) {
  Json content = write(item);
  if (content.empty() || content.front()["type"] != "paragraph") {
    content.insert(content.begin(), node("paragraph", Json::array()));
  }
  return node("listItem", std::move(content));
}

Json write(const Block& block) {
  switch (block.kind) {
    case Block::Kind::paragraph:
      return node("paragraph", inlines(block.runs));
    case Block::Kind::heading: {
      Json heading = node("heading", inlines(block.runs));
      heading["attrs"] = {{"level", block.level}};
      return heading;
    }
    case Block::Kind::list: {
      Json items = Json::array();
      for (const Blocks& item : block.items) items.push_back(write_item(item));
      return node(block.ordered ? "orderedList" : "bulletList", std::move(items));
    }
    case Block::Kind::table: {
      Json rows = Json::array();
      for (const Row& row : block.rows) {
        Json cells = Json::array();
        for (const Cell& cell : row) {
          cells.push_back(
              node(cell.header ? "tableHeader" : "tableCell", Json::array({node("paragraph", inlines(cell.runs))})));
        }
        rows.push_back(node("tableRow", std::move(cells)));
      }
      return node("table", std::move(rows));
    }
    case Block::Kind::code: {
      Json code = node("codeBlock", Json::array({Json{{"type", "text"}, {"text", block.text}}}));
      if (!block.language.empty()) code["attrs"] = {{"language", block.language}};
      return code;
    }
    case Block::Kind::quote:
      return node("blockquote", write(block.blocks));
    case Block::Kind::rule:
      break;
  }
  return simple_mark("rule");
}

Json write(const Blocks& blocks) {
  Json content = Json::array();
  for (const Block& block : blocks) content.push_back(write(block));
  return content;
}

}  // namespace

std::string to_adf(const RichText& text) {
  const Blocks document = reduced(document_of(text), {.plain_quotes = true, .quotes_in_items = false});
  return Json{{"version", 1}, {"type", "doc"}, {"content", write(document)}}.dump();
}

}  // namespace syncservice::record
