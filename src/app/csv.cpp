#include "csv.hpp"

#include "syncservice/base/text.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace syncservice::app {
namespace {

struct Row {
  int line = 1;
  std::vector<std::string> fields;
};

Error fault(const std::string& file, int line, std::string what) {
  std::string message = file;
  message.append(":").append(std::to_string(line)).append(": ").append(what);
  return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument), std::move(message),
          FailureClass::permanent, std::nullopt};
}

Result<std::vector<Row>> rows_in(std::string_view text, const std::string& file) {
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
  if (quoted) return fault(file, row.line, "a quote is opened and never closed");
  end_row();
  return rows;
}

}  // namespace

Result<std::vector<LinkOptions::Pair>> pairs_in_csv(std::string_view text, const std::string& file) {
  using Pair = LinkOptions::Pair;
  constexpr std::array<std::pair<std::string_view, std::string Pair::*>, 4> columns{
      {{"source", &Pair::source},
       {"destination", &Pair::destination},
       {"sourceProject", &Pair::source_project},
       {"destinationProject", &Pair::destination_project}}};
  const auto rows = rows_in(text, file);
  if (!rows) return rows.error();
  if (rows->empty()) return fault(file, 1, "it is empty; the first line names the columns: source,destination");
  std::vector<std::string Pair::*> order;
  for (const std::string& name : rows->front().fields) {
    const auto known = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.first == name; });
    if (known == columns.end()) {
      return fault(file, rows->front().line,
                   "unknown column \"" + text::printable(name) +
                       "\"; known are source, destination, sourceProject and "
                       "destinationProject");
    }
    order.push_back(known->second);
  }
  std::vector<Pair> pairs;
  for (auto row = rows->begin() + 1; row != rows->end(); ++row) {
    if (row->fields.size() != order.size()) {
      return fault(
          file, row->line,
          "it has " + std::to_string(row->fields.size()) + " fields, the header has " + std::to_string(order.size()));
    }
    Pair pair;
    for (std::size_t i = 0; i < order.size(); ++i) pair.*order[i] = row->fields[i];
    if (pair.source.empty() || pair.destination.empty()) {
      return fault(file, row->line, "source and destination must both be given");
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace syncservice::app
