// auth/signature — is a body signed with a secret that the sender shares with us (X-Hub-Signature, as Jira sends it)?
#pragma once

#include <memory>
#include <string_view>

namespace syncservice::auth {

/// HMAC-SHA256 of one body, which may come in pieces. Used by one thread at a time.
class SignatureCheck {
 public:
  /// Throws std::runtime_error when OpenSSL lacks the algorithm.
  explicit SignatureCheck(std::string_view secret);
  SignatureCheck(SignatureCheck&&) noexcept;
  SignatureCheck& operator=(SignatureCheck&&) noexcept;
  ~SignatureCheck();

  /// The next piece of the body.
  void add(std::string_view piece) noexcept;
  /// Does `signature` ("sha256=" and 64 hexadecimal digits, in any case) fit the pieces? Takes the same time wherever
  /// it differs. Ends the check: later calls say no.
  [[nodiscard]] bool matches(std::string_view signature) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::auth
