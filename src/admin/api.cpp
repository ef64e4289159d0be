#include "syncservice/admin/api.hpp"

#include "call.hpp"
#include "documents.hpp"
#include "engine_operations.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/gate/completion.hpp"
#include "syncservice/gate/gate.hpp"
#include "syncservice/http/router.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <iterator>
#include <string>
#include <utility>

namespace syncservice::admin {
namespace {

using boost::asio::awaitable;
using http::Exchange;
using http::Response;

constexpr std::size_t body_limit = 64 * 1024;
constexpr std::size_t threads = 2;

// What several names of one record found, each once.
template <class Item, class Id>
void newest_first(std::vector<Item>& items, const Id& id) {
  std::sort(items.begin(), items.end(), [&](const Item& one, const Item& two) { return id(one) > id(two); });
  items.erase(
      std::unique(items.begin(), items.end(), [&](const Item& one, const Item& two) { return id(one) == id(two); }),
      items.end());
}

Result<PushId> push_id(const std::string& segment) {
  const auto value = positive_number(segment);
  if (!value) return failure(FailureClass::gone, "there is no push " + in_quotes(segment) + "; a push id is a number");
  return PushId{*value};
}

}  // namespace

struct Api::Impl {
  explicit Impl(Services given) : services(std::move(given)), pool(threads) {}

  // The operations. Each runs on the pool.

  Result<Document> status(const Call&) {
    const auto counts = services.spool.counts();
    if (!counts) return counts.error();
    const auto ready = services.spool.ready();
    const auto snapshot = services.registry.current();
    Document out{{"version", services.version},
                 {"started", to_rfc3339(services.started)},
                 {"ready", ready.has_value() && snapshot != nullptr},
                 {"notReadyBecause", !snapshot ? Document("no app links are loaded")
                                     : ready   ? Document(nullptr)
                                               : Document(ready.error().message)},
                 {"queue", document(*counts)},
                 {"appLinks", snapshot ? snapshot->app_links().size() : 0},
                 {"registryVersion", snapshot ? snapshot->version() : 0},
                 {"defaultPassword", services.authenticator.default_password_in_force()}};
    const auto pauses = sync::list_pauses(services.store);
    if (!pauses) return pauses.error();
    out["pauses"] = documents(*pauses);
    out["applications"] = services.sync != nullptr ? documents(services.sync->health()) : Document::array();
    return out;
  }

  Result<Document> list_pushes(const Call& call) {
    spool::Query query;
    if (const std::string state = call.parameter("state"); !state.empty()) {
      query.state = spool::parse_state(state);
      if (!query.state) {
        return invalid("state: " + in_quotes(state) +
                       " is none of \"waiting\", \"running\", \"done\", \"dead letter\" and \"held\"");
      }
    }
    if (std::string link = call.parameter("appLinkName"); !link.empty()) query.app_link = AppLinkName{std::move(link)};
    if (std::string id = call.parameter("id"); !id.empty()) query.record = RecordId{std::move(id)};
    if (const std::string before = call.parameter("before"); !before.empty()) {
      const auto value = positive_number(before);
      if (!value) return invalid("before: " + in_quotes(before) + " is not the number of a push");
      query.before = PushId{*value};
    }
    if (const std::string limit = call.parameter("limit"); !limit.empty()) {
      const auto value = positive_number(limit);
      if (!value || *value > 1000) return invalid("limit: " + in_quotes(limit) + " is not a number from 1 to 1000");
      query.limit = static_cast<int>(*value);
    }
    const auto pushes = services.spool.list(query);
    if (!pushes) return pushes.error();
    if (pushes->empty()) {
      if (auto unknown = unknown_app_link(services, call.parameter("appLinkName"))) return std::move(*unknown);
    }
    const auto counts = services.spool.counts();
    if (!counts) return counts.error();
    return Document{{"counts", document(*counts)}, {"pushes", shown(*pushes)}};
  }

  /// Contract §5: open to everybody who may push for its app link.
  Result<Document> show_push(const Call& call) {
    const auto id = push_id(call.segments[0]);
    if (!id) return id.error();
    const auto push = services.spool.find(*id);
    if (!push) return push.error();
    if (!call.principal.may(push->key.app_link, push->key.side)) {
      // As if it did not exist: a key learns nothing of app links that are not its own.
      return failure(FailureClass::gone, "there is no push " + call.segments[0]);
    }
    const auto passes = sync::passes(services.store, *id);
    if (!passes) return passes.error();
    Document out = shown(*push);
    out["passes"] = documents(*passes);
    return out;
  }

  Result<Document> retry_push(const Call& call) {
    const auto id = push_id(call.segments[0]);
    if (!id) return id.error();
    const auto runs = services.spool.retry(*id, call.principal.name());
    if (!runs) return runs.error();
    if (services.sync != nullptr) services.sync->nudge();
    return shown(*runs);
  }

