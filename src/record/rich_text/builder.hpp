// record/rich_text/builder — puts a document together from what a parser meets on its way, however badly nested.
// Bounded in depth, and without recursion.
#pragma once

#include "tree.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::record {

class Builder {
 public:
  enum class Frame : std::uint8_t { document, quote, list, item, table, row, cell };

  Builder() { frames_.emplace_back(); }

  void text(std::string_view text, Marks marks = 0, const std::string& link = {}) { append(runs_, text, marks, link); }
  void runs(const Runs& runs) { runs_.insert(runs_.end(), runs.begin(), runs.end()); }
  void line_break() { append_break(runs_); }
  void image(std::string name, std::string alt);
  void rule();
  void code_block(std::string text, std::string language);

  /// What was collected since the last block becomes a paragraph, or a heading between the next two.
  void end_paragraph();
  void open_heading(int level);
  void close_heading();

  /// Opens a frame in the innermost one. An item without a list gets one, a list right in a list belongs to the item
  /// before it; a row without a table and a cell without a row are nothing. `flag`: ordered list, header cell.
  void open(Frame frame, bool flag = false);
  /// Further columns that the open cell takes.
  void span(std::size_t columns);
  /// To be handed to close_to() later.
  [[nodiscard]] std::size_t depth() const noexcept { return frames_.size(); }
  /// Closes every frame opened since depth() was that.
  void close_to(std::size_t depth);

  [[nodiscard]] Blocks take();

 private:
  using Cells = std::vector<std::pair<bool, Blocks>>;
  struct Open {
    Frame frame = Frame::document;
    bool flag = false;
    std::size_t span = 0;
    Blocks blocks;
    std::vector<Blocks> items;
    Cells cells;
    std::vector<Cells> rows;
  };

  void push(Frame frame, bool flag);
  void stray_item(Open& list);
  void close_one();
  void finish_table(Open table);

  std::vector<Open> frames_;
  std::size_t containers_ = 0;  // lists, quotes and tables among the frames
  std::size_t spare_cells_ = 10'000;
  Runs runs_;
  int heading_ = 0;
};

}  // namespace syncservice::record
