#include <algorithm>

#include "helix_alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

constexpr std::size_t longest_name = 255;

// A name without a path.
Result<std::string> file_name(const std::string& name) {
  if (name.empty() || name.size() > longest_name)
    return make_error(Failure::refused, "The name of an attachment has 1 to " + std::to_string(longest_name) +
                                            " bytes, and \"" + text::printable(name) + "\" has " +
                                            std::to_string(name.size()) + '.');
  std::string out = name;
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '_');
  if (out == "." || out == "..") out = "_";
  return out;
}

std::uint64_t size_of(const Json& row) {
  const std::int64_t size = number_at(row, "size");
  return size > 0 ? static_cast<std::uint64_t>(size) : 0;
}

Attachment to_attachment(const Json& row) {
  Attachment attachment;
  attachment.id = AttachmentId{std::to_string(number_at(row, "id"))};
  attachment.name = text_at(row, "filename");
  attachment.media_type = "application/octet-stream";
  attachment.size = size_of(row);
  if (const auto at = record::instant_from_text(text_at(row, "created"))) attachment.created = at->at;
  return attachment;
}

const Json* find_row(const Json& rows, const std::string& id) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const Json& row) { return std::to_string(number_at(row, "id")) == id; });
  return found == rows.end() ? nullptr : &*found;
}

std::string about_attachment(std::string_view verb, const AttachmentId& attachment, const RecordId& id) {
  std::string out{verb};
  return out.append("attachment \"").append(text::printable(attachment.str())).append("\" of ").append(about("", id));
}

std::string first_found_by(const Json& item) {
  const Json& records = list_at(member(item, "foundByRecords"), "foundByRecordsData");
  const std::int64_t id = records.empty() ? 0 : number_at(records.front(), "id");
  return id == 0 ? std::string{} : std::to_string(id);
}

}  // namespace

Result<std::vector<Attachment>> HelixAlmAdapter::attachments(const ProjectName& project, const RecordId& id,
                                                             const CallContext& context) {
  const std::string doing = about("listing the attachments of ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto rows = api_.attachments(*spot, doing, context);
  if (!rows) return rows.error();
  std::vector<Attachment> out;
  for (const Json& row : *rows) out.push_back(to_attachment(row));
  std::stable_sort(out.begin(), out.end(),
                   [](const Attachment& left, const Attachment& right) { return left.created < right.created; });
  return out;
}

Result<void> HelixAlmAdapter::download(const ProjectName& project, const RecordId& id, const AttachmentId& attachment,
                                       const Sink& sink, const CallContext& context) {
  const std::string doing = about_attachment("downloading ", attachment, id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto rows = api_.attachments(*spot, doing, context);
  if (!rows) return rows.error();
  const Json* row = find_row(*rows, attachment.str());
  const std::string_view file = row == nullptr ? std::string_view{} : text_at(*row, "encodedFileID");
  if (file.empty())
    return make_error(Failure::not_found, "There is no " + about_attachment("", attachment, id) + " in Helix ALM.");
  std::uint64_t received = 0;
  auto done = api_.download(
      *spot, std::string{file},
      [&](std::string_view piece) {
        received += piece.size();
        return sink(piece);
      },
      doing, context);
  if (!done) return done;
  if (const std::uint64_t size = size_of(*row); received != size)
    return make_error(Failure::unavailable, "Helix ALM gave " + std::to_string(received) + " of " +
                                                std::to_string(size) + " bytes when " + doing +
                                                "; it will be tried again.");
  return {};
}

// An issue takes files at its found-by records alone; one that has none gets an empty one.
Result<std::string> HelixAlmAdapter::found_by_for(const Spot& spot, const std::string& doing,
                                                  const CallContext& context) {
  const auto lock = alone(spot, doing, context);
  if (!lock) return lock.error();
  auto item = api_.read(spot, "foundByRecords", doing, context);
  if (!item) return item.error();
  if (std::string id = first_found_by(*item); !id.empty()) return id;
  if (auto made = put(spot, {{"foundByRecords", found_by_records(*item, Json::object())}}, doing, context); !made)
    return made.error();
  item = api_.read(spot, "foundByRecords", doing, context);
  if (!item) return item.error();
  std::string id = first_found_by(*item);
  if (!id.empty()) return id;
  return make_error(Failure::refused, "Helix ALM made no found-by record when " + doing +
                                          ", without which an issue takes no files; give the account the right to add "
                                          "one, or leave attachments out of the app link.");
}

Result<Attachment> HelixAlmAdapter::upload(const ProjectName& project, const RecordId& id,
                                           const NewAttachment& attachment, const Source& source,
                                           const CallContext& context) {
  const std::string doing = "uploading \"" + text::printable(attachment.name) + "\" to " + about("", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  auto name = file_name(attachment.name);
  if (!name) return name.error();
  std::string found_by;
  if (spot->place.type->found_by) {
    auto record = found_by_for(*spot, doing, context);
    if (!record) return record.error();
    found_by = std::move(*record);
  }
  NewAttachment sent = attachment;
  sent.name = std::move(*name);
  const auto made = api_.upload(*spot, found_by, sent, source, doing, context);
  if (!made) return made.error();
  const auto rows = api_.attachments(*spot, doing, context);
  if (!rows) return as_uncertain(rows.error(), doing);
  const Json* row = find_row(*rows, std::to_string(number_at(*made, "id")));
  if (row == nullptr)
    return make_error(Failure::uncertain, "Helix ALM took the file when " + doing + ", and does not list it.");
  return to_attachment(*row);
}

}  // namespace syncservice::adapter::helix_alm
