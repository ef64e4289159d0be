#include "adapters/conformance.hpp"

#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <thread>

namespace syncservice::adapter::conformance {
namespace {

char letter(std::uint64_t place) {
  return static_cast<char>('a' + place % 26);
}

}  // namespace

Source pattern(std::uint64_t size, Meter& meter) {
  return [size, &meter](std::span<char> piece) -> Result<std::size_t> {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - meter.total));
    for (std::size_t i = 0; i < count; ++i) piece[i] = letter(meter.total + i);
    meter.take(count);
    return count;
  };
}

Sink same_pattern(Meter& meter, bool& same) {
  return [&meter, &same](std::string_view piece) -> Result<void> {
    for (std::size_t i = 0; i < piece.size(); ++i) same = same && piece[i] == letter(meter.total + i);
    meter.take(piece.size());
    return {};
  };
}

NewRecord AdapterConformance::wanted(std::string marker, std::string first) const {
  return NewRecord{project_, subject_->type(), {{subject_->first_field(), std::move(first)}}, std::move(marker)};
}

record::Record AdapterConformance::created(std::string marker, std::string first) {
  auto record = adapter().create(wanted(std::move(marker), std::move(first)), context_);
  if (record) return *record;
  ADD_FAILURE() << record.error().message;
  return {};
}

std::optional<record::Record> AdapterConformance::found(Adapter& adapter, const std::string& marker) {
  const auto until = std::chrono::steady_clock::now() + can().marker_lag;
  for (;;) {
    const auto result = adapter.find_by_marker(project_, marker, context_);
    if (!result) ADD_FAILURE() << result.error().message;
    if (!result || *result) return result ? *result : std::nullopt;
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::yield();
  }
}

Comment AdapterConformance::commented(const RecordId& id, const std::string& plain, bool is_private) {
  auto comment = adapter().add_comment(project_, id, {record::from_plain(plain), is_private}, context_);
  if (comment) return *comment;
  ADD_FAILURE() << comment.error().message;
  return {};
}

Attachment AdapterConformance::attached(const RecordId& id, const std::string& name, std::uint64_t size) {
  Meter meter;
  auto attachment =
      adapter().upload(project_, id, {name, "application/octet-stream", size}, pattern(size, meter), context_);
  if (attachment) return *attachment;
  ADD_FAILURE() << attachment.error().message;
  return {};
}

std::set<RecordId> AdapterConformance::changes(Adapter& adapter, const Selection& selection, std::string& cursor) {
  std::set<RecordId> seen;
  for (bool more = true; more;) {
    const auto page = adapter.changed_since(selection, cursor, context_);
    if (!page) {
      ADD_FAILURE() << page.error().message;
      break;
    }
    EXPECT_LE(page->records.size(), subject_->page());
    EXPECT_TRUE(!page->more || page->cursor != cursor) << "more, and no way to get there";
    for (const ChangedRecord& record : page->records) {
      EXPECT_EQ(record.project, project_);
      seen.insert(record.id);
    }
    cursor = page->cursor;
    more = page->more;
  }
  return seen;
}

std::vector<AdapterConformance::Call> AdapterConformance::all_calls(const CommentId& comment,
                                                                    const AttachmentId& attachment) {
  Adapter& port = adapter();
  const Capabilities claims = can();
  const ProjectName project = project_;
  const record::Fields patch{{subject_->first_field(), "x"}};
  const record::RichText body = record::from_plain("x");
  using Context = CallContext;
  return {
      {"read", true, true,
       [=, &port](const RecordId& id, const Context& context) { return failure_of(port.read(project, id, context)); }},
      {"create", true, false,
       [this, &port](const RecordId&, const Context& context) {
         return failure_of(port.create(wanted("m-of-all-calls"), context));
       }},
      {"update", true, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.update(project, id, patch, context));
       }},
      {"find_by_marker", true, false,
       [=, &port](const RecordId&, const Context& context) {
         return failure_of(port.find_by_marker(project, "m-1", context));
       }},
      {"ping", true, false,
       [&port](const RecordId&, const Context& context) { return failure_of(port.ping(context)); }},
      {"describe", claims.describe, false,
       [=, &port](const RecordId&, const Context& context) { return failure_of(port.describe(project, context)); }},
      {"comments", claims.comments, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.comments(project, id, context));
       }},
      {"add_comment", claims.comments, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.add_comment(project, id, {body, false}, context));
       }},
      {"add_comment, private", claims.private_comments, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.add_comment(project, id, {body, true}, context));
       }},
      {"update_comment", claims.edit_comments, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.update_comment(project, id, comment, body, context));
       }},
      {"remove_comment", claims.edit_comments, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.remove_comment(project, id, comment, context));
       }},
      {"attachments", claims.attachments, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.attachments(project, id, context));
       }},
      {"download", claims.attachments, true,
       [=, &port](const RecordId& id, const Context& context) {
         Meter meter;
         bool same = true;
         return failure_of(port.download(project, id, attachment, same_pattern(meter, same), context));
       }},
      {"upload", claims.attachments, true,
       [=, &port](const RecordId& id, const Context& context) {
         Meter meter;
         return failure_of(port.upload(project, id, {"a.txt", "text/plain", 1}, pattern(1, meter), context));
       }},
      {"remove_attachment", claims.remove_attachments, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.remove_attachment(project, id, attachment, context));
       }},
      {"changed_since", claims.changed_since, false,
       [=, &port](const RecordId&, const Context& context) {
         return failure_of(port.changed_since({project, {}, {}, {}}, {}, context));
       }},
      {"changed_since, with a query", claims.changed_since && claims.native_query, false,
       [=, query = subject_->query("one"), &port](const RecordId&, const Context& context) {
         return failure_of(port.changed_since({project, {}, {}, query.empty() ? "anything" : query}, {}, context));
       }},
      {"remove", claims.remove, true,
       [=, &port](const RecordId& id, const Context& context) {
         return failure_of(port.remove(project, id, context));
       }},
  };
}

}  // namespace syncservice::adapter::conformance
