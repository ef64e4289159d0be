#include "api.hpp"

#include "judgement.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::alm {
namespace {

constexpr std::string_view octets = "application/octet-stream";

Error no_document(const rest::Call& call, const std::string& body) {
  return make_error(call.writes() ? Failure::uncertain : Failure::malformed,
                    "ALM answered with what is no document of its own when " + call.doing + ": \"" +
                        text::printable(body, 80) + "\".");
}

template <class Document>
Result<Document> parsed(const rest::Call& call, const std::string& body,
                        std::optional<Document> (*parse)(std::string_view)) {
  auto document = parse(body);
  if (!document) return no_document(call, body);
  return std::move(*document);
}

Result<void> done(const Result<client::Response>& response) {
  if (!response) return response.error();
  return {};
}

}  // namespace

Api::Api(rest::Endpoint endpoint, std::shared_ptr<rest::SignIn> session, Form form)
    : server_(std::move(endpoint), std::move(session), vendor()), form_(form) {}

rest::Call Api::call(std::string method, rest::Url url, std::string doing) const {
  rest::Call call;
  call.method = std::move(method);
  call.url = std::move(url);
  call.doing = std::move(doing);
  call.headers.push_back({"Accept", accept_of(form_)});
  return call;
}

rest::Call Api::writing(std::string method, rest::Url url, const Entity& entity, std::string doing) const {
  rest::Call call = this->call(std::move(method), std::move(url), std::move(doing));
  call.headers.push_back({"Content-Type", content_type_of(form_)});
  call.body = write_entity(entity, form_);
  return call;
}

rest::Url Api::project_url(const Place& place) const {
  return server_.url("/rest/domains").segment(place.domain).path("/projects").segment(place.project);
}

rest::Url Api::collection_url(const Place& place, const std::string& type) const {
  // "libraries" is the only one that takes no plain s.
  return project_url(place).segment(type.ends_with("ry") ? type.substr(0, type.size() - 1) + "ies" : type + "s");
}

rest::Url Api::spot_url(const Spot& spot) const {
  // Without its id, the address would be the collection's, which a PUT changes as a whole.
  return collection_url(spot.place, spot.type).segment(spot.id);
}

rest::Url Api::attachment_url(const Spot& spot, const std::string& id) const {
  return spot_url(spot).path("/attachments").segment(id).query("by-id", "true");
}

template <class Document>
Result<Document> Api::document(const rest::Call& call, std::optional<Document> (*parse)(std::string_view),
                               const CallContext& context) const {
  const auto response = server_.call(call, context);
  if (!response) return response.error();
  return parsed(call, response->body, parse);
}

Result<Listed> Api::list(const Place& place, const std::string& type, const Listing& listing, const std::string& doing,
                         const CallContext& context) const {
  rest::Url url = collection_url(place, type);
  if (!listing.query.empty()) url.query("query", listing.query);
  if (!listing.fields.empty()) url.query("fields", listing.fields);
  if (!listing.order_by.empty()) url.query("order-by", listing.order_by);
  url.query("page-size", std::to_string(listing.limit)).query("start-index", "1");
  const rest::Call call = this->call("GET", std::move(url), doing);
  const auto response = server_.call(call, context);
  if (!response) return response.error();
  auto page = parsed(call, response->body, &parse_page);
  if (!page) return page.error();
  const auto made = client::parse_http_date(std::string{response->header("Date")});
  return Listed{std::move(*page), made};
}

Result<Entity> Api::read(const Spot& spot, const std::string& doing, const CallContext& context) const {
  return document(call("GET", spot_url(spot), doing), &parse_entity, context);
}

Result<Entity> Api::create(const Place& place, const Entity& entity, const std::string& doing,
                           const CallContext& context) const {
  return document(writing("POST", collection_url(place, entity.type), entity, doing), &parse_entity, context);
}

Result<Entity> Api::update(const Spot& spot, const Entity& entity, const std::string& doing,
                           const CallContext& context) const {
  return document(writing("PUT", spot_url(spot), entity, doing), &parse_entity, context);
}

Result<void> Api::remove(const Spot& spot, const std::string& doing, const CallContext& context) const {
  return done(server_.call(call("DELETE", spot_url(spot), doing), context));
}

