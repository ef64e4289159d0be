#include "tables.hpp"

#include <algorithm>
#include <charconv>

#include "query.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

constexpr std::chrono::milliseconds life = std::chrono::hours{1};
constexpr std::chrono::milliseconds fresh = std::chrono::minutes{1};
constexpr int deepest_lineage = 6;
constexpr std::size_t longest_fields = 6000;  // of a URL, which servers and proxies limit to 8 KiB and more
constexpr std::string_view users = "sys_user";

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : ",").append(name);
  return out;
}

std::string describing(const std::string& table) {
  return "reading the description of table \"" + text::printable(table) + '"';
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Shape shape_of(const std::string& element, std::string_view type) {
  if (type.starts_with("journal")) return Shape::journal;
  if (type.starts_with("password")) return Shape::unreadable;
  if (is_one_of(element, {"sys_updated_on", "sys_updated_by", "sys_mod_count", "sys_tags"})) return Shape::unreadable;
  return is_one_of(type, {"glide_duration", "timer"}) ? Shape::duration : Shape::plain;
}

FieldKind kind_of(std::string_view type, Shape shape) {
  if (shape == Shape::duration) return FieldKind::integer;
  if (is_one_of(type, {"integer", "longint", "percent_complete", "order_index"})) return FieldKind::integer;
  if (is_one_of(type, {"decimal", "float"})) return FieldKind::decimal;
  if (type == "boolean") return FieldKind::boolean;
  if (type == "glide_date") return FieldKind::date;
  if (is_one_of(type, {"glide_date_time", "due_date"})) return FieldKind::instant;
  if (is_one_of(type, {"html", "translated_html"})) return FieldKind::rich_text;
  return FieldKind::text;
}

std::optional<std::size_t> whole(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Column column_from(const Json& row, const std::string& marker) {
  Column column;
  FieldInfo& info = column.info;
  info.name = stored(row, "element");
  info.label = stored(row, "column_label");
  const std::string type = stored(row, "internal_type");
  column.shape = shape_of(info.name, type);
  info.kind = kind_of(type, column.shape);
  info.list = type == "glide_list";
  // Not required: forms ask for mandatory columns, the API does not. Data policies do, and say so themselves.
  info.read_only = stored(row, "read_only") == "true" || info.name == marker || info.name.starts_with("sys_");
  if (is_one_of(type, {"reference", "glide_list", "domain_id"})) column.reference = stored(row, "reference");
  if (info.list && column.reference.empty()) info.list = false;
  if (info.kind == FieldKind::text && column.reference.empty()) info.max_length = whole(stored(row, "max_length"));
  return column;
}

}  // namespace

Tables::Tables(const Api& api, const Clock& clock, std::vector<std::string> records, std::string marker,
               std::string language)
    : api_(api),
      clock_(clock),
      records_(std::move(records)),
      marker_(std::move(marker)),
      language_(std::move(language)) {}

Result<std::shared_ptr<const Table>> Tables::get(const std::string& name, const CallContext& context) {
  return younger_than(life, name, context);
}

Result<std::shared_ptr<const Table>> Tables::refreshed(const std::string& name, const CallContext& context) {
  return younger_than(fresh, name, context);
}

Result<std::shared_ptr<const Table>> Tables::younger_than(std::chrono::milliseconds age, const std::string& name,
                                                          const CallContext& context) {
  {
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(name);
    if (found != known_.end() && clock_.now() - found->second->read_at < age) return found->second;
  }
  auto loaded = load(name, context);
  if (!loaded) return loaded.error();
  auto table = std::make_shared<const Table>(std::move(*loaded));
  const std::lock_guard lock{mutex_};
  return known_.insert_or_assign(name, std::move(table)).first->second;
}

Result<Table> Tables::load(const std::string& name, const CallContext& context) const {
  Table table;
  table.name = name;
  table.read_at = clock_.now();
  if (auto done = load_lineage(table, context); !done) return done.error();
  if (auto done = load_columns(table, context); !done) return done.error();
  if (auto done = load_choices(table, context); !done) return done.error();
  finish(table);
  return table;
}

Result<void> Tables::load_lineage(Table& table, const CallContext& context) const {
  Listing listing;
  listing.table = "sys_db_object";
  listing.query = "name=" + table.name + "^ORDERBYsys_id";
  listing.fields = "name,label";
  std::string parent = "super_class";
  for (int i = 0; i < deepest_lineage; ++i, parent += ".super_class") listing.fields += ',' + parent + ".name";
  listing.limit = 2;
  const auto rows = api_.rows(listing, describing(table.name), context);
  if (!rows) return rows.error();
  const auto row =
      std::find_if(rows->begin(), rows->end(), [&](const Json& r) { return stored(r, "name") == table.name; });
  if (row == rows->end())
    return make_error(
        Failure::unauthorized,
        "ServiceNow shows no table \"" + text::printable(table.name) +
            "\" in sys_db_object. If the name is right, the account may not read the tables sys_db_object, "
            "sys_dictionary and sys_choice; give it a role that may, for example personalize_dictionary.");
  table.label = stored(*row, "label");
  table.lineage = {table.name};
  parent = "super_class";
  for (int i = 0; i < deepest_lineage; ++i, parent += ".super_class") {
    const std::string name = stored(*row, parent + ".name");
    if (name.empty()) break;
    table.lineage.push_back(name);
  }
  return {};
}

Result<void> Tables::load_columns(Table& table, const CallContext& context) const {
  Listing listing;
  listing.table = "sys_dictionary";
  listing.query = "nameIN" + joined(table.lineage) + "^internal_type!=collection^elementISNOTEMPTY^active=true" +
                  "^ORDERBYelement^ORDERBYsys_id";
  listing.fields = "name,element,column_label,internal_type,max_length,read_only,reference,display";
  const auto rows = api_.rows(listing, describing(table.name), context);
  if (!rows) return rows.error();
  // The most derived table that has an entry for a column says how it is.
  for (auto name = table.lineage.rbegin(); name != table.lineage.rend(); ++name) {
    for (const Json& row : *rows) {
      const std::string element = stored(row, "element");
      if (stored(row, "name") != *name || !is_name(element)) continue;
      table.columns[element] = column_from(row, marker_);
      if (stored(row, "display") == "true") table.display = element;
    }
  }
  if (!table.has("sys_id"))
    return make_error(Failure::unauthorized, "ServiceNow shows no columns of table \"" + text::printable(table.name) +
                                                 "\" in sys_dictionary; give the account a role that may read it, for "
                                                 "example personalize_dictionary.");
  return {};
}

Result<void> Tables::load_choices(Table& table, const CallContext& context) const {
  Listing listing;
  listing.table = "sys_choice";
  listing.query = "nameIN" + joined(table.lineage) + "^inactive=false^language=" + language_ +
                  "^ORDERBYelement^ORDERBYsequence^ORDERBYsys_id";
  listing.fields = "name,element,value,label";
  const auto rows = api_.rows(listing, describing(table.name), context);
  if (!rows) return rows.error();
  if (rows->empty()) {
    // The count goes past the access rules. Without their choices, columns would be taken for plain text.
    listing.limit = 1;
    const auto page = api_.page(listing, describing(table.name), context);
    if (!page) return page.error();
    if (page->total.value_or(0) > 0)
      return make_error(Failure::unauthorized, "ServiceNow shows no choices of table \"" + text::printable(table.name) +
                                                   "\" in sys_choice, and has some; give the account a role that may "
                                                   "read it, for example personalize_choices.");
  }
  std::set<std::string> decided;
  for (const std::string& name : table.lineage) {  // the most derived table that has any entries has them all
    std::set<std::string> here;
    for (const Json& row : *rows) {
      const std::string element = stored(row, "element");
      const auto column = table.columns.find(element);
      if (stored(row, "name") != name || column == table.columns.end() || decided.contains(element)) continue;
      if (!column->second.reference.empty() || column->second.shape != Shape::plain) continue;
      column->second.info.options.push_back({stored(row, "value"), stored(row, "label")});
      here.insert(element);
    }
    decided.merge(here);
  }
  return {};
}

void Tables::finish(Table& table) const {
  const auto is_record = [&](const std::string& name) {
    return name == "task" || std::find(records_.begin(), records_.end(), name) != records_.end();
  };
  table.type.name = table.name;
  std::string fields;
  for (auto& [name, column] : table.columns) {
    FieldInfo& info = column.info;
    if (!info.options.empty()) {
      info.kind = FieldKind::option;
      info.max_length.reset();
    }
    if (!column.reference.empty())
      info.kind = column.reference == users     ? FieldKind::user
                  : is_record(column.reference) ? FieldKind::reference
                                                : FieldKind::option;
    const bool is_field = column.shape == Shape::plain || column.shape == Shape::duration;
    if (is_field) table.type.fields.push_back(info);
    if (!is_field && name != "sys_updated_on") continue;
    fields.append(fields.empty() ? "" : ",").append(name);
    if (info.kind == FieldKind::user && !info.list) fields.append(",").append(name).append(".email");
  }
  if (fields.size() <= longest_fields) table.read_fields = std::move(fields);
}

}  // namespace syncservice::adapter::servicenow
