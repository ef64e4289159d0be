#include "syncservice/push/push.hpp"

#include "delivery.hpp"
#include "parse.hpp"

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/auth/auth.hpp"
#include "syncservice/auth/signature.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/gate/completion.hpp"
#include "syncservice/gate/gate.hpp"
#include "syncservice/http/router.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/telemetry/log.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace syncservice::push {
namespace {

using boost::asio::awaitable;
using http::Exchange;
using http::Response;

/// The same when Jira sends it again.
std::string_view delivery_of_jira(const http::RequestHead& head) {
  return usable_identifier(head.header("x-atlassian-webhook-identifier"));
}

/// Why a body of this type and encoding is not read. A browser's form can't have them, so it can't push with a
/// password that the browser remembers.
std::optional<Response> unsupported(const http::RequestHead& head) {
  const std::string_view type = head.header("content-type");
  if (!is_json_type(type)) {
    return gate::refusal(415, type.empty() ? "the Content-Type is missing; send application/json"
                                           : "the Content-Type \"" + text::printable(type) +
                                                 "\" is not supported; send application/json");
  }
  const std::string_view encoding = head.header("content-encoding");
  if (encoding.empty() || text::iequals(encoding, "identity")) return std::nullopt;
  return gate::refusal(
      415, "the Content-Encoding \"" + text::printable(encoding) + "\" is not supported; send the body as it is");
}

/// The answer to a notification whose records are all on disk.
Response taken(const HookTarget& target, std::size_t records, std::size_t of_other_types, std::string_view type) {
  Response answer{.status = records == 0 ? 200U : 201U};
  std::string message = std::to_string(records);
  message.append(records == 1 ? " record" : " records").append(" successfully pushed for app link \"");
  message.append(target.app_link.str()).append("\"");
  if (of_other_types > 0) {
    message.append("; ").append(std::to_string(of_other_types));
    message.append(" of other types than \"").append(type).append("\" left out");
  }
  answer.body = gate::document("Success", message);
  return answer;
}

Response created(const RecordKey& key, const spool::Receipt& receipt) {
  Response answer{.status = 201};
  std::string message = "Record ";
  message.append(key.app_link.str()).append("\\").append(key.id.str());
  message.append(" successfully pushed into ConnectAll queue! ");
  answer.body = gate::document("Success", message);
  answer.headers.emplace_back("Location", "/api/v1/pushes/" + to_string(receipt.id()));
  return answer;
}

/// Refuses a request whose credentials were accepted: an administrator who asks why a record did not arrive finds each
/// refusal in the log. Must not outlive what it is made from.
class Refused {
 public:
  Refused(const telemetry::Log& log, const Exchange& exchange, const auth::Principal& principal,
          std::string_view app_link, std::string_view id)
      : log_(log), exchange_(exchange), principal_(principal), app_link_(app_link), id_(id) {}

  Response operator()(unsigned status, std::string_view reason) const {
    return logged(gate::refusal(status, reason), reason);
  }
  Response operator()(const Error& error) const { return logged(gate::refusal(error), error.message); }

 private:
  Response logged(Response response, std::string_view reason) const {
    log_.warn("push refused", {{"status", static_cast<int>(response.status)},
                               {"app_link", text::printable(app_link_)},
                               {"id", text::printable(id_)},
                               {"reason", reason},
                               {"by", principal_.name()},
                               {"from", exchange_.peer().address}});
    return response;
  }

  const telemetry::Log& log_;
  const Exchange& exchange_;
  const auth::Principal& principal_;
  std::string_view app_link_, id_;
};

/// The routes of contract §1, all alike but for where credentials and values come from.
class Routes {
 public:
  Routes(const Services& services, const Settings& settings) : services_(services), settings_(settings) {
    services.spool.after_batch([bag = bag_] { bag->send_off(); });
  }

