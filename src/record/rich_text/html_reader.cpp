// HTML of any quality into the document, with Gumbo as the parser.
#include "tree.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gumbo.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace syncservice::record {
namespace {

// Gumbo frees its tree by recursion, so what could nest deeper than the stack is never given to it.
constexpr std::size_t most_elements = 20'000;
constexpr int deepest_element = 400;
constexpr std::string_view attachment_scheme = "attachment:";

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? std::string_view{} : std::string_view{found->value};
}

std::string_view last_part(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  return path.substr(path.find_last_of('/') + 1);
}

Marks mark_of(const GumboElement& element) {
  switch (element.tag) {
    case GUMBO_TAG_STRONG:
    case GUMBO_TAG_B:
      return strong;
    case GUMBO_TAG_EM:
    case GUMBO_TAG_I:
    case GUMBO_TAG_CITE:
    case GUMBO_TAG_VAR:
    case GUMBO_TAG_DFN:
      return emphasis;
    case GUMBO_TAG_U:
    case GUMBO_TAG_INS:
      return underline;
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
    case GUMBO_TAG_DEL:
      return strike;
    case GUMBO_TAG_SUB:
      return subscript;
    case GUMBO_TAG_SUP:
      return superscript;
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_TT:
    case GUMBO_TAG_KBD:
    case GUMBO_TAG_SAMP:
      return code;
    default:
      return 0;
  }
}

// What a style attribute says, as editors write it instead of elements.
Marks styled(std::string_view style) {
  std::string plain;
  for (const char c : style) {
    if (c != ' ') plain += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  Marks marks = 0;
  if (plain.find("font-weight:bold") != std::string::npos || plain.find("font-weight:700") != std::string::npos) {
    marks |= strong;
  }
  if (plain.find("font-style:italic") != std::string::npos) marks |= emphasis;
  if (plain.find("text-decoration:underline") != std::string::npos) marks |= underline;
  if (plain.find("text-decoration:line-through") != std::string::npos) marks |= strike;
  return marks;
}

bool is_ignored(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_NOFRAMES:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_NOEMBED:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_EMBED:
    case GUMBO_TAG_APPLET:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_MATH:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_TEXTAREA:
      return true;
    default:
      return false;
  }
}

int heading_level(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_H1:
      return 1;
    case GUMBO_TAG_H2:
      return 2;
    case GUMBO_TAG_H3:
      return 3;
    case GUMBO_TAG_H4:
      return 4;
    case GUMBO_TAG_H5:
      return 5;
    case GUMBO_TAG_H6:
      return 6;
    default:
      return 0;
  }
}

// Elements that end the paragraph before and after them.
bool is_block(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_FIELDSET:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_SUMMARY:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_CAPTION:
      return true;
    default:
      return false;
  }
}

const GumboVector* children(const GumboNode& node) {
  if (node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE) return &node.v.element.children;
  return node.type == GUMBO_NODE_DOCUMENT ? &node.v.document.children : nullptr;
}

// All text below a node, as it stands; a line end for each <br>.
std::string raw_text(const GumboNode& top) {
  std::string out;
  std::vector<const GumboNode*> stack{&top};
  while (!stack.empty()) {
    const GumboNode& node = *stack.back();
    stack.pop_back();
    if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE || node.type == GUMBO_NODE_CDATA) {
      out += node.v.text.text;
      continue;
    }
    if (node.type == GUMBO_NODE_ELEMENT && node.v.element.tag == GUMBO_TAG_BR) out += '\n';
    if (node.type == GUMBO_NODE_ELEMENT && is_ignored(node.v.element.tag)) continue;
    if (const GumboVector* below = children(node)) {
      for (unsigned i = below->length; i > 0; --i) stack.push_back(static_cast<const GumboNode*>(below->data[i - 1]));
    }
  }
  return out;
}

// Collects blocks; text that stands between them becomes paragraphs.
class Reader {
 public:
  struct Style {
    Marks marks = 0;
    std::string link;
  };

  [[nodiscard]] Blocks take() {
    end_paragraph();
    return std::move(blocks_);
  }

