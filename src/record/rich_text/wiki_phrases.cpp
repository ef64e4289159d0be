// Runs as Jira's markup: marks, links, images, and whatever needs an escape to be no markup.
#include "wiki.hpp"

#include "address.hpp"
#include "entity.hpp"
#include "words.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace syncservice::record::wiki {
namespace {

constexpr std::array<std::string_view, 2> blanks{" ", no_break_space};

/// Where a piece of text stands, as far as that decides what in it must be escaped.
struct Context {
  Marks marks = 0;       // of the run
  bool in_link = false;  // in [text|…]
  bool in_cell = false;
  bool line_start = false;  // the first of its line
  bool goes_on = false;     // more follows on the line
  bool blank_next = false;  // and that is a blank
};

void escape(std::string& out, char c) {
  if (is_escapable(c)) {
    out.append("\\").append(1, c);
  } else {
    out.append("&#").append(std::to_string(static_cast<unsigned>(static_cast<unsigned char>(c)))).append(";");
  }
}

// What would make a line something else than text: the position of the character to escape.
std::size_t line_marker(std::string_view text, bool behind_mark) {
  if (behind_mark) return std::string_view{"*#-"}.find(text[0]) == std::string_view::npos ? std::string_view::npos : 0;
  if (item_marker(text, true).length > 0 || is_rule(text) || text.starts_with('|')) return 0;
  if (heading_level(text) != 0 || text.starts_with("bq.")) return 2;
  return std::string_view::npos;
}

class TextWriter {
 public:
  TextWriter(std::string_view text, const Context& context) : text_(text), context_(context) {}

  [[nodiscard]] std::string write() {
    const std::string line = std::string{text_} + (context_.blank_next ? " " : "");
    const std::size_t marker = context_.line_start ? line_marker(line, context_.marks != 0) : std::string_view::npos;
    for (std::size_t i = 0; i < text_.size();) {
      const bool address_counts = !context_.in_link && (context_.marks & code) == 0;
      if (const std::size_t length = address_counts ? bare_address(text_, i) : 0; length > 0) {
        out_ += text_.substr(i, length);
        i += length;
        continue;
      }
      if (i == marker || needs_escape(i)) {
        escape(out_, text_[i]);
      } else if (text_[i] == '&' && entity_length(text_.substr(i)) > 0) {
        out_ += "&amp;";
      } else {
        out_ += text_[i];
      }
      ++i;
    }
    return std::move(out_);
  }

 private:
  // Nothing but a blank or the end of the line comes next.
  [[nodiscard]] bool blank_next(std::size_t i) const {
    return i + 1 < text_.size() ? blank_at(text_, i + 1) : !context_.goes_on;
  }
  [[nodiscard]] bool blank_previous(std::size_t i) const { return i > 0 && blank_at(text_, i - 1); }

  [[nodiscard]] bool needs_escape(std::size_t i) const {
    const char c = text_[i];
    if (const Marks mark = mark_of(c); mark != 0) {
      const bool opens = !blank_next(i) && !word_before(text_, i);
      const bool closes = (context_.marks & mark) != 0 && !blank_previous(i) && !word_at(text_, i + 1);
      return opens || closes;
    }
    switch (c) {
      case '{':
      case '[':
        return true;
      case ']':
        return context_.in_link;
      case '}':
        return (context_.marks & code) != 0;
      case '|':
        return context_.in_link || context_.in_cell;
      case '!':
        // At a cell's end, an image may begin with the next cell's first.
        return (!blank_next(i) || (context_.in_cell && i + 1 == text_.size())) && !word_before(text_, i);
      case '?':
        return text_.substr(i, 2) == "??" || (i > 0 && text_[i - 1] == '?') ||
               (i + 1 == text_.size() && context_.goes_on);
      case '\\':
        return (i > 0 && text_[i - 1] == '\\') || i + 1 == text_.size() ||
               (!word_at(text_, i + 1) && text_[i + 1] != ' ');
      case '(':
        return is_icon(text_.substr(i));
      case ')':
        return i > 0 && (text_[i - 1] == ':' || text_[i - 1] == ';');
      default:
        return false;
    }
  }

  // Jira makes pictures of these.
  static bool is_icon(std::string_view rest) {
    static constexpr std::array<std::string_view, 16> icons{"(y)",  "(n)",  "(i)",  "(/)",  "(x)", "(!)",
                                                            "(+)",  "(-)",  "(?)",  "(on)", "(*)", "(*r)",
                                                            "(*g)", "(*b)", "(*y)", "(off)"};
    return std::any_of(icons.begin(), icons.end(), [rest](std::string_view icon) { return rest.starts_with(icon); });
  }

  std::string_view text_;
  Context context_;
  std::string out_;
};

// References for all that could end an image or its parameters.
std::string attribute(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view{"!|,\"&\\{}[]"}.find(c) == std::string_view::npos) {
      out += c;
    } else {
      out.append("&#").append(std::to_string(static_cast<int>(c))).append(";");
    }
  }
  return out;
}

std::string image(const Run& run) {
  std::string out = "!" + attribute(run.text);
  if (!run.alt.empty()) {
    out.append("|alt=").append(attribute(run.alt));
  } else if (run.text.find('.') == std::string::npos) {
    out += "|thumbnail";  // a name without a dot is an image only with a parameter
  }
  return out += '!';
}

/// A part of a line: text in markup, or a mark's beginning or end.
struct Part {
  std::string text;
  Mark mark = code;  // `code` for none
  bool begins = false;
  bool braces = false;
  std::size_t partner = 0;
};

