#include "api.hpp"

#include "answers.hpp"
#include "json.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {
namespace {

constexpr int page_size = 100;

rest::Call call_of(const char* method, rest::Url url, const Call& call) {
  rest::Call out;
  out.method = method;
  out.url = std::move(url);
  out.doing = call.doing;
  return out;
}

std::int64_t number_at(const nlohmann::json& object, const char* member, std::int64_t otherwise) {
  const auto found = object.find(member);
  return found == object.end() || !found->is_number_integer() ? otherwise : found->get<std::int64_t>();
}

// "Issue does not exist…", and not what any server says of a path that it does not know.
bool is_own_404(const client::Response& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  const auto& messages = list_at(body, "errorMessages");
  return std::any_of(messages.begin(), messages.end(), [](const auto& message) { return message.is_string(); }) ||
         !object_at(body, "errors").empty();
}

// Whose 404 may say that a record, or a part of one, is gone.
bool is_of_records(std::string_view path) {
  if (path.starts_with("issue/")) return !path.starts_with("issue/createmeta");
  return path.starts_with("issueLink/") || path.starts_with("attachment/");
}

std::optional<Error> judge(const client::Response& response, const rest::Call& call, const std::string& hint) {
  const auto problem = sign_in_problem([&](std::string_view name) { return response.header(name); });
  if (problem) {
    std::string message = *problem;
    message.append(hint).append(" (while ").append(call.doing).append(")");
    return make_error(Failure::unauthorized, std::move(message));
  }
  // Somebody else changed it at the same moment.
  if (response.status == 409)
    return make_error(Failure::unavailable, "Jira answered 409 (conflict) while " + call.doing +
                                                "; somebody else is changing it, it will be tried again.");
  if (response.status == 404 && !is_own_404(response)) return rest::not_its_own_words("Jira", call);
  return std::nullopt;
}

}  // namespace

rest::Vendor vendor(std::string hint) {
  rest::Vendor out;
  out.name = "Jira";
  out.error_text = [](const nlohmann::json& body) { return words_of(body); };
  out.judge = [hint = std::move(hint)](const client::Response& response, const rest::Call& call) {
    return judge(response, call, hint);
  };
  return out;
}

// Both kinds answer to version 2.
Result<nlohmann::json> Api::server_info(const Call& call) {
  const rest::Url url = server_->url("/rest/api/2/serverInfo");
  auto answer = server_->json(call_of("GET", url, call), call.context);
  if (answer || answer.error().failure != FailureClass::gone) return answer;
  return make_error(Failure::misconfigured, "What answers at " + url_ + " is no Jira: it does not know " + url.str() +
                                                ". Check the setting url: " + answer.error().message);
}

Result<Timestamp> Api::server_time(const Call& call) {
  const auto answer = server_info(call);
  if (!answer) return answer.error();
  if (const auto now = record::instant_from_text(text_at(*answer, "serverTime"))) return now->at;
  return make_error(Failure::malformed, "Jira's answer while " + call.doing + " does not say what time it is there.");
}

Result<Server> Api::server(const Call& call) {
  {
    const std::lock_guard lock{mutex_};
    if (known_) return *known_;
  }
  const auto answer = server_info(call);
  if (!answer) return answer.error();
  Server out;
  const std::string_view type = text_at(*answer, "deploymentType");
  if (type.empty() && text_at(*answer, "version").empty())
    return make_error(Failure::misconfigured,
                      "What answers at " + url_ + " is no Jira: its serverInfo names no version; check the url.");
  out.flavour = type == "Cloud" ? Flavour::cloud : Flavour::server;
  out.base_url = text_at(*answer, "baseUrl");
  while (out.base_url.ends_with('/')) out.base_url.pop_back();
  if (out.base_url.empty()) out.base_url = url_;
  const std::lock_guard lock{mutex_};
  known_ = out;
  return out;
}

Result<rest::Url> Api::api_url(const std::string& path, const Query& query, const Call& call) {
  const auto known = server(call);
  if (!known) return known.error();
  rest::Url url = server_->url(known->flavour == Flavour::cloud ? "/rest/api/3/" : "/rest/api/2/");
  url.path(path);
  for (const auto& [name, value] : query) url.query(name, value);
  return url;
}

Result<nlohmann::json> Api::json(const std::string& path, const rest::Call& sent, const Call& call) {
  auto answer = server_->json(sent, call.context);
  if (answer) return answer;
  return gone_or_stranger(path, answer.error(), call);
}

Error Api::gone_or_stranger(std::string_view path, const Error& error, const Call& call) {
  if (error.failure != FailureClass::gone) return error;
  auto known = check_signed_in(call);
  if (!known) return known.error();
  if (is_of_records(path)) return error;
  std::string message = error.message;
  message.append(" (").append(url_).append(", ").append(path).append(")");
  return make_error(Failure::misconfigured, std::move(message));
}

