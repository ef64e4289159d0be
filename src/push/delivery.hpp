// What the routes of a push share on its way to disk: the name of a delivery, and where a request's coroutine waits for
// the receipts of its pushes.
#pragma once

#include "syncservice/auth/signature.hpp"
#include "syncservice/base/hash.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/gate/completion.hpp"
#include "syncservice/http/router.hpp"
#include "syncservice/spool/spool.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::push {

/// What a sender calls a delivery, if the spool can keep it; else empty, as if it had no name.
inline std::string_view usable_identifier(std::string_view given) {
  constexpr std::size_t fingerprint = 21;  // a colon and 64 bits in decimal
  const std::string_view name = text::trim(given);
  const bool usable = name.size() <= spool::Acceptance::longest_delivery - fingerprint && text::is_utf8(name);
  return usable ? name : std::string_view{};
}

/// What is learned of a body while it passes by.
class PassingBody {
 public:
  /// `signature`: empty when none is asked for. `identifier`: of the delivery; empty when it has none.
  PassingBody(std::optional<auth::SignatureCheck> signature, std::string_view identifier)
      : signature_(std::move(signature)), identifier_(identifier) {}

  [[nodiscard]] bool matters() const noexcept { return signature_ || !identifier_.empty(); }
  void add(std::string_view piece) noexcept {
    if (signature_) signature_->add(piece);
    if (!identifier_.empty()) fingerprint_.add(piece);
  }
  [[nodiscard]] std::optional<auth::SignatureCheck>& signature() noexcept { return signature_; }
  /// The delivery's name for the spool. What is sent again has the same body, too: an identifier that comes with
  /// another one, from a proxy or a script that knows but one, must not cost a change.
  [[nodiscard]] std::string delivery() const {
    if (identifier_.empty()) return {};
    std::string out = identifier_;
    return out.append(":").append(std::to_string(fingerprint_.value()));
  }

 private:
  std::optional<auth::SignatureCheck> signature_;
  std::string identifier_;
  Fnv1a fingerprint_;
};

/// One push on its way to disk and its receipt on the way back, where it resumes the request's coroutine.
template <class Handler>
class Waiting final : public spool::Acceptance, public gate::Mailbox::Letter {
 public:
  Waiting(const ValidPush& push, std::string pushed_by, const http::Exchange& exchange, std::string delivery,
          gate::Mailbag& bag, Handler handler)
      : Acceptance(push, std::move(pushed_by), exchange.peer().address, std::move(delivery)),
        bag_(bag),
        home_(gate::Mailbox::of(exchange.executor())),
        handler_(std::move(handler)) {}

 private:
  void accepted(const Result<spool::Receipt>& receipt) noexcept override {
    receipt_ = receipt;
    bag_.put(home_, *this);
  }
  void arrive() override {
    Result<spool::Receipt> receipt = *std::move(receipt_);
    Handler handler = std::move(handler_);
    delete this;
    std::move(handler)(std::move(receipt));
  }

  gate::Mailbag& bag_;
  gate::Mailbox& home_;
  Handler handler_;
  std::optional<Result<spool::Receipt>> receipt_;
};

/// Several pushes of one request on their way to disk; the last receipt resumes the request's coroutine, with the first
/// failure if there was one.
template <class Handler>
class WaitingForAll final : public gate::Mailbox::Letter {
 public:
  /// Hands the pushes, at least one, to the spool. The object lives until its handler is called.
  static void accept(spool::Spool& spool, const std::vector<ValidPush>& pushes, const std::string& pushed_by,
                     const http::Exchange& exchange, const std::string& delivery, gate::Mailbag& bag, Handler handler) {
    auto* all = new WaitingForAll(pushes.size(), exchange, bag, std::move(handler));
    for (const ValidPush& push : pushes) spool.accept(*new One(push, pushed_by, exchange, delivery, *all));
  }

 private:
  class One final : public spool::Acceptance {
   public:
    One(const ValidPush& push, std::string pushed_by, const http::Exchange& exchange, std::string delivery,
        WaitingForAll& all)
        : Acceptance(push, std::move(pushed_by), exchange.peer().address, std::move(delivery)), all_(all) {}

   private:
    void accepted(const Result<spool::Receipt>& receipt) noexcept override {
      WaitingForAll& all = all_;
      all.arrived(receipt);
      delete this;
    }
    WaitingForAll& all_;
  };

  WaitingForAll(std::size_t count, const http::Exchange& exchange, gate::Mailbag& bag, Handler handler)
      : missing_(count), bag_(bag), home_(gate::Mailbox::of(exchange.executor())), handler_(std::move(handler)) {}

  void arrived(const Result<spool::Receipt>& receipt) noexcept {
    if (!receipt) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = receipt.error();
    }
    if (missing_.fetch_sub(1) == 1) bag_.put(home_, *this);
  }
  void arrive() override {
    Result<void> outcome;
    if (failure_) outcome = *std::move(failure_);
    Handler handler = std::move(handler_);
    delete this;
    std::move(handler)(std::move(outcome));
  }

  std::atomic<std::size_t> missing_;
  std::mutex mutex_;
  std::optional<Error> failure_;
  gate::Mailbag& bag_;
  gate::Mailbox& home_;
  Handler handler_;
};

}  // namespace syncservice::push
