#include "snapshot_data.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::registry {
namespace {

// All names are compared up to twice this many; of more, those that begin or end most alike.
constexpr std::size_t neighbourhood = 64;

std::string reversed(std::string text) {
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace

void NameIndex::fill(std::vector<std::string> names) {
  names_ = std::move(names);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto index = static_cast<std::uint32_t>(i);
    forward_.push_back({text::lower(names_[i]), index});
    backward_.push_back({reversed(text::lower(names_[i])), index});
  }
  const auto by_key = [](const Entry& left, const Entry& right) { return left.key < right.key; };
  std::sort(forward_.begin(), forward_.end(), by_key);
  std::sort(backward_.begin(), backward_.end(), by_key);
}

void NameIndex::add_neighbours(const std::vector<Entry>& sorted, const std::string& key,
                               std::vector<std::uint32_t>& out) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), key,
                                   [](const Entry& entry, const std::string& wanted) { return entry.key < wanted; });
  const auto reach = static_cast<std::ptrdiff_t>(neighbourhood);
  const auto begin = at - std::min(reach, at - sorted.begin());
  const auto end = at + std::min(reach, sorted.end() - at);
  for (auto entry = begin; entry != end; ++entry) out.push_back(entry->name);
}

std::vector<std::string> NameIndex::nearest(std::string_view wanted, std::size_t most) const {
  const std::string key = text::lower(wanted);
  std::vector<std::uint32_t> candidates;
  add_neighbours(forward_, key, candidates);
  add_neighbours(backward_, reversed(key), candidates);
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::vector<std::string> names;
  for (const std::uint32_t candidate : candidates) names.push_back(names_[candidate]);
  return text::nearest(wanted, names, most);
}

}  // namespace syncservice::registry
