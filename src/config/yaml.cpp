#include "yaml.hpp"

#include "file.hpp"
#include "syncservice/base/text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace syncservice::config::yaml {
namespace {

constexpr std::size_t deepest = 32;
constexpr std::uint32_t heaviest = 20'000'000;
constexpr std::size_t most_faults = 20;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Inside { } an unquoted ${env:X} would end at its brace. So its braces are read as two characters that no file holds
// (as many columns wide), and put back in what was read.
constexpr std::string_view open_stand_in = "\xEE\x80\x80";   // U+E000
constexpr std::string_view close_stand_in = "\xEE\x80\x81";  // U+E001

// Bytes of "${env:…}" or "${file:…}" at the front, 0 when there is none.
std::size_t reference_length(std::string_view text) noexcept {
  if (!text.starts_with("${env:") && !text.starts_with("${file:")) return 0;
  const std::size_t end = text.find_first_of("{}\n\r\"'#,", 2);
  return end != std::string_view::npos && text[end] == '}' ? end + 1 : 0;
}

std::string with_stand_ins(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  for (;;) {
    const std::size_t dollar = text.find("${");
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) return out;
    text.remove_prefix(dollar);
    const std::size_t length = reference_length(text);
    if (length == 0) {
      out += text.substr(0, 2);
      text.remove_prefix(2);
      continue;
    }
    out += '$';
    out += open_stand_in;
    out += text.substr(2, length - 3);
    out += close_stand_in;
    text.remove_prefix(length);
  }
}

void put_back(std::string& texts, std::string_view read) {
  while (!read.empty()) {
    const std::size_t at = read.find("\xEE\x80");
    texts += read.substr(0, at);
    if (at == std::string_view::npos) return;
    read.remove_prefix(at);
    if (read.starts_with(open_stand_in) || read.starts_with(close_stand_in)) {
      texts += read.starts_with(open_stand_in) ? '{' : '}';
      read.remove_prefix(open_stand_in.size());
    } else {
      texts += read.substr(0, 2);
      read.remove_prefix(2);
    }
  }
}

bool is_tail_byte(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

Location place_of(std::string_view text, std::size_t offset) noexcept {
  Location at{1, 1};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if (!is_tail_byte(c)) {
      ++at.column;
    }
  }
  return at;
}

std::string_view rest_at(std::string_view text, Location at) noexcept {
  for (int line = 1; line < at.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  for (int column = 1; column < at.column && !text.empty(); ++column) {
    do text.remove_prefix(1);
    while (!text.empty() && is_tail_byte(text.front()));
  }
  return text;
}

/// The first byte that no YAML text may hold; yaml-cpp itself would replace it, or take it for the end.
std::optional<Fault> unreadable(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == '\x7F';
    if (control) return Fault{place_of(text, at), "control characters are not allowed; save the file as UTF-8 text"};
  }
  const std::size_t good = text::utf8_prefix(text);
  if (good == text.size()) return std::nullopt;
  return Fault{place_of(text, good), "not valid UTF-8; save the file as UTF-8"};
}

/// An istream over text that somebody else keeps.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

/// Ends the parser's run from inside an event, after a fault that makes the rest useless.
struct Stopped {};

}  // namespace

class Builder final : public YAML::EventHandler {
 public:
  Builder(Tree& tree, std::vector<Fault>& faults) : tree_(tree), faults_(faults) {}

  void read(std::string text) {
    text_ = text;
    for (std::size_t at = 0; at != std::string::npos; at = text_.find('\n', at), at += at != std::string::npos ? 1 : 0)
      lines_.push_back(at);
    TextBuffer buffer(text);
    std::istream in(&buffer);
    try {
      YAML::Parser parser(in);
      while (parser.HandleNextDocument(*this)) {
      }
      refuse_open_quote();
    } catch (const Stopped&) {
      return;  // said already
    } catch (const YAML::Exception& problem) {
      syntax_fault(problem);
    }
  }

