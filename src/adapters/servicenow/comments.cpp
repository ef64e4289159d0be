// Comments: the entries of the journal fields `comments` and `work_notes`.
#include <algorithm>
#include <set>

#include "query.hpp"
#include "servicenow_adapter.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

constexpr std::string_view public_journal = "comments", private_journal = "work_notes";
constexpr const char* whole_entry = "sys_id,element,element_id,value,sys_created_by,sys_created_on";
// Among so many of the newest entries the one just written is found.
constexpr std::size_t newest = 200;
constexpr std::chrono::milliseconds quiet_life = std::chrono::hours{1};
constexpr std::size_t most_quiet = 50'000;

std::string entries_of(const std::string& sys_id, std::string_view condition, std::string_view order) {
  std::string query = "element_id=" + sys_id;
  return query.append("^").append(condition).append("^").append(order);
}

}  // namespace

Result<std::vector<Json>> ServiceNowAdapter::journal(const std::string& query, std::size_t most,
                                                     const std::string& fields, const std::string& doing,
                                                     const CallContext& context) const {
  Listing listing;
  listing.table = "sys_journal_field";
  listing.query = query;
  listing.fields = fields;
  if (most == 0) return api_.rows(listing, doing, context);
  listing.limit = most;
  auto page = api_.page(listing, doing, context);
  if (!page) return page.error();
  if (page->cut) return std::move(*page->cut);
  return std::move(page->rows);
}

Result<std::vector<Comment>> ServiceNowAdapter::to_comments(const std::vector<Json>& entries,
                                                            const CallContext& context) {
  std::vector<std::string> authors;
  for (const Json& entry : entries) authors.push_back(stored(entry, "sys_created_by"));
  const auto users = lookups_.users(authors, context);
  if (!users) return users.error();
  std::vector<Comment> out;
  for (const Json& entry : entries) {
    Comment comment;
    comment.id = CommentId{stored(entry, "sys_id")};
    comment.author = users->at(stored(entry, "sys_created_by"));
    comment.created = moment_from(stored(entry, "sys_created_on")).value_or(Timestamp{});
    comment.body = from_journal(stored(entry, "value"));
    comment.is_private = stored(entry, "element") == private_journal;
    out.push_back(std::move(comment));
  }
  return out;
}

void ServiceNowAdapter::forget_quiet(const std::string& sys_id) {
  const std::lock_guard lock{mutex_};
  quiet_.erase(sys_id);
}

// The form shows entries that the table hides: no comments would then be a lie, and the copies be taken for deleted. A
// record that had none is not asked for again each time.
Result<void> ServiceNowAdapter::check_quiet(const std::string& sys_id, const std::string& doing,
                                            const CallContext& context) {
  {
    const std::lock_guard lock{mutex_};
    const auto known = quiet_.find(sys_id);
    if (known != quiet_.end() && clock_.now() - known->second < quiet_life) return {};
  }
  const RecordId id{sys_id};
  const auto found = find(id, Columns{"sys_id", "number", "comments", "work_notes"}, doing, context);
  if (!found) return found.error();
  if (!shown(found->row, public_journal).empty() || !shown(found->row, private_journal).empty())
    return make_error(Failure::refused,
                      about("ServiceNow hides the comments of ", id) +
                          ": give the account the right to read the table sys_journal_field, or leave "
                          "comments out of the app link.");
  const std::lock_guard lock{mutex_};
  if (quiet_.size() >= most_quiet) quiet_.clear();
  quiet_.insert_or_assign(sys_id, clock_.now());
  return {};
}

Result<std::vector<Comment>> ServiceNowAdapter::comments(const ProjectName&, const RecordId& id,
                                                         const CallContext& context) {
  const std::string doing = about("reading the comments of ", id);
  const auto sys_id = present(id, doing, context);
  if (!sys_id) return sys_id.error();
  auto entries = journal(entries_of(*sys_id, "elementINcomments,work_notes", "ORDERBYsys_created_on^ORDERBYsys_id"), 0,
                         whole_entry, doing, context);
  if (!entries) return entries.error();
  std::erase_if(*entries, [&](const Json& entry) { return stored(entry, "element_id") != *sys_id; });
  if (entries->empty()) {
    if (auto quiet = check_quiet(*sys_id, doing, context); !quiet) return quiet.error();
  } else {
    forget_quiet(*sys_id);
  }
  return to_comments(*entries, context);
}

Result<Comment> ServiceNowAdapter::add_comment(const ProjectName&, const RecordId& id, const NewComment& comment,
                                               const CallContext& context) {
  const std::string doing = about("adding a comment to ", id);
  const auto place = locate(id, doing, context);
  if (!place) return place.error();
  const std::string element{comment.is_private ? private_journal : public_journal};
  if (!place->table->has(element))
    return make_error(Failure::refused, "Table " + place->table->name + " in ServiceNow has no journal field \"" +
                                            element + "\"; leave such comments out of the app link.");
  const std::string text{text::trim(to_journal(comment.body, options_.formatted_comments))};
  if (text.empty()) return make_error(Failure::refused, "ServiceNow takes no empty comment.");
  const std::string of_element = "element=" + element;
  const std::string newest_first = "ORDERBYDESCsys_created_on^ORDERBYsys_id";

  const auto before =
      journal(entries_of(place->sys_id, of_element, newest_first), newest, "sys_id,sys_created_on", doing, context);
  if (!before) return before.error();
  std::set<std::string> known;
  for (const Json& entry : *before) known.insert(stored(entry, "sys_id"));
  // Ours is hardly older than the newest of these, but for the clocks of the instance's nodes; so few are looked at.
  std::string since = of_element;
  const auto last = before->empty() ? std::nullopt : moment_from(stored(before->front(), "sys_created_on"));
  if (last) since.append("^sys_created_on>=").append(to_moment(*last - std::chrono::minutes{1}));
  forget_quiet(place->sys_id);
  Json body = Json::object();
  body[element] = text;
  const auto written = api_.change(place->table->name, place->sys_id, body, "sys_id", doing, context);
  if (!written) return written.error();

  // It is there now, and would be there twice if the rest were taken for a failure of the whole.
  const auto uncertain = [&](const std::string& why) {
    return make_error(Failure::uncertain, "The outcome of " + doing + " is unknown: " + why);
  };
  auto after = journal(entries_of(place->sys_id, since, newest_first), newest, whole_entry, doing, context);
  if (!after) return uncertain(after.error().message);
  std::erase_if(*after, [&](const Json& entry) {
    return known.contains(stored(entry, "sys_id")) || stored(entry, "element_id") != place->sys_id;
  });
  auto ours = std::find_if(after->begin(), after->end(),
                           [&](const Json& entry) { return text::trim(stored(entry, "value")) == text; });
  if (ours == after->end() && after->size() == 1) ours = after->begin();  // the instance changed the text
  if (ours == after->end())
    return uncertain("it is not among the newest entries of sys_journal_field; the account may not read it there.");
  auto comments = to_comments(std::vector<Json>(1, *ours), context);
  if (!comments) return uncertain(comments.error().message);
  return std::move(comments->front());
}

}  // namespace syncservice::adapter::servicenow
