#include "api.hpp"

#include "form.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <array>
#include <random>

namespace syncservice::adapter::helix_alm {
namespace {

constexpr std::array types{ItemType{"issue", "issues", true, false},
                           ItemType{"requirement", "requirements", false, true},
                           ItemType{"testCase", "testCases", false, false}};

Error not_understood(const rest::Call& call) {
  return make_error(call.writes() ? Failure::uncertain : Failure::malformed,
                    "Helix ALM's answer when " + call.doing + " is not of the documented form; check the setting url.");
}

bool has_next(const Json& paging, std::size_t page, std::size_t limit, std::size_t received) {
  const Json &pages = member(paging, "totalPages"), &count = member(paging, "totalCount");
  if (count.is_number_unsigned()) return count.get<std::size_t>() > page * limit;
  if (pages.is_number_unsigned()) return pages.get<std::size_t>() > page;
  return received >= limit;
}

// What no file holds by chance.
std::string boundary() {
  std::random_device random;
  std::string out = "syncservice";
  for (int i = 0; i < 4; ++i) out += std::to_string(random());
  return out;
}

}  // namespace

const ItemType* item_type(std::string_view name) noexcept {
  for (const ItemType& type : types) {
    if (text::iequals(type.name, name) || text::iequals(type.path, name)) return &type;
  }
  return nullptr;
}

Api::Api(rest::Endpoint endpoint, rest::Credential credential, std::shared_ptr<const Clock> clock,
         std::shared_ptr<Pace> pace)
    : endpoint_(std::move(endpoint)),
      clock_(std::move(clock)),
      pace_(std::move(pace)),
      door_(std::make_shared<const Door>(endpoint_, std::move(credential), clock_, pace_)) {}

Result<void> Api::may_go_out(const Project& project, const std::string& doing, const CallContext& context) const {
  if (auto open = project.gate->pass(doing); !open) return open;
  return pace_->wait(context, doing);
}

const Api::Project& Api::project(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  auto found = projects_.find(name);
  if (found == projects_.end()) {
    auto gate = std::make_shared<Gate>();
    auto saw = [gate, clock = clock_](const client::Response& response) { gate->saw(response, clock->now()); };
    auto server = std::make_unique<const rest::Server>(
        endpoint_, std::shared_ptr<rest::SignIn>{std::make_shared<TokenSignIn>(door_, name, clock_)},
        vendor(clock_, std::move(saw)), clock_);
    found = projects_.emplace(name, Project{std::move(gate), std::move(server)}).first;
  }
  return found->second;
}

rest::Call Api::call(const Project& project, const std::string& name, std::string method, std::string_view path,
                     std::string doing) const {
  rest::Call out;
  out.method = std::move(method);
  out.url = Door::url(*project.server, "").segment(name).path(path);
  out.doing = std::move(doing);
  return out;
}

rest::Url Api::item_url(const Project& project, const Spot& spot) const {
  rest::Url url = Door::url(*project.server, "").segment(spot.place.project);
  return std::move(url.path("/").path(spot.place.type->path).segment(spot.id));
}

Result<Json> Api::json(const Project& project, const rest::Call& call, const CallContext& context) const {
  if (auto open = may_go_out(project, call.doing, context); !open) return open.error();
  return project.server->json(call, context);
}

Result<Json> Api::read(const Spot& spot, std::string_view expand, const std::string& doing,
                       const CallContext& context) const {
  const Project& there = project(spot.place.project);
  rest::Call call;
  call.doing = doing;
  call.url = item_url(there, spot);
  if (!expand.empty()) call.url.query("expand", expand);
  auto body = json(there, call, context);
  if (!body) return body.error();
  if (number_at(*body, "id") == 0 || !member(*body, "fields").is_array()) return not_understood(call);
  return body;
}

Result<Page> Api::search(const Place& place, const Listing& listing, const std::string& doing,
                         const CallContext& context) const {
  const Project& there = project(place.project);
  std::string path{"/"};
  rest::Call call = this->call(there, place.project, "POST", path.append(place.type->path).append("/search"), doing);
  call.only_reads = true;
  Json body{{"page", listing.page}, {"per_page", listing.limit}};
  if (!listing.search.empty()) body["search"] = listing.search;
  if (!listing.fields.empty()) body["fields"] = listing.fields;
  call.with(body);
  if (auto open = may_go_out(there, doing, context); !open) return open.error();
  const auto response = there.server->call(call, context);
  if (!response) return response.error();
  const auto answer = there.server->json_of(*response, call);
  if (!answer) return answer.error();
  if (!member(*answer, place.type->path).is_array()) return not_understood(call);
  Page page;
  for (const Json& item : list_at(*answer, place.type->path)) page.items.push_back(item);
  const Json& paging = member(*answer, "paging");
  const std::int64_t limit = number_at(paging, "pageLimit");
  page.limit = limit > 0 ? static_cast<std::size_t>(limit) : listing.limit;
  page.more = has_next(paging, listing.page, page.limit, page.items.size());
  if (const auto date = client::parse_http_date(std::string{response->header("Date")})) page.made = *date;
  return page;
}

Result<Written> Api::write(const Project& project, const rest::Call& call, std::string_view list,
                           const CallContext& context) const {
  const auto body = json(project, call, context);
  if (!body) return body.error();
  Written out;
  if (body->is_null()) return out;  // 204
  if (!body->is_object()) return not_understood(call);
  out.problems = problems_in(*body);
  for (const Json& item : list_at(*body, list)) {
    if (const std::int64_t id = number_at(item, "id"); id != 0 && out.id.empty()) out.id = std::to_string(id);
  }
  return out;
}

Result<Written> Api::create(const Place& place, Json item, const std::string& doing, const CallContext& context) const {
  const Project& there = project(place.project);
  std::string path{"/"};
  rest::Call call = this->call(there, place.project, "POST", path.append(place.type->path), doing);
  return write(there, call.with(Json{{std::string{place.type->path}, Json::array({std::move(item)})}}),
               place.type->path, context);
}

Result<Written> Api::update(const Spot& spot, Json item, const std::string& doing, const CallContext& context) const {
  const Project& there = project(spot.place.project);
  const std::string_view list = spot.place.type->path;
  std::string path{"/"};
  rest::Call call = this->call(there, spot.place.project, "PUT", path.append(list), doing);
  item["id"] = Json::parse(spot.id);
  return write(there, call.with(Json{{std::string{list}, Json::array({std::move(item)})}}), list, context);
}

Result<Json> Api::events(const Spot& spot, const std::string& doing, const CallContext& context) const {
  const Project& there = project(spot.place.project);
  rest::Call call;
  call.doing = doing;
  call.url = item_url(there, spot).path("/events");
  auto body = json(there, call, context);
  if (!body) return body.error();
  if (!member(*body, "eventsData").is_array()) return not_understood(call);
  return list_at(*body, "eventsData");
}

Result<Written> Api::add_event(const Spot& spot, Json event, const std::string& doing,
                               const CallContext& context) const {
  const Project& there = project(spot.place.project);
  rest::Call call;
  call.method = "POST";
  call.doing = doing;
  call.url = item_url(there, spot).path("/events");
  call.with(Json{{"eventsData", Json::array({std::move(event)})}});
  return write(there, call, "eventsData", context);
}

Result<Json> Api::attachments(const Spot& spot, const std::string& doing, const CallContext& context) const {
  const Project& there = project(spot.place.project);
  rest::Call call;
  call.doing = doing;
  call.url = item_url(there, spot).path("/attachments");
  auto body = json(there, call, context);
  if (!body) return body.error();
  if (!member(*body, "attachmentsData").is_array()) return not_understood(call);
  return list_at(*body, "attachmentsData");
}

Result<void> Api::download(const Spot& spot, const std::string& file, const Sink& sink, const std::string& doing,
                           const CallContext& context) const {
  const Project& there = project(spot.place.project);
  rest::Call call = this->call(there, spot.place.project, "GET", "/files", doing);
  call.url.segment(file);
  call.headers = {{"Accept", "*/*"}};
  if (auto open = may_go_out(there, doing, context); !open) return open;
  return there.server->download(call, sink, context);
}

Result<Json> Api::upload(const Spot& spot, const std::string& found_by, const NewAttachment& attachment,
                         const Source& source, const std::string& doing, const CallContext& context) const {
  const Project& there = project(spot.place.project);
  rest::Call call;
  call.method = "POST";
  call.doing = doing;
  call.url = item_url(there, spot);
  if (!found_by.empty()) call.url.path("/foundByRecords").segment(found_by);
  call.url.path("/attachments");
  const std::string& type = attachment.media_type;
  const bool usable = type.find('/') != std::string::npos && !text::has_control(type);
  const Form form = form_of("fileUpload", attachment.name, usable ? type : "application/octet-stream", source,
                            attachment.size, boundary());
  call.headers = {{"Content-Type", form.content_type}};
  if (auto open = may_go_out(there, doing, context); !open) return open.error();
  auto body = there.server->upload(call, form.body, context);
  if (!body) return body.error();
  const Json& made = list_at(*body, "attachmentsData");
  if (made.empty() || number_at(made.front(), "id") == 0) return not_understood(call);
  return made.front();
}

Result<Json> Api::fields(const Place& place, std::string_view which, const CallContext& context) const {
  const Project& there = project(place.project);
  std::string path{"/configs/fields/"};
  path.append(place.type->path).append("/").append(which);
  return json(there, call(there, place.project, "GET", path, "reading the description of the fields"), context);
}

Result<Json> Api::menus(const Place& place, const CallContext& context) const {
  const Project& there = project(place.project);
  return json(there, call(there, place.project, "GET", "/configs/menus", "listing the menus"), context);
}

Result<Json> Api::menu_items(const Place& place, const std::string& menu, const CallContext& context) const {
  const Project& there = project(place.project);
  rest::Call call = this->call(there, place.project, "GET", "/configs/menus", "reading the items of a menu");
  call.url.segment(menu).path("/items");
  return json(there, call, context);
}

}  // namespace syncservice::adapter::helix_alm
