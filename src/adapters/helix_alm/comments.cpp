// Comments: events of one name, whose notes are the text.
#include <algorithm>

#include "helix_alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

const Json& field_of(const Json& event, std::string_view label) {
  static const Json nothing;
  const Json& fields = list_at(event, "fields");
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Json& one) { return text::iequals(text_at(one, "label"), label); });
  return found == fields.end() ? nothing : *found;
}

// Whoever entered it; another user of an event is whom it assigns the record to.
record::User author_of(const Json& event) {
  for (const char* label : {"User", "Entered By", "Created By", "By", "Author"}) {
    const Json& user = member(field_of(event, label), "user");
    if (user.is_object()) return user_of(user);
  }
  const Json& user = member(event, "user");
  return user.is_object() ? user_of(user) : record::User{};
}

record::RichText body_of(const Json& event, std::string_view label) {
  const Json& field = field_of(event, label);
  const Json& formatted = member(field, "formattedString");
  if (!formatted.is_object()) return record::from_plain(text_at(field, "string"));
  const std::string_view words = text_at(formatted, "text");
  return true_at(formatted, "isFormatted") ? record::from_html(words) : record::from_plain(words);
}

}  // namespace

std::vector<Comment> HelixAlmAdapter::to_comments(const Json& events) const {
  std::vector<Comment> out;
  for (const Json& event : events) {
    if (!text::iequals(text_at(event, "name"), options_.labels.comment)) continue;
    Comment comment;
    comment.id = CommentId{std::to_string(number_at(event, "id"))};
    comment.author = author_of(event);
    const auto at = record::instant_from_text(text_at(field_of(event, "Date"), "dateTime"));
    if (at) comment.created = at->at;
    comment.body = body_of(event, options_.labels.notes);
    out.push_back(std::move(comment));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Comment& left, const Comment& right) { return left.created < right.created; });
  return out;
}

Result<std::vector<Comment>> HelixAlmAdapter::comments(const ProjectName& project, const RecordId& id,
                                                       const CallContext& context) {
  const std::string doing = about("reading the comments of ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto events = api_.events(*spot, doing, context);
  if (!events) return events.error();
  return to_comments(*events);
}

Result<Comment> HelixAlmAdapter::add_comment(const ProjectName& project, const RecordId& id, const NewComment& comment,
                                             const CallContext& context) {
  const std::string doing = about("adding a comment to ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  if (comment.is_private) return make_error(Failure::refused, "Helix ALM has no private comments; leave them out.");
  const std::string words{text::trim(record::to_plain(comment.body))};
  if (words.empty()) return make_error(Failure::refused, "Helix ALM takes no empty comment.");
  const Json notes{{"label", options_.labels.notes}, {"type", "string"}, {"string", words}};
  const auto added =
      post_event(*spot, {{"name", options_.labels.comment}, {"fields", Json::array({notes})}}, doing, context);
  if (!added) return added.error();
  // It is there now, and would be there twice if the rest were taken for a failure of the whole.
  const auto events = api_.events(*spot, doing, context);
  if (!events) return as_uncertain(events.error(), doing);
  for (Comment& one : to_comments(*events)) {
    if (one.id.str() == *added) return std::move(one);
  }
  return make_error(Failure::uncertain,
                    "Helix ALM took the comment when " + doing + ", and does not show event " + *added + '.');
}

}  // namespace syncservice::adapter::helix_alm