Result<void> Api::check_signed_in(const Call& call) {
  const auto url = api_url("myself", {}, call);
  if (!url) return url.error();
  const auto answer = server_->json(call_of("GET", *url, call), call.context);
  if (answer) return {};
  if (answer.error().failure != FailureClass::gone) return answer.error();
  return make_error(Failure::unauthorized,
                    "Jira does not know who we are; check the user name and the token: " + answer.error().message);
}

Result<nlohmann::json> Api::get(const std::string& path, const Query& query, const Call& call) {
  auto url = api_url(path, query, call);
  if (!url) return url.error();
  return json(path, call_of("GET", std::move(*url), call), call);
}

Result<nlohmann::json> Api::send(const char* method, const std::string& path, const Query& query,
                                 const nlohmann::json& body, const Call& call) {
  auto url = api_url(path, query, call);
  if (!url) return url.error();
  rest::Call sent = call_of(method, std::move(*url), call);
  if (!body.is_null()) sent.with(body);
  return json(path, sent, call);
}

Result<void> Api::for_each_page(const std::string& path, const Query& query, const std::vector<const char*>& members,
                                const Call& call, const std::function<void(const nlohmann::json& page)>& each) {
  std::int64_t start = 0;
  for (;;) {
    Query paged = query;
    paged.emplace_back("startAt", std::to_string(start));
    paged.emplace_back("maxResults", std::to_string(page_size));
    const auto answer = get(path, paged, call);
    if (!answer) return answer.error();
    const auto member = std::find_if(members.begin(), members.end(),
                                     [&](const char* name) { return answer->is_object() && answer->contains(name); });
    if (member == members.end())
      return make_error(Failure::malformed, "Jira's answer while " + call.doing + " holds no list.");
    const nlohmann::json& page = list_at(*answer, *member);
    each(page);
    const auto count = static_cast<std::int64_t>(page.size());
    start = number_at(*answer, "startAt", start) + count;
    // A page may be shorter than was asked for and not be the last.
    const std::int64_t total = number_at(*answer, "total", -1);
    if (count == 0 || true_at(*answer, "isLast") || (total >= 0 && start >= total)) return {};
  }
}

Result<SearchPage> Api::search(const SearchScope& scope, const std::vector<std::string>& fields,
                               const Position& position, std::size_t most, const Call& call) {
  const auto known = server(call);
  if (!known) return known.error();
  const bool cloud = known->flavour == Flavour::cloud;
  nlohmann::json body{{"jql", jql_of(scope) + " ORDER BY updated ASC, key ASC"}, {"maxResults", most}};
  body["fields"] = fields.empty() ? std::vector<std::string>{"updated"} : fields;
  if (cloud && !position.token.empty()) body["nextPageToken"] = position.token;
  if (!cloud) body["startAt"] = position.start;
  const std::string path = cloud ? "search/jql" : "search";
  auto url = api_url(path, {}, call);
  if (!url) return url.error();
  rest::Call sent = call_of("POST", std::move(*url), call);
  sent.with(body);
  sent.only_reads = true;
  auto answer = json(path, sent, call);
  if (!answer) return answer.error();
  if (!answer->is_object() || !answer->contains("issues"))
    return make_error(Failure::malformed, "Jira's answer while " + call.doing + " holds no list of issues.");
  SearchPage out;
  out.issues = list_at(*answer, "issues");
  if (cloud) {
    out.token = text_at(*answer, "nextPageToken");
    out.last = out.token.empty() || true_at(*answer, "isLast");
  } else {
    // What is gone, and in the index still, leaves a page shorter than it counts.
    const auto shown = static_cast<std::int64_t>(out.issues.size());
    const std::int64_t covered = std::max(shown, number_at(*answer, "maxResults", shown));
    const auto end = static_cast<std::int64_t>(position.start) + covered;
    out.covered = static_cast<std::uint64_t>(covered);
    out.last = covered <= 0 || end >= number_at(*answer, "total", end);
  }
  return out;
}

Result<void> Api::download(rest::Url url, const Sink& sink, const Call& call) {
  auto done = server_->download(call_of("GET", std::move(url), call), sink, call.context);
  if (done) return done;
  return gone_or_stranger("attachment/", done.error(), call);
}

Result<nlohmann::json> Api::upload(const std::string& path, const NewAttachment& attachment, const Source& source,
                                   const Call& call) {
  auto url = api_url(path, {}, call);
  if (!url) return url.error();
  rest::Call sent = call_of("POST", std::move(*url), call);
  // Without it Jira takes the request for one that a foreign page makes a browser send.
  sent.headers.push_back({"X-Atlassian-Token", "no-check"});
  client::Upload body{source, attachment.size, client::FormFile{"file", attachment.name, attachment.media_type}};
  auto answer = server_->upload(sent, body, call.context);
  if (answer) return answer;
  return gone_or_stranger(path, answer.error(), call);
}

}  // namespace syncservice::adapter::jira