class RunWriter {
 public:
  RunWriter(bool in_link, Place place) : in_link_(in_link), place_(place) {}

  [[nodiscard]] std::string write(const Runs& runs) {
    for (std::size_t i = 0; i < runs.size();) i = add(runs, i);
    switch_to(0);
    end_line();
    return std::move(out_);
  }

 private:
  // One run, or all of one link; where the next begins.
  std::size_t add(const Runs& runs, std::size_t i) {
    const Run& run = runs[i];
    if (run.kind == Run::Kind::line_break) {
      switch_to(0);
      const bool alone = i > 0 && runs[i - 1].kind != Run::Kind::line_break && i + 1 < runs.size() &&
                         runs[i + 1].kind != Run::Kind::line_break;
      end_line();
      line_start_ = alone && place_ == Place::lines;
      out_ += line_start_ ? "\n" : "\\\\ ";
      return i + 1;
    }
    if (run.kind == Run::Kind::image) {
      switch_to(0);
      add_text(image(run));
      return i + 1;
    }
    if (!run.link.empty()) return add_link(runs, i);
    add_words(run, i + 1 < runs.size() && runs[i + 1].kind != Run::Kind::line_break);
    return i + 1;
  }

  // No mark begins before a blank or ends behind one; which marks a blank has follows from the words around it.
  void add_words(const Run& run, bool goes_on) {
    std::string_view words = run.text;
    for (const std::string_view blank : blanks) {
      if (!words.starts_with(blank)) continue;
      gap_ = blank;
      words.remove_prefix(blank.size());
    }
    if (words.empty()) return;
    switch_to(static_cast<Marks>(run.marks & ~code));
    for (const std::string_view blank : blanks) {
      if (!words.ends_with(blank)) continue;
      gap_ = blank;
      words.remove_suffix(blank.size());
    }
    Context context;
    context.marks = run.marks;
    context.in_link = in_link_;
    context.in_cell = place_ == Place::cell;
    context.line_start = std::exchange(line_start_, false);
    // To Jira, a no-break space is no blank.
    context.blank_next = gap_ == " ";
    context.goes_on = run.marks != 0 || (goes_on && !context.blank_next);
    std::string text = TextWriter{words, context}.write();
    add_text((run.marks & code) != 0 ? "{{" + text + "}}" : std::move(text));
  }

  std::size_t add_link(const Runs& runs, std::size_t first) {
    std::size_t last = first;
    Marks common = 0xFF;
    Runs label;
    for (; last < runs.size() && runs[last].kind == Run::Kind::text && runs[last].link == runs[first].link; ++last) {
      common = static_cast<Marks>(common & runs[last].marks & ~code);
    }
    for (std::size_t i = first; i < last; ++i) {
      append(label, runs[i].text, static_cast<Marks>(runs[i].marks & ~common));
    }
    switch_to(common);
    const std::string& address = runs[first].link;
    const bool bare =
        label.size() == 1 && label.front().marks == 0 && label.front().text == address && !address.starts_with('/');
    std::string out = "[";
    if (!bare) out.append(RunWriter{true, Place::one_line}.write(label)).append("|");
    add_text(out.append(address).append("]"));
    return last;
  }

  void add_text(std::string text) {
    line_start_ = false;
    Part part;
    part.text = std::move(text);
    parts_.push_back(std::move(part));
  }

  void switch_to(Marks marks) {
    std::vector<Mark> wanted;
    for (const Mark mark : all_marks) {
      if ((marks & mark) != 0) wanted.push_back(mark);
    }
    std::size_t same = 0;
    while (same < std::min(wanted.size(), open_.size()) && parts_[open_[same]].mark == wanted[same]) ++same;
    while (open_.size() > same) {
      Part part;
      part.mark = parts_[open_.back()].mark;
      part.partner = open_.back();
      parts_[open_.back()].partner = parts_.size();
      parts_.push_back(std::move(part));
      open_.pop_back();
    }
    if (!gap_.empty()) add_text(std::string{std::exchange(gap_, {})});
    for (; same < wanted.size(); ++same) {
      open_.push_back(parts_.size());
      Part part;
      part.mark = wanted[same];
      part.begins = true;
      parts_.push_back(std::move(part));
    }
  }

  // Marks stand in braces where a word would hide them.
  void end_line() {
    std::string_view before;
    for (Part& part : parts_) {
      if (part.mark == code) {
        before = part.text;
      } else if (part.begins && word_before(before, before.size())) {
        part.braces = true;
      }
    }
    std::string_view after;
    for (std::size_t i = parts_.size(); i > 0; --i) {
      Part& part = parts_[i - 1];
      if (part.mark == code) {
        after = part.text;
      } else if (!part.begins && word_at(after, 0)) {
        parts_[part.partner].braces = true;
      }
    }
    for (const Part& part : parts_) {
      if (part.mark == code) {
        out_ += part.text;
        continue;
      }
      const char c = character_of(part.mark);
      if (part.begins ? part.braces : parts_[part.partner].braces) {
        out_.append("{").append(1, c).append("}");
      } else {
        out_ += c;
      }
    }
    parts_.clear();
  }

  std::string out_;
  bool in_link_;
  Place place_;
  bool line_start_ = true;
  std::string_view gap_;           // the blank before what comes next
  std::vector<Part> parts_;        // of this line
  std::vector<std::size_t> open_;  // marks that have begun, as parts
};

}  // namespace

std::string write_runs(const Runs& runs, Place place) {
  return RunWriter{false, place}.write(runs);
}

}  // namespace syncservice::record::wiki
