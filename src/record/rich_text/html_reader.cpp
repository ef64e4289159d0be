// HTML of any quality into the document, with libxml2 as the parser: its events, not its tree, so that neither memory
// nor stack grows with what is nested.
#include "address.hpp"
#include "builder.hpp"
#include "html_lexis.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace syncservice::record {
namespace {

using html::Meaning;
using html::Role;

constexpr std::size_t deepest_element = 400;
// The parser's time grows with the square of the attributes of one tag, which it waits for to be whole.
constexpr std::ptrdiff_t longest_tag = 16'384;
constexpr std::size_t piece = 4'096;

class Attributes {
 public:
  explicit Attributes(const xmlChar** all) : all_(all) {}
  [[nodiscard]] std::string_view operator[](std::string_view name) const {
    if (all_ == nullptr) return {};
    for (const xmlChar** at = all_; *at != nullptr; at += 2) {
      if (name == as_text(at[0])) return at[1] == nullptr ? std::string_view{} : as_text(at[1]);
    }
    return {};
  }
  [[nodiscard]] bool has(std::string_view name) const {
    if (all_ == nullptr) return false;
    for (const xmlChar** at = all_; *at != nullptr; at += 2) {
      if (name == as_text(at[0])) return true;
    }
    return false;
  }
  static std::string_view as_text(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

 private:
  const xmlChar** all_;
};

/// What the parser's events build.
class Reader {
 public:
  void start(std::string_view name, const Attributes& attributes);
  void end(std::string_view name);
  void text(std::string_view text);

  [[nodiscard]] bool too_deep() const noexcept { return open_.size() > deepest_element; }
  [[nodiscard]] Blocks take() {
    leave_word_list();
    return builder_.take();
  }

 private:
  struct Element {
    std::string name;
    Role role = Role::unknown;
    Marks marks = 0;  // before it
    std::string link;
    std::size_t depth = 0;
    bool ignored = false;
    bool word_mark = false;
  };

  void read_image(const Attributes& attributes);
  void open_frame(Builder::Frame frame, bool flag = false);
  void start_block(const Attributes& attributes, const html::Style& style);
  void enter_word_item();
  void leave_word_list();
  void end_element(const Element& element);

