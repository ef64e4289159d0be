// The one table of ConnectAll.properties: names, values, ranges and help. settings.cpp reads with it, the documentation
// and the hints come from it.
#pragma once

#include "syncservice/config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace syncservice::config {

struct TextKind {
  std::string Settings::*member;
};
/// Made absolute; empty stays empty.
struct PathKind {
  std::string Settings::*member;
  std::string_view default_value;
};
struct NumberKind {
  std::variant<unsigned Settings::*, std::int64_t Settings::*> member;
  std::int64_t least, most;
};
struct SizeKind {
  std::int64_t Settings::*member;
  std::int64_t least, most;
};
struct DurationKind {
  std::chrono::milliseconds Settings::*member;
  std::chrono::milliseconds least, most;
};
struct WordKind {
  std::string Settings::*member;
  std::vector<std::string> words;
};

struct Key {
  std::string_view name;
  std::variant<TextKind, PathKind, NumberKind, SizeKind, DurationKind, WordKind> kind;
  std::string_view help;
};

inline constexpr std::string_view key_prefix = "push.service.";

[[nodiscard]] const std::vector<Key>& key_table();
/// Null when there is none of that name.
[[nodiscard]] const Key* find_key(std::string_view name);

/// What may stand there, for people.
[[nodiscard]] std::string allowed_values(const Key& key);
/// The default as the file writes it.
[[nodiscard]] std::string default_value(const Key& key);

/// Reads one value into the settings. Returns what is wrong with it; empty when nothing is. `folder`: absolute, what
/// relative paths are relative to.
[[nodiscard]] std::string assign(const Key& key, std::string_view value, const std::string& folder, Settings& settings);

}  // namespace syncservice::config
