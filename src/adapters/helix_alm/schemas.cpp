#include "schemas.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::hours life{1};
constexpr std::chrono::minutes fresh{1};

// Servers before 2019.2 have no such lists, and accounts may lack the right to read them.
bool may_be_missing(const Error& error) {
  return error.failure == FailureClass::permanent || error.failure == FailureClass::gone;
}

}  // namespace

Result<Schemas::SchemaPointer> Schemas::get(const Place& place, const CallContext& context) {
  return younger_than(life, place, context);
}

Result<Schemas::SchemaPointer> Schemas::refreshed(const Place& place, const CallContext& context) {
  return younger_than(fresh, place, context);
}

Result<Schemas::SchemaPointer> Schemas::younger_than(steady_clock::duration age, const Place& place,
                                                     const CallContext& context) {
  {
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(place.str());
    if (found != known_.end() && steady_clock::now() - found->second.schema->read_at < age) return found->second.schema;
  }
  auto schema = load(place, context);
  if (!schema) return schema.error();
  auto made = std::make_shared<const Schema>(std::move(*schema));
  const std::lock_guard lock{mutex_};
  known_.insert_or_assign(place.str(), Known{made, false});
  return made;
}

Result<Schema> Schemas::load(const Place& place, const CallContext& context) const {
  std::vector<Json> rows;
  for (const std::string_view which : {"systemFields", "customFields"}) {
    auto answer = api_.fields(place, which, context);
    if (answer) rows.push_back(std::move(*answer));
    if (!answer && !may_be_missing(answer.error())) return answer.error();
  }
  Listing listing;
  listing.limit = 1;
  const auto page = api_.search(place, listing, "looking at the fields of " + std::string{place.type->path}, context);
  if (!page) return page.error();
  Schema schema =
      make_schema(*place.type, rows, page->items.empty() ? Json{} : page->items.front(), labels_, workflow_);
  if (schema.fields.empty())
    return make_error(Failure::refused, "Helix ALM does not tell which fields " + std::string{place.type->path} +
                                            " of project \"" + text::printable(place.project) +
                                            "\" have, and there is none to see it by. Make one by hand, or give the "
                                            "account the right to see the project's fields.");
  schema.read_at = steady_clock::now();
  return schema;
}

Result<Schemas::SchemaPointer> Schemas::with_menus(const Place& place, const CallContext& context) {
  auto schema = refreshed(place, context);
  if (!schema) return schema;
  {
    const std::lock_guard lock{mutex_};
    const Known& known = known_.at(place.str());
    if (known.has_menus) return known.schema;
  }
  const auto options = options_of(place, **schema, context);
  if (!options) return options.error();
  auto made = std::make_shared<const Schema>(with_options(**schema, *options));
  const std::lock_guard lock{mutex_};
  known_.insert_or_assign(place.str(), Known{made, true});
  return made;
}

Result<std::map<std::string, std::vector<record::Option>>> Schemas::options_of(const Place& place, const Schema& schema,
                                                                               const CallContext& context) const {
  std::map<std::string, std::vector<record::Option>> out;
  std::map<std::string, std::string, std::less<>> named;  // menus by name
  const auto menus = api_.menus(place, context);
  if (!menus && !may_be_missing(menus.error())) return menus.error();
  if (menus) {
    for (const Json& menu : rows_in(*menus))
      named.emplace(text_at(menu, "name"), std::to_string(number_at(menu, "id")));
  }
  std::map<std::string, std::vector<record::Option>> read;  // by the menus' ids
  for (const auto& [label, field] : schema.fields) {
    if (field.shape != Shape::menu_item && field.shape != Shape::menu_items) continue;
    std::string menu = field.menu;
    // Menus are mostly called as their fields.
    if (const auto same = named.find(label); menu.empty() && same != named.end()) menu = same->second;
    if (menu.empty()) continue;
    if (!read.contains(menu)) {
      const auto items = api_.menu_items(place, menu, context);
      if (!items && !may_be_missing(items.error())) return items.error();
      read[menu] = items ? options_in(*items) : std::vector<record::Option>{};
    }
    out[label] = read[menu];
  }
  return out;
}

}  // namespace syncservice::adapter::helix_alm
