#include "syncservice/push/push.hpp"

#include "parse.hpp"

#include "syncservice/auth/auth.hpp"
#include "syncservice/auth/signature.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/gate/completion.hpp"
#include "syncservice/gate/gate.hpp"
#include "syncservice/http/router.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/telemetry/log.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncservice::push {
namespace {

using boost::asio::awaitable;
using http::Exchange;
using http::Response;

/// What Jira calls this delivery: the same when it sends it again. Empty when the sender has no name for it.
std::string_view identifier_of(const http::RequestHead& head) {
  constexpr std::size_t fingerprint = 21;  // a colon and 64 bits in decimal
  const std::string_view name = text::trim(head.header("x-atlassian-webhook-identifier"));
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
    if (identifier_.empty()) return;
    for (const char c : piece)
      fingerprint_ = (fingerprint_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;  // FNV-1a
  }
  [[nodiscard]] std::optional<auth::SignatureCheck>& signature() noexcept { return signature_; }
  /// The delivery's name for the spool. What is sent again has the same body, too: an identifier that comes with
  /// another one, from a proxy or a script that knows but one, must not cost a change.
  [[nodiscard]] std::string delivery() const {
    if (identifier_.empty()) return {};
    std::string out = identifier_;
    return out.append(":").append(std::to_string(fingerprint_));
  }

 private:
  std::optional<auth::SignatureCheck> signature_;
  std::string identifier_;
  std::uint64_t fingerprint_ = 0xcbf29ce484222325U;
};

/// One push on its way to disk and its receipt on the way back, where it resumes the request's coroutine.
template <class Handler>
class Waiting final : public spool::Acceptance, public gate::Mailbox::Letter {
 public:
  Waiting(const ValidPush& push, std::string pushed_by, const Exchange& exchange, std::string delivery,
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

Response created(const RecordKey& key, const spool::Receipt& receipt) {
  Response answer{.status = 201};
  std::string message = "Record ";
  message.append(key.app_link.str()).append("\\").append(key.id.str());
  message.append(" successfully pushed into ConnectAll queue! ");
  answer.body = gate::document("Success", message);
  answer.headers.emplace_back("Location", "/api/v1/pushes/" + to_string(receipt.id()));
  return answer;
}

/// The routes of contract §1, all alike but for where credentials and values come from.
class Routes {
 public:
  Routes(const Services& services, const Settings& settings) : services_(services), settings_(settings) {
    services.spool.after_batch([bag = bag_] { bag->send_off(); });
  }

  awaitable<Response> body_form(Exchange& exchange) const {
    const auto principal = co_await gate::authenticate(exchange, services_.authenticator, gate::Takes::basic_or_key);
    if (!principal) co_return gate::challenge(principal.error(), gate::Takes::basic_or_key);
    const std::string_view type = exchange.head().header("content-type");
    if (!is_json_type(type)) {
      co_return gate::refusal(415, type.empty() ? "the Content-Type is missing; send application/json"
                                                : "the Content-Type \"" + text::printable(type) +
                                                      "\" is not supported; send application/json");
    }
    const std::string_view encoding = exchange.head().header("content-encoding");
    if (!encoding.empty() && !text::iequals(encoding, "identity")) {
      co_return gate::refusal(
          415, "the Content-Encoding \"" + text::printable(encoding) + "\" is not supported; send the body as it is");
    }
    const auto body = co_await exchange.read_body(settings_.body_limit);
    if (!body) co_return gate::refusal(body.error());
    const auto request = parse_body(*body);
    PassingBody passing{signature_wanted(request, *principal), identifier_of(exchange.head())};
    passing.add(*body);
    co_return co_await answer(exchange, *principal, request, std::move(passing));
  }

  awaitable<Response> path_form(Exchange& exchange) const {
    const auto principal = co_await gate::authenticate(exchange, services_.authenticator, gate::Takes::key);
    if (!principal) co_return gate::challenge(principal.error(), gate::Takes::key);
    const auto request = parse_path(exchange.segments());
    PassingBody passing{signature_wanted(request, *principal), identifier_of(exchange.head())};
    http::BodySink sink;
    if (passing.matters()) sink = [&passing](std::string_view piece) { passing.add(piece); };
    const auto taken = co_await exchange.stream_body(settings_.discard_limit, sink);
    if (!taken) co_return gate::refusal(taken.error());
    co_return co_await answer(exchange, *principal, request, std::move(passing));
  }

  Response ready() const {
    if (!services_.registry.current()) return gate::refusal(503, not_loaded);
    if (const auto spool = services_.spool.ready(); !spool) return gate::refusal(spool.error());
    return {.body = gate::document("Success", "ready")};
  }

 private:
  /// To be fed with the body, when the application that pushes signs what it sends. What the administrator's password
  /// vouches for needs no signature.
  std::optional<auth::SignatureCheck> signature_wanted(const Result<registry::PushRequest>& request,
                                                       const auth::Principal& principal) const {
    if (!request || principal.is_administrator()) return std::nullopt;
    const auto snapshot = services_.registry.current();
    const auto link = snapshot ? snapshot->find(request->app_link) : nullptr;
    if (!link) return std::nullopt;
    const std::string& secret = link->end(request->origin).application->webhook_secret;
    if (secret.empty()) return std::nullopt;
    return auth::SignatureCheck{secret};
  }

  /// Why the signature does not do; empty when it does.
  static std::string signature_fault(const Exchange& exchange, const registry::PushRequest& request,
                                     auth::SignatureCheck& check) {
    const std::string_view given = exchange.head().header("x-hub-signature");
    if (check.matches(given)) return {};
    std::string out = "app link \"" + text::printable(request.app_link.str()) + "\" takes pushes from its " +
                      std::string{to_string(request.origin)} + " only when they are signed, and the header ";
    out += given.empty()
               ? "X-Hub-Signature is missing; enter the application's webhookSecret as the secret of the webhook"
               : "X-Hub-Signature does not fit the body; is the secret of the webhook the application's "
                 "webhookSecret?";
    return out;
  }

  /// An administrator who asks why a record did not arrive finds each refusal in the log.
  awaitable<Response> answer(Exchange& exchange, const auth::Principal& principal,
                             const Result<registry::PushRequest>& request, PassingBody passing) const {
    const auto refused = [&](Response response, std::string_view reason) {
      services_.log.warn("push refused",
                         {{"status", static_cast<int>(response.status)},
                          {"app_link", request ? text::printable(request->app_link.str()) : std::string{}},
                          {"id", request ? text::printable(request->id.str()) : std::string{}},
                          {"reason", reason},
                          {"by", principal.name()},
                          {"from", exchange.peer().address}});
      return response;
    };
    if (!request) co_return refused(gate::refusal(request.error()), request.error().message);
    if (!principal.may(request->app_link, request->origin)) {
      const std::string reason = "the API key \"" + text::printable(principal.name()) +
                                 "\" may not push for app link \"" + text::printable(request->app_link.str()) +
                                 "\" from " + std::string{to_string(request->origin)};
      co_return refused(gate::refusal(403, reason), reason);
    }
    if (passing.signature()) {
      const std::string fault = signature_fault(exchange, *request, *passing.signature());
      if (!fault.empty()) co_return refused(gate::refusal(403, fault), fault);
    }
    const auto snapshot = services_.registry.current();
    if (!snapshot) co_return refused(gate::refusal(503, not_loaded), not_loaded);
    const Result<ValidPush> valid = snapshot->validate(*request);
    if (!valid) co_return refused(gate::refusal(valid.error()), valid.error().message);
    const auto receipt = co_await gate::suspend<Result<spool::Receipt>>([&](auto handler) {
      using Handler = decltype(handler);
      // Owned by the spool until it calls accepted(), then by the mailbox.
      services_.spool.accept(
          *new Waiting<Handler>(*valid, principal.name(), exchange, passing.delivery(), *bag_, std::move(handler)));
    });
    if (!receipt) co_return refused(gate::refusal(receipt.error()), receipt.error().message);
    co_return created(valid->key(), *receipt);
  }

  static constexpr const char* not_loaded = "no app links are loaded: their files are missing or broken";

  Services services_;
  Settings settings_;
  std::shared_ptr<gate::Mailbag> bag_ = std::make_shared<gate::Mailbag>();  ///< the spool's too
};

}  // namespace

void add_routes(http::Router& router, const Services& services, const Settings& settings) {
  const auto routes = std::make_shared<const Routes>(services, settings);
  const auto by_path = [routes](Exchange& exchange) { return routes->path_form(exchange); };
  router.add("POST", "/SyncService/push", [routes](Exchange& exchange) { return routes->body_form(exchange); });
  router.add("POST", "/SyncService/push/{appLinkName}/{origin}/{id}", by_path);
  router.add("POST", "/SyncService/push/{appLinkName}/{origin}/{project}/{id}", by_path);
  router.add("GET", "/healthz",
             [](Exchange&) -> awaitable<Response> { co_return Response{.body = gate::document("Success", "alive")}; });
  router.add("GET", "/readyz", [routes](Exchange&) -> awaitable<Response> { co_return routes->ready(); });
}

}  // namespace syncservice::push
