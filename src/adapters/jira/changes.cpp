#include "changes.hpp"

#include "jira_adapter.hpp"
#include "jql.hpp"
#include "json.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {

using nlohmann::json;

namespace {

constexpr int version = 1;
// More than this are listed again rather than remembered.
constexpr std::size_t most_remembered = 2'000;

Timestamp minute_of(Timestamp instant) {
  return std::chrono::floor<std::chrono::minutes>(instant);
}

struct Listed {
  ChangedRecord record;
  Timestamp updated{};
};

// The next search begins at `since`.
ChangeCursor from_there(ChangeCursor cursor, Timestamp since) {
  cursor.since = since;
  cursor.start = 0;
  cursor.last.clear();
  cursor.token.clear();
  std::erase_if(cursor.listed, [&](const auto& item) { return item.second < to_millis(since); });
  return cursor;
}

}  // namespace

std::string to_text(const ChangeCursor& cursor) {
  json out{{"version", version}, {"listed", cursor.listed}};
  if (cursor.since) out["since"] = to_millis(*cursor.since);
  if (cursor.horizon) out["horizon"] = to_millis(*cursor.horizon);
  if (cursor.closing) out["closing"] = true;
  if (cursor.start != 0) out["start"] = cursor.start;
  if (!cursor.last.empty()) out["last"] = cursor.last;
  if (!cursor.token.empty()) out["token"] = cursor.token;
  return out.dump();
}

Result<ChangeCursor> change_cursor_from(const std::string& text) {
  const Error foreign = make_error(
      Failure::refused, "\"" + text::printable(text) + "\" is no place in the changes of a Jira; begin without one.");
  const json in = json::parse(text, nullptr, false);
  if (!in.is_object() || in.value("version", json{}) != version) return foreign;
  ChangeCursor out;
  for (const auto& [name, instant] : {std::pair{"since", &out.since}, std::pair{"horizon", &out.horizon}}) {
    const auto millis = in.find(name);
    if (millis == in.end()) continue;
    if (!millis->is_number_integer()) return foreign;
    *instant = from_millis(millis->get<std::int64_t>());
  }
  if (const auto start = in.find("start"); start != in.end()) {
    if (!start->is_number_unsigned()) return foreign;
    out.start = start->get<std::uint64_t>();
  }
  out.closing = true_at(in, "closing");
  out.last = text_at(in, "last");
  out.token = text_at(in, "token");
  for (const auto& [id, updated] : object_at(in, "listed").items()) {
    if (!updated.is_number_integer()) return foreign;
    out.listed.emplace(id, updated.get<std::int64_t>());
  }
  return out;
}

// The page that follows, without what was there before it; `at.start` is moved to its end.
Result<SearchPage> JiraAdapter::next_page(const SearchScope& scope, ChangeCursor& at, const Call& call) {
  const std::vector<std::string> fields{"updated", "project"};
  const bool again = at.start > 0 && !at.last.empty();
  const std::uint64_t start = again ? at.start - 1 : at.start;
  auto page = api_->search(scope, fields, {at.token, start}, options_.page + (again ? 1 : 0), call);
  if (!page) return page;
  if (!again) {
    at.start = page->issues.empty() ? start + page->covered : start + page->issues.size();
    return page;
  }
  const auto last = std::find_if(page->issues.begin(), page->issues.end(),
                                 [&](const json& entry) { return id_at(entry) == at.last; });
  if (last == page->issues.end()) {
    at.start = 0;
    at.last.clear();
    return next_page(scope, at, call);
  }
  const bool nothing_new = last + 1 == page->issues.end();
  at.start = start + (nothing_new ? page->covered : page->issues.size());
  if (nothing_new) at.last.clear();
  page->issues.erase(page->issues.begin(), last + 1);
  return page;
}

Result<Changes> JiraAdapter::changed_since(const Selection& selection, const std::string& cursor,
                                           const CallContext& context) {
  const Call call{context, "looking for changed issues"};
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on.error();
  ChangeCursor at;
  if (!cursor.empty()) {
    auto read = change_cursor_from(cursor);
    if (!read) return read.error();
    at = std::move(*read);
  } else if (selection.since) {
    at.since = minute_of(*selection.since);
  }
  if (auto fine = check_query(selection.query); !fine) return fine.error();
  SearchScope scope{selection.project.str(), selection.type, at.since, selection.query};
  if (!selection.type.empty() && !selection.project.empty()) {
    // Jira refuses a search for a type that it does not know, where we find nothing of it.
    const auto types = metadata_.types(selection.project.str(), call);
    if (!types) return types.error();
    const auto known = std::find_if((*types)->begin(), (*types)->end(), [&](const IssueType& type) {
      return type.id == selection.type || text::iequals(type.name, selection.type);
    });
    if (known == (*types)->end()) return Changes{{}, to_text(at), false};
    scope.type = known->id;
  }

  const bool first = !at.horizon;
  if (first) {
    const auto now = api_->server_time(call);
    if (!now) return now.error();
    at.horizon = *now - options_.search_lag;
  }
  auto page = next_page(scope, at, call);
  if (!page) return page.error();
  Changes out;
  std::optional<Timestamp> reached;
  for (const json& entry : page->issues) {
    const json& fields = object_at(entry, "fields");
    const auto updated = record::instant_from_text(text_at(fields, "updated"));
    std::string id = id_at(entry);
    if (id.empty() || !updated)
      return make_error(Failure::malformed,
                        "Jira's answer while " + call.doing + " holds an issue without \"updated\".");
    if (updated->at < *at.horizon) reached = std::max(reached.value_or(updated->at), updated->at);
    at.last = id;
    const std::int64_t millis = to_millis(updated->at);
    if (const auto known = at.listed.find(id); known != at.listed.end() && known->second == millis) continue;
    at.listed.insert_or_assign(id, millis);
    if (cursor.empty() && selection.since && updated->at < *selection.since) continue;
    ProjectName project = selection.project;
    if (project.empty()) project = ProjectName{std::string{text_at(object_at(fields, "project"), "key")}};
    out.records.push_back({std::move(project), RecordId{std::move(id)}, updated->at});
  }
  at.token = page->token;
  out.more = !page->last;
  if (!out.more) {
    const Timestamp from = std::max(minute_of(*at.horizon), at.since.value_or(Timestamp::min()));
    at = from_there(std::move(at), from);
    out.more = at.closing = !first && !at.closing;
    if (!out.more) at.horizon.reset();
  } else if (reached && (!at.since || minute_of(*reached) > *at.since)) {
    at = from_there(std::move(at), minute_of(*reached));
  }
  if (at.listed.size() > most_remembered) at.listed.clear();
  out.cursor = to_text(at);
  return out;
}

}  // namespace syncservice::adapter::jira
