// What every subcommand prints alike.
#pragma once

#include "syncservice/base/complaint.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::config {
struct Settings;
}

namespace syncservice::app {

/// "syncservice: …" on standard error.
void print_error(std::string_view message);
/// Each complaint on a line of its own, on standard error.
void print_complaints(const std::vector<Complaint>& complaints);
/// Reads the properties file and prints its complaints; empty when it can't be used.
[[nodiscard]] std::optional<config::Settings> settings_or_complain(const std::string& path);
/// On standard output, indented, with a newline.
void print_json(const nlohmann::ordered_json& document);

/// Columns as wide as their widest cell; the last one is not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace syncservice::app