  awaitable<Response> body_form(Exchange& exchange) const {
    const auto principal = co_await gate::authenticate(exchange, services_.authenticator, gate::Takes::basic_or_key);
    if (!principal) co_return gate::challenge(principal.error(), gate::Takes::basic_or_key);
    if (auto refusal = unsupported(exchange.head())) co_return *std::move(refusal);
    const auto body = co_await exchange.read_body(settings_.body_limit);
    if (!body) co_return gate::refusal(body.error());
    const auto request = parse_body(*body);
    PassingBody passing{signature_wanted(request, *principal), delivery_of_jira(exchange.head())};
    passing.add(*body);
    co_return co_await answer(exchange, *principal, request, std::move(passing));
  }

  awaitable<Response> path_form(Exchange& exchange) const {
    const auto principal = co_await gate::authenticate(exchange, services_.authenticator, gate::Takes::key);
    if (!principal) co_return gate::challenge(principal.error(), gate::Takes::key);
    const auto request = parse_path(exchange.segments());
    PassingBody passing{signature_wanted(request, *principal), delivery_of_jira(exchange.head())};
    http::BodySink sink;
    if (passing.matters()) sink = [&passing](std::string_view piece) { passing.add(piece); };
    const auto taken = co_await exchange.stream_body(settings_.discard_limit, sink);
    if (!taken) co_return gate::refusal(taken.error());
    co_return co_await answer(exchange, *principal, request, std::move(passing));
  }

  /// A notification in the form of the system that sends it, which may name many records.
  awaitable<Response> hook(Exchange& exchange) const {
    const auto principal = co_await gate::authenticate(exchange, services_.authenticator, gate::Takes::basic_or_key);
    if (!principal) co_return gate::challenge(principal.error(), gate::Takes::basic_or_key);
    if (auto refusal = unsupported(exchange.head())) co_return *std::move(refusal);
    const auto body = co_await exchange.read_body(settings_.hook_limit);
    if (!body) co_return gate::refusal(body.error());
    const auto target = parse_hook(exchange.segments());
    if (!target) co_return gate::refusal(target.error());
    const Refused refused{services_.log, exchange, *principal, target->app_link.str(), {}};
    if (!principal->may(target->app_link, target->origin))
      co_return refused(403, not_allowed(*principal, target->app_link, target->origin));
    const auto snapshot = services_.registry.current();
    if (!snapshot) co_return refused(503, not_loaded);
    const auto link = snapshot->open(target->app_link, target->origin);
    if (!link) co_return refused(link.error());
    const registry::End& end = (*link)->end(target->origin);
    const auto notified = read(exchange.head(), end, *body, *principal);
    if (!notified) {
      if (notified.error().failure == FailureClass::auth) co_return refused(403, notified.error().message);
      co_return refused(notified.error());
    }
    const auto pushes = validated(*snapshot, *target, notified->records);
    if (!pushes) co_return refused(pushes.error());
    if (!pushes->empty()) {
      PassingBody passing{std::nullopt, usable_identifier(notified->delivery)};
      passing.add(*body);
      const auto outcome = co_await gate::suspend<Result<void>>([&](auto handler) {
        WaitingForAll<decltype(handler)>::accept(services_.spool, *pushes, principal->name(), exchange,
                                                 passing.delivery(), *bag_, std::move(handler));
      });
      if (!outcome) co_return refused(outcome.error());
    }
    co_return taken(*target, pushes->size(), notified->of_other_types, end.type);
  }

  Response ready() const {
    if (!services_.registry.current()) return gate::refusal(503, not_loaded);
    if (const auto spool = services_.spool.ready(); !spool) return gate::refusal(spool.error());
    return {.body = gate::document("Success", "ready")};
  }

