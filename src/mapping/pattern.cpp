#include "pattern.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::mapping {
namespace {

// From 1, in characters as an editor counts them.
std::string column(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto count = 1 + std::count_if(before.begin(), before.end(),
                                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return "column " + std::to_string(count);
}

}  // namespace

std::optional<Pattern> Pattern::parse(std::string_view text, std::string& fault) {
  Pattern out;
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) out.pieces_.push_back({Kind::text, std::move(plain)});
    plain.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      plain.push_back(c);
      continue;
    }
    if (text.substr(i, 2) == std::string(2, c)) {
      plain.push_back(c);
      ++i;
      continue;
    }
    const std::size_t end = c == '{' ? text.find_first_of("{}", i + 1) : std::string_view::npos;
    if (end == std::string_view::npos || text[end] == '{') {
      fault = column(text, i) + (c == '{' ? R"(: the "{" is never closed; write "{field}", and "{{" for a brace)"
                                          : R"(: there is no "{" for this "}"; write "}}" for a brace)");
      return std::nullopt;
    }
    const std::string_view name = text::trim(text.substr(i + 1, end - i - 1));
    if (name.empty()) {
      fault = column(text, i) + R"(: "{}" names no field; write "{field}", "{id}" or "{project}")";
      return std::nullopt;
    }
    end_plain();
    const Kind kind = name == "id" ? Kind::id : name == "project" ? Kind::project : Kind::field;
    out.pieces_.push_back({kind, std::string{name}});
    i = end;
  }
  end_plain();
  return out;
}

std::string Pattern::fill(const record::Fields& fields, const RecordId& id, const ProjectName& project) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    switch (piece.kind) {
      case Kind::text:
        out += piece.text;
        break;
      case Kind::field:
        if (const auto found = fields.find(piece.text); found != fields.end()) out += found->second.text();
        break;
      case Kind::id:
        out += id.str();
        break;
      case Kind::project:
        out += project.str();
        break;
    }
  }
  return out;
}

std::vector<std::string> Pattern::fields() const {
  std::vector<std::string> out;
  for (const Piece& piece : pieces_) {
    if (piece.kind == Kind::field) out.push_back(piece.text);
  }
  return out;
}

}  // namespace syncservice::mapping
