#include <algorithm>

#include "query.hpp"
#include "servicenow_adapter.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

constexpr std::size_t most_seen = 100'000;
// A number may be given to another record, but not from one hour to the next.
constexpr std::chrono::milliseconds number_life = std::chrono::hours{1};
// The calls of one pass come so close together.
constexpr std::chrono::milliseconds one_pass = std::chrono::minutes{1};

// Numbers have a prefix and digits, and an administrator may choose the prefix.
bool is_number(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
  });
}

// sysparm_fields for these columns as far as the table has them; without them, for all that makes a record.
std::string fields_of(const Table& table, const ServiceNowAdapter::Names& names) {
  if (!names) return table.read_fields;
  std::string out;
  for (const std::string& name : *names) {
    if (table.has(name)) out.append(out.empty() ? "" : ",").append(name);
  }
  return out;
}

Error gone(const RecordId& id) {
  return make_error(Failure::not_found, "There is no record \"" + text::printable(id.str()) +
                                            "\" in the application's tables in ServiceNow.");
}

Error hidden(const RecordId& id, const std::string& table) {
  return make_error(Failure::refused, about("An access rule of table " + table + " in ServiceNow hides ", id) +
                                          " from the account; give the account the right to read it.");
}

bool is_missing(const Error& error) {
  return error.code == make_error_code(Failure::not_found);
}

}  // namespace

std::string about(std::string_view verb, const RecordId& id) {
  std::string out{verb};
  return out.append("record \"").append(text::printable(id.str())).append("\"");
}

ServiceNowAdapter::ServiceNowAdapter(rest::Endpoint endpoint, rest::Credential credential, Options options)
    : options_(std::move(options)),
      api_(std::move(endpoint), std::move(credential)),
      tables_(api_, clock_, options_.tables, options_.marker, options_.language),
      lookups_(api_, tables_, clock_) {}

Capabilities ServiceNowAdapter::capabilities() const noexcept {
  Capabilities can;
  can.describe = can.changed_since = can.native_query = can.remove = true;
  can.comments = can.private_comments = true;
  can.attachments = can.remove_attachments = true;
  return can;
}

std::optional<std::string> ServiceNowAdapter::remembered_table(const std::string& sys_id) {
  if (options_.tables.size() == 1) return options_.tables.front();
  const std::lock_guard lock{mutex_};
  const auto found = seen_.find(sys_id);
  if (found == seen_.end()) return std::nullopt;
  return found->second.table;
}

void ServiceNowAdapter::remember(const std::string& table, const Json& row) {
  Seen seen{table, stored(row, "sys_id"), text::lower(stored(row, "number")), clock_.now()};
  if (!is_sys_id(seen.sys_id)) return;
  const std::lock_guard lock{mutex_};
  if (seen_.size() >= most_seen) seen_.clear();
  if (const auto before = seen_.find(seen.sys_id); seen.number.empty() && before != seen_.end())
    seen.number = before->second.number;
  if (!seen.number.empty()) seen_.insert_or_assign(seen.number, seen);
  seen_.insert_or_assign(seen.sys_id, seen);
}

void ServiceNowAdapter::forget(const std::string& sys_id) {
  const std::lock_guard lock{mutex_};
  const auto found = seen_.find(sys_id);
  if (found == seen_.end()) return;
  seen_.erase(std::string{found->second.number});
  seen_.erase(sys_id);
}

std::optional<std::pair<std::string, std::string>> ServiceNowAdapter::seen_within(std::chrono::milliseconds age,
                                                                                  const RecordId& id) {
  const std::lock_guard lock{mutex_};
  const auto found = seen_.find(is_sys_id(id.str()) ? id.str() : text::lower(id.str()));
  if (found == seen_.end() || clock_.now() - found->second.at >= age) return std::nullopt;
  return std::pair{found->second.table, found->second.sys_id};
}

Result<std::string> ServiceNowAdapter::present(const RecordId& id, const std::string& doing,
                                               const CallContext& context) {
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (auto seen = seen_within(one_pass, id)) return std::move(seen->second);
  const auto found = find(id, Columns{"sys_id", "number"}, doing, context);
  if (!found) return found.error();
  return stored(found->row, "sys_id");
}

