// changed_since: pages by key, (last-modified, id), since an index slides under what is written meanwhile.
#include <algorithm>
#include <charconv>
#include <map>

#include "alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::alm {
namespace {

// How long after the time that it bears a change may become visible: what changed within that time before the end of a
// list is listed again the next time. Times are whole seconds, too, so that a change may come before the place where a
// list is; one of several pages lists that time again at its end.
constexpr std::chrono::seconds longest_transaction{60};
constexpr std::string_view listed_again = "again";
// Before any record.
constexpr std::string_view beginning = "1900-01-01 00:00:00";

/// How far a type was listed.
struct Position {
  std::string moment{beginning};  ///< last-modified of the last record, by the server's wall clock
  std::string id;                 ///< of that record; empty: all of that moment are still to come
  std::string again;  ///< from where to list again at the end; "again" when that has begun; empty: not at all
};

/// The type whose page comes next, when that was, and the position in each.
struct Cursor {
  std::size_t next = 0;
  std::chrono::sys_seconds seen{};
  std::map<std::string, Position> positions;
};

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number = 0;
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

// "0;1795514400;defect,2026-11-24 10:00:00,12,"
std::string to_text(const Cursor& cursor) {
  std::string out = std::to_string(cursor.next);
  out.append(";").append(std::to_string(cursor.seen.time_since_epoch().count()));
  for (const auto& [type, at] : cursor.positions)
    out.append(";").append(type).append(",").append(at.moment).append(",").append(at.id).append(",").append(at.again);
  return out;
}

std::optional<Cursor> parse_cursor(const std::string& text) {
  const auto parts = split(text, ';');
  if (parts.size() < 3) return std::nullopt;
  const auto next = whole<std::size_t>(parts[0]);
  const auto seen = whole<std::int64_t>(parts[1]);
  if (!next || !seen) return std::nullopt;
  Cursor cursor{*next, std::chrono::sys_seconds{std::chrono::seconds{*seen}}, {}};
  for (std::size_t i = 2; i < parts.size(); ++i) {
    const auto words = split(parts[i], ',');
    if (words.size() != 4 || words[0].empty() || !Zone{}.instant(words[1])) return std::nullopt;
    if (!words[2].empty() && !is_number(words[2])) return std::nullopt;
    if (!words[3].empty() && words[3] != listed_again && !Zone{}.instant(words[3])) return std::nullopt;
    cursor.positions[std::string{words[0]}] = {std::string{words[1]}, std::string{words[2]}, std::string{words[3]}};
  }
  return cursor;
}

// When the server's clock was put back since the last page, times come again, and changes with times that were listed.
void follow_clock(Cursor& cursor, const Zone& zone, Timestamp now) {
  const auto back = zone.offset(cursor.seen) - zone.offset(now);
  const bool seen_before = cursor.seen.time_since_epoch().count() > 0;
  cursor.seen = std::chrono::floor<std::chrono::seconds>(now);
  if (!seen_before || back <= std::chrono::seconds{0}) return;
  const Zone wall_clock;
  for (auto& [type, at] : cursor.positions) {
    const auto moment = wall_clock.instant(at.moment);
    if (moment && at.moment != beginning) at = {wall_clock.wall(*moment - back), {}, {}};
  }
}

// The list of a type has more pages: from where it is to be listed again at its end.
void go_on(Position& at, const std::string& began_at, const Zone& zone, Timestamp now) {
  if (at.again.empty()) at.again = std::max(began_at, zone.wall(now - longest_transaction));
}

// The last page was listed. False when the end is to be listed again.
bool end_list(Position& at, const Zone& zone, Timestamp now) {
  if (!at.again.empty() && at.again != listed_again && at.moment >= at.again) {
    at = {at.again, {}, std::string{listed_again}};
    return false;
  }
  at.again.clear();
  const std::string settled = zone.wall(now - longest_transaction);
  if (at.moment >= settled) at = {settled, {}, {}};
  return true;
}

// The condition of ours and those of the app link's query.
std::string filter(std::string_view ours, std::string_view query) {
  query = text::trim(query);
  if (query.starts_with('{') && query.ends_with('}')) query = query.substr(1, query.size() - 2);
  std::string out{"{"};
  out.append(ours);
  if (!query.empty()) out.append(";").append(query);
  return out.append("}");
}

std::string condition(std::string_view operators, const std::string& moment) {
  std::string out{"last-modified["};
  return out.append(operators).append("\"").append(moment).append("\"]");
}

// `[Not Completed]` lists nearly everything, for it means all but "Completed".
bool negates_bare_word(std::string_view query) {
  std::string bare;
  bool quoted = false;
  for (const char c : query) {
    if (c == '"') quoted = !quoted;
    if (!quoted || c == '"') bare += c;
  }
  bare = text::lower(bare);
  constexpr std::string_view negation = "not ";
  for (std::size_t at = bare.find(negation); at != std::string::npos; at = bare.find(negation, at + 1)) {
    const bool is_word = at > 0 && std::string_view{"[( "}.find(bare[at - 1]) != std::string_view::npos;
    const std::size_t next = bare.find_first_not_of(' ', at + negation.size());
    if (is_word && next != std::string::npos && bare[next] >= 'a' && bare[next] <= 'z') return true;
  }
  return false;
}

// Where the next page begins, with a position for each of the types.
Result<Cursor> cursor_for(const Selection& selection, const std::string& text, const std::vector<std::string>& types,
                          const Zone& zone) {
  Cursor cursor;
  Position start;
  if (!text.empty()) {
    auto read = parse_cursor(text);
    if (!read)
      return make_error(Failure::refused,
                        "\"" + text::printable(text) + "\" is no place in a list of changes; list anew.");
    cursor = std::move(*read);
  } else if (selection.since) {
    start.moment = zone.wall(*selection.since);
  }
  for (const std::string& type : types) cursor.positions.try_emplace(type, start);
  return cursor;
}

}  // namespace

