#include "marker.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace syncservice::adapter::jira {
namespace {

constexpr std::string_view prefix = "syncservice-";
constexpr std::size_t own_digits = 32;

bool is_hex(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A marker as the engine makes them is its own label.
bool is_own(std::string_view marker) noexcept {
  return marker.size() == prefix.size() + own_digits && marker.starts_with(prefix) &&
         is_hex(marker.substr(prefix.size()));
}

}  // namespace

Mark mark_of(const nlohmann::json& issue) {
  Mark out;
  const auto properties = issue.find("properties");
  if (properties == issue.end() || !properties->is_object()) return out;
  const auto value = properties->find(marker_property);
  if (value == properties->end() || !value->is_object()) return out;
  const auto marker = value->find("marker");
  if (marker == value->end() || !marker->is_string()) return out;
  out.marker = marker->get<std::string>();
  if (const auto unfinished = value->find("unfinished"); unfinished != value->end()) {
    if (auto fields = record::fields_from_json(unfinished->dump())) out.unfinished = std::move(*fields);
  }
  return out;
}

nlohmann::json to_property(const Mark& mark) {
  nlohmann::json out{{"marker", mark.marker}};
  if (!mark.unfinished.empty()) {
    nlohmann::json& unfinished = out["unfinished"] = nlohmann::json::object();
    for (const auto& [name, value] : mark.unfinished) unfinished[name] = record::to_json_value(value);
  }
  return out;
}

std::string marker_label(std::string_view marker) {
  if (is_own(marker)) return std::string{marker};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out{prefix};
  out += 'x';
  for (const char c : marker) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 0x0FU];
  }
  return out;
}

bool is_marker_label(std::string_view label) noexcept {
  if (is_own(label)) return true;
  return label.size() > prefix.size() + 1 && label.starts_with(prefix) && label[prefix.size()] == 'x' &&
         label.size() % 2 == (prefix.size() + 1) % 2 && is_hex(label.substr(prefix.size() + 1));
}

}  // namespace syncservice::adapter::jira
