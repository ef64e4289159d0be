#include <algorithm>
#include <charconv>

#include "query.hpp"
#include "servicenow_adapter.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

constexpr std::string_view attachment_path = "/api/now/attachment";
constexpr std::size_t longest_name = 100, longest_given_name = 255;
// Pictures of image fields, which are no attachments of the form.
constexpr std::string_view picture_prefix = "ZZ_YY";

std::uint64_t size_of(const Json& row) {
  const std::string text = stored(row, "size_bytes");
  std::uint64_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

std::string cut_to(std::string_view utf8, std::size_t most) {
  return std::string{utf8.substr(0, text::utf8_prefix(utf8.substr(0, most)))};
}

// A name without a path, and no longer than the column, so that its ending survives.
Result<std::string> file_name(const std::string& name) {
  if (name.empty() || name.size() > longest_given_name)
    return make_error(Failure::refused, "The name of an attachment has 1 to " + std::to_string(longest_given_name) +
                                            " bytes, and \"" + text::printable(name) + "\" has " +
                                            std::to_string(name.size()) + '.');
  std::string out = name;
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return c == '/' || c == '\\' || (static_cast<unsigned char>(c) < 0x20) || c == 0x7f; }, '_');
  if (out == "." || out == "..") out = "_";
  if (out.size() <= longest_name) return out;
  const std::size_t dot = out.rfind('.');
  const std::string ending = dot != std::string::npos && out.size() - dot <= 20 ? out.substr(dot) : std::string{};
  return cut_to(out, longest_name - ending.size()) + ending;
}

std::string about_attachment(std::string_view verb, const AttachmentId& attachment, const RecordId& id) {
  std::string out{verb};
  return out.append("attachment \"").append(text::printable(attachment.str())).append("\" of ").append(about("", id));
}

}  // namespace

Result<std::vector<Attachment>> ServiceNowAdapter::to_attachments(const std::vector<Json>& rows,
                                                                  const CallContext& context) {
  std::vector<std::string> authors;
  for (const Json& row : rows) authors.push_back(stored(row, "sys_created_by"));
  const auto users = lookups_.users(authors, context);
  if (!users) return users.error();
  std::vector<Attachment> out;
  for (const Json& row : rows) {
    Attachment attachment;
    attachment.id = AttachmentId{stored(row, "sys_id")};
    attachment.name = stored(row, "file_name");
    attachment.media_type = stored(row, "content_type");
    attachment.size = size_of(row);
    attachment.author = users->at(stored(row, "sys_created_by"));
    attachment.created = moment_from(stored(row, "sys_created_on")).value_or(Timestamp{});
    out.push_back(std::move(attachment));
  }
  return out;
}

Result<std::vector<Attachment>> ServiceNowAdapter::attachments(const ProjectName&, const RecordId& id,
                                                               const CallContext& context) {
  const std::string doing = about("listing the attachments of ", id);
  const auto known = present(id, doing, context);  // a list says nothing of a record that is gone
  if (!known) return known.error();
  const std::string& sys_id = *known;
  rest::Call call;
  call.doing = doing;
  call.url = api_.server().url(attachment_path);
  call.url.query("sysparm_query", "table_sys_id=" + sys_id + "^ORDERBYsys_created_on^ORDERBYsys_id");
  std::vector<Json> rows;
  Listing listing;
  for (bool more = true; more; listing.offset += listing.limit) {
    auto page = api_.page_of(call, listing, context);
    if (!page) return page.error();
    if (page->cut) return std::move(*page->cut);
    more = page->more;
    for (Json& row : page->rows) {
      if (stored(row, "table_sys_id") == sys_id && !stored(row, "table_name").starts_with(picture_prefix))
        rows.push_back(std::move(row));
    }
  }
  return to_attachments(rows, context);
}

Result<Json> ServiceNowAdapter::attachment_row(const RecordId& id, const AttachmentId& attachment,
                                               const std::string& doing, const CallContext& context) {
  const auto place = locate(id, doing, context);
  if (!place) return place.error();
  const auto gone = [&] {
    return make_error(Failure::not_found, "There is no " + about_attachment("", attachment, id) + " in ServiceNow.");
  };
  if (!is_sys_id(attachment.str())) return gone();
  rest::Call call;
  call.doing = doing;
  call.url = api_.server().url(attachment_path).segment(attachment.str());
  auto body = api_.server().json(call, context);
  if (!body) return body.error();
  auto row = Api::result_of(std::move(*body), call);
  if (!row) return row.error();
  if (stored(*row, "table_sys_id") != place->sys_id) return gone();
  return row;
}

Result<void> ServiceNowAdapter::download(const ProjectName&, const RecordId& id, const AttachmentId& attachment,
                                         const Sink& sink, const CallContext& context) {
  const std::string doing = about_attachment("downloading ", attachment, id);
  const auto row = attachment_row(id, attachment, doing, context);
  if (!row) return row.error();
  rest::Call call;
  call.doing = doing;
  call.url = api_.server().url(attachment_path).segment(attachment.str()).path("/file");
  call.headers = {{"Accept", "*/*"}};
  std::uint64_t received = 0;
  const auto done = api_.server().download(
      call,
      [&](std::string_view piece) {
        received += piece.size();
        return sink(piece);
      },
      context);
  if (!done) return done.error();
  // A page of a sleeping instance has another length.
  if (const std::uint64_t size = size_of(*row); received != size)
    return make_error(Failure::unavailable, "ServiceNow gave " + std::to_string(received) + " of " +
                                                std::to_string(size) + " bytes when " + doing +
                                                "; it will be tried again.");
  return {};
}

Result<Attachment> ServiceNowAdapter::upload(const ProjectName&, const RecordId& id, const NewAttachment& attachment,
                                             const Source& source, const CallContext& context) {
  const std::string doing = "uploading \"" + text::printable(attachment.name) + "\" to " + about("", id);
  const auto place = locate(id, doing, context);
  if (!place) return place.error();
  const auto name = file_name(attachment.name);
  if (!name) return name.error();
  rest::Call call;
  call.method = "POST";
  call.doing = doing;
  call.url = api_.server().url(attachment_path).path("/file");
  call.url.query("table_name", place->table->name).query("table_sys_id", place->sys_id).query("file_name", *name);
  const std::string& type = attachment.media_type;
  const bool usable = type.find('/') != std::string::npos && !text::has_control(type);
  call.headers = {{"Content-Type", usable ? type : "application/octet-stream"}};
  auto body = api_.server().upload(call, {source, attachment.size, std::nullopt}, context);
  if (!body) return body.error();
  const auto row = Api::result_of(std::move(*body), call);
  if (!row) return row.error();
  auto made = to_attachments(std::vector<Json>(1, *row), context);
  if (!made) return make_error(Failure::uncertain, "The outcome of " + doing + " is unknown: " + made.error().message);
  return std::move(made->front());
}

Result<void> ServiceNowAdapter::remove_attachment(const ProjectName&, const RecordId& id,
                                                  const AttachmentId& attachment, const CallContext& context) {
  const std::string doing = about_attachment("deleting ", attachment, id);
  const auto row = attachment_row(id, attachment, doing, context);
  if (!row) return row.error();
  rest::Call call;
  call.method = "DELETE";
  call.doing = doing;
  call.url = api_.server().url(attachment_path).segment(attachment.str());
  const auto done = api_.server().call(call, context);
  if (!done) return done.error();
  return {};
}

}  // namespace syncservice::adapter::servicenow
