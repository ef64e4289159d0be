#include "filter.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::mapping {
namespace {

constexpr std::size_t max_depth = 64;

struct Token {
  enum class Kind : std::uint8_t { end, word, string, symbol, broken };
  Kind kind = Kind::end;
  std::string text;        // a word, the content of a string, or the symbol
  std::size_t offset = 0;  // where it starts
};

bool is_word_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// Recursive descent, one token ahead:
//   either     = both { "or" both }
//   both       = single { "and" single }
//   single     = "not" single | "(" either ")" | comparison
//   comparison = field ( "==" string | "!=" string | "in" "[" string { "," string } "]" )
//   field      = word | string
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
    Condition out{kind, {}, {}, {}};
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
      Condition out{Condition::Kind::negation, {}, {}, {}};
      out.operands.push_back(std::move(*inner));
      return out;
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
    if (next_.kind != Token::Kind::string && (next_.kind != Token::Kind::word || at_keyword()))
      return fail("expected the name of a field, \"not\" or \"(\"");
    Condition out{Condition::Kind::comparison, next_.text, {}, {}};
    advance();
    if (at_symbol("==") || at_symbol("!=")) {
      const bool negative = at_symbol("!=");
      advance();
      if (!string(out.texts)) return std::nullopt;
      if (!negative) return out;
      Condition negation{Condition::Kind::negation, {}, {}, {}};
      negation.operands.push_back(std::move(out));
      return negation;
    }
    if (!at_word("in")) return fail("expected \"==\", \"!=\" or \"in\" after the field");
    advance();
    if (!at_symbol("[")) return fail("expected \"[\" after \"in\"");
    do {
      advance();
      if (!string(out.texts)) return std::nullopt;
    } while (at_symbol(","));
    if (!at_symbol("]")) return fail("expected \",\" or \"]\"");
    advance();
    return out;
  }

  bool string(std::vector<std::string>& texts) {
    if (next_.kind != Token::Kind::string) {
      fail("expected a value in double quotes");
      return false;
    }
    texts.push_back(next_.text);
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
  [[nodiscard]] bool at_keyword() const { return at_word("and") || at_word("or") || at_word("not") || at_word("in"); }
  [[nodiscard]] bool at_symbol(std::string_view symbol) const {
    return next_.kind == Token::Kind::symbol && next_.text == symbol;
  }

  void advance() {
    while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r'))) ++at_;
    next_ = Token{Token::Kind::end, {}, at_};
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
    next_.text = two == "==" || two == "!=" ? two : two.substr(0, 1);
    at_ += next_.text.size();
  }

  void read_string(char quote) {
    std::string content;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size()) {
        content.push_back(text_[++i]);
      } else if (text_[i] == quote) {
        next_.kind = Token::Kind::string;
        next_.text = std::move(content);
        at_ = i + 1;
        return;
      } else {
        content.push_back(text_[i]);
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

bool is_one_of(const record::Value& value, const std::vector<std::string>& texts) {
  if (const auto* list = std::get_if<record::List>(&value.get()))
    return std::any_of(list->begin(), list->end(), [&](const auto& element) { return is_one_of(element, texts); });
  return std::find(texts.begin(), texts.end(), value.text()) != texts.end();
}

}  // namespace

bool Condition::holds(const record::Fields& fields) const {
  const auto operand_holds = [&](const Condition& operand) { return operand.holds(fields); };
  switch (kind) {
    case Kind::comparison: {
      const auto found = fields.find(field);
      return is_one_of(found == fields.end() ? record::Value{} : found->second, texts);
    }
    case Kind::negation:
      return !operands.front().holds(fields);
    case Kind::conjunction:
      return std::all_of(operands.begin(), operands.end(), operand_holds);
    case Kind::disjunction:
      return std::any_of(operands.begin(), operands.end(), operand_holds);
  }
  return false;
}

std::optional<Condition> parse_condition(std::string_view text, std::string& fault) {
  return Parser{text}.run(fault);
}

}  // namespace syncservice::mapping
