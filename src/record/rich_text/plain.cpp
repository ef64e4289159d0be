// Text without formatting, from and to.
#include "tree.hpp"

#include "syncservice/record/rich_text.hpp"

#include <utility>

namespace syncservice::record {
namespace {

void write_address(std::string& out, std::size_t text_begin, const std::string& link) {
  constexpr std::string_view mail = "mailto:";
  const std::string_view text = std::string_view{out}.substr(text_begin);
  if (text == link || (link.starts_with(mail) && text == std::string_view{link}.substr(mail.size()))) return;
  out.append(" (").append(link).append(")");
}

void write_runs(std::string& out, const Runs& runs) {
  std::size_t link_begin = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    if (i == 0 || runs[i - 1].link != run.link) link_begin = out.size();
    switch (run.kind) {
      case Run::Kind::text:
        out += run.text;
        if (!run.link.empty() && (i + 1 == runs.size() || runs[i + 1].link != run.link)) {
          write_address(out, link_begin, run.link);
        }
        break;
      case Run::Kind::line_break:
        out += '\n';
        break;
      case Run::Kind::image:
        out.append("[").append(run.text).append("]");
        break;
    }
  }
}

void write_blocks(std::string& out, const Blocks& blocks, const std::string& indent, bool apart);

void write_list(std::string& out, const Block& list, const std::string& indent) {
  int number = 1;
  for (const Blocks& item : list.items) {
    if (&item != &list.items.front()) out.append("\n").append(indent);
    const std::string mark = list.ordered ? std::to_string(number++) + ". " : std::string{"- "};
    out += mark;
    write_blocks(out, item, indent + std::string(mark.size(), ' '), false);
  }
}

// Every line of `text` behind `indent`, but the first.
void write_indented(std::string& out, std::string_view text, const std::string& indent) {
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
}

void write_block(std::string& out, const Block& block, const std::string& indent) {
  switch (block.kind) {
    case Block::Kind::paragraph:
    case Block::Kind::heading: {
      std::string text;
      write_runs(text, block.runs);
      return write_indented(out, text, indent);
    }
    case Block::Kind::list:
      return write_list(out, block, indent);
    case Block::Kind::table:
      for (const Row& row : block.rows) {
        if (&row != &block.rows.front()) out.append("\n").append(indent);
        for (const Cell& cell : row) {
          if (&cell != &row.front()) out += " | ";
          std::string text;
          write_runs(text, cell.runs);
          write_indented(out, text, indent);
        }
      }
      return;
    case Block::Kind::code:
      return write_indented(out, block.text, indent);
    case Block::Kind::quote:
      out += "> ";
      return write_blocks(out, block.blocks, indent + "> ", true);
    case Block::Kind::rule:
      out += "----";
      return;
  }
}

void write_blocks(std::string& out, const Blocks& blocks, const std::string& indent, bool apart) {
  for (const Block& block : blocks) {
    if (&block != &blocks.front()) {
      if (apart) out.append("\n").append(indent.substr(0, indent.find_last_not_of(' ') + 1));
      out.append("\n").append(indent);
    }
    write_block(out, block, indent);
  }
}

}  // namespace

RichText from_plain(std::string_view text) {
  Blocks blocks;
  Runs runs;
  const auto end_paragraph = [&] { blocks.emplace_back().runs = std::exchange(runs, {}); };
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      end_paragraph();
      continue;
    }
    if (!runs.empty()) append_break(runs);
    append(runs, line);
  }
  end_paragraph();
  return RichTextWriter::write(std::move(blocks));
}

std::string to_plain(const RichText& text) {
  std::string out;
  write_blocks(out, document_of(text), {}, true);
  return out;
}

}  // namespace syncservice::record
