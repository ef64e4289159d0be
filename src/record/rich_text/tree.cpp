#include "tree.hpp"

#include "syncservice/base/text.hpp"

#include "reduce.hpp"
#include "words.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace syncservice::record {
namespace {

constexpr std::size_t longest_language = 30;

// Puts a row of runs together, one word after the other.
class Line {
 public:
  void text(const Run& run) {
    const Marks marks = exclusive(run.marks);
    const std::string clean = cleaned(run.text, false);
    std::string_view rest = clean;
    while (!rest.empty()) {
      if (rest.front() == ' ') {
        gap_ = Gap::blank;
        rest.remove_prefix(1);
      } else if (rest.starts_with(no_break_space)) {
        gap_ = gap_ == Gap::none ? Gap::no_break : Gap::blank;
        rest.remove_prefix(no_break_space.size());
      } else {
        // Not a search for each kind of blank, which would go to the text's end for every word.
        std::size_t end = 1;
        while (end < rest.size() && rest[end] != ' ' && !rest.substr(end).starts_with(no_break_space)) ++end;
        word(rest.substr(0, end), marks, run.link);
        rest.remove_prefix(end);
      }
    }
  }

  void line_break() {
    gap_ = Gap::none;
    if (!out_.empty()) append_break(out_);
  }

  void image(Run run) {
    std::string name{text::trim(cleaned(run.text, false))};
    if (name.empty()) return;
    std::string alt{text::trim(cleaned(run.alt, false))};
    if (alt == name) alt.clear();
    gap_ = Gap::blank;
    before({}, 0);
    out_.push_back(Run{Run::Kind::image, std::move(name), 0, {}, std::move(alt)});
  }

  [[nodiscard]] Runs take() {
    while (!out_.empty() && out_.back().kind == Run::Kind::line_break) out_.pop_back();
    return std::move(out_);
  }

 private:
  enum class Gap { none, no_break, blank };

  // No format but HTML can say both, and not all can say bold code.
  static Marks exclusive(Marks marks) {
    if ((marks & code) != 0) return code;
    return (marks & subscript) != 0 ? static_cast<Marks>(marks & ~superscript) : marks;
  }

  void word(std::string_view word, Marks marks, const std::string& link) {
    before(link, marks);
    append(out_, word, marks, link);
  }

  // White space between two words is marked as both are; an image stands apart.
  void before(const std::string& link, Marks marks) {
    if (!out_.empty() && out_.back().kind == Run::Kind::image) gap_ = Gap::blank;
    const Gap gap = std::exchange(gap_, Gap::none);
    if (gap == Gap::none || out_.empty() || out_.back().kind == Run::Kind::line_break) return;
    const Run last{out_.back().kind, {}, out_.back().marks, out_.back().link, {}};
    const bool same_link = last.kind == Run::Kind::text && last.link == link;
    append(out_, gap == Gap::blank ? std::string_view{" "} : no_break_space,
           same_link ? static_cast<Marks>(last.marks & marks) : Marks{0}, same_link ? link : std::string{});
  }

  Runs out_;
  Gap gap_ = Gap::none;
};

void add_blocks(Blocks& out, Blocks blocks);

void add_list(Blocks& out, Block list) {
  std::vector<Blocks> items;
  for (Blocks& item : list.items) {
    Blocks kept;
    add_blocks(kept, std::move(item));
    if (!kept.empty()) items.push_back(std::move(kept));
  }
  if (items.empty()) return;
  list.items = std::move(items);
  // Lists of one kind that touch are one list: not every format tells them apart.
  if (!out.empty() && out.back().kind == Block::Kind::list && out.back().ordered == list.ordered) {
    std::move(list.items.begin(), list.items.end(), std::back_inserter(out.back().items));
  } else {
    out.push_back(std::move(list));
  }
}

void add_paragraph(Blocks& out, Block block) {
  block.runs = normalised(std::move(block.runs));
  if (!block.runs.empty()) out.push_back(std::move(block));
}

void add_table(Blocks& out, Block table) {
  std::erase_if(table.rows, [](const Row& row) { return row.empty(); });
  std::size_t width = 0;
  bool empty = true;
  for (Row& row : table.rows) {
    for (Cell& cell : row) {
      cell.runs = normalised(std::move(cell.runs));
      empty = empty && cell.runs.empty();
    }
    width = std::max(width, row.size());
  }
  if (empty) return;
  const bool frame = table.rows.size() == 1 && width == 1 && !table.rows.front().front().header;
  if (frame || width * table.rows.size() > most_cells) return add_paragraph(out, lines_of(table));
  for (Row& row : table.rows) row.resize(width);
  out.push_back(std::move(table));
}

bool is_language(std::string_view name) {
  return name.size() <= longest_language && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '#' || c == '-' || c == '_';
         });
}

void add_block(Blocks& out, Block block) {
  switch (block.kind) {
    case Block::Kind::paragraph:
      return add_paragraph(out, std::move(block));
    case Block::Kind::heading:
      for (Run& run : block.runs) {
        if (run.kind == Run::Kind::line_break) run = Run{Run::Kind::text, " ", 0, {}, {}};
      }
      block.level = std::clamp(block.level, 1, 6);
      return add_paragraph(out, std::move(block));
    case Block::Kind::list:
      return add_list(out, std::move(block));
    case Block::Kind::table:
      return add_table(out, std::move(block));
    case Block::Kind::code: {
      const std::string clean = cleaned(block.text, true);
      const std::size_t first = clean.find_first_not_of('\n');
      if (clean.find_first_not_of(" \t\n") == std::string::npos) return;
      block.text = clean.substr(first, clean.find_last_not_of('\n') + 1 - first);
      block.language = text::lower(block.language);
      if (!is_language(block.language)) block.language.clear();
      out.push_back(std::move(block));
      return;
    }
    case Block::Kind::quote: {
      Blocks kept;
      add_blocks(kept, std::move(block.blocks));
      block.blocks = std::move(kept);
      if (!block.blocks.empty()) out.push_back(std::move(block));
      return;
    }
    case Block::Kind::rule:
      out.push_back(std::move(block));
      return;
  }
}

void add_blocks(Blocks& out, Blocks blocks) {
  for (Block& block : blocks) add_block(out, std::move(block));
}

}  // namespace

Runs normalised(Runs runs) {
  Line line;
  for (Run& run : runs) {
    switch (run.kind) {
      case Run::Kind::text:
        line.text(run);
        break;
      case Run::Kind::line_break:
        line.line_break();
        break;
      case Run::Kind::image:
        line.image(std::move(run));
        break;
    }
  }
  return line.take();
}

Blocks normalised(Blocks blocks) {
  Blocks out;
  add_blocks(out, std::move(blocks));
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

}  // namespace syncservice::record
