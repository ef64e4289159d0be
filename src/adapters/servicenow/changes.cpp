// changed_since: pages by key, (sys_updated_on, sys_id), since an offset slides under what is written meanwhile.
#include <algorithm>
#include <charconv>
#include <map>

#include "query.hpp"
#include "servicenow_adapter.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

// A change is stamped when its transaction begins and seen when that ends, 60 s later at most (the instance's quota for
// requests). Whatever changed within that time before the end of a list is therefore listed again the next time. Stamps
// are whole seconds, too, so that a change may come before the place where a list is; one of several pages lists that
// time again at its end.
constexpr std::chrono::seconds longest_transaction{60};
constexpr std::string_view order = "ORDERBYsys_updated_on^ORDERBYsys_id", listed_again = "again";

/// How far a table was listed.
struct Position {
  std::string moment;      ///< sys_updated_on of the last row; empty: from the beginning
  std::string sys_id;      ///< of the last row; empty: all rows of that moment are still to come
  std::size_t offset = 0;  ///< of rows after that which are hidden from the account
  std::string again;       ///< from where to list again at the end; "again" when that has begun; empty: not at all
};

/// The table whose page comes next, and the position in each.
struct Cursor {
  std::size_t next = 0;
  std::map<std::string, Position> positions;
};

std::optional<std::size_t> whole(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = std::min(text.find(separator), text.size());
    out.push_back(text.substr(0, end));
    if (end == text.size()) return out;
    text.remove_prefix(end + 1);
  }
}

// "0;incident,2026-11-24 10:00:00,<sys_id>,0,;problem,,,0,"
std::string to_text(const Cursor& cursor) {
  std::string out = std::to_string(cursor.next);
  for (const auto& [table, at] : cursor.positions)
    out.append(";").append(table).append(",").append(at.moment).append(",").append(at.sys_id).append(",").append(
        std::to_string(at.offset) + ',' + at.again);
  return out;
}

std::optional<Cursor> parse_cursor(const std::string& text) {
  const auto parts = split(text, ';');
  const auto next = whole(parts.front());
  if (!next || parts.size() < 2) return std::nullopt;
  Cursor cursor{*next, {}};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto words = split(parts[i], ',');
    if (words.size() != 5 || !is_name(words[0])) return std::nullopt;
    const auto offset = whole(words[3]);
    const auto is_moment = [](std::string_view word) { return word.empty() || moment_from(word); };
    const bool right = offset && is_moment(words[1]) && (words[2].empty() || is_sys_id(words[2])) &&
                       (words[4] == listed_again || is_moment(words[4]));
    if (!right) return std::nullopt;
    cursor.positions[std::string{words[0]}] = {std::string{words[1]}, std::string{words[2]}, *offset,
                                               std::string{words[4]}};
  }
  return cursor;
}

std::vector<std::string> conditions(const Position& at) {
  if (at.moment.empty()) return {""};
  if (at.sys_id.empty()) return {"sys_updated_on>=" + at.moment};
  return {"sys_updated_on>" + at.moment, "sys_updated_on=" + at.moment + "^sys_id>" + at.sys_id};
}

// The list has more pages: from where it is to be listed again at its end.
void go_on(Position& at, const std::string& began_at, Timestamp now) {
  if (at.again.empty()) at.again = std::max(began_at, to_moment(now - longest_transaction));
}

// The last page was listed. False when the end is to be listed again.
bool end_list(Position& at, Timestamp now) {
  at.offset = 0;
  if (!at.again.empty() && at.again != listed_again && at.moment >= at.again) {
    at = {at.again, {}, 0, std::string{listed_again}};
    return false;
  }
  at.again.clear();
  const auto last = moment_from(at.moment);
  if (last && *last >= now - longest_transaction) at = {to_moment(now - longest_transaction), {}, 0, {}};
  return true;
}

}  // namespace

Result<void> ServiceNowAdapter::check_query(const Table& table, const std::string& query, const CallContext& context) {
  for (const std::string& path : columns_of(query)) {
    const Table* here = &table;
    TablePointer held;
    for (const std::string_view name : split(path, '.')) {
      const auto column = here == nullptr ? table.columns.end() : here->columns.find(name);
      if (here == nullptr || column == here->columns.end())
        return make_error(Failure::misconfigured,
                          "The query \"" + text::printable(query) + "\" names \"" + text::printable(path) +
                              "\", which table " + table.name +
                              " in ServiceNow does not have. ServiceNow would leave the condition out and list "
                              "everything; correct the query.");
      if (column->second.reference.empty()) {
        here = nullptr;
        continue;
      }
      auto next = tables_.get(column->second.reference, context);
      if (!next) return next.error();
      held = std::move(*next);
      here = held.get();
    }
  }
  return {};
}

Result<Changes> ServiceNowAdapter::changed_since(const Selection& selection, const std::string& cursor_text,
                                                 const CallContext& context) {
  const std::string doing = "listing changes";
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  std::vector<std::string> names = options_.tables;
  if (!selection.type.empty()) std::erase_if(names, [&](const std::string& name) { return name != selection.type; });
  Cursor cursor;
  if (!cursor_text.empty()) {
    auto read = parse_cursor(cursor_text);
    if (!read)
      return make_error(Failure::refused,
                        "\"" + text::printable(cursor_text) + "\" is no place in a list of changes; list anew.");
    cursor = std::move(*read);
  }
  if (names.empty()) return Changes{{}, cursor_text, false};
  const std::string since = selection.since && cursor_text.empty() ? to_moment(*selection.since) : std::string{};
  const std::string& name = names[std::min(cursor.next, names.size() - 1)];
  Position& at = cursor.positions.try_emplace(name, Position{since, {}, 0, {}}).first->second;
  for (const std::string& other : names) cursor.positions.try_emplace(other, Position{since, {}, 0, {}});

  const auto table = tables_.get(name, context);
  if (!table) return table.error();
  if (auto right = check_query(**table, selection.query, context); !right) return right.error();
  Listing listing;
  listing.table = name;
  listing.query = all_of(conditions(at), selection.query, order);
  listing.fields = "sys_id,sys_updated_on";
  listing.limit = options_.page;
  listing.offset = at.offset;
  const auto page = api_.page(listing, doing, context);
  if (!page) return page.error();
  if (page->cut && page->rows.empty()) return *page->cut;

  const std::string began_at = at.moment;
  Changes changes;
  for (const Json& row : page->rows) {
    const std::string moment = stored(row, "sys_updated_on"), sys_id = stored(row, "sys_id");
    if (!is_sys_id(sys_id) || !moment_from(moment))
      return make_error(Failure::malformed, "ServiceNow's list of changes of table " + name +
                                                " has rows without sys_id or sys_updated_on.");
    remember(name, row);
    changes.records.push_back({selection.project, RecordId{sys_id}, moment_from(moment)});
    at.moment = moment;
    at.sys_id = sys_id;
    at.offset = 0;
  }
  const Timestamp now = page->made.value_or(clock_.now());
  const bool ended = !page->more && end_list(at, now);
  if (ended) ++cursor.next;
  if (page->more) {
    go_on(at, began_at, now);
    // All of them hidden. By half a page, as rows before these may go to the end meanwhile.
    if (page->rows.empty()) at.offset = listing.offset + std::max<std::size_t>(listing.limit / 2, 1);
  }
  changes.more = !ended || cursor.next < names.size();
  if (!changes.more) cursor.next = 0;
  changes.cursor = to_text(cursor);
  return changes;
}

}  // namespace syncservice::adapter::servicenow
