#include "print.hpp"

#include "configuration.hpp"

#include <algorithm>
#include <iostream>

namespace syncservice::app {

void print_error(std::string_view message) {
  std::cerr << "syncservice: " << message << '\n';
}

void print_complaints(const std::vector<Complaint>& complaints) {
  for (const Complaint& complaint : complaints) std::cerr << to_string(complaint) << '\n';
}

std::optional<config::Settings> settings_or_complain(const std::string& path) {
  config::LoadedSettings loaded = load_configuration(path);
  print_complaints(loaded.complaints);
  return std::move(loaded.settings);
}

void print_json(const nlohmann::ordered_json& document) {
  std::cout << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

namespace {

// Columns of a terminal: East Asian characters and emoji take two, marks that combine with the one before none.
std::size_t width(char32_t c) {
  const auto in = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (in(0x300, 0x36F) || in(0x200B, 0x200F) || in(0x20D0, 0x20FF) || in(0xFE00, 0xFE0F) || in(0xFE20, 0xFE2F))
    return 0;
  const bool wide = in(0x1100, 0x115F) || in(0x2E80, 0x303E) || in(0x3041, 0xA4CF) || in(0xA960, 0xA97F) ||
                    in(0xAC00, 0xD7A3) || in(0xF900, 0xFAFF) || in(0xFE30, 0xFE6F) || in(0xFF00, 0xFF60) ||
                    in(0xFFE0, 0xFFE6) || in(0x1F300, 0x1F64F) || in(0x1F680, 0x1F6FF) || in(0x1F900, 0x1F9FF) ||
                    in(0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}

std::size_t width(std::string_view utf8) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k) {
      c = (c << 6U) | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    }
    columns += width(c);
    i += length;
  }
  return columns;
}

}  // namespace

void Table::print() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    std::cout << line << '\n';
  }
}

}  // namespace syncservice::app