  Builder builder_;
  std::vector<Element> open_;
  Marks marks_ = 0;
  std::string link_;
  bool ignoring_ = false;
  // Preformatted text.
  std::size_t pre_ = 0;
  std::string pre_text_, pre_language_;
  // Word writes its lists as paragraphs that say their level and hold the bullet.
  int word_level_ = 0;  // of the paragraph that is open and whose item is not yet
  bool in_word_mark_ = false;
  std::string word_mark_;
  std::vector<std::size_t> word_lists_;  // the builder's depth before each
};

void Reader::start(std::string_view name, const Attributes& attributes) {
  const Meaning meaning = html::meaning_of(name);
  const html::Style style = html::style_of(attributes["style"]);
  open_.push_back({std::string{name}, meaning.role, marks_, link_, builder_.depth(), false, false});
  if (ignoring_) return;
  if (meaning.role == Role::ignored || style.hidden) {
    open_.back().ignored = ignoring_ = true;
    return;
  }
  if (pre_ > 0) {
    if (meaning.role == Role::line_break) pre_text_ += '\n';
    if (meaning.role == Role::preformatted) ++pre_;
    if (pre_language_.empty()) pre_language_ = html::language_of(attributes["class"]);
    return;
  }
  if (style.word_mark) {
    open_.back().word_mark = in_word_mark_ = true;
    word_mark_.clear();
  }
  // Links are underlined anyway.
  const Marks styled = link_.empty() ? style.on : static_cast<Marks>(style.on & ~underline);
  const auto marked = static_cast<Marks>((meaning.role == Role::mark ? meaning.detail : 0) | styled);
  marks_ = static_cast<Marks>((marks_ | marked) & ~style.off);
  switch (meaning.role) {
    case Role::unknown:
    case Role::ignored:
    case Role::mark:
      break;
    case Role::link:
      if (std::string link = safe_link(attributes["href"]); !link.empty()) link_ = std::move(link);
      break;
    case Role::line_break:
      builder_.line_break();
      break;
    case Role::image:
      read_image(attributes);
      break;
    case Role::input:
      if (text::iequals(attributes["type"], "checkbox")) builder_.text(attributes.has("checked") ? "[x] " : "[ ] ");
      break;
    case Role::term:
      marks_ |= strong;
      start_block(attributes, style);
      break;
    case Role::block:
      start_block(attributes, style);
      break;
    case Role::heading:
      leave_word_list();
      builder_.open_heading(meaning.detail);
      break;
    case Role::rule:
      leave_word_list();
      builder_.rule();
      break;
    case Role::list:
      open_frame(Builder::Frame::list, meaning.detail == 1);
      break;
    case Role::item:
      builder_.open(Builder::Frame::item);
      break;
    case Role::table:
      open_frame(Builder::Frame::table);
      break;
    case Role::row:
      builder_.open(Builder::Frame::row);
      break;
    case Role::cell: {
      builder_.open(Builder::Frame::cell, meaning.detail == 1);
      const int columns = std::atoi(std::string{attributes["colspan"].substr(0, 4)}.c_str());
      if (columns > 1) builder_.span(static_cast<std::size_t>(std::min(columns, 100) - 1));
      break;
    }
    case Role::quote:
      open_frame(Builder::Frame::quote);
      break;
    case Role::preformatted:
      leave_word_list();
      builder_.end_paragraph();
      pre_ = 1;
      pre_text_.clear();
      pre_language_ = html::language_of(attributes["class"]);
      break;
  }
}

// One that no item of a list from Word holds.
void Reader::open_frame(Builder::Frame frame, bool flag) {
  leave_word_list();
  open_.back().depth = builder_.depth();
  builder_.open(frame, flag);
}

void Reader::start_block(const Attributes& attributes, const html::Style& style) {
  builder_.end_paragraph();
  if (style.word_level > 0) {
    word_level_ = style.word_level;
  } else if (attributes["class"].find("MsoListParagraph") == std::string_view::npos) {
    leave_word_list();
    open_.back().depth = builder_.depth();
  }
}

void Reader::read_image(const Attributes& attributes) {
  const std::string_view source = attributes["src"];
  const std::string_view alt = attributes["alt"].empty() ? attributes["title"] : attributes["alt"];
  std::string name;
  if (source.starts_with(attachment_scheme)) {
    name = source.substr(attachment_scheme.size());
  } else if (source.starts_with("cid:")) {
    name = source.substr(4, source.find('@') - 4);
  } else if (constexpr std::string_view key = "sys_id="; source.find(key) != std::string_view::npos) {
    // ServiceNow names an attachment by its key alone.
    const std::string_view id = source.substr(source.find(key) + key.size());
    name = alt.empty() ? id.substr(0, id.find('&')) : alt;
  } else if (!text::iequals(source.substr(0, 5), "data:")) {
    name = file_name(source);
  }
  if (text::trim(name).empty()) {
    builder_.text(alt, marks_, link_);
  } else {
    builder_.image(std::move(name), std::string{alt});
  }
}

void Reader::text(std::string_view text) {
  if (ignoring_) return;
  if (pre_ > 0) {
    pre_text_ += text;
    return;
  }
  if (in_word_mark_) {
    word_mark_ += text;
    return;
  }
  if (text::trim(text).empty()) return builder_.text(text, marks_, link_);
  if (word_level_ > 0) {
    enter_word_item();
  } else if (!word_lists_.empty() && std::none_of(open_.begin(), open_.end(), [](const Element& element) {
               return element.role == Role::block && element.name == "p";
             })) {
    leave_word_list();
  }
  builder_.text(text, marks_, link_);
}

void Reader::enter_word_item() {
  const auto level = static_cast<std::size_t>(std::exchange(word_level_, 0));
  const std::string_view mark = text::trim(word_mark_);
  const bool ordered = mark.size() > 1 && (mark.back() == '.' || mark.back() == ')');
  builder_.end_paragraph();
  if (word_lists_.size() > level) {
    builder_.close_to(word_lists_[level]);
    word_lists_.resize(level);
  }
  if (word_lists_.size() == level) {
    builder_.close_to(word_lists_.back() + 1);  // the item before, not its list
  }
  while (word_lists_.size() < level) {
    word_lists_.push_back(builder_.depth());
    builder_.open(Builder::Frame::list, ordered);
    if (word_lists_.size() < level) builder_.open(Builder::Frame::item);
  }
  builder_.open(Builder::Frame::item);
  word_mark_.clear();
}

void Reader::leave_word_list() {
  if (word_lists_.empty()) return;
  builder_.close_to(word_lists_.front());
  word_lists_.clear();
}

void Reader::end(std::string_view name) {
  // The parser closes what it opened; a name that is not open is an end tag without a start.
  const auto found = std::find_if(open_.rbegin(), open_.rend(), [&](const Element& each) { return each.name == name; });
  if (found == open_.rend()) return;
  const auto keep = static_cast<std::size_t>(open_.rend() - found) - 1;
  while (open_.size() > keep) {
    const Element element = std::move(open_.back());
    open_.pop_back();
    if (element.ignored) {
      ignoring_ = false;
    } else if (!ignoring_) {
      end_element(element);
    }
    marks_ = element.marks;
    link_ = element.link;
  }
}

void Reader::end_element(const Element& element) {
  if (pre_ > 0) {
    if (element.role != Role::preformatted || --pre_ > 0) return;
    return builder_.code_block(std::exchange(pre_text_, {}), std::exchange(pre_language_, {}));
  }
  if (element.word_mark) in_word_mark_ = false;
  switch (element.role) {
    case Role::block:
    case Role::term:
      builder_.end_paragraph();
      word_level_ = 0;
      return;
    case Role::heading:
      return builder_.close_heading();
    case Role::list:
    case Role::item:
    case Role::table:
    case Role::row:
    case Role::cell:
    case Role::quote:
      // Word's lists may have been opened in it.
      while (!word_lists_.empty() && word_lists_.back() >= element.depth) word_lists_.pop_back();
      return builder_.close_to(element.depth);
    default:
      return;
  }
}

void on_start(void* context, const xmlChar* name, const xmlChar** attributes) noexcept {
  static_cast<Reader*>(context)->start(Attributes::as_text(name), Attributes{attributes});
}

void on_end(void* context, const xmlChar* name) noexcept {
  static_cast<Reader*>(context)->end(Attributes::as_text(name));
}

void on_text(void* context, const xmlChar* text, int size) noexcept {
  static_cast<Reader*>(context)->text(Attributes::as_text(text).substr(0, static_cast<std::size_t>(size)));
}

// False when the text is not fit to be parsed.
bool parse(std::string_view html, Reader& reader) {
  htmlSAXHandler handler{};
  handler.startElement = on_start;
  handler.endElement = on_end;
  handler.characters = on_text;
  handler.cdataBlock = on_text;
  handler.ignorableWhitespace = on_text;
  const auto free = [](htmlParserCtxtPtr context) {
    if (context->myDoc != nullptr) xmlFreeDoc(context->myDoc);
    htmlFreeParserCtxt(context);
  };
  const std::unique_ptr<htmlParserCtxt, decltype(free)> context(
      htmlCreatePushParserCtxt(&handler, &reader, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8), free);
  if (!context) return false;
  htmlCtxtUseOptions(context.get(), HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                        HTML_PARSE_IGNORE_ENC);
  while (!html.empty()) {
    std::size_t size = std::min(piece, html.size());
    // Never in the middle of a character.
    while (size < html.size() && (static_cast<unsigned char>(html[size]) & 0xC0U) == 0x80U) --size;
    htmlParseChunk(context.get(), html.data(), static_cast<int>(size), 0);
    html.remove_prefix(size);
    const auto* input = context->input;
    if (reader.too_deep() || (input->end - input->cur > longest_tag && *input->cur == '<')) return false;
  }
  htmlParseChunk(context.get(), nullptr, 0, 1);
  return !reader.too_deep();
}

Blocks read_html(std::string_view html) {
  static const bool ready = (xmlInitParser(), true);  // once, before any thread parses
  static_cast<void>(ready);
  const std::string prepared = html::prepared(html);
  Reader reader;
  if (parse(prepared, reader)) return reader.take();
  Reader words;
  return parse(html::without_tags(prepared), words) ? words.take() : Blocks{};
}

}  // namespace

RichText from_html(std::string_view html) {
  return RichTextWriter::write(read_html(html));
}

Blocks document_of(const RichText& text) {
  return text.empty() ? Blocks{} : normalised(read_html(text.html()));
}

}  // namespace syncservice::record
