#include "filter.hpp"
#include "values.hpp"

#include "syncservice/base/text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

namespace syncservice::mapping {
namespace {

constexpr std::size_t max_depth = 64;

struct Token {
  enum class Kind : std::uint8_t { end, word, string, symbol, broken };
  Kind kind = Kind::end;
  std::string text;        // a word, the content of a string, or the symbol
  std::string pattern;     // the content of a string in which a backslash escapes the quote alone
  std::size_t offset = 0;  // where it starts
};

bool is_word_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// A pattern that needs more than this is refused when it is compiled, and matching never takes more.
constexpr std::int64_t pattern_memory = std::int64_t{1} << 20;

Literal literal(std::string text, bool bare) {
  Literal out{std::move(text), bare, {}, {}, {}};
  out.number = number_from(out.text);
  out.date = record::date_from_text(out.text);
  out.instant = record::instant_from_text(out.text);
  return out;
}

Condition node(Condition::Kind kind, std::string field = {}) {
  return {kind, std::move(field), {}, {}, {}};
}

Condition negated(Condition condition) {
  Condition out = node(Condition::Kind::negation);
  out.operands.push_back(std::move(condition));
  return out;
}

// Recursive descent, one token ahead:
//   either     = both { "or" both }
//   both       = single { "and" single }
//   single     = "not" single | "(" either ")" | function "(" field ")" | comparison
//   function   = "changed" | "empty"
//   comparison = field ( operator value | "in" "[" value { "," value } "]" | "matches" string )
//   operator   = "==" | "!=" | "<" | "<=" | ">" | ">="
//   field      = word | string
//   value      = string | number | "true" | "false"
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { advance(); }

  std::optional<Condition> run(std::string& fault) {
    auto condition = either(0);
    if (condition && next_.kind != Token::Kind::end) condition = fail("expected \"and\", \"or\" or the end");
    if (!condition) fault = fault_;
    return condition;
  }

 private:
  using Parsed = std::optional<Condition>;
  using Level = Parsed (Parser::*)(std::size_t);

  Parsed either(std::size_t depth) { return joined("or", Condition::Kind::disjunction, &Parser::both, depth); }
  Parsed both(std::size_t depth) { return joined("and", Condition::Kind::conjunction, &Parser::single, depth); }

  Parsed joined(std::string_view word, Condition::Kind kind, Level operand, std::size_t depth) {
    Parsed first = (this->*operand)(depth);
    if (!first || !at_word(word)) return first;
    Condition out = node(kind);
    out.operands.push_back(std::move(*first));
    while (at_word(word)) {
      advance();
      Parsed more = (this->*operand)(depth);
      if (!more) return more;
      out.operands.push_back(std::move(*more));
    }
    return out;
  }

  Parsed single(std::size_t depth) {
    if (depth == max_depth) return fail("it is nested more than " + std::to_string(max_depth) + " levels deep");
    if (at_word("not")) {
      advance();
      Parsed inner = single(depth + 1);
      if (!inner) return inner;
      return negated(std::move(*inner));
    }
    if (at_symbol("(")) {
      advance();
      Parsed inner = either(depth + 1);
      if (!inner) return inner;
      if (!at_symbol(")")) return fail("expected \"and\", \"or\" or \")\"");
      advance();
      return inner;
    }
    return comparison();
  }

  Parsed comparison() {
    if (!at_field()) return fail("expected the name of a field, \"not\" or \"(\"");
    const bool bare = next_.kind == Token::Kind::word;
    std::string field = next_.text;
    advance();
    if (bare && at_symbol("(")) return function(field);
    if (at_word("in")) return one_of(std::move(field));
    if (at_word("matches")) return matches(std::move(field));
    static constexpr std::array<std::pair<std::string_view, Condition::Kind>, 6> operators{
        {{"==", Condition::Kind::one_of},
         {"!=", Condition::Kind::one_of},
         {"<", Condition::Kind::less},
         {"<=", Condition::Kind::less_or_equal},
         {">", Condition::Kind::greater},
         {">=", Condition::Kind::greater_or_equal}}};
    const auto found = std::find_if(operators.begin(), operators.end(),
                                    [this](const auto& candidate) { return at_symbol(candidate.first); });
    if (found == operators.end())
      return fail("expected \"==\", \"!=\", \"<\", \"<=\", \">\", \">=\", \"in\" or \"matches\" after the field");
    advance();
    Condition out = node(found->second, std::move(field));
    if (!value(out.literals)) return std::nullopt;
    return found->first == "!=" ? negated(std::move(out)) : out;
  }

