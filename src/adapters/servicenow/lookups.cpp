#include "lookups.hpp"

#include <algorithm>
#include <set>

#include "query.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

constexpr std::chrono::milliseconds life = std::chrono::hours{1};
constexpr std::size_t most_remembered = 50'000;

Error refused(const Column& column, const std::string& what) {
  return make_error(Failure::refused, "Field \"" + column.info.name + "\": " + what);
}

std::string in_quotes(const std::string& text) {
  std::string out{"\""};
  return out.append(text::printable(text)).append("\"");
}

// The rows whose column says exactly that; a query finds more where case does not count, or where it was not
// understood.
std::vector<std::string> ids_where(const std::vector<Json>& rows, const std::string& column, const std::string& value) {
  std::vector<std::string> ids;
  for (const Json& row : rows) {
    if (stored(row, column) == value) ids.push_back(stored(row, "sys_id"));
  }
  return ids;
}

template <class Map>
void make_room(Map& map) {
  if (map.size() >= most_remembered) map.clear();
}

}  // namespace

std::optional<std::string> Lookups::remembered(const std::string& key) {
  const std::lock_guard lock{mutex_};
  const auto found = ids_.find(key);
  if (found == ids_.end() || clock_.now() >= found->second.until) return std::nullopt;
  return found->second.value;
}

void Lookups::remember(const std::string& key, const std::string& sys_id) {
  const std::lock_guard lock{mutex_};
  make_room(ids_);
  ids_.insert_or_assign(key, Known<std::string>{sys_id, clock_.now() + life});
}

Result<std::string> Lookups::user(const Column& column, const record::User& wanted, const CallContext& context) {
  if (is_sys_id(wanted.id)) return wanted.id;
  if (is_sys_id(wanted.name)) return wanted.name;
  const std::pair<std::string, std::string> ways[] = {
      {"email", wanted.email}, {"user_name", wanted.id}, {"user_name", wanted.name}, {"name", wanted.name}};
  std::string query;
  for (const auto& [name, value] : ways) {
    if (!can_be_value(value)) continue;
    if (const auto known = remembered("sys_user " + name + ' ' + value)) return *known;
    query.append(query.empty() ? "" : "^OR").append(name).append("=").append(value);
  }
  const std::string& who = !wanted.email.empty() ? wanted.email : !wanted.name.empty() ? wanted.name : wanted.id;
  if (query.empty()) return refused(column, "There can be no user " + in_quotes(who) + " in ServiceNow.");
  Listing listing;
  listing.table = "sys_user";
  listing.query = query + "^ORDERBYsys_id";
  listing.fields = "sys_id,user_name,email,name";
  listing.limit = 50;
  const auto page = api_.page(listing, "looking up user " + in_quotes(who), context);
  if (!page) return page.error();
  if (page->cut) return *page->cut;
  for (const auto& [name, value] : ways) {
    if (!can_be_value(value)) continue;
    const auto ids = ids_where(page->rows, name, value);
    if (ids.size() > 1)
      return refused(column,
                     "There are several users " + in_quotes(value) +
                         " in ServiceNow; name the one that is meant by user name or sys_id in the mapping's users.");
    if (ids.empty()) continue;
    remember("sys_user " + name + ' ' + value, ids.front());
    return ids.front();
  }
  return refused(column, "There is no user " + in_quotes(who) +
                             " in ServiceNow that the account sees; correct the mapping's users.");
}

Result<std::string> Lookups::row(const Column& column, const record::Option& wanted, const CallContext& context) {
  if (is_sys_id(wanted.id)) return wanted.id;
  const std::string& name = wanted.name.empty() ? wanted.id : wanted.name;
  if (is_sys_id(name)) return name;
  const std::string key = column.reference + ' ' + name;
  if (const auto known = remembered(key)) return *known;
  const auto table = tables_.get(column.reference, context);
  if (!table) return table.error();
  const std::string& display = (*table)->display;
  if (display.empty() || !can_be_value(name))
    return refused(column,
                   "There can be no row " + in_quotes(name) + " in ServiceNow's table " + column.reference + '.');
  Listing listing;
  listing.table = column.reference;
  listing.query = display + '=' + name + "^ORDERBYsys_id";
  listing.fields = "sys_id," + display;
  listing.limit = 50;
  const auto page = api_.page(listing, "looking up " + in_quotes(name) + " in table " + column.reference, context);
  if (!page) return page.error();
  if (page->cut) return *page->cut;
  const auto ids = ids_where(page->rows, display, name);
  if (ids.size() != 1)
    return refused(column, std::string{ids.empty() ? "There is no row " : "There are several rows "} + in_quotes(name) +
                               " in ServiceNow's table " + column.reference +
                               "; correct the mapping's values, which may also name a row by its sys_id.");
  remember(key, ids.front());
  return ids.front();
}

Result<std::map<std::string, record::User>> Lookups::users(const std::vector<std::string>& user_names,
                                                           const CallContext& context) {
  std::map<std::string, record::User> out;
  std::set<std::string> missing;
  {
    const std::lock_guard lock{mutex_};
    for (const std::string& name : user_names) {
      const auto found = users_.find(name);
      const bool known = found != users_.end() && clock_.now() < found->second.until;
      out.insert_or_assign(name, known ? found->second.value : record::User{name, name, {}});
      if (!known && can_be_value(name) && name.find(',') == std::string::npos) missing.insert(name);
    }
  }
  constexpr std::size_t most_at_once = 100;  // of a URL
  while (!missing.empty()) {
    Listing listing;
    listing.table = "sys_user";
    listing.query = "user_nameIN";
    std::vector<std::string> asked;
    while (!missing.empty() && asked.size() < most_at_once) {
      asked.push_back(std::move(missing.extract(missing.begin()).value()));
      listing.query.append(asked.size() == 1 ? "" : ",").append(asked.back());
    }
    listing.query += "^ORDERBYsys_id";
    listing.fields = "sys_id,user_name,email,name";
    const auto rows = api_.rows(listing, "looking up the authors", context);
    if (!rows) return rows.error();
    for (const Json& row : *rows) {
      const auto wanted = out.find(stored(row, "user_name"));
      if (wanted != out.end())
        wanted->second = record::User{stored(row, "sys_id"), stored(row, "name"), stored(row, "email")};
    }
    const std::lock_guard lock{mutex_};
    make_room(users_);
    for (const std::string& name : asked)
      users_.insert_or_assign(name, Known<record::User>{out.at(name), clock_.now() + life});
  }
  return out;
}

}  // namespace syncservice::adapter::servicenow
