// Atlassian Document Format into the document.
#include "address.hpp"
#include "builder.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <functional>
#include <map>
#include <utility>

namespace syncservice::record {
namespace {

using Json = nlohmann::ordered_json;

// Four levels of JSON for one of lists: far more than anyone nests.
constexpr std::size_t deepest_json = 400;

Error not_adf(std::string what) {
  return Error{make_error_code(Fault::not_a_value), std::move(what), FailureClass::permanent, std::nullopt};
}

std::string text_member(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string{};
}

const Json& member(const Json& object, const char* name) {
  static const Json none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

std::string attribute(const Json& node, const char* name) {
  return text_member(member(node, "attrs"), name);
}

int number_attribute(const Json& node, const char* name) {
  const Json& attributes = member(node, "attrs");
  if (!attributes.is_object()) return 0;
  const Json& value = member(attributes, name);
  return value.is_number_integer() ? static_cast<int>(std::clamp<std::int64_t>(value.get<std::int64_t>(), 0, 1'000))
                                   : 0;
}

std::string day_of(const std::string& milliseconds) {
  std::int64_t since = 0;
  const auto [end, error] = std::from_chars(milliseconds.data(), milliseconds.data() + milliseconds.size(), since);
  constexpr std::int64_t limit = 253'402'300'799'999;  // 9999-12-31
  if (error != std::errc{} || end != milliseconds.data() + milliseconds.size() || since < -limit || since > limit) {
    return milliseconds;
  }
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds{since}};
  return to_text(Date{std::chrono::floor<std::chrono::days>(at)});
}

class Reader {
 public:
  void children(const Json& node) {
    const Json& content = member(node, "content");
    if (!content.is_array()) return;
    for (const Json& child : content) {
      if (child.is_object()) read(child);
    }
  }
  [[nodiscard]] Blocks take() { return builder_.take(); }

 private:
  using Handler = void (Reader::*)(const Json&);

  void read(const Json& node) {
    static const std::map<std::string, Handler, std::less<>> handlers{
        {"text", &Reader::text},
        {"hardBreak", &Reader::hard_break},
        {"paragraph", &Reader::paragraph},
        {"caption", &Reader::paragraph},
        {"heading", &Reader::heading},
        {"bulletList", &Reader::bullet_list},
        {"decisionList", &Reader::bullet_list},
        {"taskList", &Reader::bullet_list},
        {"orderedList", &Reader::ordered_list},
        {"listItem", &Reader::item},
        {"decisionItem", &Reader::item},
        {"taskItem", &Reader::task},
        {"blockTaskItem", &Reader::task},
        {"codeBlock", &Reader::code_block},
        {"blockquote", &Reader::quote},
        {"rule", &Reader::rule},
        {"table", &Reader::table},
        {"tableRow", &Reader::row},
        {"tableHeader", &Reader::header_cell},
        {"tableCell", &Reader::cell},
        {"panel", &Reader::titled},
        {"expand", &Reader::titled},
        {"nestedExpand", &Reader::titled},
        {"mediaSingle", &Reader::titled},
        {"mediaGroup", &Reader::titled},
        {"layoutSection", &Reader::titled},
        {"layoutColumn", &Reader::titled},
        {"media", &Reader::media},
        {"mediaInline", &Reader::media},
        {"mention", &Reader::mention},
        {"emoji", &Reader::emoji},
        {"date", &Reader::date},
        {"status", &Reader::status},
        {"inlineCard", &Reader::card},
        {"blockCard", &Reader::block_card},
        {"embedCard", &Reader::block_card},
    };
    const auto known = handlers.find(text_member(node, "type"));
    (this->*(known == handlers.end() ? &Reader::unknown : known->second))(node);
  }

  void text(const Json& node) {
    Marks marks = 0;
    std::string link;
    const Json& all = member(node, "marks");
    if (all.is_array()) {
      for (const Json& mark : all) {
        if (mark.is_object()) apply(mark, marks, link);
      }
    }
    std::string content = text_member(node, "text");
    if (link.starts_with(attachment_scheme)) {
      std::string name = link.substr(attachment_scheme.size());
      return builder_.image(text::percent_decode(name).value_or(name), std::move(content));
    }
    add(content, marks, safe_link(link));
  }

  static void apply(const Json& mark, Marks& marks, std::string& link) {
    const std::string type = text_member(mark, "type");
    if (type == "link") link = attribute(mark, "href");
    if (type == "strong") marks |= strong;
    if (type == "em") marks |= emphasis;
    if (type == "underline") marks |= underline;
    if (type == "strike") marks |= strike;
    if (type == "code") marks |= code;
    if (type == "subsup") marks |= attribute(mark, "type") == "sup" ? superscript : subscript;
  }

  // A line end in text is one on the screen.
  void add(std::string_view content, Marks marks, const std::string& link) {
    for (;;) {
      const std::size_t end = content.find('\n');
      builder_.text(content.substr(0, end), marks, link);
      if (end == std::string_view::npos) return;
      builder_.line_break();
      content.remove_prefix(end + 1);
    }
  }

  void hard_break(const Json&) { builder_.line_break(); }

  void paragraph(const Json& node) {
    builder_.end_paragraph();
    children(node);
    builder_.end_paragraph();
  }

  void heading(const Json& node) {
    builder_.open_heading(std::clamp(number_attribute(node, "level"), 1, 6));
    children(node);
    builder_.close_heading();
  }

  void frame(const Json& node, Builder::Frame frame, bool flag) {
    builder_.end_paragraph();
    const std::size_t depth = builder_.depth();
    builder_.open(frame, flag);
    if (const int columns = number_attribute(node, "colspan"); columns > 1) {
      builder_.span(static_cast<std::size_t>(std::min(columns, 100) - 1));
    }
    children(node);
    builder_.close_to(depth);
  }
  void bullet_list(const Json& node) { frame(node, Builder::Frame::list, false); }
  void ordered_list(const Json& node) { frame(node, Builder::Frame::list, true); }
  void item(const Json& node) { frame(node, Builder::Frame::item, false); }
  void quote(const Json& node) { frame(node, Builder::Frame::quote, false); }
  void table(const Json& node) { frame(node, Builder::Frame::table, false); }
  void row(const Json& node) { frame(node, Builder::Frame::row, false); }
  void header_cell(const Json& node) { frame(node, Builder::Frame::cell, true); }
  void cell(const Json& node) { frame(node, Builder::Frame::cell, false); }

  void task(const Json& node) {
    const std::size_t depth = builder_.depth();
    builder_.open(Builder::Frame::item);
    builder_.text(attribute(node, "state") == "DONE" ? "[x] " : "[ ] ");
    children(node);
    builder_.close_to(depth);
  }

  void code_block(const Json& node) {
    std::string code;
    const Json& content = member(node, "content");
    if (content.is_array()) {
      for (const Json& child : content) code += text_member(child, "text");
    }
    builder_.code_block(std::move(code), attribute(node, "language"));
  }

  void rule(const Json&) { builder_.rule(); }

  // What holds blocks and may have a title.
  void titled(const Json& node) {
    builder_.end_paragraph();
    builder_.text(attribute(node, "title"), strong);
    paragraph(node);
  }

  // An attachment's name is its alternative text here; its id means nothing outside of Atlassian.
  void media(const Json& node) {
    if (attribute(node, "type") == "external") {
      const std::string url = attribute(node, "url");
      std::string alt = attribute(node, "alt");
      if (alt.empty()) alt = url;
      return builder_.text(alt, 0, safe_link(url));
    }
    builder_.image(attribute(node, "alt"), {});
  }

  void mention(const Json& node) {
    std::string name = attribute(node, "text");
    if (name.empty()) name = attribute(node, "id");
    builder_.text(name.starts_with('@') ? name : "@" + name);
  }

  void emoji(const Json& node) {
    const std::string character = attribute(node, "text");
    builder_.text(character.empty() ? attribute(node, "shortName") : character);
  }

  void date(const Json& node) { builder_.text(day_of(attribute(node, "timestamp"))); }

  void status(const Json& node) {
    std::string label = "[";
    builder_.text(label.append(attribute(node, "text")).append("]"), strong);
  }

  void card(const Json& node) {
    std::string url = attribute(node, "url");
    const Json& attributes = member(node, "attrs");
    if (url.empty() && attributes.is_object()) url = text_member(member(attributes, "data"), "url");
    builder_.text(url, 0, safe_link(url));
  }
  void block_card(const Json& node) {
    builder_.end_paragraph();
    card(node);
    builder_.end_paragraph();
  }

  void unknown(const Json& node) {
    std::string words = text_member(node, "text");
    if (words.empty()) words = attribute(node, "text");
    add(words, 0, {});
    children(node);
  }

  Builder builder_;
};

}  // namespace

Result<RichText> from_adf(std::string_view json) {
  const Result<Json> document = parse_json(json, deepest_json);
  if (!document) return document.error();
  if (!document->is_object() || text_member(*document, "type") != "doc") {
    return not_adf("That is no document of the Atlassian Document Format: an object whose \"type\" is \"doc\".");
  }
  Reader reader;
  reader.children(*document);
  return RichTextWriter::write(reader.take());
}

}  // namespace syncservice::record
