// Attachments.
#include "jira_adapter.hpp"
#include "json.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {

using nlohmann::json;

namespace {

constexpr std::size_t longest_name = 255;

Attachment attachment_of(const json& entry, Flavour flavour) {
  Attachment out;
  out.id = AttachmentId{id_at(entry)};
  out.name = text_at(entry, "filename");
  out.media_type = text_at(entry, "mimeType");
  const auto size = entry.find("size");
  if (size != entry.end() && size->is_number_unsigned()) out.size = size->get<std::uint64_t>();
  out.author = user_of(object_at(entry, "author"), flavour);
  if (const auto created = record::instant_from_text(text_at(entry, "created"))) out.created = created->at;
  return out;
}

// Jira refuses a file's name that has one of these, and with it the whole upload.
std::string file_name(std::string name) {
  constexpr std::string_view refused = "\\/\":?*<>|";
  std::replace_if(
      name.begin(), name.end(),
      [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f || refused.find(c) != std::string_view::npos;
      },
      '_');
  return name == "." || name == ".." ? "_" : name;
}

Call attaching(const CallContext& context, const char* doing, const RecordId& id) {
  return {context, std::string{doing} + " issue \"" + text::printable(id.str()) + '"'};
}

Error no_attachment(const RecordId& id, const AttachmentId& attachment) {
  return make_error(Failure::not_found, "Issue \"" + text::printable(id.str()) + "\" has no attachment \"" +
                                            text::printable(attachment.str()) + "\".");
}

}  // namespace

Result<json> JiraAdapter::attached(const RecordId& id, const Call& call) {
  if (auto valid = check_id(id); !valid) return valid.error();
  const auto answer = api_->get("issue/" + id.str(), {{"fields", "attachment"}}, call);
  if (!answer) return answer.error();
  return list_at(object_at(*answer, "fields"), "attachment");
}

Result<json> JiraAdapter::attached(const RecordId& id, const AttachmentId& attachment, const Call& call) {
  const auto all = attached(id, call);
  if (!all) return all.error();
  const auto found =
      std::find_if(all->begin(), all->end(), [&](const json& entry) { return id_at(entry) == attachment.str(); });
  if (found == all->end()) return no_attachment(id, attachment);
  return *found;
}

Result<std::vector<Attachment>> JiraAdapter::attachments(const ProjectName&, const RecordId& id,
                                                         const CallContext& context) {
  const Call call = attaching(context, "reading the attachments of", id);
  const auto server = api_->server(call);
  if (!server) return server.error();
  const auto all = attached(id, call);
  if (!all) return all.error();
  std::vector<Attachment> out;
  for (const json& entry : *all) out.push_back(attachment_of(entry, server->flavour));
  std::stable_sort(out.begin(), out.end(),
                   [](const Attachment& one, const Attachment& other) { return one.created < other.created; });
  return out;
}

Result<void> JiraAdapter::download(const ProjectName&, const RecordId& id, const AttachmentId& attachment,
                                   const Sink& sink, const CallContext& context) {
  const Call call = attaching(context, "downloading an attachment of", id);
  const auto server = api_->server(call);
  if (!server) return server.error();
  const auto entry = attached(id, attachment, call);
  if (!entry) return entry.error();
  if (server->flavour == Flavour::cloud) {
    // Without this it answers with a redirect to where the bytes are kept.
    auto url =
        api_->api_url("attachment/content/" + text::percent_encode(attachment.str()), {{"redirect", "false"}}, call);
    if (!url) return url.error();
    return api_->download(std::move(*url), sink, call);
  }
  // `content` names the host that Jira takes itself for, which need not be the one that we reach it by.
  const std::string_view content = text_at(*entry, "content");
  const std::size_t path = content.rfind("/secure/attachment/");
  if (path == std::string_view::npos)
    return make_error(Failure::malformed, "Jira does not say where the content of attachment \"" +
                                              text::printable(attachment.str()) + "\" is.");
  return api_->download(api_->url(content.substr(path)), sink, call);
}

Result<Attachment> JiraAdapter::upload(const ProjectName&, const RecordId& id, const NewAttachment& attachment,
                                       const Source& source, const CallContext& context) {
  const Call call = attaching(context, "attaching a file to", id);
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on.error();
  if (auto valid = check_id(id); !valid) return valid.error();
  if (attachment.name.empty() || attachment.name.size() > longest_name)
    return make_error(Failure::refused, "An attachment can't be called \"" + text::printable(attachment.name) +
                                            "\"; give a file name of 1 to 255 bytes.");
  NewAttachment named = attachment;
  named.name = file_name(attachment.name);
  const auto server = api_->server(call);
  if (!server) return server.error();
  const auto answer = api_->upload("issue/" + id.str() + "/attachments", named, source, call);
  if (!answer) return answer.error();
  if (!answer->is_array() || answer->empty())
    return make_error(Failure::uncertain, "Jira's answer while " + call.doing + " holds no attachment.");
  return attachment_of(answer->front(), server->flavour);
}

Result<void> JiraAdapter::remove_attachment(const ProjectName&, const RecordId& id, const AttachmentId& attachment,
                                            const CallContext& context) {
  const Call call = attaching(context, "deleting an attachment of", id);
  // Its id would do for Jira, whichever issue it is at.
  if (auto there = attached(id, attachment, call); !there) return there.error();
  const auto answer = api_->send("DELETE", "attachment/" + text::percent_encode(attachment.str()), {}, nullptr, call);
  if (!answer) return answer.error();
  return {};
}

}  // namespace syncservice::adapter::jira
