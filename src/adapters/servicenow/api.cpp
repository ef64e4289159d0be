#include "api.hpp"

#include <charconv>

#include "syncservice/base/text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

constexpr std::string_view table_path = "/api/now/table";

std::string member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// Both shapes: an object of the Table API, a string of the OAuth endpoint.
std::string error_text(const Json& body) {
  if (!body.is_object()) return {};
  const auto error = body.find("error");
  if (error == body.end()) return {};
  if (!error->is_object()) return member(body, "error");
  std::string words = member(*error, "message");
  const std::string detail = member(*error, "detail");
  if (!detail.empty()) words.append(words.empty() ? "" : ": ").append(detail);
  return words;
}

// {"error":{"message":"No Record found",…},"status":"failure"}, and not what any server says of an unknown path.
bool is_own_404(const client::Response& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  if (!body.is_object() || member(body, "status") != "failure") return false;
  const auto error = body.find("error");
  return error != body.end() && error->is_object() && !member(*error, "message").empty();
}

// A correct password may be refused; say so, for nobody would guess.
std::optional<Error> judge(const client::Response& response, const rest::Call& call) {
  if (response.status == 404 && !is_own_404(response)) return rest::not_its_own_words("ServiceNow", call);
  if (response.status != 401) return std::nullopt;
  std::string message = "ServiceNow answered 401 when " + call.doing + ". ";
  const std::string words = error_text(Json::parse(response.body, nullptr, false));
  if (!words.empty()) message.append(text::printable(words, 200)).append(". ");
  message +=
      "Check user name and password. If they are right, the account may be locked, or the instance takes passwords "
      "only "
      "from accounts with the role snc_basic_auth_api_access (glide.authenticate.basic_auth.restriction.enforce): give "
      "it that role, or use OAuth.";
  return make_error(Failure::unauthorized, std::move(message));
}

rest::Vendor vendor() {
  return {"ServiceNow", error_text, judge};
}

void ask_for(rest::Url& url, const std::string& fields, Values values) {
  if (!fields.empty()) url.query("sysparm_fields", fields);
  url.query("sysparm_display_value", values == Values::both ? "all" : "false");
  url.query("sysparm_exclude_reference_link", "true");
}

bool has_next(const client::Response& response, const Page& page, const Listing& listing, std::size_t received) {
  if (page.total) return *page.total > listing.offset + listing.limit;
  const std::string_view link = response.header("Link");
  if (!link.empty()) return link.find("rel=\"next\"") != std::string_view::npos;
  return received >= listing.limit;
}

Error not_understood(const rest::Call& call) {
  return make_error(call.writes() ? Failure::uncertain : Failure::malformed,
                    "ServiceNow's answer when " + call.doing + " has no result; check the setting url.");
}

}  // namespace

