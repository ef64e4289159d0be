#include <algorithm>
#include <charconv>
#include <set>

#include "alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::alm {
namespace {

constexpr std::size_t page_size = 500, longest_name = 255;

std::uint64_t size_of(const Entity& entity) {
  const std::string text = entity.first("file-size");
  std::uint64_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

bool fits_file_name(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f &&
         std::string_view{"\\/:*?\"<>|"}.find(c) == std::string_view::npos;
}

// A name that ALM's clients can store as a file.
Result<std::string> file_name(const std::string& name) {
  if (name.empty() || name.size() > longest_name)
    return make_error(Failure::refused, "The name of an attachment has 1 to " + std::to_string(longest_name) +
                                            " bytes, and \"" + text::printable(name) + "\" has " +
                                            std::to_string(name.size()) + '.');
  std::string out = name;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !fits_file_name(c); }, '_');
  if (out == "." || out == "..") out = "_";
  return out;
}

// "a.txt", or "a (2).txt" where an attachment has that name already: names are unique in an entity.
std::string free_name(const std::string& name, const std::vector<Attachment>& others) {
  std::set<std::string, std::less<>> taken;
  for (const Attachment& other : others) taken.insert(text::lower(other.name));
  const std::size_t dot = std::min(name.rfind('.'), name.size());
  std::string out = name;
  for (int number = 2; taken.contains(text::lower(out)); ++number)
    out = name.substr(0, dot) + " (" + std::to_string(number) + ')' + name.substr(dot);
  return out;
}

std::string about_attachment(std::string_view verb, const AttachmentId& attachment, const RecordId& id) {
  std::string out{verb};
  return out.append("attachment \"").append(text::printable(attachment.str())).append("\" of ").append(about("", id));
}

}  // namespace

Attachment AlmAdapter::to_attachment(const Entity& entity) const {
  Attachment attachment;
  attachment.id = AttachmentId{entity.first("id")};
  attachment.name = entity.first("name");
  attachment.media_type = "application/octet-stream";
  attachment.size = size_of(entity);
  attachment.created = options_.zone.instant(entity.first("last-modified")).value_or(Timestamp{});
  return attachment;
}

Result<std::vector<Attachment>> AlmAdapter::list_attachments(const Spot& spot, const std::string& doing,
                                                             const CallContext& context) const {
  std::vector<Attachment> out;
  std::set<AttachmentId> seen;
  for (std::size_t start = 1;;) {
    const auto page = api_.attachments(spot, start, page_size, doing, context);
    if (!page) return page.error();
    for (const Entity& entity : page->entities) {
      Attachment attachment = to_attachment(entity);
      if (seen.insert(attachment.id).second) out.push_back(std::move(attachment));
    }
    // Pages are capped without a word, so their number of rows says nothing.
    start += page->entities.size();
    if (page->entities.empty() || start > page->total) break;
  }
  std::sort(out.begin(), out.end(), [](const Attachment& left, const Attachment& right) {
    const auto order = [](const Attachment& one) { return std::pair{one.id.str().size(), one.id.str()}; };
    return order(left) < order(right);
  });
  return out;
}

Result<std::vector<Attachment>> AlmAdapter::attachments(const ProjectName& project, const RecordId& id,
                                                        const CallContext& context) {
  const std::string doing = about("listing the attachments of ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  return list_attachments(*spot, doing, context);
}

Result<Entity> AlmAdapter::attachment_of(const Spot& spot, const AttachmentId& attachment, const std::string& doing,
                                         const CallContext& context) const {
  if (!is_number(attachment.str()))
    return make_error(Failure::not_found, "There is no attachment \"" + text::printable(attachment.str()) +
                                              "\" in ALM: an id is a number.");
  return api_.attachment(spot, attachment.str(), doing, context);
}

Result<void> AlmAdapter::download(const ProjectName& project, const RecordId& id, const AttachmentId& attachment,
                                  const Sink& sink, const CallContext& context) {
  const std::string doing = about_attachment("downloading ", attachment, id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto entity = attachment_of(*spot, attachment, doing, context);
  if (!entity) return entity.error();
  std::uint64_t received = 0;
  auto done = api_.download(
      *spot, attachment.str(),
      [&](std::string_view piece) {
        received += piece.size();
        return sink(piece);
      },
      doing, context);
  if (!done) return done;
  if (const std::uint64_t size = size_of(*entity); received != size)
    return make_error(Failure::unavailable, "ALM gave " + std::to_string(received) + " of " + std::to_string(size) +
                                                " bytes when " + doing + "; it will be tried again.");
  return {};
}

Result<Attachment> AlmAdapter::upload(const ProjectName& project, const RecordId& id, const NewAttachment& attachment,
                                      const Source& source, const CallContext& context) {
  const std::string doing = "uploading \"" + text::printable(attachment.name) + "\" to " + about("", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto name = file_name(attachment.name);
  if (!name) return name.error();
  const auto others = list_attachments(*spot, doing, context);
  if (!others) return others.error();
  const auto made = api_.upload(*spot, free_name(*name, *others), attachment, source, doing, context);
  if (!made) return made.error();
  return to_attachment(*made);
}

Result<void> AlmAdapter::remove_attachment(const ProjectName& project, const RecordId& id,
                                           const AttachmentId& attachment, const CallContext& context) {
  const std::string doing = about_attachment("deleting ", attachment, id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  if (const auto there = attachment_of(*spot, attachment, doing, context); !there) return there.error();
  return api_.remove_attachment(*spot, attachment.str(), doing, context);
}

}  // namespace syncservice::adapter::alm