 private:
  using Slot = Tree::Slot;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) fatal(place(mark), "a second document begins here; a file holds one, leave the \"---\" out");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(place(mark), anchor, {}, true); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override { alias(anchor, place(mark)); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (tag == "!") {
      quoted_ = lines_[static_cast<std::size_t>(mark.line)] + static_cast<std::size_t>(mark.column);
    } else {
      refuse_tag(tag, place(mark));
    }
    scalar(place(mark), anchor, value, tag == "?");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(tag, place(mark));
    open(Kind::sequence, anchor, place(mark));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(tag, place(mark));
    open(Kind::map, anchor, place(mark));
  }
  void OnMapEnd() override { close(); }

  // yaml-cpp counts bytes; people count characters.
  [[nodiscard]] Location place(const YAML::Mark& mark) const noexcept {
    if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines_.size()) return {1, 1};
    const std::string_view line =
        text_.substr(lines_[static_cast<std::size_t>(mark.line)], static_cast<std::size_t>(mark.column));
    const auto characters = std::count_if(line.begin(), line.end(), [](char c) { return !is_tail_byte(c); });
    return {mark.line + 1, static_cast<int>(characters) + 1};
  }

  void fault(Location at, std::string what) {
    faults_.push_back({at, std::move(what)});
    if (faults_.size() >= most_faults) throw Stopped{};
  }
  [[noreturn]] void fatal(Location at, std::string what) {
    faults_.push_back({at, std::move(what)});
    throw Stopped{};
  }

  void refuse_tag(const std::string& tag, Location at) {
    if (tag != "?" && !tag.empty())
      fault(at, "tags such as \"" + text::printable(tag) + "\" are not allowed; write the value in quotes instead");
  }

  void scalar(Location at, YAML::anchor_t anchor, std::string_view value, bool plain) {
    Slot slot;
    slot.plain = plain;
    slot.line = at.line;
    slot.column = at.column;
    slot.text_begin = static_cast<std::uint32_t>(tree_.texts_.size());
    put_back(tree_.texts_, value);
    slot.text_size = static_cast<std::uint32_t>(tree_.texts_.size()) - slot.text_begin;
    remember(anchor, add(slot));
  }

  void open(Kind kind, YAML::anchor_t anchor, Location at) {
    if (open_.size() >= deepest)
      fatal(at, "nested more than " + std::to_string(deepest) + " levels deep; no app link needs that");
    Slot slot;
    slot.kind = kind;
    slot.line = at.line;
    slot.column = at.column;
    const std::uint32_t index = add(slot);
    open_.push_back(index);
    remember(anchor, index);
  }

  void remember(YAML::anchor_t anchor, std::uint32_t index) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = index;
  }

  void close() {
    const std::uint32_t index = open_.back();
    open_.pop_back();
    if (tree_.slots_[index].kind == Kind::map) refuse_repeated_keys(index);
    if (!open_.empty()) weigh(open_.back(), tree_.slots_[index].weight - 1);
  }

  void alias(YAML::anchor_t anchor, Location at) {
    const std::uint32_t target = anchors_.at(anchor);
    if (std::find(open_.begin(), open_.end(), target) != open_.end())
      fatal(at, "this alias refers to something that it is a part of");
    Slot slot;
    slot.line = at.line;
    slot.column = at.column;
    slot.target = target;
    slot.weight = tree_.slots_[target].weight;
    add(slot);
  }

  // Appends the node to the innermost open one.
  std::uint32_t add(const Slot& slot) {
    const auto index = static_cast<std::uint32_t>(tree_.slots_.size());
    tree_.slots_.push_back(slot);
    if (open_.empty()) return index;
    Slot& parent = tree_.slots_[open_.back()];
    if (parent.kind == Kind::map && parent.count % 2 == 1 && slot.plain && slot.text_size == 0 &&
        slot.line != tree_.slots_[parent.last].line) {
      // Nothing has no place of its own: yaml-cpp gives that of whatever comes next.
      tree_.slots_.back().line = tree_.slots_[parent.last].line;
      tree_.slots_.back().column = tree_.slots_[parent.last].column;
    }
    if (parent.kind == Kind::map && parent.count % 2 == 0) refuse_odd_key(slot);
    if (parent.first == Tree::none) {
      parent.first = index;
    } else {
      tree_.slots_[parent.last].next = index;
    }
    parent.last = index;
    ++parent.count;
    weigh(open_.back(), slot.weight);
    return index;
  }

  void weigh(std::uint32_t index, std::uint32_t weight) {
    Slot& slot = tree_.slots_[index];
    if (weight > heaviest - std::min(heaviest, slot.weight)) {
      slot.weight = heaviest;
      fatal({slot.line, slot.column}, "grows to more than " + std::to_string(heaviest) +
                                          " values when its aliases (*…) are followed; write less of them");
    }
    slot.weight += weight;
  }

  void refuse_odd_key(const Slot& slot) {
    if (slot.kind == Kind::scalar && slot.target == Tree::none) return;
    fault({slot.line, slot.column}, "the name of a member must be plain text, not a list, a map or an alias");
  }

  void refuse_repeated_keys(std::uint32_t map) {
    constexpr std::uint32_t few = 32;
    const bool many = tree_.slots_[map].count > few;
    names_.clear();
    if (many) seen_.clear();
    for (std::uint32_t key = tree_.slots_[map].first; key != Tree::none;) {
      const Slot& slot = tree_.slots_[key];
      const std::string_view name = std::string_view{tree_.texts_}.substr(slot.text_begin, slot.text_size);
      const bool repeated =
          many ? !seen_.insert(name).second : std::find(names_.begin(), names_.end(), name) != names_.end();
      if (repeated && slot.kind == Kind::scalar && slot.target == Tree::none)
        fault({slot.line, slot.column}, "\"" + text::printable(name) + "\" is given twice here; keep one of them");
      if (!many) names_.push_back(name);
      key = slot.next == Tree::none ? Tree::none : tree_.slots_[slot.next].next;
    }
  }

  void syntax_fault(const YAML::Exception& problem) {
    const Location at = place(problem.mark);
    const std::string_view rest = rest_at(text_, at);
    if (const auto tab = tab_in_indentation(at.line))
      return faults_.push_back({{at.line, *tab}, "a tab stands where YAML takes blanks only; indent with blanks"});
    if (problem.msg.find("anchor is not defined") != std::string::npos) {
      return faults_.push_back({at,
                                "this alias refers to nothing; its anchor (&…) must stand before it. A value that "
                                "begins with * is written in quotes"});
    }
    if (problem.msg.find("unknown token") != std::string::npos && !rest.empty())
      return faults_.push_back({at, std::string{"a value can't begin with "} + rest.front() + "; write it in quotes"});
    const auto says = [&](std::string_view words) { return problem.msg.find(words) != std::string::npos; };
    std::string what = "not YAML: " + text::printable(problem.msg);
    if (says("end of map flow")) {
      what = "a { is not closed, or a comma is missing between its members";
    } else if (says("end of sequence flow")) {
      what = "a [ is not closed, or a comma is missing between its items";
    } else if (says("end of map") || says("end of sequence")) {
      what = "the indentation does not fit the lines above; what belongs together stands under each other";
    } else if (says("illegal map value")) {
      what += "; a value that holds \": \" is written in quotes, and members of one map stand under each other";
    }
    faults_.push_back({at, std::move(what)});
  }

  [[nodiscard]] std::optional<int> tab_in_indentation(int line) const {
    const std::string_view rest = rest_at(text_, {line, 1});
    const std::size_t tab = rest.substr(0, rest.find_first_not_of(" \t")).find('\t');
    return tab == std::string_view::npos ? std::nullopt : std::optional{static_cast<int>(tab) + 1};
  }

  // yaml-cpp takes the end of the text for the closing quote.
  void refuse_open_quote() {
    if (quoted_ == std::string_view::npos) return;
    const char quote = text_[quoted_];
    if (quote != '"' && quote != '\'') return;  // a block scalar
    for (std::size_t at = quoted_ + 1; at < text_.size(); ++at) {
      if (text_[at] == '\\' && quote == '"') {
        ++at;
      } else if (text_[at] == quote) {
        return;
      }
    }
    faults_.push_back({place_of(text_, quoted_), quote == '"' ? "this \" is never closed" : "this ' is never closed"});
  }

  Tree& tree_;
  std::vector<Fault>& faults_;
  std::string_view text_;
  std::vector<std::uint32_t> open_;
  std::unordered_map<YAML::anchor_t, std::uint32_t> anchors_;
  std::vector<std::size_t> lines_;  // where each begins
  std::vector<std::string_view> names_;
  std::unordered_set<std::string_view> seen_;
  std::size_t quoted_ = std::string_view::npos;  // where the last text in quotes begins
  int documents_ = 0;
};

