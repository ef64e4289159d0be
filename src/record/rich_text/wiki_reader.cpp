// Jira's wiki markup into the document: lines and macros; what is in a line is read by read_runs().
#include "builder.hpp"
#include "wiki.hpp"
#include "words.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::record {
namespace {

std::string_view trimmed_front(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view wiki) : text_(wiki) {}

  [[nodiscard]] Blocks read() {
    while (at_ < text_.size()) read_line();
    end_text();
    end_table();
    return builder_.take();
  }

 private:
  struct Level {
    bool ordered = false;
    std::size_t inside = 0;  // the builder's depth in the list, outside of its items
  };
  struct Quote {
    std::size_t depth = 0;
    std::vector<Level> levels;
    std::size_t base = 1;
  };

  // One line, up to its end or to a macro that holds blocks.
  void read_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const bool in_row = trimmed_front(text_.substr(at_, end - at_)).starts_with('|') || row_open_;
    for (std::size_t i = at_; i < end; ++i) {
      if (wiki::escape_at(text_, i)) {
        ++i;
      } else if (text_[i] == '{' && !in_row && macro(i)) {
        return;
      }
    }
    line(text_.substr(at_, end - at_), fresh_);
    at_ = end + 1;
    fresh_ = true;
  }

  // A block macro at `i`: what stands before it on its line is read first.
  bool macro(std::size_t i) {
    for (const std::string_view name : {"code", "noformat"}) {
      const std::size_t length = wiki::macro_at(text_, i, name);
      if (length == 0) continue;
      const std::string close = "{" + std::string{name} + "}";
      bool& hopeless = name == "code" ? no_more_code_ : no_more_noformat_;
      const std::size_t end = hopeless ? std::string_view::npos : text_.find(close, i + length);
      hopeless = end == std::string_view::npos;
      if (hopeless) return false;
      before_macro(i);
      const std::string_view parameters = wiki::parameters_of(text_.substr(i, length));
      title(parameters);
      const std::string_view content = text_.substr(i + length, end - i - length);
      builder_.code_block(std::string{content}, std::string{wiki::parameter(parameters, "")});
      after_macro(end + close.size(), false);
      return true;
    }
    if (const std::size_t length = wiki::macro_at(text_, i, "quote"); length > 0) {
      before_macro(i);
      toggle_quote();
      after_macro(i + length, true);
      return true;
    }
    if (const std::size_t length = wiki::macro_at(text_, i, "panel"); length > 0) {
      before_macro(i);
      title(wiki::parameters_of(text_.substr(i, length)));
      after_macro(i + length, true);
      return true;
    }
    return false;
  }

  void before_macro(std::size_t i) {
    const std::string_view before = text_.substr(at_, i - at_);
    if (!is_blank(before)) line(before, fresh_);
    end_text();
    end_table();
  }

  // The rest of the macro's line is a line of its own, if there is anything in it; `fresh` as in line().
  void after_macro(std::size_t end, bool fresh) {
    at_ = end;
    fresh_ = fresh;
    const std::size_t next = std::min(text_.find('\n', at_), text_.size());
    if (is_blank(text_.substr(at_, next - at_))) {
      at_ = next + 1;
      fresh_ = true;
    }
  }

  void title(std::string_view parameters) {
    const std::string_view title = wiki::parameter(parameters, "title");
    if (title.empty()) return;
    builder_.end_paragraph();
    builder_.text(title, strong);
    builder_.end_paragraph();
  }

  void toggle_quote() {
    if (quote_) {
      builder_.close_to(quote_->depth);
      levels_ = std::move(quote_->levels);
      base_ = quote_->base;
      quote_.reset();
      return;
    }
    quote_ = Quote{builder_.depth(), std::exchange(levels_, {}), base_};
    builder_.open(Builder::Frame::quote);
    base_ = builder_.depth();
  }

  // `fresh`: it is at the front of its line, or of what a macro holds, and may be more than text.
  void line(std::string_view line, bool fresh) {
    const std::string_view front = trimmed_front(line);
    if (row_open_) {
      if (!front.empty() && front.front() != '|') return continue_row(front);
      end_row();
    }
    if (front.empty()) return blank_line();
    if (!fresh) return text_line(front);
    if (front.front() == '|') return row(front);
    end_table();
    if (const int level = wiki::heading_level(front); level != 0) {
      end_lists();
      builder_.open_heading(level);
      builder_.runs(wiki::read_runs(front.substr(3)));
      builder_.close_heading();
    } else if (front.starts_with("bq.")) {
      end_lists();
      const std::size_t depth = builder_.depth();
      builder_.open(Builder::Frame::quote);
      builder_.runs(wiki::read_runs(front.substr(3)));
      builder_.close_to(depth);
    } else if (wiki::is_rule(front)) {
      end_lists();
      builder_.rule();
    } else if (const wiki::ItemMarker marker = wiki::item_marker(front, !levels_.empty()); marker.length > 0) {
      item(marker.marker);
      if (marker.length < front.size()) text_line(front.substr(marker.length));
    } else {
      text_line(front);
    }
  }

  void blank_line() {
    end_table();
    end_lists();
  }

  void text_line(std::string_view line) {
    if (!lines_.empty()) lines_ += '\n';
    lines_ += line;
  }

  void end_text() {
    if (lines_.empty()) return;
    builder_.end_paragraph();
    builder_.runs(wiki::read_runs(std::exchange(lines_, {})));
    builder_.end_paragraph();
  }

  void end_lists() {
    end_text();
    builder_.close_to(base_);
    levels_.clear();
  }

  void item(std::string_view marker) {
    end_text();
    std::size_t common = 0;
    while (common < std::min(marker.size(), levels_.size()) && levels_[common].ordered == (marker[common] == '#')) {
      ++common;
    }
    if (common == 0) {
      builder_.close_to(base_);
    } else {
      // As deep as it: the next item of that list. Deeper: in the item that is open.
      builder_.close_to(levels_[common - 1].inside + (common == marker.size() ? 0 : 1));
    }
    if (common > 0 && common == marker.size()) builder_.open(Builder::Frame::item);
    levels_.resize(common);
    for (const char c : marker.substr(common)) {
      builder_.open(Builder::Frame::list, c == '#');
      levels_.push_back({c == '#', builder_.depth()});
      builder_.open(Builder::Frame::item);
    }
  }

  void row(std::string_view line) {
    if (!table_) {
      end_lists();
      table_ = builder_.depth();
      builder_.open(Builder::Frame::table);
    }
    row_ = line;
    row_open_ = true;
    if (text::trim(line).ends_with('|')) end_row();
  }

  // A row goes on until a line ends with a bar.
  void continue_row(std::string_view line) {
    row_ += '\n';
    row_ += line;
    if (text::trim(line).ends_with('|')) end_row();
  }

  void end_row() {
    row_open_ = false;
    const std::string row = std::exchange(row_, {});
    const std::string_view all = text::trim(row);
    const std::size_t depth = builder_.depth();
    builder_.open(Builder::Frame::row);
    for (std::size_t i = 0; i < all.size();) {
      const bool header = all.substr(i, 2) == "||";
      const std::size_t begin = i + (header ? 2 : 1);
      if (begin >= all.size()) break;
      std::size_t end = begin;
      while (end < all.size() && all[end] != '|') {
        if (wiki::escape_at(all, end)) {
          end += 2;
        } else if (const auto piece = wiki::piece_at(all, end)) {
          end = piece->end;
        } else {
          ++end;
        }
      }
      const std::size_t cell = builder_.depth();
      builder_.open(Builder::Frame::cell, header);
      builder_.runs(wiki::read_runs(text::trim(all.substr(begin, end - begin))));
      builder_.end_paragraph();
      builder_.close_to(cell);
      i = end;
    }
    builder_.close_to(depth);
  }

  void end_table() {
    if (row_open_) end_row();
    if (!table_) return;
    builder_.close_to(*table_);
    table_.reset();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool fresh_ = true;
  bool no_more_code_ = false, no_more_noformat_ = false;
  Builder builder_;
  std::string lines_;          // of the paragraph
  std::vector<Level> levels_;  // of the list
  std::size_t base_ = 1;       // the builder's depth outside of it
  std::optional<Quote> quote_;
  std::optional<std::size_t> table_;  // the builder's depth outside of it
  bool row_open_ = false;
  std::string row_;
};

}  // namespace

RichText from_wiki(std::string_view wiki) {
  const std::string text = cleaned(wiki, true);
  return RichTextWriter::write(Reader{text}.read());
}

}  // namespace syncservice::record