Result<std::vector<std::string>> ServiceNowAdapter::tables_of(const std::string& sys_id, const std::string& doing,
                                                              const CallContext& context) {
  std::vector<std::string> order = options_.tables;
  auto likely = remembered_table(sys_id);
  if (!likely && order.size() > 2) {  // trying two is as quick as asking
    Listing listing;
    listing.table = "task";
    listing.query = "sys_id=" + sys_id + "^ORDERBYsys_id";
    listing.fields = "sys_id,sys_class_name";
    listing.limit = 1;
    const auto page = api_.page(listing, doing, context);
    if (!page) return page.error();
    if (!page->rows.empty() && stored(page->rows.front(), "sys_id") == sys_id)
      likely = stored(page->rows.front(), "sys_class_name");
  }
  std::stable_partition(order.begin(), order.end(), [&](const std::string& name) { return name == likely; });
  return order;
}

Error ServiceNowAdapter::missing(const RecordId& id, const std::string& doing, const CallContext& context) const {
  // The count goes past the access rules, the rows don't.
  for (const std::string& name : options_.tables) {
    Listing listing;
    listing.table = name;
    listing.query = "sys_id=" + id.str() + "^ORDERBYsys_id";
    listing.fields = "sys_id";
    listing.limit = 1;
    const auto page = api_.page(listing, doing, context);
    if (!page) return page.error();
    if (page->total.value_or(0) > 0) return hidden(id, name);
  }
  return gone(id);
}

Result<ServiceNowAdapter::Found> ServiceNowAdapter::find(const RecordId& id, const Names& names,
                                                         const std::string& doing, const CallContext& context) {
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (is_sys_id(id.str())) return find_by_sys_id(id, names, doing, context);
  if (is_number(id.str())) return find_by_number(id, names, doing, context);
  return gone(id);
}

Result<ServiceNowAdapter::Found> ServiceNowAdapter::find_by_sys_id(const RecordId& id, const Names& names,
                                                                   const std::string& doing,
                                                                   const CallContext& context) {
  const auto tables = tables_of(id.str(), doing, context);
  if (!tables) return tables.error();
  for (const std::string& name : *tables) {
    const auto table = tables_.get(name, context);
    if (!table) return table.error();
    auto row = api_.row(name, id.str(), fields_of(**table, names), Values::both, doing, context);
    if (row) {
      remember(name, *row);
      return Found{*table, std::move(*row)};
    }
    if (!is_missing(row.error())) return row.error();
  }
  forget(id.str());
  return missing(id, doing, context);
}

Result<ServiceNowAdapter::Found> ServiceNowAdapter::find_by_number(const RecordId& id, const Names& names,
                                                                   const std::string& doing,
                                                                   const CallContext& context) {
  for (const std::string& name : options_.tables) {
    const auto table = tables_.get(name, context);
    if (!table) return table.error();
    if (!(*table)->has("number")) continue;  // the condition would be dropped, and any row be the one
    Listing listing;
    listing.table = name;
    listing.query = "number=" + id.str() + "^ORDERBYsys_id";
    listing.fields = fields_of(**table, names);
    listing.values = Values::both;
    listing.limit = 10;
    auto page = api_.page(listing, doing, context);
    if (!page) return page.error();
    if (page->cut) return std::move(*page->cut);
    if (page->rows.empty() && page->total.value_or(0) > 0) return hidden(id, name);
    for (Json& row : page->rows) {
      if (!text::iequals(stored(row, "number"), id.str())) continue;
      remember(name, row);
      return Found{*table, std::move(row)};
    }
  }
  return gone(id);
}

Result<ServiceNowAdapter::Place> ServiceNowAdapter::locate(const RecordId& id, const std::string& doing,
                                                           const CallContext& context) {
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (is_sys_id(id.str())) {
    if (const auto name = remembered_table(id.str())) {
      auto table = tables_.get(*name, context);
      if (!table) return table.error();
      return Place{std::move(*table), id.str()};
    }
  } else if (auto seen = seen_within(number_life, id)) {
    auto table = tables_.get(seen->first, context);
    if (!table) return table.error();
    return Place{std::move(*table), std::move(seen->second)};
  }
  auto found = find(id, Columns{"sys_id", "number"}, doing, context);
  if (!found) return found.error();
  return Place{std::move(found->table), stored(found->row, "sys_id")};
}