 private:
  /// What the adapter of that side makes of it. What the administrator's password vouches for needs no signature.
  static Result<adapter::Notified> read(const http::RequestHead& head, const registry::End& end, std::string_view body,
                                        const auth::Principal& principal) {
    const registry::Application& application = *end.application;
    if (!application.adapter->capabilities().notifications) {
      std::string why = "application \"";
      why.append(application.name.str()).append("\" (adapter ").append(application.kind);
      why.append(") has no notifications of a form of its own; send its pushes to /SyncService/push");
      return Error{boost::system::errc::make_error_code(boost::system::errc::invalid_argument), std::move(why),
                   FailureClass::permanent, std::nullopt};
    }
    return application.adapter->read_notification(
        {.header = [&head](std::string_view name) { return head.header(name); },
         .body = body,
         .type = end.type,
         .secret = principal.is_administrator() ? std::string_view{} : application.webhook_secret});
  }

  /// Each record once. One that the app link does not take refuses them all: a part of a notification is never lost
  /// behind a 201.
  static Result<std::vector<ValidPush>> validated(const registry::Snapshot& snapshot, const HookTarget& target,
                                                  const std::vector<adapter::Notified::Record>& records) {
    std::vector<ValidPush> out;
    std::set<RecordKey> seen;
    for (const adapter::Notified::Record& record : records) {
      const auto request = parse_record(target, record.project.str(), record.id.str());
      if (!request) return request.error();
      Result<ValidPush> valid = snapshot.validate(*request);
      if (!valid) return valid.error();
      if (seen.insert(valid->key()).second) out.push_back(*std::move(valid));
    }
    return out;
  }

  static std::string not_allowed(const auth::Principal& principal, const AppLinkName& app_link, Side origin) {
    std::string out = "the API key \"";
    out.append(text::printable(principal.name())).append("\" may not push for app link \"");
    out.append(text::printable(app_link.str())).append("\" from ").append(to_string(origin));
    return out;
  }

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

  awaitable<Response> answer(Exchange& exchange, const auth::Principal& principal,
                             const Result<registry::PushRequest>& request, PassingBody passing) const {
    const Refused refused{services_.log, exchange, principal, request ? request->app_link.str() : std::string_view{},
                          request ? request->id.str() : std::string_view{}};
    if (!request) co_return refused(request.error());
    if (!principal.may(request->app_link, request->origin))
      co_return refused(403, not_allowed(principal, request->app_link, request->origin));
    if (passing.signature()) {
      const std::string fault = signature_fault(exchange, *request, *passing.signature());
      if (!fault.empty()) co_return refused(403, fault);
    }
    const auto snapshot = services_.registry.current();
    if (!snapshot) co_return refused(503, not_loaded);
    const Result<ValidPush> valid = snapshot->validate(*request);
    if (!valid) co_return refused(valid.error());
    const auto receipt = co_await gate::suspend<Result<spool::Receipt>>([&](auto handler) {
      using Handler = decltype(handler);
      // Owned by the spool until it calls accepted(), then by the mailbox.
      services_.spool.accept(
          *new Waiting<Handler>(*valid, principal.name(), exchange, passing.delivery(), *bag_, std::move(handler)));
    });
    if (!receipt) co_return refused(receipt.error());
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
  const auto by = [routes](awaitable<Response> (Routes::*form)(Exchange&) const) {
    return [routes, form](Exchange& exchange) { return (routes.get()->*form)(exchange); };
  };
  router.add("POST", "/SyncService/push", by(&Routes::body_form));
  router.add("POST", "/SyncService/push/{appLinkName}/{origin}/{id}", by(&Routes::path_form));
  router.add("POST", "/SyncService/push/{appLinkName}/{origin}/{project}/{id}", by(&Routes::path_form));
  router.add("POST", "/SyncService/hooks/{appLinkName}/{origin}", by(&Routes::hook));
  router.add("GET", "/healthz",
             [](Exchange&) -> awaitable<Response> { co_return Response{.body = gate::document("Success", "alive")}; });
  router.add("GET", "/readyz", [routes](Exchange&) -> awaitable<Response> { co_return routes->ready(); });
}

}  // namespace syncservice::push
