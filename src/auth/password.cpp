#include "password.hpp"

#include <argon2.h>

#include <array>
#include <charconv>

#include "crypto.hpp"
#include "errors.hpp"
#include "syncservice/auth/auth.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::auth {
namespace {

constexpr std::uint32_t passes = 3;
constexpr std::uint32_t memory_kib = 64 * 1024;
constexpr std::uint32_t lanes = 1;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;
constexpr std::size_t longest_password = 1024;

bool take(std::string_view& rest, std::string_view expected) noexcept {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

bool take_number(std::string_view& rest, std::uint32_t least, std::uint32_t most) noexcept {
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (failure != std::errc{} || value < least || value > most) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

bool is_unpadded_base64(std::string_view text, std::size_t least_bytes) noexcept {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return text.size() * 3 / 4 >= least_bytes && text.size() % 4 != 1 &&
         text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  const auto invalid = [](std::string message) {
    return Error{make_error_code(Errc::invalid), std::move(message), FailureClass::permanent, {}};
  };
  if (password.empty()) return invalid("The password is empty; choose one of 1 to 1024 bytes.");
  if (password == default_password)
    return invalid("That is the published default password, which everybody knows; choose another one.");
  if (password.size() > longest_password)
    return invalid("The password has " + std::to_string(password.size()) + " bytes; at most 1024 are possible.");
  if (!text::is_utf8(password) || text::has_control(password))
    return invalid("The password holds a control character or is not UTF-8, so no HTTP client could send it.");

  std::array<unsigned char, salt_bytes> salt{};
  fill_random(salt.data(), salt.size());
  std::string out(argon2_encodedlen(passes, memory_kib, lanes, salt_bytes, hash_bytes, Argon2_id), '\0');
  const int failure = argon2id_hash_encoded(passes, memory_kib, lanes, password.data(), password.size(), salt.data(),
                                            salt.size(), hash_bytes, out.data(), out.size());
  if (failure != ARGON2_OK)
    return Error{make_error_code(Errc::internal),
                 std::string{"The password could not be hashed: "} + argon2_error_message(failure) + ".",
                 FailureClass::internal,
                 {}};
  out.resize(out.find('\0'));
  return out;
}

bool is_password_hash(std::string_view text) noexcept {
  constexpr std::uint32_t most_memory_kib = 4U * 1024 * 1024;
  if (!take(text, "$argon2id$v=19$m=") || !take_number(text, 8, most_memory_kib)) return false;
  if (!take(text, ",t=") || !take_number(text, 1, 1000)) return false;
  if (!take(text, ",p=") || !take_number(text, 1, 255) || !take(text, "$")) return false;
  const std::size_t end = text.find('$');
  return end != std::string_view::npos && is_unpadded_base64(text.substr(0, end), 8) &&
         is_unpadded_base64(text.substr(end + 1), 16);
}

bool verify_password(const std::string& hash, std::string_view password) noexcept {
  return password.size() <= longest_password && is_password_hash(hash) &&
         argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

}  // namespace syncservice::auth
