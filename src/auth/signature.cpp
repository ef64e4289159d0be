#include "syncservice/auth/signature.hpp"

#include "crypto.hpp"

#include "syncservice/base/text.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <stdexcept>

namespace syncservice::auth {
namespace {

struct Deleter {
  void operator()(EVP_MAC* algorithm) const noexcept { EVP_MAC_free(algorithm); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};

const unsigned char* data_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Digest> parse(std::string_view signature) noexcept {
  constexpr std::string_view method = "sha256=";
  Digest out{};
  if (signature.size() != method.size() + 2 * out.size()) return std::nullopt;
  if (!text::iequals(signature.substr(0, method.size()), method)) return std::nullopt;
  const std::string_view digits = signature.substr(method.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(digits[2 * i]);
    const int low = digit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return out;
}

}  // namespace

struct SignatureCheck::Impl {
  std::unique_ptr<EVP_MAC_CTX, Deleter> context;
  bool sound = true;
};

SignatureCheck::SignatureCheck(std::string_view secret) : impl_(std::make_unique<Impl>()) {
  const std::unique_ptr<EVP_MAC, Deleter> hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  if (hmac) impl_->context.reset(EVP_MAC_CTX_new(hmac.get()));
  char name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  if (!impl_->context || EVP_MAC_init(impl_->context.get(), data_of(secret), secret.size(), parameters) != 1)
    throw std::runtime_error("OpenSSL lacks HMAC with SHA-256");
}

SignatureCheck::SignatureCheck(SignatureCheck&&) noexcept = default;
SignatureCheck& SignatureCheck::operator=(SignatureCheck&&) noexcept = default;
SignatureCheck::~SignatureCheck() = default;

void SignatureCheck::add(std::string_view piece) noexcept {
  impl_->sound = impl_->sound && EVP_MAC_update(impl_->context.get(), data_of(piece), piece.size()) == 1;
}

bool SignatureCheck::matches(std::string_view signature) noexcept {
  const std::optional<Digest> given = parse(text::trim(signature));
  Digest wanted{};
  std::size_t written = 0;
  const bool computed = impl_->sound &&
                        EVP_MAC_final(impl_->context.get(), wanted.data(), &written, wanted.size()) == 1 &&
                        written == wanted.size();
  impl_->sound = false;
  return computed && given && equal(*given, wanted);
}

}  // namespace syncservice::auth
