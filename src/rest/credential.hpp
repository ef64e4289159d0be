// How calls sign in, and the token of OAuth 2.0 that they share.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "syncservice/rest/rest.hpp"

namespace syncservice::rest {

/// What signs one call.
struct Signature {
  std::vector<client::Header> headers;
  std::optional<client::Login> login;
  std::string token;         ///< of OAuth; empty otherwise
  std::optional<Pass> pass;  ///< of a SignIn
};

/// Thread-safe. One thread at a time fetches a token, the others wait for it.
class Signer {
 public:
  /// The references outlive this.
  Signer(Credential credential, const client::Client& client, const Vendor& vendor, const Clock& clock);

  [[nodiscard]] Result<Signature> sign(const adapter::CallContext& context);

  /// Sees an answer to what it signed. True when the token or session was rejected and the next sign() gets a new one,
  /// so that the call may be tried once more. `again`: this was that one more time.
  [[nodiscard]] bool rejected(const Signature& signature, const client::Response& response, bool again,
                              const adapter::CallContext& context);

 private:
  struct Token {
    std::string text;
    Timestamp renew_at{};
  };
  [[nodiscard]] Result<std::string> token(const OAuth& oauth, const adapter::CallContext& context);
  [[nodiscard]] Result<Token> fetch(const OAuth& oauth, const adapter::CallContext& context) const;

  const Credential credential_;
  const client::Client& client_;
  const Vendor& vendor_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any fetched_;
  bool fetching_ = false;       // guarded by mutex_
  std::optional<Token> token_;  // guarded by mutex_
};

}  // namespace syncservice::rest
