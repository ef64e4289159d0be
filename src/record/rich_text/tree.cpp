#include "tree.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace syncservice::record {
namespace {

constexpr std::array<std::string_view, 5> schemes{"http", "https", "mailto", "ftp", "file"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool joinable(const Run& left, const Run& right) {
  return left.kind == Run::Kind::text && right.kind == Run::Kind::text && left.marks == right.marks &&
         left.link == right.link;
}

bool at_line_end(const Runs& out) {
  return out.empty() || out.back().kind == Run::Kind::line_break;
}

void trim_end(Runs& out) {
  while (!out.empty() && out.back().kind == Run::Kind::text) {
    std::string& text = out.back().text;
    if (text.ends_with(' ')) text.pop_back();
    if (!text.empty()) return;
    out.pop_back();
  }
}

bool ends_blank(const Runs& out) {
  return at_line_end(out) || (out.back().kind == Run::Kind::text && out.back().text.ends_with(' '));
}

void add_collapsed(Runs& out, const Run& run) {
  Run next = run;
  next.text.clear();
  bool blank = ends_blank(out);
  for (const char c : run.text) {
    if (is_blank(c)) {
      if (!blank) next.text += ' ';
      blank = true;
    } else {
      next.text += c;
      blank = false;
    }
  }
  if (next.text.empty()) return;
  if (!out.empty() && joinable(out.back(), next)) {
    out.back().text += next.text;
  } else {
    out.push_back(std::move(next));
  }
}

void add_blocks(Blocks& out, Blocks blocks, int depth);

void add_list(Blocks& out, Block list, int depth) {
  std::vector<Blocks> items;
  for (Blocks& item : list.items) {
    Blocks kept;
    add_blocks(kept, std::move(item), depth + 1);
    if (!kept.empty()) items.push_back(std::move(kept));
  }
  if (items.empty()) return;
  list.items = std::move(items);
  // Lists of one kind that touch are one list: no format tells them apart.
  if (!out.empty() && out.back().kind == Block::Kind::list && out.back().ordered == list.ordered) {
    std::move(list.items.begin(), list.items.end(), std::back_inserter(out.back().items));
  } else {
    out.push_back(std::move(list));
  }
}

void add_table(Blocks& out, Block table) {
  std::size_t width = 0;
  for (Row& row : table.rows) {
    for (Cell& cell : row) cell.runs = normalised(std::move(cell.runs));
    width = std::max(width, row.size());
  }
  std::erase_if(table.rows, [](const Row& row) { return row.empty(); });
  if (table.rows.empty() || width == 0) return;
  for (Row& row : table.rows) row.resize(width);
  out.push_back(std::move(table));
}

void add_block(Blocks& out, Block block, int depth) {
  switch (block.kind) {
    case Block::Kind::paragraph:
    case Block::Kind::heading:
      block.runs = normalised(std::move(block.runs));
      if (!block.runs.empty()) out.push_back(std::move(block));
      return;
    case Block::Kind::list:
      if (depth < deepest_block) return add_list(out, std::move(block), depth);
      for (Blocks& item : block.items) add_blocks(out, std::move(item), depth);
      return;
    case Block::Kind::table:
      return add_table(out, std::move(block));
    case Block::Kind::code:
      while (block.text.ends_with('\n')) block.text.pop_back();
      if (!block.text.empty()) out.push_back(std::move(block));
      return;
    case Block::Kind::quote: {
      Blocks kept;
      add_blocks(kept, std::move(block.blocks), depth + 1);
      if (kept.empty()) return;
      if (depth >= deepest_block) {
        std::move(kept.begin(), kept.end(), std::back_inserter(out));
        return;
      }
      if (!out.empty() && out.back().kind == Block::Kind::quote) {
        add_blocks(out.back().blocks, std::move(kept), depth + 1);
        return;
      }
      block.blocks = std::move(kept);
      out.push_back(std::move(block));
      return;
    }
    case Block::Kind::rule:
      out.push_back(std::move(block));
      return;
  }
}

void add_blocks(Blocks& out, Blocks blocks, int depth) {
  for (Block& block : blocks) add_block(out, std::move(block), depth);
}

}  // namespace

Runs normalised(Runs runs) {
  Runs out;
  for (Run& run : runs) {
    switch (run.kind) {
      case Run::Kind::text:
        add_collapsed(out, run);
        break;
      case Run::Kind::line_break:
        trim_end(out);
        if (!out.empty()) out.push_back(Run{Run::Kind::line_break, {}, 0, {}, {}});
        break;
      case Run::Kind::image:
        if (!run.text.empty()) out.push_back(Run{Run::Kind::image, std::move(run.text), 0, {}, std::move(run.alt)});
        break;
    }
  }
  for (;;) {
    trim_end(out);
    if (out.empty() || out.back().kind != Run::Kind::line_break) return out;
    out.pop_back();
  }
}

Blocks normalised(Blocks blocks) {
  Blocks out;
  add_blocks(out, std::move(blocks), 0);
  return out;
}

void append(Runs& runs, std::string_view text, Marks marks, const std::string& link) {
  if (text.empty()) return;
  if (!runs.empty() && runs.back().kind == Run::Kind::text && runs.back().marks == marks && runs.back().link == link) {
    runs.back().text += text;
    return;
  }
  runs.push_back(Run{Run::Kind::text, std::string{text}, marks, link, {}});
}

void append_break(Runs& runs) {
  runs.push_back(Run{Run::Kind::line_break, {}, 0, {}, {}});
}

std::string safe_link(std::string_view address) {
  while (!address.empty() && static_cast<unsigned char>(address.front()) <= ' ') address.remove_prefix(1);
  while (!address.empty() && static_cast<unsigned char>(address.back()) <= ' ') address.remove_suffix(1);
  const std::size_t colon = address.find(':');
  if (colon == std::string_view::npos || address.substr(0, colon).find_first_of("/?#") != std::string_view::npos) {
    // Relative: fine where it names a place, and never a scheme that a browser would make of it.
    if (!address.starts_with('/') && !address.starts_with('#')) return {};
  } else {
    const std::string_view scheme = address.substr(0, colon);
    if (std::none_of(schemes.begin(), schemes.end(),
                     [&](std::string_view known) { return text::iequals(known, scheme); }))
      return {};
  }
  std::string out;
  for (const char c : address) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') continue;
    out += c == ' ' ? std::string_view{"%20"} : std::string_view{&c, 1};
  }
  return out;
}

}  // namespace syncservice::record