Result<record::Record> ServiceNowAdapter::read(const ProjectName& project, const RecordId& id,
                                               const CallContext& context) {
  const auto found = find(id, std::nullopt, about("reading ", id), context);
  if (!found) return found.error();
  return to_record(*found->table, found->row, options_.marker, project);
}

Result<void> ServiceNowAdapter::check_marker_column(const Table& table) const {
  if (table.has(options_.marker)) return {};
  return make_error(
      Failure::misconfigured,
      "Table " + table.name + " in ServiceNow has no column \"" + options_.marker +
          "\" for our marker; add one of type String, at least 100 characters long, or name another one in "
          "the setting markerField.");
}

Result<std::string> ServiceNowAdapter::stored_one(const Column& column, const record::Value& value,
                                                  const CallContext& context) {
  if (const auto* user = value.as<record::User>()) return lookups_.user(column, *user, context);
  if (const auto* reference = value.as<record::Reference>()) {
    if (is_sys_id(reference->id.str())) return reference->id.str();
    const auto found = find(reference->id, Columns{"sys_id", "number"}, about("looking up ", reference->id), context);
    if (found) return stored(found->row, "sys_id");
    if (!is_missing(found.error())) return found.error();
    return make_error(Failure::refused, "Field \"" + column.info.name + "\": " + found.error().message);
  }
  const auto* option = value.as<record::Option>();
  if (option != nullptr && !column.reference.empty()) return lookups_.row(column, *option, context);
  return to_stored(column, value);
}

Result<std::string> ServiceNowAdapter::stored_value(const Column& column, const record::Value& value,
                                                    const CallContext& context) {
  const auto* list = value.as<record::List>();
  if (list == nullptr) return stored_one(column, value, context);
  std::string out;
  for (const record::Value& item : *list) {
    auto one = stored_one(column, item, context);
    if (!one) return one.error();
    out.append(out.empty() ? "" : ",").append(*one);
  }
  return out;
}

Result<Json> ServiceNowAdapter::body_of(TablePointer table, const record::Fields& fields, Write write,
                                        const CallContext& context) {
  auto fitting = fit(table->type, fields, write);
  if (!fitting) {  // the instance may have changed since
    auto newer = tables_.refreshed(table->name, context);
    if (!newer) return newer.error();
    if (*newer == table) return fitting.error();
    table = std::move(*newer);
    fitting = fit(table->type, fields, write);
    if (!fitting) return fitting.error();
  }
  Json body = Json::object();
  for (const auto& [name, value] : *fitting) {
    auto text = stored_value(table->columns.at(name), value, context);
    if (!text) return text.error();
    body[name] = std::move(*text);
  }
  return body;
}

Result<record::Record> ServiceNowAdapter::create(const NewRecord& wanted, const CallContext& context) {
  const std::string name = wanted.type.empty() ? options_.tables.front() : wanted.type;
  const std::string doing = "creating a record in table \"" + text::printable(name) + '"';
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (wanted.marker.empty()) return make_error(Failure::refused, "A new record needs a marker, and this one has none.");
  if (std::find(options_.tables.begin(), options_.tables.end(), name) == options_.tables.end())
    return make_error(Failure::refused, "Type \"" + text::printable(name) +
                                            "\" is none of the application's tables; name it in the setting tables, "
                                            "which has " +
                                            text::quoted_list(options_.tables) + '.');
  const auto table = tables_.get(name, context);
  if (!table) return table.error();
  if (auto has_marker = check_marker_column(**table); !has_marker) return has_marker.error();
  auto body = body_of(*table, wanted.fields, Write::create, context);
  if (!body) return body.error();
  const std::string marker = marker_to_stored(wanted.marker);
  const auto most = (*table)->columns.at(options_.marker).info.max_length;
  if (most && marker.size() > *most)
    return make_error(Failure::refused, "The marker \"" + text::printable(marker) + "\" is longer than column " +
                                            options_.marker + " of table " + name + ", which takes " +
                                            std::to_string(*most) + " characters; make it longer.");
  (*body)[options_.marker] = marker;
  const auto row = api_.insert(name, *body, (*table)->read_fields, doing, context);
  if (!row) return row.error();
  const std::string sys_id = stored(*row, "sys_id");
  if (!is_sys_id(sys_id))
    return make_error(Failure::uncertain, "ServiceNow's answer when " + doing + " names no sys_id.");
  if (stored(*row, options_.marker) != marker) {
    // Without its marker nobody would find it again, and the next try would make another one.
    static_cast<void>(api_.erase(name, sys_id, "taking back the new record", context));
    return make_error(Failure::unauthorized, "ServiceNow did not take our marker into column " + options_.marker +
                                                 " of table " + name +
                                                 "; give the account the right to write and read it.");
  }
  remember(name, *row);
  return to_record(**table, *row, options_.marker, wanted.project);
}

