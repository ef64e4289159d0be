#include "syncservice/record/record.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace syncservice::record {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr minutes zone_limit{18 * 60};

// Reads text from the left; any failure is remembered.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) {}

  int digits(std::size_t count) noexcept {
    int number = 0;
    if (text_.size() < count) return fail();
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return fail();
      number = number * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return number;
  }
  bool skip(std::string_view any_of) noexcept {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  void need(std::string_view any_of) noexcept {
    if (!skip(any_of)) fail();
  }
  // Digits after a point, cut at milliseconds.
  milliseconds fraction() noexcept {
    int millis = 0;
    int weight = 100;
    std::size_t count = 0;
    for (; count < text_.size() && text_[count] >= '0' && text_[count] <= '9'; ++count) {
      millis += (text_[count] - '0') * weight;
      weight /= 10;
    }
    if (count == 0) fail();
    text_.remove_prefix(count);
    return milliseconds{millis};
  }
  [[nodiscard]] char next() const noexcept { return text_.empty() ? '\0' : text_.front(); }
  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] bool at_end() const noexcept { return good_ && text_.empty(); }

 private:
  int fail() noexcept {
    good_ = false;
    return 0;
  }
  std::string_view text_;
  bool good_ = true;
};

Date read_date(Reader& reader) noexcept {
  const int year = reader.digits(4);
  reader.need("-");
  const int month = reader.digits(2);
  reader.need("-");
  const int day = reader.digits(2);
  return std::chrono::year{year} / month / day;
}

std::optional<minutes> read_zone(Reader& reader) noexcept {
  if (reader.skip("Zz")) return minutes{0};
  const bool west = reader.next() == '-';
  reader.need("+-");
  const int hours = reader.digits(2);
  reader.skip(":");
  const int rest = reader.digits(2);
  const minutes zone{hours * 60 + rest};
  if (rest > 59 || zone > zone_limit) return std::nullopt;
  return west ? -zone : zone;
}

}  // namespace

std::string to_text(Date date) {
  std::array<char, 32> out{};
  const int length = std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {out.data(), static_cast<std::size_t>(length)};
}

std::string to_text(minutes zone) {
  std::array<char, 32> out{};
  const auto ahead = std::abs(zone.count());
  const int length = std::snprintf(out.data(), out.size(), "%c%02d:%02d", zone.count() < 0 ? '-' : '+',
                                   static_cast<int>(ahead / 60), static_cast<int>(ahead % 60));
  return {out.data(), static_cast<std::size_t>(length)};
}

std::optional<Date> date_from_text(std::string_view text) noexcept {
  Reader reader{text};
  const Date date = read_date(reader);
  if (!reader.at_end() || !date.ok()) return std::nullopt;
  return date;
}

std::optional<minutes> zone_from_text(std::string_view text) noexcept {
  Reader reader{text};
  const std::optional<minutes> zone = read_zone(reader);
  return reader.at_end() ? zone : std::nullopt;
}

std::optional<Instant> instant_from_text(std::string_view text) noexcept {
  Reader reader{text};
  const Date date = read_date(reader);
  reader.need("Tt ");
  const int hour = reader.digits(2);
  reader.need(":");
  const int minute = reader.digits(2);
  int second = 0;
  milliseconds fraction{0};
  if (reader.skip(":")) {
    second = reader.digits(2);
    if (reader.skip(".,")) fraction = reader.fraction();
  }
  const std::optional<minutes> zone = read_zone(reader);
  if (!reader.at_end() || !zone || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const Timestamp local = std::chrono::sys_days{date} + std::chrono::hours{hour} + minutes{minute} +
                          std::chrono::seconds{second} + fraction;
  return Instant{local - *zone, *zone};
}

}  // namespace syncservice::record
