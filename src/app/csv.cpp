#include "csv.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace syncservice::app {
namespace {

struct Row {
  int line = 1;
  std::vector<std::string> fields;
};

std::string place(const std::string& file, int line) {
  return file + ':' + std::to_string(line) + ": ";
}

std::vector<Row> rows_in(std::string_view text, const std::string& file, std::vector<std::string>& faults) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<Row> rows;
  Row row;
  std::string field;
  bool quoted = false, was_quoted = false;
  int line = 1;
  const auto end_field = [&] {
    row.fields.push_back(was_quoted ? std::exchange(field, {}) : std::string{text::trim(std::exchange(field, {}))});
    was_quoted = false;
  };
  const auto end_row = [&] {
    end_field();
    if (row.fields.size() > 1 || !row.fields.front().empty()) rows.push_back(std::move(row));
    row = Row{line, {}};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && text::trim(field).empty()) {
      field.clear();
      quoted = was_quoted = true;
    } else if (c == ',') {
      end_field();
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quoted) {
    faults.push_back(place(file, row.line) + "a quote is opened and never closed");
  } else {
    end_row();
  }
  return rows;
}

}  // namespace

CsvPairs pairs_in_csv(std::string_view text, const std::string& file) {
  using Pair = LinkOptions::Pair;
  constexpr std::array<std::pair<std::string_view, std::string Pair::*>, 4> columns{
      {{"source", &Pair::source},
       {"destination", &Pair::destination},
       {"sourceProject", &Pair::source_project},
       {"destinationProject", &Pair::destination_project}}};
  CsvPairs out;
  const auto fault = [&](int line, const std::string& what) { out.faults.push_back(place(file, line) + what); };
  const std::vector<Row> rows = rows_in(text, file, out.faults);
  if (rows.empty()) {
    if (out.faults.empty()) fault(1, "it is empty; the first line names the columns: source,destination");
    return out;
  }
  std::vector<std::string Pair::*> order;
  for (const std::string& name : rows.front().fields) {
    const auto known = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.first == name; });
    if (known != columns.end()) {
      order.push_back(known->second);
    } else {
      fault(rows.front().line, "unknown column \"" + text::printable(name) +
                                   "\"; known are source, destination, sourceProject and destinationProject, with "
                                   "commas between them");
    }
  }
  if (order.size() != rows.front().fields.size()) return out;
  for (const auto& required : {columns[0], columns[1]}) {
    if (std::find(order.begin(), order.end(), required.second) != order.end()) continue;
    fault(rows.front().line, "the column \"" + std::string{required.first} + "\" is missing");
  }
  if (!out.faults.empty()) return out;
  for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
    if (row->fields.size() != order.size()) {
      fault(row->line,
            "it has " + std::to_string(row->fields.size()) + " fields, the header has " + std::to_string(order.size()));
      continue;
    }
    Pair pair;
    pair.place = place(file, row->line);
    for (std::size_t i = 0; i < order.size(); ++i) pair.*order[i] = row->fields[i];
    if (pair.source.empty() || pair.destination.empty()) {
      fault(row->line, "source and destination must both be given");
    } else if (!std::all_of(row->fields.begin(), row->fields.end(), text::is_utf8)) {
      fault(row->line, "it is not UTF-8; save the table in that encoding");
    } else {
      out.pairs.push_back(std::move(pair));
    }
  }
  return out;
}

}  // namespace syncservice::app