Result<Changes> AlmAdapter::changed_since(const Selection& selection, const std::string& cursor_text,
                                          const CallContext& context) {
  const std::string doing = "listing changes";
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  const auto place = place_of(selection.project);
  if (!place) return place.error();
  if (negates_bare_word(selection.query))
    return make_error(Failure::misconfigured, "The query \"" + text::printable(selection.query) +
                                                  "\" has \"not\" before a word without quotes, which lists everything "
                                                  "else; write [\"Not Completed\"], or [NOT \"Completed\"].");
  std::vector<std::string> types = options_.entities;
  if (!selection.type.empty()) std::erase_if(types, [&](const std::string& type) { return type != selection.type; });
  auto cursor = cursor_for(selection, cursor_text, types, options_.zone);
  if (!cursor) return cursor.error();
  if (types.empty()) return Changes{{}, cursor_text, false};
  follow_clock(*cursor, options_.zone, clock_->now());

  const std::string& type = types[std::min(cursor->next, types.size() - 1)];
  Position& at = cursor->positions[type];
  const std::string began_at = at.moment;
  Changes changes;
  bool full = false;
  std::optional<Timestamp> made;
  const auto take = [&](const std::string& ours) -> Result<void> {
    Listing listing;
    listing.query = filter(ours, selection.query);
    listing.fields = "id,last-modified";
    listing.order_by = "{last-modified;id}";
    listing.limit = options_.page - changes.records.size();
    const auto listed = api_.list(*place, type, listing, doing, context);
    if (!listed) return listed.error();
    for (const Entity& entity : listed->page.entities) {
      const std::string id = entity.first("id"), moment = entity.first("last-modified");
      if (!is_number(id) || !Zone{}.instant(moment))
        return make_error(Failure::malformed,
                          "ALM's list of changes of " + type + " has entities without id or last-modified.");
      changes.records.push_back({selection.project, id_of(type, id), options_.zone.instant(moment)});
      at.moment = moment;
      at.id = id;
    }
    made = listed->made;
    // Pages are capped without a word, so that the total alone says whether this was all.
    full = (listed->page.total > listed->page.entities.size() && !listed->page.entities.empty()) ||
           changes.records.size() >= options_.page;
    return {};
  };
  if (!at.id.empty()) {
    const std::string same = "last-modified[>=\"" + at.moment + "\" AND <=\"" + at.moment + "\"];id[>" + at.id + ']';
    if (auto taken = take(same); !taken) return taken.error();
  }
  if (!full) {
    if (auto taken = take(condition(at.id.empty() ? ">=" : ">", at.moment)); !taken) return taken.error();
  }
  const Timestamp now = made.value_or(clock_->now());
  if (full) go_on(at, began_at, options_.zone, now);
  const bool ended = !full && end_list(at, options_.zone, now);
  if (ended) ++cursor->next;
  changes.more = !ended || cursor->next < types.size();
  if (!changes.more) cursor->next = 0;
  changes.cursor = to_text(*cursor);
  return changes;
}

}  // namespace syncservice::adapter::alm
