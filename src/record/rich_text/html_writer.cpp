// The canonical form: RichTextWriter.
#include "address.hpp"
#include "tree.hpp"

#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::record {
namespace {

std::string escaped(std::string_view text, bool attribute) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += attribute ? "&quot;" : "\"";
        break;
      default:
        out += c;
    }
  }
  return out;
}

const char* tag_of(Mark mark) {
  switch (mark) {
    case strong:
      return "strong";
    case emphasis:
      return "em";
    case underline:
      return "u";
    case strike:
      return "s";
    case subscript:
      return "sub";
    case superscript:
      return "sup";
    case code:
      return "code";
  }
  return "span";
}

// Opens and closes the elements of a row of runs; what two neighbours share stays open.
class RunWriter {
 public:
  explicit RunWriter(std::string& out) : out_(out) {}

  void write(const Runs& runs) {
    for (const Run& run : runs) {
      switch_to(run.link, run.marks);
      switch (run.kind) {
        case Run::Kind::text:
          out_ += escaped(run.text, false);
          break;
        case Run::Kind::line_break:
          out_ += "<br>";
          break;
        case Run::Kind::image:
          out_.append("<img src=\"").append(attachment_scheme).append(escaped(run.text, true)).append("\"");
          if (!run.alt.empty()) out_.append(" alt=\"").append(escaped(run.alt, true)).append("\"");
          out_ += '>';
          break;
      }
    }
    switch_to({}, 0);
  }

 private:
  void switch_to(const std::string& link, Marks marks) {
    if (link != link_) {
      close_from(0);
      if (!link_.empty()) out_ += "</a>";
      link_ = link;
      if (!link_.empty()) out_.append("<a href=\"").append(escaped(link_, true)).append("\">");
    }
    std::vector<Mark> wanted;
    for (const Mark mark : all_marks) {
      if ((marks & mark) != 0) wanted.push_back(mark);
    }
    const auto differs = std::mismatch(open_.begin(), open_.end(), wanted.begin(), wanted.end());
    close_from(static_cast<std::size_t>(differs.first - open_.begin()));
    for (auto mark = differs.second; mark != wanted.end(); ++mark) {
      out_.append("<").append(tag_of(*mark)).append(">");
      open_.push_back(*mark);
    }
  }
  void close_from(std::size_t first) {
    while (open_.size() > first) {
      out_.append("</").append(tag_of(open_.back())).append(">");
      open_.pop_back();
    }
  }

  std::string& out_;
  std::string link_;
  std::vector<Mark> open_;
};

void write_blocks(std::string& out, const Blocks& blocks);

void write_runs(std::string& out, const Runs& runs) {
  RunWriter(out).write(runs);
}

void write_item(std::string& out, const Blocks& item) {
  out += "<li>";
  auto block = item.begin();
  if (block != item.end() && block->kind == Block::Kind::paragraph) write_runs(out, (block++)->runs);
  write_blocks(out, Blocks(block, item.end()));
  out += "</li>";
}

void write_table(std::string& out, const Block& table) {
  out += "<table>";
  for (const Row& row : table.rows) {
    out += "<tr>";
    for (const Cell& cell : row) {
      out += cell.header ? "<th>" : "<td>";
      write_runs(out, cell.runs);
      out += cell.header ? "</th>" : "</td>";
    }
    out += "</tr>";
  }
  out += "</table>";
}

void write_block(std::string& out, const Block& block) {
  switch (block.kind) {
    case Block::Kind::paragraph:
      out += "<p>";
      write_runs(out, block.runs);
      out += "</p>";
      return;
    case Block::Kind::heading: {
      const std::string level = std::to_string(block.level);
      out.append("<h").append(level).append(">");
      write_runs(out, block.runs);
      out.append("</h").append(level).append(">");
      return;
    }
    case Block::Kind::list:
      out += block.ordered ? "<ol>" : "<ul>";
      for (const Blocks& item : block.items) write_item(out, item);
      out += block.ordered ? "</ol>" : "</ul>";
      return;
    case Block::Kind::table:
      return write_table(out, block);
    case Block::Kind::code:
      out += "<pre><code";
      if (!block.language.empty()) {
        out.append(" class=\"language-").append(escaped(block.language, true)).append("\"");
      }
      out += '>';
      out += escaped(block.text, false);
      out += "</code></pre>";
      return;
    case Block::Kind::quote:
      out += "<blockquote>";
      write_blocks(out, block.blocks);
      out += "</blockquote>";
      return;
    case Block::Kind::rule:
      out += "<hr>";
      return;
  }
}

void write_blocks(std::string& out, const Blocks& blocks) {
  for (const Block& block : blocks) write_block(out, block);
}

}  // namespace

RichText RichTextWriter::write(Blocks document) {
  std::string html;
  write_blocks(html, normalised(std::move(document)));
  return RichText{std::move(html)};
}

RichText concat(const RichText& first, const RichText& second) {
  Blocks blocks = document_of(first);
  Blocks more = document_of(second);
  std::move(more.begin(), more.end(), std::back_inserter(blocks));
  return RichTextWriter::write(std::move(blocks));
}

}  // namespace syncservice::record
