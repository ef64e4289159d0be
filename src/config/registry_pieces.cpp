#include "registry_pieces.hpp"

namespace syncservice::config {
namespace {

constexpr std::string_view key = "appLinks:";

// Walks over lines; each without its line end.
class Lines {
 public:
  explicit Lines(std::string_view text) noexcept : text_(text) {}
  // False at the end of the text.
  bool next() noexcept {
    if (end_ > text_.size() || (started_ && end_ == text_.size())) return false;
    begin_ = started_ ? end_ + 1 : 0;
    if (begin_ >= text_.size()) return false;
    ++number_;
    started_ = true;
    const std::size_t end = text_.find('\n', begin_);
    end_ = end == std::string_view::npos ? text_.size() : end;
    return true;
  }
  [[nodiscard]] std::string_view line() const noexcept { return text_.substr(begin_, end_ - begin_); }
  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
  /// Of the line, from 0.
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  std::string_view text_;
  std::size_t begin_ = 0, end_ = 0;
  int number_ = -1;
  bool started_ = false;
};

std::size_t indentation(std::string_view line) noexcept {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? line.size() : first;
}

bool says_nothing(std::string_view line) noexcept {
  const std::string_view rest = line.substr(indentation(line));
  return rest.empty() || rest == "\r" || rest.front() == '#';
}

bool begins_item(std::string_view line, std::size_t indent) noexcept {
  const std::string_view rest = line.substr(indent);
  return rest.starts_with("- ") || rest == "-" || rest == "-\r";
}

// What YAML might break a line at other than where Lines does, or indent with other than blanks.
bool has_odd_blanks(std::string_view text) noexcept {
  if (text.find('\t') != std::string_view::npos) return true;
  for (std::size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 >= text.size() || text[at + 1] != '\n') return true;
  }
  return false;
}

}  // namespace

std::optional<Pieces> cut_app_links(std::string_view text, std::size_t least) {
  if (text.size() < 2 * least || has_odd_blanks(text)) return std::nullopt;
  Pieces out;
  Lines lines{text};
  bool found = false;
  while (!found && lines.next()) {
    const std::string_view line = lines.line();
    if (!line.starts_with(key)) continue;
    if (!says_nothing(line.substr(key.size()))) return std::nullopt;
    out.head = text.substr(0, lines.begin());
    found = true;
  }
  std::size_t indent = std::string_view::npos;
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (says_nothing(line)) continue;
    const std::size_t here = indentation(line);
    if (indent == std::string_view::npos) {
      if (!begins_item(line, here)) return std::nullopt;
      indent = here;
    } else if (here > indent) {
      continue;
    }
    // Whatever else stands there ends the list, or goes on with something that began in another item.
    if (here < indent || !begins_item(line, indent)) return std::nullopt;
    if (!out.links.empty()) {
      Piece& last = out.links.back();
      const auto size = lines.begin() - static_cast<std::size_t>(last.text.data() - text.data());
      if (size < least) continue;
      last.text = last.text.substr(0, size);
    }
    out.links.push_back({text.substr(lines.begin()), lines.number()});
  }
  if (out.links.size() < 2) return std::nullopt;
  return out;
}

}  // namespace syncservice::config
