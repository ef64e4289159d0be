#include "print.hpp"

#include "syncservice/config/settings.hpp"

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
  config::LoadedSettings loaded = config::load_settings(path);
  print_complaints(loaded.complaints);
  return std::move(loaded.settings);
}

void print_json(const nlohmann::ordered_json& document) {
  std::cout << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

namespace {

std::size_t width(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
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
