#include "credential.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "judgement.hpp"
#include "slots.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::rest {
namespace {

using adapter::Failure;
using adapter::make_error;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view signing_in = "signing in";
// Where the answer does not say how long a token lives.
constexpr seconds untold_life{300};
constexpr seconds longest_life = std::chrono::hours{24 * 365};

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    if (!out.empty()) out += '&';
    out.append(name).append(1, '=').append(text::percent_encode(value));
  }
  return out;
}

std::string grant_of(const OAuth& oauth) {
  const bool password = oauth.grant == OAuth::Grant::password;
  return form({{"grant_type", password ? "password" : "client_credentials"},
               {"client_id", oauth.client_id},
               {"client_secret", oauth.client_secret},
               {"username", password ? std::string_view{oauth.user} : std::string_view{}},
               {"password", password ? std::string_view{oauth.password} : std::string_view{}},
               {"scope", oauth.scope}});
}

// RFC 6749 §5.2; some servers write an object where it says a string.
std::string oauth_words(const nlohmann::json& body) {
  std::string out;
  if (!body.is_object()) return out;
  for (const char* name : {"error", "error_description"}) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_string()) continue;
    if (!out.empty()) out += ": ";
    out += found->get<std::string>();
  }
  return out;
}

seconds life_of(const nlohmann::json& body) {
  const auto found = body.find("expires_in");
  if (found == body.end()) return untold_life;
  std::int64_t count = untold_life.count();
  if (found->is_number()) count = static_cast<std::int64_t>(std::clamp(found->get<double>(), 0.0, 1e9));
  if (found->is_string()) {
    if (const auto read = parse_duration(found->get<std::string>())) count = std::chrono::floor<seconds>(*read).count();
  }
  return std::clamp(seconds{count}, seconds{0}, longest_life);
}

}  // namespace

Signer::Signer(Credential credential, const client::Client& client, const Vendor& vendor, const Clock& clock)
    : credential_(std::move(credential)), client_(client), vendor_(vendor), clock_(clock) {}

Result<Signature> Signer::sign(const adapter::CallContext& context) {
  Signature signature;
  if (const auto* basic = std::get_if<Basic>(&credential_)) {
    signature.login = client::Login{basic->user, basic->password};
  } else if (const auto* bearer = std::get_if<Bearer>(&credential_)) {
    signature.headers.push_back({"Authorization", "Bearer " + bearer->token});
  } else if (const auto* key = std::get_if<ApiKey>(&credential_)) {
    signature.headers.push_back({key->header, key->key});
  } else if (const auto* oauth = std::get_if<OAuth>(&credential_)) {
    auto text = token(*oauth, context);
    if (!text) return text.error();
    signature.headers.push_back({"Authorization", "Bearer " + *text});
    signature.token = std::move(*text);
  } else if (const auto* own = std::get_if<std::shared_ptr<SignIn>>(&credential_)) {
    auto pass = (*own)->pass(context);
    if (!pass) return pass.error();
    signature.headers = pass->headers;
    signature.pass = std::move(*pass);
  }
  return signature;
}

bool Signer::rejected(const Signature& signature, const client::Response& response, bool again,
                      const adapter::CallContext& context) {
  if (signature.pass)
    return std::get<std::shared_ptr<SignIn>>(credential_)->lost(*signature.pass, response, context) && !again;
  if (response.status != 401 || again || signature.token.empty()) return false;
  const std::lock_guard lock{mutex_};
  if (token_ && token_->text == signature.token) token_.reset();
  return true;
}

Result<std::string> Signer::token(const OAuth& oauth, const adapter::CallContext& context) {
  std::unique_lock lock{mutex_};
  if (!wait_within(context, fetched_, lock, [this] { return !fetching_; })) {
    lock.unlock();
    if (auto may_go_on = adapter::check(context, signing_in); !may_go_on) return may_go_on.error();
    return make_error(Failure::timed_out, "The time for the call ran out while signing in.");
  }
  if (token_ && clock_.now() < token_->renew_at) return token_->text;
  fetching_ = true;
  lock.unlock();
  Result<Token> fresh = fetch(oauth, context);
  lock.lock();
  fetching_ = false;
  fetched_.notify_all();
  token_.reset();
  if (!fresh) return fresh.error();
  token_ = *fresh;
  return std::move(fresh->text);
}

Result<Signer::Token> Signer::fetch(const OAuth& oauth, const adapter::CallContext& context) const {
  if (auto may_go_on = adapter::check(context, signing_in); !may_go_on) return may_go_on.error();
  Call call;
  call.method = "POST";
  call.doing = signing_in;
  call.only_reads = true;
  const Vendor vendor{vendor_.name, oauth_words, {}};
  const client::Request request{"POST",
                                oauth.token_url,
                                {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
                                grant_of(oauth)};
  client::Trace trace;
  const auto response = client_.send(request, {context.stop, context.deadline, &trace});
  if (!response) return judge_lost(response.error(), trace.sent, call, vendor);
  if (auto error = judge(*response, call, vendor, clock_.now())) {
    // 400 is what RFC 6749 wants for wrong credentials; 403 and 404 come where the grant is switched off.
    if (error->failure == FailureClass::permanent || error->failure == FailureClass::gone)
      return make_error(Failure::unauthorized, std::move(error->message));
    return std::move(*error);
  }
  const auto body = parse(*response, call, vendor);
  if (!body) return body.error();
  const auto text = body->is_object() ? body->find("access_token") : body->end();
  if (!body->is_object() || text == body->end() || !text->is_string() || text->get_ref<const std::string&>().empty())
    return make_error(Failure::unauthorized, vendor_.name + " answered a sign-in without a token.");
  const seconds life = life_of(*body);
  // Before it expires under a call that is under way.
  const milliseconds margin = std::min<milliseconds>(seconds{60}, milliseconds{life} / 2);
  return Token{text->get<std::string>(), clock_.now() + life - margin};
}

}  // namespace syncservice::rest
