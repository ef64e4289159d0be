// base/hash — a short, stable hash of bytes: the same in every process and version, so that it may be stored. Not for
// security.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace syncservice {

/// FNV-1a, 64 bits, of bytes that may come in pieces.
class Fnv1a {
 public:
  constexpr void add(std::string_view piece) noexcept {
    for (const char c : piece) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view bytes) noexcept {
  Fnv1a hash;
  hash.add(bytes);
  return hash.value();
}

/// All 16 digits, lower case.
[[nodiscard]] inline std::string to_hex(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(16, '0');
  for (auto place = out.rbegin(); place != out.rend(); ++place, number >>= 4U) *place = digits[number & 0xFU];
  return out;
}

}  // namespace syncservice