  void read(const GumboNode& node, const Style& style, int depth) {
    switch (node.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_WHITESPACE:
      case GUMBO_NODE_CDATA:
        append(runs_, node.v.text.text, style.marks, style.link);
        return;
      case GUMBO_NODE_ELEMENT:
        if (depth > deepest_element) {
          append(runs_, raw_text(node), style.marks, style.link);
        } else {
          read_element(node, style, depth);
        }
        return;
      case GUMBO_NODE_DOCUMENT:
        read_children(node, style, depth);
        return;
      case GUMBO_NODE_COMMENT:
      case GUMBO_NODE_TEMPLATE:
        return;
    }
  }

  void read_children(const GumboNode& node, const Style& style, int depth) {
    const GumboVector* below = children(node);
    if (below == nullptr) return;
    for (unsigned i = 0; i < below->length; ++i) read(*static_cast<const GumboNode*>(below->data[i]), style, depth + 1);
  }

 private:
  void end_paragraph() {
    if (runs_.empty()) return;
    Block paragraph;
    paragraph.runs = std::exchange(runs_, {});
    blocks_.push_back(std::move(paragraph));
  }

  void read_element(const GumboNode& node, const Style& style, int depth) {
    const GumboElement& element = node.v.element;
    if (is_ignored(element.tag)) return;
    switch (element.tag) {
      case GUMBO_TAG_BR:
        return append_break(runs_);
      case GUMBO_TAG_HR:
        end_paragraph();
        blocks_.emplace_back().kind = Block::Kind::rule;
        return;
      case GUMBO_TAG_IMG:
        return read_image(element, style);
      case GUMBO_TAG_UL:
      case GUMBO_TAG_OL:
        return read_list(node, element.tag == GUMBO_TAG_OL, depth);
      case GUMBO_TAG_TABLE:
        return read_table(node, depth);
      case GUMBO_TAG_PRE:
        return read_code(node);
      case GUMBO_TAG_BLOCKQUOTE: {
        end_paragraph();
        Block quote;
        quote.kind = Block::Kind::quote;
        quote.blocks = inside(node, depth);
        blocks_.push_back(std::move(quote));
        return;
      }
      default:
        break;
    }
    Style inner = style;
    inner.marks |= mark_of(element);
    if (const std::string_view css = attribute(element, "style"); !css.empty()) inner.marks |= styled(css);
    if (element.tag == GUMBO_TAG_A) {
      if (std::string link = safe_link(attribute(element, "href")); !link.empty()) inner.link = std::move(link);
    }
    if (const int level = heading_level(element.tag); level != 0) {
      end_paragraph();
      read_children(node, inner, depth);
      Block heading;
      heading.kind = Block::Kind::heading;
      heading.level = level;
      heading.runs = std::exchange(runs_, {});
      blocks_.push_back(std::move(heading));
      return;
    }
    if (!is_block(element.tag)) return read_children(node, inner, depth);
    end_paragraph();
    read_children(node, inner, depth);
    end_paragraph();
  }

  void read_image(const GumboElement& element, const Style& style) {
    const std::string_view source = attribute(element, "src");
    const std::string_view alt = attribute(element, "alt");
    std::string name;
    if (source.starts_with(attachment_scheme)) {
      name = source.substr(attachment_scheme.size());
    } else if (!source.starts_with("data:")) {
      name = last_part(source);
    }
    if (name.empty()) return append(runs_, alt, style.marks, style.link);
    runs_.push_back(Run{Run::Kind::image, std::move(name), 0, {}, std::string{alt}});
  }

  [[nodiscard]] static Blocks inside(const GumboNode& node, int depth) {
    Reader reader;
    reader.read_children(node, {}, depth);
    return reader.take();
  }

  void read_list(const GumboNode& node, bool ordered, int depth) {
    end_paragraph();
    Block list;
    list.kind = Block::Kind::list;
    list.ordered = ordered;
    const GumboVector& below = node.v.element.children;
    for (unsigned i = 0; i < below.length; ++i) {
      const auto& child = *static_cast<const GumboNode*>(below.data[i]);
      Reader item;
      item.read(child, {}, depth + 1);
      Blocks blocks = item.take();
      // A list right inside a list, as editors write it, belongs to the item before it.
      const bool nested = child.type == GUMBO_NODE_ELEMENT && child.v.element.tag != GUMBO_TAG_LI;
      if (nested && !list.items.empty()) {
        std::move(blocks.begin(), blocks.end(), std::back_inserter(list.items.back()));
      } else {
        list.items.push_back(std::move(blocks));
      }
    }
    blocks_.push_back(std::move(list));
  }