Kind Node::kind() const noexcept {
  return tree_->resolved(slot_).kind;
}

Location Node::at() const noexcept {
  return {tree_->slots_[slot_].line + tree_->lines_before_, tree_->slots_[slot_].column};
}

std::string_view Node::text() const noexcept {
  const Tree::Slot& slot = tree_->resolved(slot_);
  return std::string_view{tree_->texts_}.substr(slot.text_begin, slot.text_size);
}

bool Node::plain() const noexcept {
  return tree_->resolved(slot_).plain;
}

bool Node::is_null() const noexcept {
  if (kind() != Kind::scalar || !plain()) return false;
  const std::string_view value = text();
  return value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL";
}

std::size_t Node::size() const noexcept {
  return tree_->resolved(slot_).count;
}

std::optional<Node> Node::first() const noexcept {
  const std::uint32_t slot = tree_->resolved(slot_).first;
  return slot == Tree::none ? std::nullopt : std::optional{Node{tree_, slot}};
}

std::optional<Node> Node::next() const noexcept {
  const std::uint32_t slot = tree_->slots_[slot_].next;
  return slot == Tree::none ? std::nullopt : std::optional{Node{tree_, slot}};
}

Tree Tree::parse(std::string_view text, std::vector<Fault>& faults, int lines_before) {
  Tree tree;
  tree.lines_before_ = lines_before;
  if (text.size() > largest_file) {
    faults.push_back(
        {{}, "holds more than " + std::to_string(largest_file >> 20U) + " MiB; spread it over several files"});
    return tree;
  }
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  for (const std::string_view stand_in : {open_stand_in, close_stand_in}) {
    if (const std::size_t at = text.find(stand_in); at != std::string_view::npos)
      faults.push_back({place_of(text, at), "the private characters U+E000 and U+E001 can't be used here"});
  }
  if (const auto at = unreadable(text)) faults.push_back(*at);
  if (!faults.empty()) return tree;
  tree.slots_.reserve(text.size() / 8 + 16);
  tree.texts_.reserve(text.size());
  Builder{tree, faults}.read(with_stand_ins(text));
  return tree;
}

std::optional<Node> Tree::root() const noexcept {
  return slots_.empty() ? std::nullopt : std::optional{Node{this, 0}};
}

const Tree::Slot& Tree::resolved(std::uint32_t slot) const noexcept {
  const Slot& node = slots_[slot];
  return node.target == none ? node : slots_[node.target];
}

}  // namespace syncservice::config::yaml
