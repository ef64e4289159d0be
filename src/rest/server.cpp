#include <nlohmann/json.hpp>

#include "credential.hpp"
#include "judgement.hpp"
#include "limits.hpp"
#include "slots.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/rest/rest.hpp"

namespace syncservice::rest {
namespace {

using adapter::CallContext;
using adapter::Failure;
using adapter::make_error;

constexpr int most_redirects = 5;

// "https://host:port" of a URL, lower case.
std::string origin_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  return text::lower(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

}  // namespace

Call& Call::with(const nlohmann::json& json) {
  body = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return *this;
}

struct Server::Impl {
  Impl(Endpoint e, Credential credential, Vendor v, std::shared_ptr<const Clock> c)
      : endpoint(std::move(e)),
        origin(origin_of(endpoint.url)),
        vendor(std::move(v)),
        clock(std::move(c)),
        client(endpoint.client),
        signer(std::move(credential), client, vendor, *clock),
        slots(endpoint.max_connections) {}

  /// What goes out once, and what it brings; classified.
  template <class Send>
  Result<client::Response> attempt(const Call& call, const CallContext& context, const Signature& signature, Send send);
  /// With one sign-in anew after a 401.
  template <class Send>
  Result<client::Response> exchange(const Call& call, const CallContext& context, bool repeatable, Send send);

  const Endpoint endpoint;
  const std::string origin;
  const Vendor vendor;
  const std::shared_ptr<const Clock> clock;
  const client::Client client;
  Signer signer;
  Slots slots;
};

template <class Send>
Result<client::Response> Server::Impl::attempt(const Call& call, const CallContext& context, const Signature& signature,
                                               Send send) {
  client::Request request{call.method, call.url.str(), call.headers, call.body, signature.login};
  request.headers.insert(request.headers.end(), signature.headers.begin(), signature.headers.end());
  const auto add_missing = [&](std::string_view name, const char* value) {
    for (const client::Header& header : call.headers) {
      if (text::iequals(header.name, name)) return;
    }
    request.headers.push_back({std::string{name}, value});
  };
  add_missing("Accept", "application/json");
  if (!call.body.empty()) add_missing("Content-Type", "application/json");
  client::Trace trace;
  auto response = send(request, client::Bounds{context.stop, context.deadline, &trace});
  if (!response) return judge_lost(response.error(), trace.sent, call, vendor);
  if (context.saw_rate_limit) {
    if (const auto limit = rate_limit(*response, clock->now())) context.saw_rate_limit(*limit);
  }
  return response;
}

template <class Send>
Result<client::Response> Server::Impl::exchange(const Call& call, const CallContext& context, bool repeatable,
                                                Send send) {
  if (auto may_go_on = adapter::check(context, call.doing); !may_go_on) return may_go_on.error();
  if (!call.url.usable())
    return make_error(Failure::refused, "An empty name, \".\" and \"..\" can't be " + call.doing + ".");
  const auto slot = slots.take(context, call.doing);
  if (!slot) return slot.error();
  const bool ours = origin_of(call.url.str()) == origin;
  for (bool again = false;; again = true) {
    Result<Signature> signature = ours ? signer.sign(context) : Signature{};
    if (!signature) return signature.error();
    auto response = attempt(call, context, *signature, send);
    if (!response) return response;
    auto error = judge(*response, call, vendor, clock->now());
    if (!signer.rejected(*signature, *response, again, context)) {
      if (error) return std::move(*error);
      return response;
    }
    if (!repeatable)
      return make_error(Failure::unavailable, "The sign-in expired when " + call.doing + "; it will be tried again.");
  }
}

Server::Server(Endpoint endpoint, Credential credential, Vendor vendor, std::shared_ptr<const Clock> clock)
    : impl_(std::make_unique<Impl>(std::move(endpoint), std::move(credential), std::move(vendor), std::move(clock))) {}
Server::~Server() = default;

Url Server::url(std::string_view path) const {
  return Url{impl_->endpoint.url}.path(path);
}

Result<client::Response> Server::call(const Call& call, const CallContext& context) const {
  return impl_->exchange(call, context, true, [this](const client::Request& request, const client::Bounds& bounds) {
    return impl_->client.send(request, bounds);
  });
}

Result<nlohmann::json> Server::json(const Call& call, const CallContext& context) const {
  const auto response = this->call(call, context);
  if (!response) return response.error();
  return json_of(*response, call);
}

Result<nlohmann::json> Server::json_of(const client::Response& response, const Call& call) const {
  return parse(response, call, impl_->vendor);
}

Result<void> Server::download(const Call& call, const adapter::Sink& sink, const CallContext& context) const {
  Call next = call;
  for (int redirects = 0;; ++redirects) {
    std::string location;
    const auto response = impl_->exchange(
        next, context, true,
        [&](const client::Request& request, const client::Bounds& bounds) -> Result<client::Response> {
          auto answer = impl_->client.download(request, sink, bounds);
          if (!answer || answer->status / 100 != 3) return answer;
          const auto target = client::resolve_url(request.url, std::string{answer->header("Location")});
          const bool safe = target && (target->starts_with("https://") || !request.url.starts_with("https://"));
          if (redirects < most_redirects && safe) location = *target;
          return answer;
        });
    if (location.empty()) {
      if (!response) return response.error();
      return {};
    }
    next.url = Url{location};
  }
}

Result<client::Response> Server::send_upload(const Call& call, const client::Upload& upload,
                                             const CallContext& context) const {
  return impl_->exchange(call, context, false, [&](const client::Request& request, const client::Bounds& bounds) {
    return impl_->client.upload(request, upload, bounds);
  });
}

Result<nlohmann::json> Server::upload(const Call& call, const client::Upload& upload,
                                      const CallContext& context) const {
  const auto response = send_upload(call, upload, context);
  if (!response) return response.error();
  return parse(*response, call, impl_->vendor);
}

}  // namespace syncservice::rest
