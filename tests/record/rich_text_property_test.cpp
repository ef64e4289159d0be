// Random documents through every format and back.
#include "rich_text/tree.hpp"

#include "syncservice/record/rich_text.hpp"

#include "adf_schema.hpp"
#include "canonical.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

using namespace syncservice;
using namespace syncservice::record;

namespace {

namespace gen = rc::gen;

/// Whose subset a document stays in: what may stand in list items and quotes differs.
enum class Format { html, adf, wiki };
/// Where blocks stand.
enum class Place { top, quote, item };

// Words that mean something in one markup or another, and blanks.
std::string any_text() {
  static const std::vector<std::string> words{
      "a",    "B2",  "word", "é",  "中",    "😀",        " ",          "  ",   "\u00A0", ".",   "*",      "_",
      "-",    "+",   "^",    "~",  "{",     "}",        "[",          "]",    "|",      "||",  "!",      "#",
      "##",   "\\",  "\\\\", "&",  "&amp;", "&#42;",    "<",          ">",    "\"",     "'",   "h1. ",   "h2.",
      "bq. ", "bq.", "-- ",  "→",  "--",    "----",     "??",         "(x)",  ":)",     "{*}", "{code}", "{quote}",
      "{{",   "}}",  "* ",   "- ", "# ",    "C:\\Temp", "\\\\srv\\x", "<b>",  "&lt;",   "@",   "%",      "=",
      ";",    "`",   "~~",   "**", "__",    "=)",       "]]>",        "<!--", "1. "};
  std::string out;
  const auto count = *gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) out += *gen::elementOf(words);
  return out;
}

Runs any_runs() {
  static const std::vector<std::string> links{
      "https://x.org", "https://x.org/a_b*c?d=1&e=-f-", "mailto:a@b.c", "#top", "/rel/path", "file:///C:/x.txt"};
  static const std::vector<std::string> names{"a.png", "my shot.jpg", "nodot", "we!r|d,\"n[1].png", "ä&b.gif"};
  static const std::vector<std::string> alts{"", "view", "a, b! | \"c\" \\ {d}"};
  Runs runs;
  const auto count = *gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    Run run;
    switch (*gen::inRange(0, 10)) {
      case 0:
        run.kind = Run::Kind::line_break;
        break;
      case 1:
        run.kind = Run::Kind::image;
        run.text = *gen::elementOf(names);
        run.alt = *gen::elementOf(alts);
        break;
      default:
        run.text = any_text();
        run.marks = static_cast<Marks>(*gen::inRange(0, 2) == 0 ? 0 : *gen::inRange(0, 128));
        if (*gen::inRange(0, 5) == 0) run.link = *gen::elementOf(links);
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

Block any_code() {
  static const std::vector<std::string> texts{"x", "  a\n\n b", "*b* {quote} <i>", "\ttab", "{noformat} z", "h1. q"};
  Block block;
  block.kind = Block::Kind::code;
  block.text = *gen::elementOf(texts);
  block.language = *gen::elementOf(std::vector<std::string>{"", "java", "c++"});
  return block;
}

Block any_table() {
  Block block;
  block.kind = Block::Kind::table;
  block.rows.resize(*gen::inRange<std::size_t>(1, 4));
  for (Row& row : block.rows) {
    row.resize(*gen::inRange<std::size_t>(1, 4));
    for (Cell& cell : row) {
      cell.header = *gen::arbitrary<bool>();
      if (*gen::inRange(0, 4) != 0) cell.runs = any_runs();
    }
  }
  return block;
}

Blocks any_blocks(Format format, Place place, int depth, bool in_quote);

Block any_list(Format format, int depth, bool in_quote, bool ordered) {
  Block list;
  list.kind = Block::Kind::list;
  list.ordered = ordered;
  list.items.resize(*gen::inRange<std::size_t>(1, 4));
  for (Blocks& item : list.items) item = any_blocks(format, Place::item, depth - 1, in_quote);
  return list;
}

// An item of wiki markup: text, then code and quotes with at most one text behind each, then lists.
Blocks wiki_item(int depth, bool in_quote) {
  Blocks item;
  if (*gen::inRange(0, 5) != 0) item.emplace_back().runs = any_runs();
  if (*gen::inRange(0, 4) == 0) {
    if (in_quote || *gen::arbitrary<bool>()) {
      item.push_back(any_code());
    } else {
      Block quote;
      quote.kind = Block::Kind::quote;
      quote.blocks = any_blocks(Format::wiki, Place::quote, depth - 1, true);
      item.push_back(std::move(quote));
    }
    if (*gen::arbitrary<bool>() && !normalised(Blocks{item.back()}).empty()) item.emplace_back().runs = any_runs();
  }
  if (depth > 0 && *gen::inRange(0, 3) == 0) {
    const bool ordered = *gen::arbitrary<bool>();
    item.push_back(any_list(Format::wiki, depth, in_quote, ordered));
    if (*gen::arbitrary<bool>()) item.push_back(any_list(Format::wiki, depth, in_quote, !ordered));
  }
  return item;
}

Blocks any_blocks(Format format, Place place, int depth, bool in_quote) {
  if (format == Format::wiki && place == Place::item) return wiki_item(depth, in_quote);
  const bool strict = format == Format::adf && place != Place::top;
  const bool quotes = !strict && !(format == Format::wiki && in_quote);
  Blocks blocks;
  const auto count = *gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    Block block;
    switch (*gen::inRange(0, 7)) {
      case 1:
        if (strict) break;
        block.kind = Block::Kind::heading;
        block.level = *gen::inRange(1, 7);
        break;
      case 2:
        if (!strict) block.kind = Block::Kind::rule;
        break;
      case 3:
        block = any_code();
        break;
      case 4:
        if (!strict) block = any_table();
        break;
      case 5:
        if (depth > 0) block = any_list(format, depth, in_quote, *gen::arbitrary<bool>());
        break;
      case 6:
        if (depth == 0 || !quotes) break;
        block.kind = Block::Kind::quote;
        block.blocks = any_blocks(format, Place::quote, depth - 1, true);
        break;
      default:
        break;
    }
    if (block.kind == Block::Kind::paragraph || block.kind == Block::Kind::heading) block.runs = any_runs();
    blocks.push_back(std::move(block));
  }
  return blocks;
}

RichText any_document(Format format) {
  return RichTextWriter::write(any_blocks(format, Place::top, 3, false));
}

}  // namespace

