// Jira's phrases: marks, links, images and escapes of one paragraph, read in one pass.
#include "wiki.hpp"

#include "address.hpp"
#include "entity.hpp"
#include "words.hpp"

#include <array>
#include <utility>
#include <vector>

namespace syncservice::record::wiki {
namespace {

/// A piece of the paragraph: runs, or a mark that counts only when its partner was found.
struct Token {
  Runs runs;
  Marks mark = 0;
  std::string literal;  // of a mark that stays alone
  bool opens = false;
  bool paired = false;
};

class Parser {
 public:
  Parser(std::string_view text, bool in_link) : text_(text), in_link_(in_link) {}

  [[nodiscard]] Runs parse() {
    while (at_ < text_.size()) step();
    return finished();
  }

 private:
  // A mark is written bare or in braces, and * closes no {*}; ?? is its own, though it means what _ means.
  struct Opened {
    std::string literal;
    std::size_t token;
  };

  void step() {
    const char c = text_[at_];
    if (c == '\n') return line_end(1);
    if (c == '\\') return backslash();
    if (c == '&') {
      if (const std::size_t length = entity_length(text_.substr(at_)); length > 0) {
        return add(entity_text(text_.substr(at_, length)), length);
      }
    }
    if (c == '{' && (brace_mark() || silent_macro())) return;
    if (c == '[' || c == '!' || c == '{') {
      if (c == '[' && in_link_) return add(text_.substr(at_, 1), 1);
      if (const std::optional<Piece> piece = piece_at(text_, at_)) return add(*piece);
    }
    if (!in_link_ && (c == 'h' || c == 'f' || c == 'm')) {
      if (const std::size_t length = bare_address(text_, at_); length > 0) {
        const std::string address{text_.substr(at_, length)};
        return add(address, length, 0, address);
      }
    }
    if (mark_of(c) != 0) return mark(text_.substr(at_, 1), mark_of(c), false);
    if (text_.substr(at_, 2) == "??") return mark(text_.substr(at_, 2), emphasis, false);
    add(text_.substr(at_, 1), 1);
  }

  void add(std::string_view text, std::size_t length, Marks marks = 0, const std::string& link = {}) {
    append(runs(), text, marks, link);
    at_ += length;
  }

  void add(const Piece& piece) {
    switch (piece.kind) {
      case Piece::Kind::text:
        append(runs(), piece.target);
        break;
      case Piece::Kind::code:
        append(runs(), piece.target, code);
        break;
      case Piece::Kind::image:
        runs().push_back(Run{Run::Kind::image, piece.target, 0, {}, piece.alt});
        break;
      case Piece::Kind::link: {
        Runs label = Parser{piece.label, true}.parse();
        if (label.empty()) append(label, piece.target);
        for (Run& run : label) {
          if (run.kind == Run::Kind::text) run.link = piece.target;
          runs().push_back(std::move(run));
        }
        break;
      }
    }
    at_ = piece.end;
  }

  void backslash() {
    if (escape_at(text_, at_)) return add(text_.substr(at_ + 1, 1), 2);
    if (!forced_break_at(text_, at_)) return add(text_.substr(at_, 1), 1);
    // With the end of its own line, it is still one line end.
    std::size_t end = at_ + 2;
    while (end < text_.size() && text_[end] == ' ') ++end;
    line_end((end < text_.size() && text_[end] == '\n' ? end + 1 : end) - at_);
  }

  // No mark reaches over a line's end.
  void line_end(std::size_t length) {
    append_break(runs());
    open_.clear();
    at_ += length;
  }

  void mark(std::string_view literal, Marks mark, bool braced) {
    const std::size_t end = at_ + literal.size();
    const bool can_close = braced || (at_ > 0 && !blank_at(text_, at_ - 1) && !word_at(text_, end));
    const bool can_open = braced || (!blank_at(text_, end) && text_[end] != literal[0] && !word_before(text_, at_));
    std::size_t opened = open_.size();
    while (opened > 0 && open_[opened - 1].literal != literal) --opened;
    const bool is_open = opened > 0;
    Token& token = tokens_.emplace_back();
    token.mark = mark;
    token.literal = literal;
    at_ = end;
    // What was opened in between and not closed stays as it stands.
    if (is_open && can_close && open_[opened - 1].token + 1 < tokens_.size() - 1) {
      tokens_[open_[opened - 1].token].paired = token.paired = true;
      open_.resize(opened - 1);
    } else if (can_open && !is_open) {
      token.opens = true;
      open_.push_back({token.literal, tokens_.size() - 1});
    }
  }

  bool brace_mark() {
    for (const std::string_view literal : {"{*}", "{_}", "{+}", "{-}", "{~}", "{^}", "{??}"}) {
      if (text_.substr(at_, literal.size()) != literal) continue;
      mark(literal, literal == "{??}" ? Marks{emphasis} : mark_of(literal[1]), true);
      return true;
    }
    return false;
  }

  // Says how the text looks, or where it may be jumped to.
  bool silent_macro() {
    for (const std::string_view name : {"color", "anchor"}) {
      if (const std::size_t length = macro_at(text_, at_, name); length > 0) {
        at_ += length;
        return true;
      }
    }
    return false;
  }

  Runs& runs() {
    if (tokens_.empty() || tokens_.back().mark != 0) tokens_.emplace_back();
    return tokens_.back().runs;
  }

  [[nodiscard]] Runs finished() {
    Runs out;
    std::array<int, 8> open{};
    const auto marks_now = [&open] {
      unsigned marks = 0;
      for (std::size_t bit = 0; bit < open.size(); ++bit) marks |= (open[bit] > 0 ? 1U : 0U) << bit;
      return static_cast<Marks>(marks);
    };
    for (Token& token : tokens_) {
      const Marks marks = marks_now();
      if (token.mark == 0) {
        for (Run& run : token.runs) {
          if (run.kind == Run::Kind::text) {
            append(out, run.text, static_cast<Marks>(run.marks | marks), run.link);
          } else {
            out.push_back(std::move(run));
          }
        }
      } else if (!token.paired) {
        append(out, token.literal, marks);
      } else {
        for (std::size_t bit = 0; bit < open.size(); ++bit) {
          if ((token.mark >> bit & 1U) != 0) open[bit] += token.opens ? 1 : -1;
        }
      }
    }
    return out;
  }

  std::string_view text_;
  bool in_link_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  std::vector<Opened> open_;  // innermost last; no literal twice
};

}  // namespace

Runs read_runs(std::string_view markup) {
  return Parser{markup, false}.parse();
}

}  // namespace syncservice::record::wiki