Result<void> Api::lock(const Spot& spot, const std::string& doing, const CallContext& context) const {
  rest::Call locking = call("POST", spot_url(spot).path("/lock"), doing);
  locking.only_reads = true;  // a lock is no change of the record
  return done(server_.call(locking, context));
}

Result<void> Api::unlock(const Spot& spot, const CallContext& context) const {
  return done(server_.call(call("DELETE", spot_url(spot).path("/lock"), "unlocking a record"), context));
}

Result<void> Api::check_out(const Spot& spot, const std::string& doing, const CallContext& context) const {
  rest::Call check_out = call("POST", spot_url(spot).path("/versions/check-out"), doing);
  check_out.only_reads = true;  // nor is this
  return done(server_.call(check_out, context));
}

Result<void> Api::check_in(const Spot& spot, const std::string& doing, const CallContext& context) const {
  return done(server_.call(call("POST", spot_url(spot).path("/versions/check-in"), doing), context));
}

Result<Page> Api::attachments(const Spot& spot, std::size_t start, std::size_t limit, const std::string& doing,
                              const CallContext& context) const {
  rest::Url url = spot_url(spot).path("/attachments");
  url.query("page-size", std::to_string(limit)).query("start-index", std::to_string(start));
  return document(call("GET", std::move(url), doing), &parse_page, context);
}

Result<Entity> Api::attachment(const Spot& spot, const std::string& id, const std::string& doing,
                               const CallContext& context) const {
  return document(call("GET", attachment_url(spot, id), doing), &parse_entity, context);
}

Result<void> Api::download(const Spot& spot, const std::string& id, const Sink& sink, const std::string& doing,
                           const CallContext& context) const {
  rest::Call call = this->call("GET", attachment_url(spot, id), doing);
  // Anything else is answered with the attachment's description, or 406.
  call.headers = {{"Accept", std::string{octets}}};
  return server_.download(call, sink, context);
}

Result<Entity> Api::upload(const Spot& spot, const std::string& name, const NewAttachment& attachment,
                           const Source& source, const std::string& doing, const CallContext& context) const {
  const rest::Call call = this->call("POST", spot_url(spot).path("/attachments"), doing);
  client::FormFile form{"file", name, std::string{octets}, {{"filename", name}}};
  const auto response = server_.send_upload(call, {source, attachment.size, std::move(form)}, context);
  if (!response) return response.error();
  return parsed(call, response->body, &parse_entity);
}

Result<void> Api::remove_attachment(const Spot& spot, const std::string& id, const std::string& doing,
                                    const CallContext& context) const {
  return done(server_.call(call("DELETE", attachment_url(spot, id), doing), context));
}

Result<std::vector<std::string>> Api::domains(const CallContext& context) const {
  return document(call("GET", server_.url("/rest/domains"), "listing the domains"), &parse_names, context);
}

Result<std::vector<std::string>> Api::projects(const std::string& domain, const CallContext& context) const {
  rest::Url url = server_.url("/rest/domains").segment(domain).path("/projects");
  const std::string doing = "listing the projects of domain \"" + text::printable(domain) + '"';
  return document(call("GET", std::move(url), doing), &parse_names, context);
}

Result<std::vector<FieldRow>> Api::fields(const Place& place, const std::string& type,
                                          const CallContext& context) const {
  rest::Url url = project_url(place).path("/customization/entities").segment(type).path("/fields");
  const std::string doing = "reading the fields of " + type + " in project " + text::printable(place.str());
  return document(call("GET", std::move(url), doing), &parse_fields, context);
}

Result<std::map<std::string, std::vector<std::string>>> Api::lists(const Place& place,
                                                                   const CallContext& context) const {
  const std::string doing = "reading the lists of project " + text::printable(place.str());
  return document(call("GET", project_url(place).path("/customization/used-lists"), doing), &parse_lists, context);
}

Result<std::vector<UserRow>> Api::users(const Place& place, const CallContext& context) const {
  const std::string doing = "reading the users of project " + text::printable(place.str());
  return document(call("GET", project_url(place).path("/customization/users"), doing), &parse_users, context);
}

Result<bool> Api::versioned(const Place& place, const std::string& type, const CallContext& context) const {
  const std::string doing = "reading the description of " + type + " in project " + text::printable(place.str());
  return document(call("GET", project_url(place).path("/customization/entities").segment(type), doing),
                  &parse_versioned, context);
}

}  // namespace syncservice::adapter::alm
