// changed_since. The search has no order that could be asked for, only pages, and dates of days alone; so a list goes
// page by page, each taking in the last record of the one before, and is compared with the very moments here.
#include <algorithm>
#include <map>

#include "helix_alm_adapter.hpp"
#include "search.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

constexpr int version = 1;
constexpr std::size_t most_in_a_page = 1000;  // what the documents allow
// How long after the moment that it bears a change may become visible.
constexpr std::chrono::seconds longest_write{60};
// A day of the server's zone begins so much after the same day's begin in UTC at most.
constexpr std::chrono::hours farthest_zone{14};

/// How far a type was listed.
struct Position {
  std::optional<Timestamp> since;  ///< changed at or after; none: all
  std::optional<Timestamp> began;  ///< when the list's first page was made; none: the list has not begun
  std::size_t index = 0;           ///< records of the list that were seen
  std::string last;                ///< id of the last one
  std::size_t cap = 0;             ///< records that the server gives in a page at most; 0: not known
  bool closing = false;            ///< it lists what changed while the one before went on
};

/// The type whose page comes next, and the position in each, by path.
struct Cursor {
  std::size_t next = 0;
  std::map<std::string, Position, std::less<>> positions;
};

std::string to_text(const Cursor& cursor) {
  Json at = Json::object();
  for (const auto& [path, position] : cursor.positions) {
    Json& one = at[path] = Json::object();
    if (position.since) one["since"] = to_millis(*position.since);
    if (position.began) one["began"] = to_millis(*position.began);
    if (position.index != 0) one["index"] = position.index;
    if (!position.last.empty()) one["last"] = position.last;
    if (position.cap != 0) one["cap"] = position.cap;
    if (position.closing) one["closing"] = true;
  }
  return Json{{"version", version}, {"next", cursor.next}, {"at", std::move(at)}}.dump();
}

std::optional<Timestamp> moment_at(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_number_integer() ? std::optional{from_millis(value.get<std::int64_t>())} : std::nullopt;
}

std::size_t count_at(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_number_unsigned() ? value.get<std::size_t>() : 0;
}

std::optional<Cursor> parse_cursor(const std::string& text) {
  const Json in = Json::parse(text, nullptr, false);
  if (!in.is_object() || number_at(in, "version") != version || !member(in, "at").is_object()) return std::nullopt;
  Cursor cursor;
  cursor.next = count_at(in, "next");
  for (const auto& [path, one] : member(in, "at").items()) {
    Position position;
    position.since = moment_at(one, "since");
    position.began = moment_at(one, "began");
    position.index = count_at(one, "index");
    position.last = text_at(one, "last");
    position.cap = count_at(one, "cap");
    position.closing = true_at(one, "closing");
    cursor.positions.emplace(path, std::move(position));
  }
  return cursor;
}

/// A page to ask for, and where it begins in the list.
struct NextPage {
  Listing listing;
  std::size_t begin = 0;
};

// The page that goes on after `seen` records and, where that can be, takes in the last of them, with at most `most` new
// ones. `cap`: what the server gives at most in a page; 0: not known.
NextPage page_after(std::size_t seen, std::size_t most, std::size_t cap) {
  NextPage best;
  best.listing.limit = most;
  best.listing.page = seen / most + 1;
  best.begin = seen / most * most;
  if (seen == 0) return best;
  std::size_t most_new = 0;
  const std::size_t largest = std::min(most_in_a_page, cap == 0 ? 2 * most : cap);
  for (std::size_t limit = 2; limit <= largest; ++limit) {
    const std::size_t page = (seen - 1) / limit, fresh = (page + 1) * limit - seen;
    if (fresh > most || fresh <= most_new) continue;
    most_new = fresh;
    best = {{{}, {}, page + 1, limit}, page * limit};
  }
  return best;
}

std::string id_in(const Json& item) {
  return std::to_string(number_at(item, "id"));
}

// What was deleted or came in before the place where the list is: false when that place is not on the page.
bool drop_seen(std::vector<Json>& items, const std::string& last) {
  const auto place = std::find_if(items.begin(), items.end(), [&](const Json& item) { return id_in(item) == last; });
  if (place == items.end()) return false;
  items.erase(items.begin(), place + 1);
  return true;
}

