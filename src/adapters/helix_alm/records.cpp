// Reading and finding records.
#include <algorithm>

#include "helix_alm_adapter.hpp"
#include "search.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

constexpr std::chrono::milliseconds look_again{50};

// "IS-11": a prefix of the project's own, and the number.
bool is_tag(std::string_view text) noexcept {
  const std::size_t dash = text.rfind('-');
  return dash != std::string_view::npos && dash > 0 && text.size() <= 60 && is_number(text.substr(dash + 1)) &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(dash), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

Error no_record(const RecordId& id, const ItemType& type) {
  return make_error(Failure::not_found, "There is no " + about("", id) +
                                            " in Helix ALM: an id is a number, a tag such as "
                                            "IS-11, or one of these after the type, such as " +
                                            std::string{type.name} + "/12.");
}

}  // namespace

std::string about(std::string_view verb, const RecordId& id) {
  std::string out{verb};
  return out.append("record \"").append(text::printable(id.str())).append("\"");
}

bool is_number(std::string_view text) noexcept {
  constexpr std::size_t longest = 18;
  return !text.empty() && text.size() <= longest && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Error as_uncertain(const Error& error, const std::string& doing) {
  Error out =
      make_error(Failure::uncertain, "It is not known whether all was done when " + doing + ": " + error.message);
  out.retry_after = error.retry_after;
  if (error.failure == FailureClass::throttled) out.failure = error.failure;
  return out;
}

HelixAlmAdapter::HelixAlmAdapter(rest::Endpoint endpoint, rest::Credential credential, Options options,
                                 std::shared_ptr<const Clock> clock, std::shared_ptr<Pace> pace)
    : options_(std::move(options)),
      clock_(std::move(clock)),
      api_(std::move(endpoint), std::move(credential), clock_, std::move(pace)),
      schemas_(api_, options_.labels, options_.workflow) {}

Capabilities HelixAlmAdapter::capabilities() const noexcept {
  Capabilities can;
  can.describe = can.changed_since = can.native_query = true;
  can.comments = can.attachments = can.notifications = true;
  return can;
}

Result<Place> HelixAlmAdapter::place_of(const ProjectName& project, const ItemType& type) const {
  if (project.empty())
    return make_error(Failure::refused,
                      "Helix ALM needs a project to sign in, and none is given; name it in the app link or the push.");
  return Place{project.str(), &type};
}

RecordId HelixAlmAdapter::id_of(const ItemType& type, const std::string& number) const {
  return RecordId{&type == options_.types.front() ? number : std::string{type.name} + '/' + number};
}

Result<Spot> HelixAlmAdapter::spot_of(const ProjectName& project, const RecordId& id, const std::string& doing,
                                      const CallContext& context) const {
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  std::vector<const ItemType*> types = options_.types;
  std::string name = id.str();
  if (const std::size_t slash = name.find('/'); slash != std::string::npos) {
    const ItemType* type = item_type(name.substr(0, slash));
    if (std::find(types.begin(), types.end(), type) == types.end()) return no_record(id, *types.back());
    types = {type};
    name.erase(0, slash + 1);
  }
  const auto first = place_of(project, *types.front());
  if (!first) return first.error();
  if (is_number(name)) return Spot{*first, name};
  if (!is_tag(name)) return no_record(id, *types.back());
  for (const ItemType* type : types) {
    const Place place{project.str(), type};
    auto number = id_of_tag(place, name, id, doing, context);
    if (number) return Spot{place, std::move(*number)};
    if (!is_missing(number.error())) return number.error();
  }
  return no_record(id, *types.back());
}

Result<std::string> HelixAlmAdapter::id_of_tag(const Place& place, const std::string& tag, const RecordId& id,
                                               const std::string& doing, const CallContext& context) const {
  const auto wanted = condition("Tag", "=", tag);
  if (!wanted) return wanted.error();
  Listing listing;
  listing.search = *wanted;
  listing.fields = {"Summary"};
  std::string found;
  const auto done = each_found(place, listing, doing, context, [&](const Json& item) {
    if (text_at(item, "tag") == tag) found = std::to_string(number_at(item, "id"));
    return found.empty();
  });
  if (!done) return done.error();
  if (found.empty()) return no_record(id, *place.type);
  return found;
}

Result<void> HelixAlmAdapter::each_found(const Place& place, Listing listing, const std::string& doing,
                                         const CallContext& context,
                                         const std::function<bool(const Json& item)>& take) const {
  for (;; ++listing.page) {
    const auto page = api_.search(place, listing, doing, context);
    if (!page) {
      // A field that is not there is a 404 as well.
      if (is_missing(page.error())) return make_error(Failure::refused, page.error().message);
      return page.error();
    }
    for (const Json& item : page->items) {
      if (!take(item)) return {};
    }
    if (!page->more || page->items.empty()) return {};
    listing.limit = page->limit;
  }
}

Error HelixAlmAdapter::missing(const Spot& spot, const Error& error, const std::string& doing,
                               const CallContext& context) const {
  const auto item = api_.read(spot, {}, doing, context);
  return item ? make_error(Failure::refused, error.message) : item.error();
}

Result<HelixAlmAdapter::Alone> HelixAlmAdapter::alone(const Spot& spot, const std::string& doing,
                                                      const CallContext& context) {
  Alone lock{records_[std::hash<std::string>{}(spot.str()) % records_.size()], std::defer_lock};
  while (!lock.try_lock_for(look_again)) {
    if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  }
  return Result<Alone>{std::move(lock)};
}

record::Record HelixAlmAdapter::record_of(const Spot& spot, const Json& item) const {
  record::Record record = to_record(*spot.place.type, item, options_.labels, options_.workflow);
  record.project = ProjectName{spot.place.project};
  record.id = id_of(*spot.place.type, spot.id);
  return record;
}

Result<record::Record> HelixAlmAdapter::read(const ProjectName& project, const RecordId& id,
                                             const CallContext& context) {
  const std::string doing = about("reading ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto item = api_.read(*spot, {}, doing, context);
  if (!item) return item.error();
  return record_of(*spot, *item);
}

Result<std::optional<record::Record>> HelixAlmAdapter::find_by_marker(const ProjectName& project,
                                                                      const std::string& marker,
                                                                      const CallContext& context) {
  using Maybe = std::optional<record::Record>;
  const std::string doing = "looking for a marker";
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (marker.empty()) return Maybe{};
  const std::string stored = marker_to_stored(marker);
  const auto wanted = condition(options_.labels.marker, "=", stored);
  if (!wanted) return wanted.error();
  for (const ItemType* type : options_.types) {
    const auto place = place_of(project, *type);
    if (!place) return place.error();
    Listing listing;
    listing.search = *wanted;
    listing.fields = {options_.labels.marker};
    std::string found;
    const auto done = each_found(*place, listing, doing, context, [&](const Json& item) {
      // Where case does not count, other markers are found, too.
      if (marker_of(item, options_.labels) == stored) found = std::to_string(number_at(item, "id"));
      return found.empty();
    });
    if (!done) return done.error();
    if (found.empty()) continue;
    const Spot spot{*place, found};
    const auto item = api_.read(spot, {}, doing, context);
    if (item) return Maybe{record_of(spot, *item)};
    if (!is_missing(item.error())) return item.error();
  }
  return Maybe{};
}

Result<void> HelixAlmAdapter::ping(const CallContext& context) {
  if (auto may_go_on = check(context, "signing in"); !may_go_on) return may_go_on;
  const auto list = api_.projects(context);
  if (!list) return list.error();
  return {};
}

Result<Description> HelixAlmAdapter::describe(const ProjectName& project, const CallContext& context) {
  if (auto may_go_on = check(context, "reading the description of the projects"); !may_go_on) return may_go_on.error();
  const auto list = api_.projects(context);
  if (!list) return list.error();
  Description description;
  for (const ListedProject& one : list->projects) description.projects.push_back({ProjectName{one.name}, one.name});
  if (project.empty()) return description;
  const ListedProject* here = list->find(project.str());
  if (here != nullptr && here->name != project.str()) description.projects.push_back({project, here->name});
  for (const ItemType* type : options_.types) {
    const auto schema = schemas_.with_menus(Place{project.str(), type}, context);
    if (!schema) return schema.error();
    description.types.push_back((*schema)->type);
  }
  return description;
}

}  // namespace syncservice::adapter::helix_alm