  Result<Document> discard_push(const Call& call) {
    const auto id = push_id(call.segments[0]);
    if (!id) return id.error();
    if (const auto done = services.spool.discard(*id, call.principal.name()); !done) return done.error();
    if (const auto ended = end_conflict_of(services, *id); !ended) return ended.error();
    return shown(*id);
  }

  Result<Document> show_record(const Call& call) {
    const RecordId id{call.segments[0]};
    const auto names = sync::names_of(services.store, id);
    if (!names) return names.error();
    std::vector<spool::Push> pushes;
    std::vector<sync::RecordLink> links;
    std::vector<sync::PassRecord> passes;
    const auto add = [](auto& to, auto found) -> Result<void> {
      if (!found) return found.error();
      std::move(found->begin(), found->end(), std::back_inserter(to));
      return {};
    };
    for (const RecordId& name : *names) {
      if (const auto added = add(pushes, services.spool.story(name)); !added) return added.error();
      if (const auto added = add(links, sync::record_links(services.store, name)); !added) return added.error();
      if (const auto added = add(passes, sync::passes(services.store, name)); !added) return added.error();
    }
    newest_first(pushes, [](const spool::Push& push) { return push.id; });
    newest_first(passes, [](const sync::PassRecord& pass) { return pass.id; });
    if (pushes.empty() && links.empty() && passes.empty()) {
      return failure(FailureClass::gone, "nothing is known of a record " + in_quotes(id.str()) +
                                             ": no push for it was accepted here; look for refused ones in the log");
    }
    return Document{
        {"id", id.str()}, {"links", documents(links)}, {"pushes", shown(pushes)}, {"passes", documents(passes)}};
  }

  Result<Document> list_keys(const Call&) {
    const auto keys = services.authenticator.list_keys();
    if (!keys) return keys.error();
    return Document{{"keys", documents(*keys)}};
  }

  Result<Document> create_key(const Call& call) {
    const nlohmann::json body = nlohmann::json::parse(call.body, nullptr, false);
    if (!body.is_object()) return invalid(R"(the body must be a JSON object such as {"name":"jira","validFor":"90d"})");
    auth::NewApiKey wanted;
    for (const auto& [name, value] : body.items()) {
      if (name == "name" && value.is_string()) {
        wanted.name = value.get<std::string>();
      } else if (name == "appLinks" && value.is_array()) {
        for (const auto& link : value) {
          if (!link.is_string()) return invalid("appLinks: must be a list of names");
          wanted.app_links.emplace_back(link.get<std::string>());
        }
      } else if (name == "origin" && value.is_string()) {
        wanted.origin = parse_side(value.get<std::string>());
        if (!wanted.origin) {
          return invalid("origin: " + in_quotes(value.get<std::string>()) +
                         " is neither \"source\" nor \"destination\"");
        }
      } else if (name == "validFor" && value.is_string()) {
        wanted.valid_for = parse_duration(value.get<std::string>());
        if (!wanted.valid_for || wanted.valid_for->count() == 0) {
          return invalid("validFor: " + in_quotes(value.get<std::string>()) +
                         " is not a duration; write for example 90d, 12h or 30m");
        }
      } else if (!value.is_null()) {
        return invalid(in_quotes(name) +
                       " is not a member of a new key, or has the wrong type; known are name, appLinks (a list), "
                       "origin and validFor");
      }
    }
    const auto created = services.authenticator.create_key(wanted);
    if (!created) return created.error();
    Document out = document(created->key);
    out["secret"] = created->secret;
    return out;
  }

  Result<Document> revoke_key(const Call& call) {
    const auto key = services.authenticator.revoke_key(call.segments[0]);
    if (!key) return key.error();
    return document(*key);
  }

  Result<Document> reload(const Call&) {
    if (!services.reload) return invalid("no daemon runs here, so there is nothing to reload");
    const std::vector<Complaint> complaints = services.reload();
    return Document{{"reloaded", !any_error(complaints)}, {"complaints", documents(complaints)}};
  }

  using Operation = Result<Document> (*)(Impl&, const Call&);
  template <Result<Document> (Impl::*Member)(const Call&)>
  static Result<Document> own(Impl& impl, const Call& call) {
    return (impl.*Member)(call);
  }
  template <Result<Document> (*Function)(const Services&, const Call&)>
  static Result<Document> engine(Impl& impl, const Call& call) {
    return Function(impl.services, call);
  }
  struct Route {
    std::string_view method, pattern;
    Operation operation;
    unsigned status = 200;       ///< of a success
    bool for_everybody = false;  ///< who may push may call it; else the administrator alone
  };

