#include "html_lexis.hpp"

#include "syncservice/base/text.hpp"

#include "words.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

namespace syncservice::record::html {
namespace {

constexpr std::size_t longest_data = 1'000;

using Meanings = std::map<std::string_view, Meaning, std::less<>>;

Meanings all_meanings() {
  Meanings all;
  const auto add = [&all](Role role, int detail, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) all.emplace(name, Meaning{role, detail});
  };
  add(Role::ignored, 0, {"script",   "style",    "head",     "title",  "template", "iframe", "frame",
                         "frameset", "noframes", "noscript", "object", "embed",    "applet", "svg",
                         "math",     "select",   "xml",      "canvas", "meta",     "link",   "base"});
  add(Role::mark, strong, {"strong", "b"});
  add(Role::mark, emphasis, {"em", "i", "cite", "var", "dfn"});
  add(Role::mark, underline, {"u", "ins"});
  add(Role::mark, strike, {"s", "strike", "del"});
  add(Role::mark, subscript, {"sub"});
  add(Role::mark, superscript, {"sup"});
  add(Role::mark, code, {"code", "tt", "kbd", "samp"});
  add(Role::block, 0, {"p",       "div",     "section", "article",    "aside",   "header", "footer",   "main",
                       "nav",     "address", "figure",  "figcaption", "center",  "form",   "fieldset", "legend",
                       "details", "summary", "dl",      "dd",         "caption", "body",   "html",     "hgroup"});
  add(Role::term, 0, {"dt"});
  for (int level = 1; level <= 6; ++level) {
    static constexpr std::string_view names[] = {"h1", "h2", "h3", "h4", "h5", "h6"};
    add(Role::heading, level, {names[level - 1]});
  }
  add(Role::link, 0, {"a"});
  add(Role::list, 0, {"ul", "menu", "dir"});
  add(Role::list, 1, {"ol"});
  add(Role::item, 0, {"li"});
  add(Role::table, 0, {"table"});
  add(Role::row, 0, {"tr"});
  add(Role::cell, 0, {"td"});
  add(Role::cell, 1, {"th"});
  add(Role::quote, 0, {"blockquote"});
  add(Role::preformatted, 0, {"pre", "listing", "xmp", "plaintext"});
  add(Role::line_break, 0, {"br"});
  add(Role::rule, 0, {"hr"});
  add(Role::image, 0, {"img", "image"});
  add(Role::input, 0, {"input"});
  return all;
}

void apply(Style& style, std::string_view property, std::string_view value) {
  const auto says = [value](std::string_view word) { return value.find(word) != std::string_view::npos; };
  if (property == "font-weight") {
    const bool heavy = says("bold") || value == "600" || value == "700" || value == "800" || value == "900";
    (heavy ? style.on : style.off) |= strong;
  } else if (property == "font-style") {
    (says("italic") || says("oblique") ? style.on : style.off) |= emphasis;
  } else if (property == "text-decoration" || property == "text-decoration-line") {
    if (says("underline")) style.on |= underline;
    if (says("line-through")) style.on |= strike;
  } else if (property == "vertical-align") {
    if (value == "sub") style.on |= subscript;
    if (value == "super") style.on |= superscript;
  } else if ((property == "display" && value == "none") || (property == "mso-hide" && value == "all")) {
    style.hidden = true;
  } else if (property == "mso-list") {
    constexpr std::string_view word = "level";
    const std::size_t level = value.find(word);
    style.word_mark = value == "ignore";
    if (level != std::string_view::npos) {
      style.word_level = std::clamp(std::atoi(std::string{value.substr(level + word.size(), 2)}.c_str()), 1, 9);
    }
  }
}

// Where the text that begins at `i` is an attribute's value of embedded data that is long enough to matter.
bool is_embedded_data(std::string_view html, std::size_t i) {
  if (i == 0 || (html[i - 1] != '"' && html[i - 1] != '\'' && html[i - 1] != '=')) return false;
  return text::iequals(html.substr(i, 5), "data:");
}

}  // namespace

Meaning meaning_of(std::string_view element) {
  static const Meanings all = all_meanings();
  const auto found = all.find(element);
  return found == all.end() ? Meaning{} : found->second;
}

Style style_of(std::string_view css) {
  Style style;
  const std::string lower = text::lower(css);
  for (auto at = lower.begin(); at != lower.end();) {
    const auto end = std::find(at, lower.end(), ';');
    const auto colon = std::find(at, end, ':');
    if (colon != end) apply(style, text::trim({at, colon}), text::trim({colon + 1, end}));
    at = end == lower.end() ? end : end + 1;
  }
  return style;
}

std::string language_of(std::string_view classes) {
  for (const std::string_view prefix : {"language-", "lang-", "code-", "brush: ", "brush:"}) {
    const std::size_t found = classes.find(prefix);
    if (found == std::string_view::npos) continue;
    const std::string_view rest = classes.substr(found + prefix.size());
    return std::string{rest.substr(0, rest.find_first_of(" ;"))};
  }
  return {};
}

std::string prepared(std::string_view html) {
  const std::string clean = cleaned(html, true);
  const std::string_view all = clean;
  std::string out;
  out.reserve(all.size());
  bool open_comment = false;
  for (std::size_t i = 0; i < all.size();) {
    if (!open_comment && all.substr(i, 4) == "<!--") {
      const std::size_t end = all.find("-->", i + 4);
      open_comment = end == std::string_view::npos;
      if (!open_comment) {
        i = end + 3;
        continue;
      }
    }
    if (all.substr(i, 3) == "<![") {
      const std::size_t end = all.find('>', i);
      if (end == std::string_view::npos) break;
      i = end + 1;
      continue;
    }
    if (is_embedded_data(all, i)) {
      const std::size_t end = std::min(all.find_first_of("\"'> \t\n", i), all.size());
      if (end - i > longest_data) {
        out += "data:";
        i = end;
        continue;
      }
    }
    out += all[i++];
  }
  return out;
}

std::string without_tags(std::string_view html) {
  std::string out;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') inside = true;
    if (!inside) out += c;
    if (c == '>' && std::exchange(inside, false)) out += ' ';
  }
  return out;
}

}  // namespace syncservice::record::html
