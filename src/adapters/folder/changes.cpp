// changed_since of the folder adapter.
#include "folder_adapter.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace syncservice::adapter::folder {
namespace {

// Further changes may still get this instant or an earlier one: clocks are coarse, and what is being written shows
// late.
constexpr std::chrono::nanoseconds still_open = std::chrono::seconds{2};

// So many pages are listed by one look at the files.
constexpr std::size_t pages_ahead = 50;

// Where to go on. `settled` holds for ever; `page`, where there is one, only until there are no more pages, since what
// is after `settled` is looked at again then. Neither folders nor files have a "/" in their names.
struct Cursor {
  Place settled;
  std::optional<Place> page;
};

std::string to_text(const Place& place) {
  return std::to_string(place.changed) + '/' + place.folder + '/' + place.file;
}

std::string to_text(const Cursor& cursor) {
  return to_text(cursor.settled) + (cursor.page ? '/' + to_text(*cursor.page) : std::string{});
}

Result<Cursor> cursor_from(const std::string& text) {
  const auto wrong = [&] {
    return make_error(Failure::refused, "\"" + text::printable(text) + "\" is no cursor of this adapter.");
  };
  std::vector<std::string> parts{1};
  for (const char c : text) c == '/' ? static_cast<void>(parts.emplace_back()) : parts.back().push_back(c);
  if (parts.size() != 3 && parts.size() != 6) return wrong();
  std::vector<Place> places;
  for (std::size_t i = 0; i < parts.size(); i += 3) {
    Place& place = places.emplace_back();
    const char* end = parts[i].data() + parts[i].size();
    const auto [stopped, error] = std::from_chars(parts[i].data(), end, place.changed);
    if (error != std::errc{} || stopped != end) return wrong();
    place.folder = std::move(parts[i + 1]);
    place.file = std::move(parts[i + 2]);
  }
  Cursor out{std::move(places.front()), std::nullopt};
  if (places.size() > 1) out.page = std::move(places.back());
  return out;
}

// The first places after one, in order, and no more than asked for, however many there are.
class FirstPlaces {
 public:
  FirstPlaces(Place after, std::size_t most) : after_(std::move(after)), most_(most) {}
  void offer(Place place) {
    if (place <= after_) return;
    places_.push_back(std::move(place));
    if (places_.size() >= 2 * most_) cut();
  }
  [[nodiscard]] Listing take(std::int64_t open) && {
    cut();
    std::sort(places_.begin(), places_.end());
    return {open, std::move(places_), 0, whole_};
  }

 private:
  void cut() {
    if (places_.size() <= most_) return;
    whole_ = false;
    std::nth_element(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(most_), places_.end());
    places_.resize(most_);
  }

  const Place after_;
  const std::size_t most_;
  std::vector<Place> places_;
  bool whole_ = true;
};

Timestamp to_timestamp(std::int64_t nanoseconds) {
  return std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{nanoseconds}});
}

}  // namespace

Result<Listing> FolderAdapter::list_after(const ProjectName& project, const Place& after, const CallContext& context) {
  // Before the look at the files: whatever that look misses was changed after it began.
  const std::int64_t open =
      (std::chrono::system_clock::now().time_since_epoch() - still_open) / std::chrono::nanoseconds{1};
  std::vector<ProjectName> wanted{project};
  if (project.empty()) {
    const auto base = open_base(path_);
    if (!base) return base.error();
    auto all = projects(*base);
    if (!all) return all.error();
    wanted.insert(wanted.end(), all->begin(), all->end());
  }
  FirstPlaces first{after, pages_ahead * page_};
  for (const ProjectName& name : wanted) {
    const auto records = open_records(name);
    if (!records) return records.error();
    if (!*records) continue;
    const Folder& folder = (*records)->folder;
    const std::string folder_name = name.empty() ? std::string{} : *escaped(name.str());
    auto listed = for_each_entry(folder, [&](std::string_view file) -> Result<void> {
      if (!unescaped(file, record_suffix)) return {};
      const auto status = status_of(folder, std::string{file});
      if (status) first.offer({status->changed, folder_name, std::string{file}});
      return check(context, "listing changes in " + path_);
    });
    if (!listed) return listed.error();
  }
  return std::move(first).take(open);
}

Result<std::optional<ChangedRecord>> FolderAdapter::changed_at(const Place& place, const std::string& type) {
  using Found = std::optional<ChangedRecord>;
  const ProjectName project{place.folder.empty() ? std::string{} : *unescaped(place.folder, {})};
  const RecordId id{*unescaped(place.file, record_suffix)};
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return Found{};
  if (!type.empty()) {
    const auto record = read_in(**records, place.file, project, id);
    // One that can't be read is for its pass to complain about; one of another type is not asked for.
    if (record && !record->type.empty() && record->type != type) return Found{};
  }
  const auto status = status_of((*records)->folder, place.file);
  if (!status) return Found{};
  return Found{ChangedRecord{project, id, to_timestamp(status->modified)}};
}

Result<Changes> FolderAdapter::changed_since(const Selection& selection, const std::string& cursor,
                                             const CallContext& context) {
  const std::string doing = "listing changes in " + path_;
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (!selection.query.empty()) return make_error(Failure::refused, "A folder has no query language of its own.");
  Cursor at;
  if (!cursor.empty()) {
    auto read = cursor_from(cursor);
    if (!read) return read.error();
    at = std::move(*read);
  } else if (selection.since) {
    at.settled.changed = to_millis(*selection.since) * 1'000'000;
  }

  auto kept = ahead_.take(selection.project.str(), cursor);
  const bool looked_before = kept.has_value();
  auto listing =
      kept ? Result<Listing>{std::move(*kept)} : list_after(selection.project, at.page.value_or(at.settled), context);
  if (!listing) return listing.error();
  // Beyond what is settled, this page does not begin where that ends; what was missed in between is for the next time.
  const bool settles = !at.page;
  at.page.reset();
  Changes changes;
  const std::size_t end = std::min(listing->told + page_, listing->places.size());
  changes.more = end < listing->places.size() || !listing->whole;
  for (; listing->told < end; ++listing->told) {
    if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
    const Place& place = listing->places[listing->told];
    if (settles && place.changed < listing->open) at.settled = place;
    auto record = changed_at(place, selection.type);
    if (!record) return record.error();
    if (*record) changes.records.push_back(std::move(**record));
    if (changes.more && place > at.settled) at.page = place;
  }
  if (looked_before && !changes.more) {
    // The look is over, and what changed while its pages were told is yet to come.
    const Place& last = listing->places.back();
    const auto later = list_after(selection.project, last, context);
    if (!later) return later.error();
    changes.more = !later->places.empty();
    if (changes.more && last > at.settled) at.page = last;
  }
  changes.cursor = to_text(at);
  if (end < listing->places.size()) ahead_.keep(selection.project.str(), changes.cursor, std::move(*listing));
  return changes;
}

}  // namespace syncservice::adapter::folder
