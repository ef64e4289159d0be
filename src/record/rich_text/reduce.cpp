#include "reduce.hpp"

#include <iterator>
#include <utility>

namespace syncservice::record {
namespace {

void add_row(Runs& out, const Row& row) {
  for (const Cell& cell : row) {
    if (&cell != &row.front()) append(out, " | ");
    out.insert(out.end(), cell.runs.begin(), cell.runs.end());
  }
}

void add_lines(Runs& out, std::string_view text, Marks marks) {
  for (;;) {
    const std::size_t end = text.find('\n');
    append(out, text.substr(0, end), marks);
    if (end == std::string_view::npos) return;
    append_break(out);
    text.remove_prefix(end + 1);
  }
}

// `mark` stands in front of the first line.
void add_blocks(Runs& out, const Blocks& blocks, std::string mark) {
  for (const Block& block : blocks) {
    const bool holds_blocks = block.kind == Block::Kind::list || block.kind == Block::Kind::quote;
    if (!holds_blocks) {
      if (!out.empty()) append_break(out);
      append(out, std::exchange(mark, {}));
    }
    switch (block.kind) {
      case Block::Kind::paragraph:
      case Block::Kind::heading:
        out.insert(out.end(), block.runs.begin(), block.runs.end());
        break;
      case Block::Kind::list: {
        int number = 1;
        for (const Blocks& item : block.items) {
          add_blocks(out, item, std::exchange(mark, {}) + (block.ordered ? std::to_string(number++) + ". " : "• "));
        }
        break;
      }
      case Block::Kind::table:
        for (const Row& row : block.rows) {
          if (&row != &block.rows.front()) append_break(out);
          add_row(out, row);
        }
        break;
      case Block::Kind::code:
        add_lines(out, block.text, code);
        break;
      case Block::Kind::quote:
        add_blocks(out, block.blocks, std::exchange(mark, {}));
        break;
      case Block::Kind::rule:
        append(out, "—");
        break;
    }
  }
}

class Reducer {
 public:
  explicit Reducer(const Limits& limits) : limits_(limits) {}

  /// `plain`: these blocks may be no more than a list item's. `quotes`: they may be quotes.
  [[nodiscard]] Blocks reduce(Blocks blocks, bool plain, bool quotes) const {
    Blocks out;
    for (Block& block : blocks) {
      switch (block.kind) {
        case Block::Kind::paragraph:
        case Block::Kind::code:
          break;
        case Block::Kind::heading:
          if (plain) block = bold(std::move(block.runs));
          break;
        case Block::Kind::list:
          for (Blocks& item : block.items) item = reduce(std::move(item), true, quotes && limits_.quotes_in_items);
          break;
        case Block::Kind::table:
          if (plain) block = lines_of(block);
          break;
        case Block::Kind::quote:
          block.blocks = reduce(std::move(block.blocks), limits_.plain_quotes || (plain && !quotes), false);
          if (quotes) break;
          std::move(block.blocks.begin(), block.blocks.end(), std::back_inserter(out));
          continue;
        case Block::Kind::rule:
          if (plain) block = dash();
          break;
      }
      out.push_back(std::move(block));
    }
    return out;
  }

 private:
  static Block bold(Runs runs) {
    Block paragraph;
    paragraph.runs = std::move(runs);
    for (Run& run : paragraph.runs) {
      if (run.kind == Run::Kind::text) run.marks |= strong;
    }
    return paragraph;
  }

  static Block dash() {
    Block paragraph;
    append(paragraph.runs, "—");
    return paragraph;
  }

  Limits limits_;
};

}  // namespace

Runs lines_of(const Blocks& blocks) {
  Runs out;
  add_blocks(out, blocks, {});
  return out;
}

Block lines_of(const Block& table) {
  Block paragraph;
  for (const Row& row : table.rows) {
    if (&row != &table.rows.front()) append_break(paragraph.runs);
    add_row(paragraph.runs, row);
  }
  return paragraph;
}

Blocks reduced(Blocks document, const Limits& limits) {
  return normalised(Reducer{limits}.reduce(std::move(document), false, true));
}

}  // namespace syncservice::record
