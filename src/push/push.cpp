#include "syncservice/push/push.hpp"

#include "parse.hpp"

#include "syncservice/auth/auth.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/gate/completion.hpp"
#include "syncservice/gate/gate.hpp"
#include "syncservice/http/router.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/telemetry/log.hpp"

#include <string>
#include <utility>

namespace syncservice::push {
namespace {

using boost::asio::awaitable;
using http::Exchange;
using http::Response;

/// Wakes the request's coroutine when its push is on disk, or could not be put there.
template <class Resume>
class Waiting final : public spool::Acceptance {
 public:
  Waiting(const ValidPush& push, std::string pushed_by, std::string peer, Resume resume)
      : Acceptance(push, std::move(pushed_by), std::move(peer)), resume_(std::move(resume)) {}

 private:
  void accepted(const Result<spool::Receipt>& receipt) noexcept override {
    resume_(receipt);
    delete this;
  }
  Resume resume_;
};

Response created(const RecordKey& key, const spool::Receipt& receipt) {
  Response answer{.status = 201};
  answer.body = gate::document(
      "Success", "Record " + key.app_link.str() + "\\" + key.id.str() + " successfully pushed into ConnectAll queue! ");
  answer.headers.emplace_back("Location", "/api/v1/pushes/" + to_string(receipt.id()));
  return answer;
}

/// The routes of contract §1, all alike but for where credentials and values come from.
class Routes {
 public:
  Routes(const Services& services, const Settings& settings) : services_(services), settings_(settings) {}

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
    co_return co_await answer(exchange, *principal, parse_body(*body));
  }

  awaitable<Response> path_form(Exchange& exchange) const {
    const auto principal = co_await gate::authenticate(exchange, services_.authenticator, gate::Takes::key);
    if (!principal) co_return gate::challenge(principal.error(), gate::Takes::key);
    const auto discarded = co_await exchange.discard_body(settings_.discard_limit);
    if (!discarded) co_return gate::refusal(discarded.error());
    co_return co_await answer(exchange, *principal, parse_path(exchange.segments()));
  }

  Response ready() const {
    if (!services_.registry.current()) return gate::refusal(503, not_loaded);
    if (const auto spool = services_.spool.ready(); !spool) return gate::refusal(spool.error());
    return {.body = gate::document("Success", "ready")};
  }

 private:
  /// An administrator who asks why a record did not arrive finds each refusal in the log.
  awaitable<Response> answer(Exchange& exchange, const auth::Principal& principal,
                             Result<registry::PushRequest> request) const {
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
    const auto snapshot = services_.registry.current();
    if (!snapshot) co_return refused(gate::refusal(503, not_loaded), not_loaded);
    const Result<ValidPush> valid = snapshot->validate(*request);
    if (!valid) co_return refused(gate::refusal(valid.error()), valid.error().message);
    const auto receipt = co_await gate::completion<Result<spool::Receipt>>(exchange.executor(), [&](auto resume) {
      using Resume = decltype(resume);
      // Owned by the spool until it calls accepted().
      services_.spool.accept(
          *new Waiting<Resume>(*valid, principal.name(), exchange.peer().address, std::move(resume)));
    });
    if (!receipt) co_return refused(gate::refusal(receipt.error()), receipt.error().message);
    co_return created(valid->key(), *receipt);
  }

  static constexpr const char* not_loaded = "no app links are loaded: their files are missing or broken";

  Services services_;
  Settings settings_;
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