Result<record::Record> ServiceNowAdapter::update(const ProjectName& project, const RecordId& id,
                                                 const record::Fields& patch, const CallContext& context) {
  if (patch.empty()) return read(project, id, context);
  const std::string doing = about("updating ", id);
  const auto place = locate(id, doing, context);
  if (!place) return place.error();
  const auto body = body_of(place->table, patch, Write::update, context);
  if (!body) return body.error();
  const std::string& name = place->table->name;
  const auto row = api_.change(name, place->sys_id, *body, place->table->read_fields, doing, context);
  if (row) {
    remember(name, *row);
    return to_record(*place->table, *row, options_.marker, project);
  }
  if (!is_missing(row.error())) return row.error();
  forget(place->sys_id);
  return missing(RecordId{place->sys_id}, doing, context);
}

Result<std::optional<record::Record>> ServiceNowAdapter::find_by_marker(const ProjectName& project,
                                                                        const std::string& marker,
                                                                        const CallContext& context) {
  using Maybe = std::optional<record::Record>;
  const std::string doing = "looking for a marker";
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (marker.empty()) return Maybe{};
  const std::string wanted = marker_to_stored(marker);
  for (const std::string& name : options_.tables) {
    const auto table = tables_.get(name, context);
    if (!table) return table.error();
    if (auto has_marker = check_marker_column(**table); !has_marker) return has_marker.error();
    Listing listing;
    listing.table = name;
    listing.query = options_.marker + '=' + wanted + "^ORDERBYsys_created_on^ORDERBYsys_id";
    listing.fields = (*table)->read_fields;
    listing.values = Values::both;
    listing.limit = 20;  // where case does not count, other markers are found, too
    const auto page = api_.page(listing, doing, context);
    if (!page) return page.error();
    if (page->cut) return *page->cut;
    for (const Json& row : page->rows) {
      if (stored(row, options_.marker) != wanted) continue;
      remember(name, row);
      return Maybe{to_record(**table, row, options_.marker, project)};
    }
  }
  return Maybe{};
}

Result<void> ServiceNowAdapter::ping(const CallContext& context) {
  const std::string doing = "looking at table \"" + options_.tables.front() + '"';
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on;
  Listing listing;
  listing.table = options_.tables.front();
  listing.query = "ORDERBYsys_id";
  listing.fields = "sys_id";
  listing.limit = 1;
  const auto page = api_.page(listing, doing, context);
  if (!page) return page.error();
  if (page->cut) return *page->cut;
  return {};
}

Result<Description> ServiceNowAdapter::describe(const ProjectName&, const CallContext& context) {
  if (auto may_go_on = check(context, "reading the description of the tables"); !may_go_on) return may_go_on.error();
  Description description;
  for (const std::string& name : options_.tables) {
    const auto table = tables_.refreshed(name, context);
    if (!table) return table.error();
    // Where none is named, a table that no records are made in may well have none.
    if (options_.marker != Options{}.marker) {
      if (auto has_marker = check_marker_column(**table); !has_marker) return has_marker.error();
    }
    description.types.push_back((*table)->type);
  }
  return description;
}

Result<void> ServiceNowAdapter::remove(const ProjectName&, const RecordId& id, const CallContext& context) {
  const std::string doing = about("deleting ", id);
  const auto place = locate(id, doing, context);
  if (!place) return place.error();
  const std::string& name = place->table->name;
  const auto done = api_.erase(name, place->sys_id, doing, context);
  if (done || is_missing(done.error())) forget(place->sys_id);
  if (done) return {};
  if (is_missing(done.error())) return missing(RecordId{place->sys_id}, doing, context);
  return done.error();
}

}  // namespace syncservice::adapter::servicenow
