// The document as Jira's wiki markup.
#include "reduce.hpp"
#include "wiki.hpp"

#include "syncservice/record/rich_text.hpp"

#include <utility>

namespace syncservice::record {
namespace {

using wiki::Place;

constexpr std::string_view end_of_code = "{code}";
constexpr std::string_view end_of_noformat = "{noformat}";

// "{ code}" for each "{code}", which would end the block.
std::string without_end_of_code(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t end = text.find(end_of_code);
    if (end == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, end)).append("{ code}");
    text.remove_prefix(end + end_of_code.size());
  }
}

std::string code_block(const Block& block) {
  const bool has_code = block.text.find(end_of_code) != std::string::npos;
  const bool has_noformat = block.text.find(end_of_noformat) != std::string::npos;
  std::string out;
  if (has_noformat || (!block.language.empty() && !has_code)) {
    out.append("{code");
    if (!block.language.empty()) out.append(":").append(block.language);
    return out.append("}\n").append(without_end_of_code(block.text)).append("\n").append(end_of_code);
  }
  return out.append(end_of_noformat).append("\n").append(block.text).append("\n").append(end_of_noformat);
}

std::string table(const Block& block) {
  std::string out;
  for (const Row& row : block.rows) {
    if (&row != &block.rows.front()) out += '\n';
    for (const Cell& cell : row) {
      out += cell.header ? "||" : "|";
      out += cell.runs.empty() ? " " : wiki::write_runs(cell.runs, Place::cell);
    }
    out += row.back().header ? "||" : "|";
  }
  return out;
}

class Writer {
 public:
  void blocks(const Blocks& blocks) {
    for (const Block& each : blocks) {
      if (&each != &blocks.front()) out_ += "\n\n";
      block(each);
    }
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void block(const Block& block) {
    switch (block.kind) {
      case Block::Kind::paragraph:
        out_ += wiki::write_runs(block.runs, Place::lines);
        return;
      case Block::Kind::heading:
        out_.append("h").append(std::to_string(block.level)).append(". ");
        out_ += wiki::write_runs(block.runs, Place::one_line);
        return;
      case Block::Kind::list:
        return list(block, {});
      case Block::Kind::table:
        out_ += table(block);
        return;
      case Block::Kind::code:
        out_ += code_block(block);
        return;
      case Block::Kind::quote:
        out_ += "{quote}\n";
        blocks(block.blocks);
        out_ += "\n{quote}";
        return;
      case Block::Kind::rule:
        out_ += "----";
        return;
    }
  }

  void list(const Block& list, const std::string& outer) {
    const std::string marker = outer + (list.ordered ? '#' : '*');
    for (const Blocks& each : list.items) {
      if (&each != &list.items.front()) out_ += '\n';
      out_.append(marker).append(" ");
      item(each, marker);
    }
  }

  // No empty line, which would end the list.
  void item(const Blocks& blocks, const std::string& marker) {
    for (const Block& block : blocks) {
      const bool first = &block == &blocks.front();
      if (!first || block.kind == Block::Kind::list) out_ += '\n';
      if (block.kind == Block::Kind::list) {
        list(block, marker);
      } else {
        this->block(block);
      }
    }
  }

  std::string out_;
};

}  // namespace

std::string to_wiki(const RichText& text) {
  Writer writer;
  // One {quote} ends the other, so there is none in it.
  writer.blocks(reduced(document_of(text), {.plain_quotes = false, .quotes_in_items = true}));
  return writer.take();
}

}  // namespace syncservice::record