  awaitable<Response> answer(const Route& route, Exchange& exchange) {
    const auto principal = co_await gate::authenticate(exchange, services.authenticator, gate::Takes::basic_or_key);
    if (!principal) co_return gate::challenge(principal.error(), gate::Takes::basic_or_key);
    if (!route.for_everybody && !principal->is_administrator())
      co_return gate::refusal(403, "this is for the administrator; API keys can push and look at their pushes");
    if (route.method == "POST" && !exchange.peer().local_socket &&
        !text::iequals(exchange.head().header("content-type"), "application/json")) {
      // A browser can't send this type across sites without asking first, so a remembered password is safe.
      co_return gate::refusal(415, "send the Content-Type application/json");
    }
    const auto body = co_await exchange.read_body(body_limit);
    if (!body) co_return gate::refusal(body.error());
    const Call call{*principal, exchange.segments(), std::string{exchange.head().query}, std::string{*body}};
    Result<Document> result = Document();
    std::exception_ptr problem;  // goes on to the server, which answers 500 with an incident id
    co_await gate::completion<bool>(exchange.executor(), [&](auto resume) {
      boost::asio::post(pool, [this, &route, &call, &result, &problem, resume] {
        try {
          result = route.operation(*this, call);
        } catch (...) {
          problem = std::current_exception();
        }
        resume(true);
      });
    });
    if (problem) std::rethrow_exception(problem);
    if (!result) co_return gate::refusal(result.error());
    co_return Response{.status = route.status,
                       .body = result->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n',
                       .headers = {{"Cache-Control", "no-store"}}};
  }

  awaitable<Response> metrics_page(Exchange&) {
    co_return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = services.metrics.text()};
  }

  Services services;
  boost::asio::thread_pool pool;

 private:
  Result<Document> shown(PushId id) {
    const auto push = services.spool.find(id);
    if (!push) return push.error();
    return shown(*push);
  }
  // What keeps it from running now goes before what went wrong last.
  Document shown(const spool::Push& push) {
    Document out = document(push);
    if (push.state != spool::State::waiting) return out;
    std::string why = waits_because(services, push.key.app_link);
    if (why.empty()) return out;
    if (!push.reason.empty()) why.append("; before: ").append(push.reason);
    out["reason"] = why;
    return out;
  }
  Document shown(const std::vector<spool::Push>& pushes) {
    Document out = Document::array();
    for (const spool::Push& push : pushes) out.push_back(shown(push));
    return out;
  }
};

Api::Api(Services services) : impl_(std::make_shared<Impl>(std::move(services))) {}
Api::~Api() {
  impl_->pool.join();
}

void Api::add_routes(http::Router& router) {
  static constexpr std::array<Impl::Route, 26> routes{{
      {"GET", "/api/v1/status", &Impl::own<&Impl::status>},
      {"GET", "/api/v1/pushes", &Impl::own<&Impl::list_pushes>},
      {"GET", "/api/v1/pushes/{push}", &Impl::own<&Impl::show_push>, 200, true},
      {"POST", "/api/v1/pushes/{push}/retry", &Impl::own<&Impl::retry_push>},
      {"POST", "/api/v1/pushes/{push}/discard", &Impl::own<&Impl::discard_push>},
      {"GET", "/api/v1/records/{id}", &Impl::own<&Impl::show_record>},
      {"GET", "/api/v1/keys", &Impl::own<&Impl::list_keys>},
      {"POST", "/api/v1/keys", &Impl::own<&Impl::create_key>, 201},
      {"DELETE", "/api/v1/keys/{key}", &Impl::own<&Impl::revoke_key>},
      {"GET", "/api/v1/links", &Impl::engine<&list_links>},
      {"POST", "/api/v1/links", &Impl::engine<&add_link>, 201},
      {"POST", "/api/v1/link-renames", &Impl::engine<&rename_links>},
      {"GET", "/api/v1/links/{link}", &Impl::engine<&show_link>},
      {"DELETE", "/api/v1/links/{link}", &Impl::engine<&remove_link>},
      {"GET", "/api/v1/conflicts", &Impl::engine<&list_conflicts>},
      {"POST", "/api/v1/conflicts/{link}", &Impl::engine<&resolve_conflict>},
      {"GET", "/api/v1/pauses", &Impl::engine<&list_pauses>},
      {"POST", "/api/v1/pauses", &Impl::engine<&add_pause>, 201},
      {"DELETE", "/api/v1/pauses/{kind}/{name}", &Impl::engine<&remove_pause>},
      {"POST", "/api/v1/preview", &Impl::engine<&preview>},
      {"POST", "/api/v1/run-records", &Impl::engine<&list_run_records>},
      {"GET", "/api/v1/runs", &Impl::engine<&list_runs>},
      {"POST", "/api/v1/runs", &Impl::engine<&start_run>, 201},
      {"GET", "/api/v1/runs/{run}", &Impl::engine<&show_run>},
      {"DELETE", "/api/v1/runs/{run}", &Impl::engine<&cancel_run>},
      {"POST", "/api/v1/reload", &Impl::own<&Impl::reload>},
  }};
  for (const Impl::Route& route : routes) {
    router.add(route.method, route.pattern, [impl = impl_, &route](Exchange& e) { return impl->answer(route, e); });
  }
  router.add("GET", "/metrics", [impl = impl_](Exchange& exchange) { return impl->metrics_page(exchange); });
}

}  // namespace syncservice::admin
