// The cryptography that auth needs, over OpenSSL. Algorithms are fetched once, since a fetch takes OpenSSL's locks.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace syncservice::auth {

using Digest = std::array<unsigned char, 32>;

/// The bytes of a digest, as the store takes them.
[[nodiscard]] inline std::string_view bytes_of(const Digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// The time does not depend on where they differ.
[[nodiscard]] bool equal(const Digest& left, const Digest& right) noexcept;

/// Random bytes from OpenSSL's generator. Throws std::runtime_error when it has none to give.
void fill_random(unsigned char* out, std::size_t size);

/// Base64url without padding (RFC 4648 §5).
[[nodiscard]] std::string base64url(const unsigned char* data, std::size_t size);

/// Base64 with padding (RFC 4648 §4), strictly: no blanks, no missing padding, no stray bits. Empty when it is not.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// Overwrites the text's bytes and empties it.
void wipe(std::string& text) noexcept;

/// SHA-256 and HMAC-SHA256 under a random key that lives as long as this object. Thread-safe.
class Hasher {
 public:
  /// Throws std::runtime_error when OpenSSL lacks an algorithm.
  Hasher();
  /// Empty on any failure of OpenSSL.
  [[nodiscard]] std::optional<Digest> sha256(std::string_view text) const noexcept;
  /// Of the pair: no two pairs have the same input.
  [[nodiscard]] std::optional<Digest> keyed(std::string_view user, std::string_view password) const noexcept;

 private:
  struct Deleter {
    void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
    void operator()(EVP_MAC* algorithm) const noexcept { EVP_MAC_free(algorithm); }
    void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD, Deleter> sha256_;
  std::unique_ptr<EVP_MAC, Deleter> hmac_;
  std::unique_ptr<EVP_MAC_CTX, Deleter> keyed_;  // holds the key; copied for each use
};

}  // namespace syncservice::auth
