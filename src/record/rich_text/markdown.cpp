// CommonMark, with GitHub's tables, strikethrough and task lists, into the document. md4c parses it and calls back.
#include "address.hpp"
#include "builder.hpp"
#include "entity.hpp"
#include "words.hpp"

#include "syncservice/record/rich_text.hpp"

#include <md4c.h>

#include <limits>
#include <vector>

namespace syncservice::record {
namespace {

std::string text_of(const MD_ATTRIBUTE& attribute) {
  std::string out;
  if (attribute.text == nullptr) return out;
  for (std::size_t i = 0; attribute.substr_offsets[i] < attribute.size; ++i) {
    const std::string_view part{attribute.text + attribute.substr_offsets[i],
                                attribute.substr_offsets[i + 1] - attribute.substr_offsets[i]};
    if (attribute.substr_types[i] == MD_TEXT_ENTITY) {
      out += entity_text(part);
    } else {
      out += part;
    }
  }
  return out;
}

class Reader {
 public:
  bool enter(MD_BLOCKTYPE type, void* detail) {
    depths_.push_back(builder_.depth());
    switch (type) {
      case MD_BLOCK_QUOTE:
        builder_.open(Builder::Frame::quote);
        break;
      case MD_BLOCK_UL:
        builder_.open(Builder::Frame::list);
        break;
      case MD_BLOCK_OL:
        builder_.open(Builder::Frame::list, true);
        break;
      case MD_BLOCK_LI: {
        builder_.open(Builder::Frame::item);
        const auto* item = static_cast<const MD_BLOCK_LI_DETAIL*>(detail);
        if (item->is_task != 0) builder_.text(item->task_mark == ' ' ? "[ ] " : "[x] ");
        break;
      }
      case MD_BLOCK_H:
        builder_.open_heading(static_cast<int>(static_cast<const MD_BLOCK_H_DETAIL*>(detail)->level));
        break;
      case MD_BLOCK_CODE:
        in_code_ = true;
        code_.clear();
        language_ = text_of(static_cast<const MD_BLOCK_CODE_DETAIL*>(detail)->lang);
        break;
      case MD_BLOCK_TABLE:
        builder_.open(Builder::Frame::table);
        break;
      case MD_BLOCK_TR:
        builder_.open(Builder::Frame::row);
        break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD:
        // md4c fills up short rows.
        if (++cells_ > most_cells) return false;
        builder_.open(Builder::Frame::cell, type == MD_BLOCK_TH);
        break;
      case MD_BLOCK_DOC:
      case MD_BLOCK_HR:
      case MD_BLOCK_HTML:
      case MD_BLOCK_P:
      case MD_BLOCK_THEAD:
      case MD_BLOCK_TBODY:
        break;
    }
    return true;
  }

  void leave(MD_BLOCKTYPE type) {
    switch (type) {
      case MD_BLOCK_H:
        builder_.close_heading();
        break;
      case MD_BLOCK_HR:
        builder_.rule();
        break;
      case MD_BLOCK_CODE:
        builder_.code_block(code_, language_);
        in_code_ = false;
        break;
      case MD_BLOCK_P:
        builder_.end_paragraph();
        break;
      default:
        builder_.close_to(depths_.back());
        break;
    }
    depths_.pop_back();
  }

  void enter(MD_SPANTYPE type, void* detail) {
    spans_.push_back({marks_, link_});
    switch (type) {
      case MD_SPAN_EM:
        marks_ |= emphasis;
        break;
      case MD_SPAN_STRONG:
        marks_ |= strong;
        break;
      case MD_SPAN_DEL:
        marks_ |= strike;
        break;
      case MD_SPAN_U:
        marks_ |= underline;
        break;
      case MD_SPAN_CODE:
        marks_ |= code;
        break;
      case MD_SPAN_A:
        link_ = safe_link(text_of(static_cast<const MD_SPAN_A_DETAIL*>(detail)->href));
        break;
      case MD_SPAN_IMG:
        if (images_++ == 0) {
          image_ = file_name(text_of(static_cast<const MD_SPAN_IMG_DETAIL*>(detail)->src));
          alt_.clear();
        }
        break;
      case MD_SPAN_LATEXMATH:
      case MD_SPAN_LATEXMATH_DISPLAY:
      case MD_SPAN_WIKILINK:
        break;
    }
  }

