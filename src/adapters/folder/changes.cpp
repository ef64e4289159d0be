// changed_since of the folder adapter.
#include "folder_adapter.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace syncservice::adapter::folder {
namespace {

// Further changes may still get this instant or an earlier one: clocks are coarse, and what is being written shows
// late.
constexpr std::chrono::nanoseconds still_open = std::chrono::seconds{2};

// A file and when it was changed last; pages are in this order.
struct Place {
  std::int64_t changed = 0;  // nanoseconds since the epoch
  std::string folder;        // of the project; empty: the application's own
  std::string file;
  friend auto operator<=>(const Place&, const Place&) = default;
};

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
    if (places_.size() < 4 * most_) return;
    std::nth_element(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(most_), places_.end());
    places_.resize(most_);
  }
  [[nodiscard]] std::vector<Place> take() && {
    std::sort(places_.begin(), places_.end());
    if (places_.size() > most_) places_.resize(most_);
    return std::move(places_);
  }

 private:
  const Place after_;
  const std::size_t most_;
  std::vector<Place> places_;
};

}  // namespace

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

  // Before the look at the folder: whatever that look misses was changed after it began.
  const std::int64_t open =
      (std::chrono::system_clock::now().time_since_epoch() - still_open) / std::chrono::nanoseconds{1};
  std::vector<ProjectName> wanted{selection.project};
  if (selection.project.empty()) {
    const auto base = open_base(path_);
    if (!base) return base.error();
    auto all = projects(*base);
    if (!all) return all.error();
    wanted.insert(wanted.end(), all->begin(), all->end());
  }
  FirstPlaces first{at.page.value_or(at.settled), page_ + 1};
  for (const ProjectName& project : wanted) {
    const auto records = open_records(project);
    if (!records) return records.error();
    if (!*records) continue;
    const Folder& folder = (*records)->folder;
    const std::string folder_name = project.empty() ? std::string{} : *escaped(project.str());
    auto listed = for_each_entry(folder, [&](std::string_view name) -> Result<void> {
      if (!unescaped(name, record_suffix)) return {};
      const auto status = status_of(folder, std::string{name});
      if (status) first.offer({status->changed, folder_name, std::string{name}});
      return check(context, doing);
    });
    if (!listed) return listed.error();
  }

  std::vector<Place> places = std::move(first).take();
  Changes changes;
  changes.more = places.size() > page_;
  if (changes.more) places.resize(page_);
  for (const Place& place : places) {
    if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
    if (place.changed < open) at.settled = std::max(at.settled, place);
    const ProjectName project{place.folder.empty() ? std::string{} : *unescaped(place.folder, {})};
    const RecordId id{*unescaped(place.file, record_suffix)};
    const auto records = open_records(project);
    if (!records) return records.error();
    if (!*records) continue;
    if (!selection.type.empty()) {
      const auto record = read_in(**records, place.file, project, id);
      // One that can't be read is for its pass to complain about; one of another type is not asked for.
      if (record && !record->type.empty() && record->type != selection.type) continue;
    }
    const auto status = status_of((*records)->folder, place.file);
    if (!status) continue;
    changes.records.push_back(
        {project, id,
         std::chrono::floor<std::chrono::milliseconds>(
             std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{status->modified}})});
  }
  at.page.reset();
  if (changes.more && places.back() > at.settled) at.page = places.back();
  changes.cursor = to_text(at);
  return changes;
}

}  // namespace syncservice::adapter::folder
