// Comments.
#include "jira_adapter.hpp"
#include "json.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace syncservice::adapter::jira {

using nlohmann::json;

namespace {

// What a service project keeps with a comment that its customers must not see.
constexpr std::string_view internal_property = "sd.public.comment";

std::string path_of(const RecordId& id) {
  return "issue/" + id.str() + "/comment";
}

Result<std::string> path_of(const RecordId& id, const CommentId& comment) {
  const std::string& text = comment.str();
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return make_error(Failure::not_found, "Issue \"" + text::printable(id.str()) + "\" has no comment \"" +
                                              text::printable(text) + "\"; Jira's have numbers.");
  return path_of(id) + '/' + text;
}

bool is_internal(const json& comment) {
  const auto is_public = comment.find("jsdPublic");
  if (is_public != comment.end() && is_public->is_boolean()) return !is_public->get<bool>();
  const json& properties = list_at(comment, "properties");
  return std::any_of(properties.begin(), properties.end(), [](const json& property) {
    return text_at(property, "key") == internal_property && true_at(object_at(property, "value"), "internal");
  });
}

Timestamp instant_at(const json& object, const char* member) {
  const auto instant = record::instant_from_text(text_at(object, member));
  return instant ? instant->at : Timestamp{};
}

Comment comment_of(const json& entry, Flavour flavour) {
  Comment out;
  out.id = CommentId{id_at(entry)};
  out.author = user_of(object_at(entry, "author"), flavour);
  out.created = instant_at(entry, "created");
  if (const Timestamp updated = instant_at(entry, "updated"); updated > out.created) out.edited = updated;
  if (const auto body = entry.find("body"); body != entry.end()) out.body = rich_text_of(*body, flavour);
  out.is_private = !object_at(entry, "visibility").empty() || is_internal(entry);
  return out;
}

std::uint64_t number_of(const CommentId& id) {
  std::uint64_t out = 0;
  std::from_chars(id.str().data(), id.str().data() + id.str().size(), out);
  return out;
}

void make_private(json& body, const Privacy& privacy) {
  switch (privacy.how) {
    case Privacy::How::not_at_all:
      break;
    case Privacy::How::internal:
      body["properties"] = json::array({{{"key", internal_property}, {"value", {{"internal", true}}}}});
      break;
    case Privacy::How::role:
      body["visibility"] = {{"type", "role"}, {"value", privacy.name}};
      break;
    case Privacy::How::group:
      body["visibility"] = {{"type", "group"}, {"value", privacy.name}};
      break;
  }
}

Call commenting(const CallContext& context, const char* doing, const RecordId& id) {
  return {context, std::string{doing} + " issue \"" + text::printable(id.str()) + '"'};
}

// `properties` are told only when they are asked for.
Query with_properties() {
  return {{"expand", "properties"}};
}

}  // namespace

Result<std::vector<Comment>> JiraAdapter::comments(const ProjectName&, const RecordId& id, const CallContext& context) {
  const Call call = commenting(context, "reading the comments of", id);
  if (auto valid = check_id(id); !valid) return valid.error();
  const auto server = api_->server(call);
  if (!server) return server.error();
  std::vector<Comment> out;
  std::set<CommentId> listed;
  Query query = with_properties();
  query.emplace_back("orderBy", "created");
  const auto read = api_->for_each_page(path_of(id), query, {"comments"}, call, [&](const json& page) {
    for (const json& entry : page) {
      Comment comment = comment_of(entry, server->flavour);
      // One that was deleted meanwhile moves the pages.
      if (listed.insert(comment.id).second) out.push_back(std::move(comment));
    }
  });
  if (!read) return read.error();
  std::stable_sort(out.begin(), out.end(), [](const Comment& one, const Comment& other) {
    return std::pair{one.created, number_of(one.id)} < std::pair{other.created, number_of(other.id)};
  });
  return out;
}

Result<Comment> JiraAdapter::add_comment(const ProjectName&, const RecordId& id, const NewComment& comment,
                                         const CallContext& context) {
  const Call call = commenting(context, "commenting on", id);
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on.error();
  if (auto valid = check_id(id); !valid) return valid.error();
  const auto server = api_->server(call);
  if (!server) return server.error();
  if (comment.is_private && options_.privacy.how == Privacy::How::not_at_all)
    return make_error(Failure::refused,
                      "A private comment can't be written: who may read it is not said. Set privateComments of the "
                      "application to \"internal\", \"role:<name>\" or \"group:<name>\".");
  json body{{"body", rich_text_json(comment.body, server->flavour)}};
  if (comment.is_private) make_private(body, options_.privacy);
  const auto answer = api_->send("POST", path_of(id), with_properties(), body, call);
  if (!answer) return answer.error();
  return comment_of(*answer, server->flavour);
}

Result<Comment> JiraAdapter::update_comment(const ProjectName&, const RecordId& id, const CommentId& comment,
                                            const record::RichText& body, const CallContext& context) {
  const Call call = commenting(context, "changing a comment of", id);
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on.error();
  if (auto valid = check_id(id); !valid) return valid.error();
  const auto path = path_of(id, comment);
  if (!path) return path.error();
  const auto server = api_->server(call);
  if (!server) return server.error();
  const auto before = api_->get(*path, with_properties(), call);
  if (!before) return before.error();
  json changed{{"body", rich_text_json(body, server->flavour)}};
  // A change that does not repeat who may read the comment opens it to everybody.
  if (const json& visibility = object_at(*before, "visibility"); !visibility.empty()) {
    for (const char* member : {"type", "value", "identifier"}) {
      if (!text_at(visibility, member).empty()) changed["visibility"][member] = visibility[member];
    }
  }
  if (is_internal(*before)) make_private(changed, {Privacy::How::internal, {}});
  const auto answer = api_->send("PUT", *path, with_properties(), changed, call);
  if (!answer) return answer.error();
  return comment_of(*answer, server->flavour);
}

Result<void> JiraAdapter::remove_comment(const ProjectName&, const RecordId& id, const CommentId& comment,
                                         const CallContext& context) {
  const Call call = commenting(context, "deleting a comment of", id);
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on;
  if (auto valid = check_id(id); !valid) return valid;
  const auto path = path_of(id, comment);
  if (!path) return path.error();
  const auto answer = api_->send("DELETE", *path, {}, nullptr, call);
  if (!answer) return answer.error();
  return {};
}

}  // namespace syncservice::adapter::jira