  void leave(MD_SPANTYPE type) {
    if (type == MD_SPAN_IMG && --images_ == 0) {
      if (image_.empty()) {
        builder_.text(alt_);
      } else {
        builder_.image(image_, alt_);
      }
    }
    marks_ = spans_.back().marks;
    link_ = spans_.back().link;
    spans_.pop_back();
  }

  void text(MD_TEXTTYPE type, std::string_view text) {
    switch (type) {
      case MD_TEXT_BR:
        return images_ > 0 ? alt_.push_back(' ') : builder_.line_break();
      case MD_TEXT_SOFTBR:
        return add(" ");
      case MD_TEXT_NULLCHAR:
        return add("\xEF\xBF\xBD");
      case MD_TEXT_ENTITY:
        return add(entity_text(text));
      case MD_TEXT_NORMAL:
      case MD_TEXT_CODE:
      case MD_TEXT_HTML:
      case MD_TEXT_LATEXMATH:
        return add(text);
    }
  }

  [[nodiscard]] Blocks take() { return builder_.take(); }

 private:
  struct Span {
    Marks marks;
    std::string link;
  };

  void add(std::string_view text) {
    if (in_code_) {
      code_ += text;
    } else if (images_ > 0) {
      alt_ += text;
    } else if (link_.empty() && (marks_ & code) == 0) {
      add_linking(text);
    } else {
      builder_.text(text, marks_, link_);
    }
  }

  // Addresses in text become links. Not by md4c's own option: where a mark stands in an address, it ends spans that it
  // did not begin.
  void add_linking(std::string_view text) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size();) {
      const bool may_begin = text[i] == 'h' || text[i] == 'f' || text[i] == 'm';
      const std::size_t length = may_begin ? bare_address(text, i) : 0;
      if (length == 0) {
        ++i;
        continue;
      }
      builder_.text(text.substr(done, i - done), marks_);
      const std::string address{text.substr(i, length)};
      builder_.text(address, marks_, address);
      done = i += length;
    }
    builder_.text(text.substr(done), marks_);
  }

  Builder builder_;
  std::vector<std::size_t> depths_;
  std::vector<Span> spans_;
  Marks marks_ = 0;
  std::string link_;
  bool in_code_ = false;
  std::string code_, language_;
  int images_ = 0;
  std::string image_, alt_;
  std::size_t cells_ = 0;
};

int on_enter_block(MD_BLOCKTYPE type, void* detail, void* reader) noexcept {
  return static_cast<Reader*>(reader)->enter(type, detail) ? 0 : 1;
}

int on_leave_block(MD_BLOCKTYPE type, void* /*detail*/, void* reader) noexcept {
  static_cast<Reader*>(reader)->leave(type);
  return 0;
}

int on_enter_span(MD_SPANTYPE type, void* detail, void* reader) noexcept {
  static_cast<Reader*>(reader)->enter(type, detail);
  return 0;
}

int on_leave_span(MD_SPANTYPE type, void* /*detail*/, void* reader) noexcept {
  static_cast<Reader*>(reader)->leave(type);
  return 0;
}

int on_text(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* reader) noexcept {
  static_cast<Reader*>(reader)->text(type, {text, size});
  return 0;
}

}  // namespace

RichText from_markdown(std::string_view markdown) {
  const std::string text = cleaned(markdown, true);
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML;
  parser.enter_block = on_enter_block;
  parser.leave_block = on_leave_block;
  parser.enter_span = on_enter_span;
  parser.leave_span = on_leave_span;
  parser.text = on_text;
  Reader reader;
  if (text.size() > std::numeric_limits<MD_SIZE>::max() ||
      md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &reader) != 0) {
    return from_plain(markdown);
  }
  return RichTextWriter::write(reader.take());
}

}  // namespace syncservice::record