  // Blocks in a cell become lines.
  static void flatten(const Blocks& blocks, Runs& out) {
    for (const Block& block : blocks) {
      if (!out.empty()) append_break(out);
      out.insert(out.end(), block.runs.begin(), block.runs.end());
      if (block.kind == Block::Kind::code) append(out, block.text, code);
      flatten(block.blocks, out);
      for (const Blocks& item : block.items) flatten(item, out);
      for (const Row& row : block.rows) {
        for (const Cell& cell : row) {
          if (!out.empty()) append(out, " ");
          out.insert(out.end(), cell.runs.begin(), cell.runs.end());
        }
      }
    }
  }

  void read_rows(const GumboNode& node, Block& table, int depth) {
    const GumboVector& below = node.v.element.children;
    for (unsigned i = 0; i < below.length; ++i) {
      const auto& child = *static_cast<const GumboNode*>(below.data[i]);
      if (child.type != GUMBO_NODE_ELEMENT) continue;
      if (child.v.element.tag == GUMBO_TAG_TR) {
        Row& row = table.rows.emplace_back();
        const GumboVector& cells = child.v.element.children;
        for (unsigned c = 0; c < cells.length; ++c) {
          const auto& cell = *static_cast<const GumboNode*>(cells.data[c]);
          if (cell.type != GUMBO_NODE_ELEMENT) continue;
          Cell& made = row.emplace_back();
          made.header = cell.v.element.tag == GUMBO_TAG_TH;
          flatten(normalised(inside(cell, depth + 2)), made.runs);
        }
      } else if (child.v.element.tag == GUMBO_TAG_CAPTION) {
        read(child, {}, depth + 1);
      } else {
        read_rows(child, table, depth + 1);
      }
    }
  }

  void read_table(const GumboNode& node, int depth) {
    end_paragraph();
    Block table;
    table.kind = Block::Kind::table;
    read_rows(node, table, depth);
    end_paragraph();
    blocks_.push_back(std::move(table));
  }

  void read_code(const GumboNode& node) {
    end_paragraph();
    Block block;
    block.kind = Block::Kind::code;
    block.text = raw_text(node);
    const GumboVector& below = node.v.element.children;
    for (unsigned i = 0; i < below.length; ++i) {
      const auto& child = *static_cast<const GumboNode*>(below.data[i]);
      if (child.type != GUMBO_NODE_ELEMENT) continue;
      constexpr std::string_view prefix = "language-";
      const std::string_view name = attribute(child.v.element, "class");
      if (name.starts_with(prefix)) block.language = name.substr(prefix.size(), name.find(' ') - prefix.size());
    }
    blocks_.push_back(std::move(block));
  }

  Blocks blocks_;
  Runs runs_;
};

// Opening tags, roughly.
std::size_t elements_in(std::string_view html) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + 1 < html.size(); ++i) {
    const char next = html[i + 1];
    if (html[i] == '<' && ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'))) ++count;
  }
  return count;
}

std::string without_tags(std::string_view html) {
  std::string out;
  bool inside_tag = false;
  for (const char c : html) {
    if (c == '<') inside_tag = true;
    if (!inside_tag) out += c;
    if (c == '>' && std::exchange(inside_tag, false)) out += ' ';
  }
  return out;
}

Blocks read_html(std::string_view html) {
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  const auto free = [&options](GumboOutput* output) { gumbo_destroy_output(&options, output); };
  const std::unique_ptr<GumboOutput, decltype(free)> output(
      gumbo_parse_with_options(&options, html.data(), html.size()), free);
  Reader reader;
  reader.read(*output->root, {}, 0);
  return reader.take();
}

}  // namespace

RichText from_html(std::string_view html) {
  if (html.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  if (elements_in(html) > most_elements) return from_plain(without_tags(html));
  return RichTextWriter::write(read_html(html));
}

Blocks document_of(const RichText& text) {
  if (text.empty()) return {};
  return normalised(read_html(text.html()));
}

}  // namespace syncservice::record