// The last page was listed. False when what changed meanwhile is to be listed as well.
bool end_list(Position& at, bool one_page) {
  Position next;
  next.cap = at.cap;
  next.since = std::max<Timestamp>(*at.began - longest_write, at.since.value_or(Timestamp::min()));
  next.closing = !one_page && !at.closing;
  at = std::move(next);
  return !at.closing;
}

}  // namespace

Result<Page> HelixAlmAdapter::changed_page(const Place& place, const std::string& query, Timestamp since,
                                           Listing listing, const std::string& doing, const CallContext& context) {
  listing.fields = {options_.labels.modified};
  const bool dated = since != Timestamp::min() && dates_can_be_searched_;
  std::string days;
  if (dated) {
    const auto day = std::chrono::floor<std::chrono::days>(since - farthest_zone);
    auto written = condition(options_.labels.modified, ">=", record::to_text(record::Date{day}));
    if (!written) return written.error();
    days = std::move(*written);
  }
  listing.search = all_of({days, query});
  auto page = api_.search(place, listing, doing, context);
  if (page) return page;
  if (is_missing(page.error()))
    return make_error(Failure::refused, page.error().message + " Check the query, and the setting modifiedField.");
  if (!dated || page.error().code != make_error_code(Failure::refused)) return page;
  // How a day is written in a search is not documented: without it the whole list is looked through.
  listing.search = query;
  auto whole = api_.search(place, listing, doing, context);
  if (whole) dates_can_be_searched_ = false;
  return whole ? std::move(whole) : std::move(page);
}

Result<Changes> HelixAlmAdapter::changed_since(const Selection& selection, const std::string& cursor_text,
                                               const CallContext& context) {
  const std::string doing = "listing changes";
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  std::vector<const ItemType*> types = options_.types;
  if (!selection.type.empty())
    std::erase_if(types, [&](const ItemType* type) { return type != item_type(selection.type); });
  Cursor cursor;
  if (!cursor_text.empty()) {
    auto read = parse_cursor(cursor_text);
    if (!read)
      return make_error(Failure::refused,
                        "\"" + text::printable(cursor_text) + "\" is no place in a list of changes; list anew.");
    cursor = std::move(*read);
  }
  if (types.empty()) return Changes{{}, cursor_text, false};
  Position start;
  if (cursor_text.empty()) start.since = selection.since;
  for (const ItemType* type : types) cursor.positions.try_emplace(std::string{type->path}, start);

  const ItemType& type = *types[std::min(cursor.next, types.size() - 1)];
  const auto place = place_of(selection.project, type);
  if (!place) return place.error();
  Position& at = cursor.positions.find(type.path)->second;
  const Timestamp since = at.since.value_or(Timestamp::min());
  const auto most = [&] { return at.cap == 0 ? options_.page : std::min(options_.page, at.cap); };
  NextPage next = page_after(at.index, most(), at.cap);
  auto page = changed_page(*place, selection.query, since, next.listing, doing, context);
  if (!page) return page.error();
  const bool capped = page->limit < next.listing.limit;
  if (capped) at.cap = page->limit;
  if (at.index > 0 && (capped || (next.begin < at.index && !drop_seen(page->items, at.last)))) {
    // Something before the place was deleted, or pages are shorter than they were asked for: begin again.
    at.index = 0;
    at.last.clear();
    next = page_after(0, most(), at.cap);
    page = changed_page(*place, selection.query, since, next.listing, doing, context);
    if (!page) return page.error();
  }
  const bool one_page = at.index == 0 && !page->more;
  if (!at.began) at.began = page->made.value_or(clock_->now());

  Changes changes;
  for (const Json& item : page->items) {
    at.last = id_in(item);
    const auto modified = modified_at(item, options_.labels);
    if (modified && *modified < since) continue;
    changes.records.push_back({selection.project, id_of(type, at.last), modified});
  }
  at.index = next.listing.page * page->limit;
  if (!page->more && end_list(at, one_page)) ++cursor.next;
  changes.more = cursor.next < types.size();
  if (!changes.more) cursor.next = 0;
  changes.cursor = to_text(cursor);
  return changes;
}

}  // namespace syncservice::adapter::helix_alm