  Parsed function(const std::string& name) {
    if (name != "changed" && name != "empty")
      return fail("there is no function '" + text::printable(name, 40) + "'; expected changed(field) or empty(field)");
    advance();
    if (!at_field()) return fail("expected the name of a field in the parentheses");
    Condition out = node(name == "changed" ? Condition::Kind::changed : Condition::Kind::empty, next_.text);
    advance();
    if (!at_symbol(")")) return fail("expected \")\" after the field");
    advance();
    return out;
  }

  Parsed one_of(std::string field) {
    Condition out = node(Condition::Kind::one_of, std::move(field));
    advance();
    if (!at_symbol("[")) return fail("expected \"[\" after \"in\"");
    do {
      advance();
      if (!value(out.literals)) return std::nullopt;
    } while (at_symbol(","));
    if (!at_symbol("]")) return fail("expected \",\" or \"]\"");
    advance();
    return out;
  }

  Parsed matches(std::string field) {
    Condition out = node(Condition::Kind::matches, std::move(field));
    advance();
    if (next_.kind != Token::Kind::string) return fail("expected a regular expression in double quotes");
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(pattern_memory);
    auto pattern = std::make_shared<const re2::RE2>(next_.pattern, options);
    if (!pattern->ok()) return fail("not a regular expression (" + text::printable(pattern->error()) + ")");
    out.pattern = std::move(pattern);
    advance();
    return out;
  }

  bool value(std::vector<Literal>& literals) {
    const bool string = next_.kind == Token::Kind::string;
    const bool bare =
        at_word("true") || at_word("false") || (next_.kind == Token::Kind::word && number_from(next_.text).has_value());
    if (!string && !bare) {
      fail("expected a value in double quotes, a number, true or false");
      return false;
    }
    literals.push_back(literal(next_.text, bare));
    advance();
    return true;
  }

  Parsed fail(const std::string& expected) {
    // From 1, in characters as an editor counts them.
    const auto before = text_.substr(0, next_.offset);
    const auto column = 1 + std::count_if(before.begin(), before.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    fault_ = "column " + std::to_string(column) + ": ";
    if (next_.kind == Token::Kind::broken) {
      fault_ += next_.text;
    } else {
      fault_ += expected + ", but found ";
      fault_ += next_.kind == Token::Kind::end ? "the end" : '\'' + text::printable(next_.text, 40) + '\'';
    }
    return std::nullopt;
  }

  [[nodiscard]] bool at_word(std::string_view word) const {
    return next_.kind == Token::Kind::word && next_.text == word;
  }
  [[nodiscard]] bool at_field() const {
    return next_.kind == Token::Kind::string || (next_.kind == Token::Kind::word && !at_keyword());
  }
  [[nodiscard]] bool at_keyword() const { return at_word("and") || at_word("or") || at_word("not") || at_word("in"); }
  [[nodiscard]] bool at_symbol(std::string_view symbol) const {
    return next_.kind == Token::Kind::symbol && next_.text == symbol;
  }

  void advance() {
    while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r'))) ++at_;
    next_ = Token{Token::Kind::end, {}, {}, at_};
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (c == '"' || c == '\'') return read_string(c);
    if (is_word_char(c)) {
      const auto start = at_;
      while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
      next_.kind = Token::Kind::word;
      next_.text = text_.substr(start, at_ - start);
      return;
    }
    const auto two = text_.substr(at_, 2);
    next_.kind = Token::Kind::symbol;
    next_.text = two == "==" || two == "!=" || two == "<=" || two == ">=" ? two : two.substr(0, 1);
    at_ += next_.text.size();
  }

  void read_string(char quote) {
    std::string content;
    std::string pattern;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size()) {
        content.push_back(text_[++i]);
        if (text_[i] != quote) pattern.push_back('\\');
        pattern.push_back(text_[i]);
      } else if (text_[i] == quote) {
        next_.kind = Token::Kind::string;
        next_.text = std::move(content);
        next_.pattern = std::move(pattern);
        at_ = i + 1;
        return;
      } else {
        content.push_back(text_[i]);
        pattern.push_back(text_[i]);
      }
    }
    next_.kind = Token::Kind::broken;
    next_.text = std::string{"the quote that opens here is never closed; end the value with "} + quote;
    at_ = text_.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Token next_;
  std::string fault_;
};

}  // namespace

std::optional<Condition> parse_condition(std::string_view text, std::string& fault) {
  return Parser{text}.run(fault);
}

}  // namespace syncservice::mapping