RC_GTEST_PROP(RichTextProperty, CanonicalHtmlIsReadAsItself, ()) {
  const RichText text = any_document(Format::html);
  RC_ASSERT(from_html(text.html()).html() == text.html());
  RC_ASSERT(test::fault_of(text.html()) == "");
}

RC_GTEST_PROP(RichTextProperty, DocumentsSurviveTheirHtml, ()) {
  const Blocks document = normalised(any_blocks(Format::html, Place::top, 3, false));
  RC_ASSERT(normalised(document) == document);
  RC_ASSERT(document_of(RichTextWriter::write(document)) == document);
}

RC_GTEST_PROP(RichTextProperty, AdfLosesNothing, ()) {
  const RichText text = any_document(Format::adf);
  const auto back = from_adf(to_adf(text));
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->html() == text.html());
}

RC_GTEST_PROP(RichTextProperty, WikiLosesNothing, ()) {
  const RichText text = any_document(Format::wiki);
  const std::string wiki = to_wiki(text);
  RC_LOG() << wiki << '\n';
  RC_ASSERT(from_wiki(wiki).html() == text.html());
}

RC_GTEST_PROP(RichTextProperty, AdfIsWhatJiraTakes, ()) {
  RC_ASSERT(test::adf_fault(nlohmann::json::parse(to_adf(any_document(Format::html)))) == "");
}

// Beyond the subset, what a format made of a text stays the same from then on.
RC_GTEST_PROP(RichTextProperty, DegradedTextIsStable, ()) {
  const RichText text = any_document(Format::html);
  const RichText adf = *from_adf(to_adf(text));
  RC_ASSERT(*from_adf(to_adf(adf)) == adf);
  const RichText wiki = from_wiki(to_wiki(text));
  RC_ASSERT(from_wiki(to_wiki(wiki)) == wiki);
}

RC_GTEST_PROP(RichTextProperty, PlainTextRoundTrips, ()) {
  const RichText text = from_plain(to_plain(any_document(Format::html)));
  RC_ASSERT(from_plain(to_plain(text)) == text);
}

RC_GTEST_PROP(RichTextProperty, AnyTextInAnyMarkupIsClean, ()) {
  std::string text;
  for (int i = *gen::inRange(1, 8); i > 0; --i)
    text += any_text() + *gen::elementOf(std::vector<std::string>{"", "\n", "\n\n"});
  for (const RichText& read : {from_html(text), from_wiki(text), from_markdown(text), from_plain(text)}) {
    RC_ASSERT(test::fault_of(read.html()) == "");
    RC_ASSERT(from_html(read.html()) == read);
  }
}

RC_GTEST_PROP(RichTextProperty, ConcatIsAssociative, ()) {
  const RichText a = any_document(Format::html), b = any_document(Format::html), c = any_document(Format::html);
  RC_ASSERT(concat(concat(a, b), c) == concat(a, concat(b, c)));
}
