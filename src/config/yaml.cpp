#include "yaml.hpp"

#include "file.hpp"
#include "syncservice/base/text.hpp"

#include <yaml.h>

#include <algorithm>
#include <memory>
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

Location place(const yaml_mark_t& mark) noexcept {
  return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

struct ParserDeleter {
  void operator()(yaml_parser_t* parser) const noexcept {
    yaml_parser_delete(parser);
    delete parser;  // NOLINT(cppcoreguidelines-owning-memory): allocated for this deleter
  }
};

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&event_); }
  [[nodiscard]] bool next(yaml_parser_t& parser) noexcept {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser, &event_) != 0;
  }
  [[nodiscard]] const yaml_event_t* operator->() const noexcept { return &event_; }

 private:
  yaml_event_t event_{};
};

std::string_view view(const yaml_char_t* text, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(text), size};
}
std::string name_of(const yaml_char_t* name) {
  return reinterpret_cast<const char*>(name);
}

}  // namespace

class Builder {
 public:
  Builder(Tree& tree, std::vector<Fault>& faults) : tree_(tree), faults_(faults) {}

  void read(std::string_view text) {
    text_ = text;
    auto owned = std::make_unique<yaml_parser_t>();
    if (yaml_parser_initialize(owned.get()) == 0) return fault({1, 1}, "not enough memory to read it");
    const std::unique_ptr<yaml_parser_t, ParserDeleter> parser{owned.release()};
    yaml_parser_set_encoding(parser.get(), YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    Event event;
    while (!stopped_) {
      if (!event.next(*parser)) return syntax_fault(*parser);
      if (event->type == YAML_STREAM_END_EVENT) return;
      take(event);
    }
  }

 private:
  using Slot = Tree::Slot;

  void fault(Location at, std::string what) {
    faults_.push_back({at, std::move(what)});
    if (faults_.size() >= most_faults) stopped_ = true;
  }
  void fatal(Location at, std::string what) {
    fault(at, std::move(what));
    stopped_ = true;
  }

  void take(const Event& event) {
    const Location at = place(event->start_mark);
    switch (event->type) {
      case YAML_DOCUMENT_START_EVENT:
        if (documents_++ > 0) fatal(at, "a second document begins here; a file holds one, leave the \"---\" out");
        break;
      case YAML_SCALAR_EVENT:
        scalar(event, at);
        break;
      case YAML_SEQUENCE_START_EVENT:
        refuse_tag(event->data.sequence_start.tag, at);
        open(Kind::sequence, event->data.sequence_start.anchor, at);
        break;
      case YAML_MAPPING_START_EVENT:
        refuse_tag(event->data.mapping_start.tag, at);
        open(Kind::map, event->data.mapping_start.anchor, at);
        break;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        close();
        break;
      case YAML_ALIAS_EVENT:
        alias(name_of(event->data.alias.anchor), at);
        break;
      case YAML_DOCUMENT_END_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_NO_EVENT:
        break;
    }
  }

  void refuse_tag(const yaml_char_t* tag, Location at) {
    if (tag != nullptr)
      fault(at, "tags such as \"" + text::printable(name_of(tag)) +
                    "\" are not allowed; write the value in quotes instead");
  }

  void scalar(const Event& event, Location at) {
    const auto& data = event->data.scalar;
    if (data.tag != nullptr && name_of(data.tag) != "!") refuse_tag(data.tag, at);
    Slot slot;
    slot.plain = data.style == YAML_PLAIN_SCALAR_STYLE && data.plain_implicit != 0;
    slot.line = at.line;
    slot.column = at.column;
    slot.text_begin = static_cast<std::uint32_t>(tree_.texts_.size());
    put_back(tree_.texts_, view(data.value, data.length));
    slot.text_size = static_cast<std::uint32_t>(tree_.texts_.size()) - slot.text_begin;
    const std::uint32_t index = add(slot);
    if (data.anchor != nullptr) anchors_[name_of(data.anchor)] = index;
  }

  void open(Kind kind, const yaml_char_t* anchor, Location at) {
    if (open_.size() >= deepest)
      return fatal(at, "nested more than " + std::to_string(deepest) + " levels deep; no app link needs that");
    Slot slot;
    slot.kind = kind;
    slot.line = at.line;
    slot.column = at.column;
    const std::uint32_t index = add(slot);
    open_.push_back(index);
    if (anchor != nullptr) anchors_[name_of(anchor)] = index;
  }

  void close() {
    const std::uint32_t index = open_.back();
    open_.pop_back();
    if (tree_.slots_[index].kind == Kind::map) refuse_repeated_keys(index);
    if (!open_.empty()) weigh(open_.back(), tree_.slots_[index].weight - 1);
  }

  void alias(const std::string& name, Location at) {
    const auto found = anchors_.find(name);
    if (found == anchors_.end())
      return fatal(at, "\"*" + text::printable(name) + "\" refers to nothing; \"&" + text::printable(name) +
                           "\" must stand before it. A value that begins with * is written in quotes");
    if (std::find(open_.begin(), open_.end(), found->second) != open_.end())
      return fatal(at, "\"*" + text::printable(name) + "\" refers to something that it is a part of");
    Slot slot;
    slot.line = at.line;
    slot.column = at.column;
    slot.target = found->second;
    slot.weight = tree_.slots_[found->second].weight;
    add(slot);
  }

  // Appends the node to the innermost open one.
  std::uint32_t add(const Slot& slot) {
    const auto index = static_cast<std::uint32_t>(tree_.slots_.size());
    tree_.slots_.push_back(slot);
    if (open_.empty()) return index;
    Slot& parent = tree_.slots_[open_.back()];
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
      return fatal({slot.line, slot.column}, "grows to more than " + std::to_string(heaviest) +
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

  void syntax_fault(const yaml_parser_t& parser) {
    const std::string problem = parser.problem == nullptr ? "can't be read" : parser.problem;
    if (parser.error == YAML_READER_ERROR) {
      return fatal(place_of(text_, parser.problem_offset), problem.find("UTF-8") != std::string::npos
                                                               ? "not valid UTF-8; save the file as UTF-8"
                                                               : problem + "; save the file as UTF-8 text");
    }
    const Location at = place(parser.problem_mark);
    const std::string_view rest = rest_at(text_, at);
    if (rest.starts_with('\t')) return fatal(at, "a tab stands where YAML takes blanks only; indent with blanks");
    if (problem == "found character that cannot start any token" && !rest.empty())
      return fatal(at, std::string{"a value can't begin with "} + rest.front() + "; write it in quotes");
    std::string what = problem;
    if (parser.context != nullptr) {
      what += " " + std::string{parser.context};
      if (parser.context_mark.line + 1 != static_cast<std::size_t>(at.line) &&
          parser.context_mark.line < parser.problem_mark.line)
        what += " that begins in line " + std::to_string(parser.context_mark.line + 1);
    }
    if (problem.find("mapping values are not allowed") != std::string::npos)
      what += "; a value that holds \": \" is written in quotes, and members of one map stand under each other";
    fatal(at, "not YAML: " + what);
  }

  Tree& tree_;
  std::vector<Fault>& faults_;
  std::string_view text_;
  std::vector<std::uint32_t> open_;
  std::unordered_map<std::string, std::uint32_t> anchors_;
  std::vector<std::string_view> names_;
  std::unordered_set<std::string_view> seen_;
  int documents_ = 0;
  bool stopped_ = false;
};

Kind Node::kind() const noexcept {
  return tree_->resolved(slot_).kind;
}

Location Node::at() const noexcept {
  return {tree_->slots_[slot_].line, tree_->slots_[slot_].column};
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

Tree Tree::parse(std::string_view text, std::vector<Fault>& faults) {
  Tree tree;
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
