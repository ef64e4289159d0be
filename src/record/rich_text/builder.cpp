#include "builder.hpp"

#include "reduce.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace syncservice::record {
namespace {

bool is_container(Builder::Frame frame) {
  return frame == Builder::Frame::list || frame == Builder::Frame::quote || frame == Builder::Frame::table;
}

bool is_blank(const Runs& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const Run& run) {
    return run.kind == Run::Kind::line_break ||
           (run.kind == Run::Kind::text && run.text.find_first_not_of(" \t\r\n\f") == std::string::npos);
  });
}

}  // namespace

void Builder::image(std::string name, std::string alt) {
  runs_.push_back(Run{Run::Kind::image, std::move(name), 0, {}, std::move(alt)});
}

void Builder::rule() {
  end_paragraph();
  frames_.back().blocks.emplace_back().kind = Block::Kind::rule;
}

void Builder::code_block(std::string text, std::string language) {
  end_paragraph();
  Block& block = frames_.back().blocks.emplace_back();
  block.kind = Block::Kind::code;
  block.text = std::move(text);
  block.language = std::move(language);
}

void Builder::end_paragraph() {
  if (is_blank(runs_)) {
    runs_.clear();
    return;
  }
  Block& block = frames_.back().blocks.emplace_back();
  block.kind = heading_ == 0 ? Block::Kind::paragraph : Block::Kind::heading;
  block.level = heading_;
  block.runs = std::exchange(runs_, {});
}

void Builder::open_heading(int level) {
  end_paragraph();
  heading_ = level;
}

void Builder::close_heading() {
  end_paragraph();
  heading_ = 0;
}

void Builder::open(Frame frame, bool flag) {
  close_heading();
  if (is_container(frame) && containers_ >= deepest_block) return;
  const Frame top = frames_.back().frame;
  switch (frame) {
    case Frame::item:
      if (top != Frame::list) {
        if (containers_ >= deepest_block) return;
        push(Frame::list, false);
      }
      stray_item(frames_.back());
      break;
    case Frame::row:
      if (top != Frame::table) return;
      break;
    case Frame::cell:
      if (top != Frame::row) return;
      break;
    case Frame::list:
      if (top == Frame::list) {
        Open& list = frames_.back();
        stray_item(list);
        Blocks before;
        if (!list.items.empty()) {
          before = std::move(list.items.back());
          list.items.pop_back();
        }
        push(Frame::item, false);
        frames_.back().blocks = std::move(before);
      }
      break;
    case Frame::document:
    case Frame::quote:
    case Frame::table:
      break;
  }
  push(frame, flag);
}

void Builder::push(Frame frame, bool flag) {
  if (is_container(frame)) ++containers_;
  Open& open = frames_.emplace_back();
  open.frame = frame;
  open.flag = flag;
}

void Builder::span(std::size_t columns) {
  if (frames_.back().frame == Frame::cell) frames_.back().span = columns;
}

void Builder::close_to(std::size_t depth) {
  close_heading();
  while (frames_.size() > std::max<std::size_t>(depth, 1)) close_one();
}

// What stands in a list without being in an item is one.
void Builder::stray_item(Open& list) {
  if (!list.blocks.empty()) list.items.push_back(std::exchange(list.blocks, {}));
}

void Builder::close_one() {
  Open open = std::move(frames_.back());
  frames_.pop_back();
  if (is_container(open.frame)) --containers_;
  Open& parent = frames_.back();
  switch (open.frame) {
    case Frame::document:
      return;
    case Frame::quote: {
      Block& quote = parent.blocks.emplace_back();
      quote.kind = Block::Kind::quote;
      quote.blocks = std::move(open.blocks);
      return;
    }
    case Frame::list: {
      stray_item(open);
      Block& list = parent.blocks.emplace_back();
      list.kind = Block::Kind::list;
      list.ordered = open.flag;
      list.items = std::move(open.items);
      return;
    }
    case Frame::item:
      parent.items.push_back(std::move(open.blocks));
      return;
    case Frame::cell: {
      parent.cells.emplace_back(open.flag, std::move(open.blocks));
      const std::size_t more = std::min(open.span, spare_cells_);
      spare_cells_ -= more;
      parent.cells.resize(parent.cells.size() + more, {open.flag, {}});
      return;
    }
    case Frame::row:
      std::move(open.blocks.begin(), open.blocks.end(), std::back_inserter(parent.blocks));
      parent.rows.push_back(std::move(open.cells));
      return;
    case Frame::table:
      return finish_table(std::move(open));
  }
}

void Builder::finish_table(Open table) {
  Blocks& out = frames_.back().blocks;
  std::move(table.blocks.begin(), table.blocks.end(), std::back_inserter(out));
  // A table of one cell, or with a table in it, is there for the layout: mail programs and forms make them.
  bool layout = table.rows.size() == 1 && table.rows.front().size() == 1 && !table.rows.front().front().first;
  for (const Cells& row : table.rows) {
    for (const auto& [header, blocks] : row) {
      layout = layout || std::any_of(blocks.begin(), blocks.end(),
                                     [](const Block& block) { return block.kind == Block::Kind::table; });
    }
  }
  if (layout) {
    for (Cells& row : table.rows) {
      for (auto& [header, blocks] : row) std::move(blocks.begin(), blocks.end(), std::back_inserter(out));
    }
    return;
  }
  Block& block = out.emplace_back();
  block.kind = Block::Kind::table;
  for (Cells& row : table.rows) {
    Row& cells = block.rows.emplace_back();
    for (auto& [header, blocks] : row) {
      Cell& cell = cells.emplace_back();
      cell.header = header;
      // Normalised first, so that what is dropped leaves no empty line.
      cell.runs = lines_of(normalised(std::move(blocks)));
    }
  }
}

Blocks Builder::take() {
  close_to(1);
  return std::move(frames_.back().blocks);
}

}  // namespace syncservice::record
