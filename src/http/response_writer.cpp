#include "response_writer.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace syncservice::http {
namespace {

bool is_token(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(), [](char c) { return (c >= '\0' && c < ' ') || c == '\x7F'; });
}

bool is_set_by_server(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 7> names{"Date",       "Server",       "Content-Length",   "Content-Type",
                                                  "Connection", "X-Request-Id", "Transfer-Encoding"};
  return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return text::iequals(known, name); });
}

bool has_no_body(unsigned status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

bool is_sound(const Response& response) noexcept {
  return response.status >= 200 && response.status <= 599 && is_value(response.content_type) &&
         std::all_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
           return is_token(header.first) && is_value(header.second) && !is_set_by_server(header.first);
         });
}

void serialize(std::string& out, const Response& response, const Envelope& envelope) {
  out += "HTTP/1.1 ";
  append_number(out, response.status);
  out += ' ';
  out += reason(response.status);
  out += "\r\n";
  append_header(out, "Server", "syncservice");
  append_header(out, "Date", envelope.date);
  const bool bodiless = has_no_body(response.status);
  if (!bodiless) {
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  append_header(out, "X-Request-Id", envelope.request_id);
  if (envelope.close) {
    out += "Connection: close\r\n";
  } else if (envelope.keep_alive) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (!bodiless && !envelope.head_only) out += response.body;
}

std::string http_date(std::chrono::sys_seconds instant) {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  std::array<char, 40> out{};
  const int length = std::snprintf(out.data(), out.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                                   days[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                                   months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                                   static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                                   static_cast<int>(time.seconds().count()));
  return {out.data(), static_cast<std::size_t>(length)};
}

}  // namespace syncservice::http