std::string stored(const Json& row, std::string_view column) {
  const auto found = row.find(column);
  if (found == row.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_object() ? member(*found, "value") : std::string{};
}

std::string shown(const Json& row, std::string_view column) {
  const auto found = row.find(column);
  if (found == row.end() || !found->is_object() || !found->contains("display_value")) return stored(row, column);
  return member(*found, "display_value");
}

Api::Api(rest::Endpoint endpoint, rest::Credential credential)
    : server_(std::move(endpoint), std::move(credential), vendor()) {}

Result<Page> Api::page(const Listing& listing, const std::string& doing, const CallContext& context) const {
  rest::Call call;
  call.doing = doing;
  call.url = server_.url(table_path).segment(listing.table);
  call.url.query("sysparm_query", listing.query);
  ask_for(call.url, listing.fields, listing.values);
  return page_of(call, listing, context);
}

Result<Page> Api::page_of(const rest::Call& asked, const Listing& listing, const CallContext& context) const {
  rest::Call call = asked;
  call.url.query("sysparm_limit", std::to_string(listing.limit));
  call.url.query("sysparm_offset", std::to_string(listing.offset));
  const auto response = server_.call(call, context);
  if (!response && response.error().failure == FailureClass::gone)
    return rest::not_its_own_words("ServiceNow", call);  // a list is there, if empty
  if (!response) return response.error();
  auto body = server_.json_of(*response, call);
  if (!body) return body.error();
  Page page;
  const std::string words = error_text(*body);
  if (!words.empty() || (body->is_object() && body->contains("error")))
    page.cut = make_error(Failure::unavailable, "ServiceNow gave up when " + call.doing + ": " +
                                                    text::printable(words, 300) + ". It will be tried again.");
  const auto result = body->is_object() ? body->find("result") : body->end();
  if (!body->is_object() || result == body->end() || !result->is_array()) {
    if (page.cut) return *page.cut;
    return not_understood(call);
  }
  const std::size_t received = result->size();
  for (Json& row : *result) {
    if (row.is_object()) page.rows.push_back(std::move(row));
  }
  std::size_t total = 0;
  const std::string_view count = response->header("X-Total-Count");
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), total);
  if (!count.empty() && error == std::errc{} && end == count.data() + count.size()) page.total = total;
  if (const auto date = client::parse_http_date(std::string{response->header("Date")})) page.made = *date;
  page.more = page.cut || has_next(*response, page, listing, received);
  return page;
}

Result<std::vector<Json>> Api::rows(Listing listing, const std::string& doing, const CallContext& context) const {
  std::vector<Json> all;
  for (;; listing.offset += listing.limit) {
    auto next = page(listing, doing, context);
    if (!next) return next.error();
    if (next->cut) return std::move(*next->cut);
    for (Json& row : next->rows) all.push_back(std::move(row));
    if (!next->more) return all;
  }
}

Result<Json> Api::row(const std::string& table, const std::string& sys_id, const std::string& fields, Values values,
                      const std::string& doing, const CallContext& context) const {
  rest::Call call;
  call.doing = doing;
  call.url = server_.url(table_path).segment(table).segment(sys_id);
  ask_for(call.url, fields, values);
  auto body = server_.json(call, context);
  if (!body) return body.error();
  return result_of(std::move(*body), call);
}

Result<Json> Api::insert(const std::string& table, const Json& body, const std::string& fields,
                         const std::string& doing, const CallContext& context) const {
  rest::Call call;
  call.method = "POST";
  call.doing = doing;
  call.url = server_.url(table_path).segment(table);
  ask_for(call.url, fields, Values::both);
  auto answer = server_.json(call.with(body), context);
  if (!answer) return answer.error();
  return result_of(std::move(*answer), call);
}

Result<Json> Api::change(const std::string& table, const std::string& sys_id, const Json& body,
                         const std::string& fields, const std::string& doing, const CallContext& context) const {
  rest::Call call;
  call.method = "PATCH";
  call.doing = doing;
  call.url = server_.url(table_path).segment(table).segment(sys_id);
  ask_for(call.url, fields, Values::both);
  auto answer = server_.json(call.with(body), context);
  if (!answer) return answer.error();
  return result_of(std::move(*answer), call);
}

Result<void> Api::erase(const std::string& table, const std::string& sys_id, const std::string& doing,
                        const CallContext& context) const {
  rest::Call call;
  call.method = "DELETE";
  call.doing = doing;
  call.url = server_.url(table_path).segment(table).segment(sys_id);
  const auto done = server_.call(call, context);
  if (!done) return done.error();
  return {};
}

Result<Json> Api::result_of(Json body, const rest::Call& call) {
  if (!body.is_object()) return not_understood(call);
  if (const std::string words = error_text(body); !words.empty())
    return make_error(call.writes() ? Failure::uncertain : Failure::unavailable,
                      "ServiceNow failed when " + call.doing + ": " + text::printable(words, 300) + ".");
  const auto result = body.find("result");
  if (result == body.end() || !result->is_object()) return not_understood(call);
  return std::move(*result);
}

}  // namespace syncservice::adapter::servicenow
