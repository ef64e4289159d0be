#include "zone.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/record.hpp"

namespace syncservice::adapter::alm {
namespace {

using std::chrono::seconds;

constexpr std::string_view database = "/usr/share/zoneinfo/";
constexpr std::size_t wall_length = 19;  // of "2026-11-24 10:00:00"

// A file of the time zone database (RFC 8536), read from front to back.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : left_(bytes) {}
  [[nodiscard]] bool has(std::size_t count) const noexcept { return left_.size() >= count; }
  std::string_view take(std::size_t count) noexcept {
    const std::string_view out = left_.substr(0, count);
    left_.remove_prefix(out.size());
    return out;
  }
  // Big-endian, signed.
  std::int64_t number(std::size_t count) noexcept {
    std::uint64_t value = 0;
    const std::string_view bytes = take(count);
    for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    return count == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
  }

 private:
  std::string_view left_;
};

struct Counts {
  std::size_t utc = 0, standard = 0, leaps = 0, times = 0, types = 0, characters = 0;
  [[nodiscard]] std::size_t size(std::size_t width) const noexcept {
    return times * (width + 1) + types * 6 + characters + leaps * (width + 4) + standard + utc;
  }
};

std::optional<Counts> header(Reader& reader) {
  constexpr std::size_t length = 44, unused = 16;
  if (!reader.has(length) || reader.take(4) != "TZif") return std::nullopt;
  reader.take(unused);
  Counts counts;
  for (std::size_t* count :
       {&counts.utc, &counts.standard, &counts.leaps, &counts.times, &counts.types, &counts.characters})
    *count = static_cast<std::uint32_t>(reader.number(4));
  return counts;
}

bool is_zone_name(const std::string& name) {
  return !name.empty() && name.front() != '/' && name.find("..") == std::string::npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
         });
}

}  // namespace

std::optional<Zone> Zone::from_file(const std::string& bytes) {
  constexpr std::size_t narrow = 4, wide = 8;
  Reader reader{bytes};
  auto counts = header(reader);
  if (!counts || !reader.has(counts->size(narrow))) return std::nullopt;
  reader.take(counts->size(narrow));
  counts = header(reader);
  if (!counts || counts->types == 0 || !reader.has(counts->size(wide))) return std::nullopt;
  Zone zone;
  for (std::size_t i = 0; i < counts->times; ++i)
    zone.changes_.push_back({std::chrono::sys_seconds{seconds{reader.number(wide)}}, {}});
  const std::string_view kinds = reader.take(counts->times);
  std::vector<seconds> offsets;
  for (std::size_t i = 0; i < counts->types; ++i) {
    offsets.emplace_back(reader.number(4));
    reader.take(2);
  }
  for (std::size_t i = 0; i < counts->times; ++i) {
    const auto kind = static_cast<unsigned char>(kinds[i]);
    if (kind >= offsets.size()) return std::nullopt;
    zone.changes_[i].offset = offsets[kind];
  }
  zone.before_ = offsets.front();
  return zone;
}

Result<Zone> Zone::find(const std::string& name) {
  if (const auto fixed = record::zone_from_text(name)) {
    Zone zone;
    zone.before_ = *fixed;
    return zone;
  }
  if (name == "UTC") return Zone{};
  const std::string path = std::string{database} + name;
  std::error_code unreadable;
  if (is_zone_name(name) && std::filesystem::is_regular_file(path, unreadable)) {
    std::ifstream file{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    if (auto zone = from_file(bytes)) return std::move(*zone);
  }
  return make_error(
      Failure::misconfigured,
      "timeZone \"" + text::printable(name) + "\" is no time zone; give one such as Europe/Berlin, or +01:00, or UTC.");
}

seconds Zone::offset(Timestamp at) const noexcept {
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), at,
                                     [](Timestamp moment, const Change& change) { return moment < change.at; });
  return next == changes_.begin() ? before_ : std::prev(next)->offset;
}

std::string Zone::wall(Timestamp at) const {
  std::string text = to_rfc3339(std::chrono::floor<seconds>(at + offset(at))).substr(0, wall_length);
  text[10] = ' ';
  return text;
}

std::optional<Timestamp> Zone::instant(std::string_view wall) const {
  if (wall.size() != wall_length) return std::nullopt;
  const auto as_utc = record::instant_from_text(std::string{wall} + 'Z');
  if (!as_utc) return std::nullopt;
  // A change moves the clock by less than a day, so one of the offsets around it is the right one.
  constexpr std::chrono::hours day{24};
  const Timestamp early = as_utc->at - offset(as_utc->at - day), late = as_utc->at - offset(as_utc->at + day);
  const Timestamp first = std::min(early, late), second = std::max(early, late);
  return first + offset(first) == as_utc->at ? first : second;
}

}  // namespace syncservice::adapter::alm
