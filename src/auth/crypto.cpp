#include "crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace syncservice::auth {
namespace {

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

const unsigned char* data_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string encode_base64(const unsigned char* data, std::size_t size) {
  std::string out((size + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data, static_cast<int>(size));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace

bool equal(const Digest& left, const Digest& right) noexcept {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

void fill_random(unsigned char* out, std::size_t size) {
  if (RAND_bytes(out, static_cast<int>(size)) != 1) throw std::runtime_error("OpenSSL has no random bytes to give");
}

std::string base64url(const unsigned char* data, std::size_t size) {
  std::string out = encode_base64(data, size);
  out.erase(std::find(out.begin(), out.end(), '='), out.end());
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::size_t longest = std::size_t{16} * 1024;
  if (text.size() % 4 != 0 || text.size() > longest) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), data_of(text), static_cast<int>(text.size()));
  const auto padding =
      static_cast<std::size_t>(std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '='));
  if (length != static_cast<int>(out.size())) {  // also when EVP_DecodeBlock skipped blanks
    wipe(out);
    return std::nullopt;
  }
  out.resize(out.size() - padding);
  std::string again = encode_base64(data_of(out), out.size());
  const bool canonical = again == text;
  wipe(again);
  if (canonical) return out;
  wipe(out);
  return std::nullopt;
}

void wipe(std::string& text) noexcept {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Hasher::Hasher()
    : sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
      hmac_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)),
      keyed_(hmac_ ? EVP_MAC_CTX_new(hmac_.get()) : nullptr) {
  Digest key{};
  fill_random(key.data(), key.size());
  char name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  const bool ready = sha256_ && keyed_ && EVP_MAC_init(keyed_.get(), key.data(), key.size(), parameters) == 1;
  OPENSSL_cleanse(key.data(), key.size());
  if (!ready) throw std::runtime_error("OpenSSL lacks SHA-256 or HMAC");
}

std::optional<Digest> Hasher::sha256(std::string_view text) const noexcept {
  const std::unique_ptr<EVP_MD_CTX, DigestContextDeleter> context{EVP_MD_CTX_new()};
  Digest out{};
  const bool done = context && EVP_DigestInit_ex2(context.get(), sha256_.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1;
  if (!done) return std::nullopt;
  return out;
}

std::optional<Digest> Hasher::keyed(std::string_view user, std::string_view password) const noexcept {
  const std::unique_ptr<EVP_MAC_CTX, Deleter> context{EVP_MAC_CTX_dup(keyed_.get())};
  const std::uint64_t length = user.size();
  Digest out{};
  std::size_t written = 0;
  const bool done =
      context && EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(&length), sizeof length) == 1 &&
      EVP_MAC_update(context.get(), data_of(user), user.size()) == 1 &&
      EVP_MAC_update(context.get(), data_of(password), password.size()) == 1 &&
      EVP_MAC_final(context.get(), out.data(), &written, out.size()) == 1 && written == out.size();
  if (!done) return std::nullopt;
  return out;
}

}  // namespace syncservice::auth
