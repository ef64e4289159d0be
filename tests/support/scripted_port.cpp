// The calls of the port on a ScriptedSystem.
#include "support/scripted_system.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace syncservice::support {

using adapter::CallContext;
using adapter::Failure;
using adapter::make_error;

namespace {

bool changes_something(Operation operation) noexcept {
  switch (operation) {
    case Operation::create:
    case Operation::update:
    case Operation::remove:
    case Operation::add_comment:
    case Operation::update_comment:
    case Operation::remove_comment:
    case Operation::upload:
    case Operation::remove_attachment:
      return true;
    case Operation::read:
    case Operation::find_by_marker:
    case Operation::ping:
    case Operation::describe:
    case Operation::comments:
    case Operation::attachments:
    case Operation::download:
    case Operation::changed_since:
      return false;
  }
  return false;
}

Error nothing_of_that_id(std::string_view what, const std::string& id) {
  return make_error(Failure::not_found, "There is no " + std::string{what} + " \"" + text::printable(id) + "\" there.");
}

Result<std::uint64_t> change_from(const std::string& cursor) {
  std::uint64_t change = 0;
  if (cursor.empty()) return change;
  const char* end = cursor.data() + cursor.size();
  const auto [stopped, error] = std::from_chars(cursor.data(), end, change);
  if (error != std::errc{} || stopped != end)
    return make_error(Failure::refused, "\"" + text::printable(cursor) + "\" is no cursor of this system.");
  return change;
}

// "field=text", the system's own query language.
bool answers(const record::Record& record, const std::string& query) {
  if (query.empty()) return true;
  const std::size_t equals = query.find('=');
  const auto field = record.fields.find(query.substr(0, equals));
  return field != record.fields.end() && equals != std::string::npos &&
         field->second.text() == query.substr(equals + 1);
}

}  // namespace

class ScriptedSystem::Port final : public adapter::Adapter {
 public:
  explicit Port(ScriptedSystem& system) : system_(system) {}

  adapter::Capabilities capabilities() const noexcept override { return system_.nature_.can; }

  Result<record::Record> read(const ProjectName& project, const RecordId& id, const CallContext& context) override {
    return run<record::Record>(Operation::read, id.str(), context, [&]() -> Result<record::Record> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      return (*found)->record;
    });
  }

  Result<record::Record> create(const adapter::NewRecord& wanted, const CallContext& context) override {
    return run<record::Record>(Operation::create, {}, context, [&]() -> Result<record::Record> {
      if (wanted.marker.empty()) return make_error(Failure::refused, "A new record needs a marker.");
      const auto& projects = system_.nature_.projects;
      if (!projects.empty() && std::find(projects.begin(), projects.end(), wanted.project.str()) == projects.end())
        return make_error(Failure::refused,
                          "There is no project \"" + text::printable(wanted.project.str()) + "\" there.");
      const auto fields = system_.fitted(wanted.type, wanted.fields, true);
      if (!fields) return fields.error();
      Item made;
      made.record.id = RecordId{system_.next_id()};
      made.record.project = wanted.project;
      made.record.type = wanted.type;
      made.record.marker = wanted.marker;
      made.unseen = system_.nature_.searches_that_miss;
      system_.write(made.record, *fields);
      system_.touch(made);
      return system_.items_.emplace(made.record.id.str(), made).first->second.record;
    });
  }

  Result<record::Record> update(const ProjectName& project, const RecordId& id, const record::Fields& patch,
                                const CallContext& context) override {
    return run<record::Record>(Operation::update, id.str(), context, [&]() -> Result<record::Record> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      Item& item = **found;
      const auto fields = system_.fitted(item.record.type, patch, false);
      if (!fields) return fields.error();
      system_.last_patch_ = patch;
      system_.write(item.record, *fields);
      system_.touch(item);
      return item.record;
    });
  }

  Result<std::optional<record::Record>> find_by_marker(const ProjectName& project, const std::string& marker,
                                                       const CallContext& context) override {
    using Found = std::optional<record::Record>;
    return run<Found>(Operation::find_by_marker, {}, context, [&]() -> Result<Found> {
      if (marker.empty()) return Found{};
      for (auto& [id, item] : system_.items_) {
        if (item.record.marker != marker || (!project.empty() && item.record.project != project)) continue;
        if (item.unseen == 0) return Found{item.record};
        --item.unseen;
      }
      return Found{};
    });
  }

  Result<void> ping(const CallContext& context) override {
    return run<void>(Operation::ping, {}, context, []() -> Result<void> { return {}; });
  }

  Result<adapter::Description> describe(const ProjectName& project, const CallContext& context) override {
    if (!capabilities().describe) return Adapter::describe(project, context);
    return run<adapter::Description>(Operation::describe, {}, context, [&]() -> Result<adapter::Description> {
      adapter::Description out;
      for (const std::string& name : system_.nature_.projects) out.projects.push_back({ProjectName{name}, {}});
      out.types = system_.nature_.types;
      return out;
    });
  }

  Result<void> remove(const ProjectName& project, const RecordId& id, const CallContext& context) override {
    if (!capabilities().remove) return Adapter::remove(project, id, context);
    return run<void>(Operation::remove, id.str(), context, [&]() -> Result<void> {
      if (const auto found = system_.find(project, id); !found) return found.error();
      system_.items_.erase(id.str());
      return {};
    });
  }

  Result<std::vector<adapter::Comment>> comments(const ProjectName& project, const RecordId& id,
                                                 const CallContext& context) override {
    if (!capabilities().comments) return Adapter::comments(project, id, context);
    using Comments = std::vector<adapter::Comment>;
    return run<Comments>(Operation::comments, id.str(), context, [&]() -> Result<Comments> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      return (*found)->comments;
    });
  }

  Result<adapter::Comment> add_comment(const ProjectName& project, const RecordId& id,
                                       const adapter::NewComment& comment, const CallContext& context) override {
    if (!capabilities().comments) return Adapter::add_comment(project, id, comment, context);
    return run<adapter::Comment>(Operation::add_comment, id.str(), context, [&]() -> Result<adapter::Comment> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      if (comment.is_private && !capabilities().private_comments)
        return make_error(Failure::refused, "There are no private comments there.");
      adapter::Comment made;
      made.id = adapter::CommentId{system_.next_part()};
      made.author = account();
      made.created = system_.clock_.now();
      made.body = system_.accustomed(comment.body);
      made.is_private = comment.is_private;
      (*found)->comments.push_back(made);
      system_.touch(**found);
      return made;
    });
  }

  Result<adapter::Comment> update_comment(const ProjectName& project, const RecordId& id,
                                          const adapter::CommentId& comment, const record::RichText& body,
                                          const CallContext& context) override {
    if (!capabilities().edit_comments) return Adapter::update_comment(project, id, comment, body, context);
    return run<adapter::Comment>(Operation::update_comment, id.str(), context, [&]() -> Result<adapter::Comment> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      for (adapter::Comment& one : (*found)->comments) {
        if (one.id != comment) continue;
        one.body = system_.accustomed(body);
        one.edited = system_.clock_.now();
        system_.touch(**found);
        return one;
      }
      return nothing_of_that_id("comment", comment.str());
    });
  }

  Result<void> remove_comment(const ProjectName& project, const RecordId& id, const adapter::CommentId& comment,
                              const CallContext& context) override {
    if (!capabilities().edit_comments) return Adapter::remove_comment(project, id, comment, context);
    return run<void>(Operation::remove_comment, id.str(), context, [&]() -> Result<void> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      if (std::erase_if((*found)->comments, [&](const adapter::Comment& one) { return one.id == comment; }) == 0)
        return nothing_of_that_id("comment", comment.str());
      system_.touch(**found);
      return {};
    });
  }

  Result<std::vector<adapter::Attachment>> attachments(const ProjectName& project, const RecordId& id,
                                                       const CallContext& context) override {
    if (!capabilities().attachments) return Adapter::attachments(project, id, context);
    using Attachments = std::vector<adapter::Attachment>;
    return run<Attachments>(Operation::attachments, id.str(), context, [&]() -> Result<Attachments> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      Attachments out;
      for (const File& file : (*found)->files) out.push_back(file.about);
      return out;
    });
  }

  Result<void> download(const ProjectName& project, const RecordId& id, const adapter::AttachmentId& attachment,
                        const adapter::Sink& sink, const CallContext& context) override {
    if (!capabilities().attachments) return Adapter::download(project, id, attachment, sink, context);
    const auto file = run<File>(Operation::download, id.str(), context, [&]() -> Result<File> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      for (const File& one : (*found)->files) {
        if (one.about.id == attachment) return one;
      }
      return nothing_of_that_id("attachment", attachment.str());
    });
    if (!file) return file.error();
    std::string piece;
    for (std::uint64_t place = 0; place < file->about.size; place += piece.size()) {
      if (auto may_go_on = check(context, "downloading"); !may_go_on) return may_go_on;
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(system_.nature_.piece, file->about.size - place));
      if (file->generated) {
        piece.resize(count);
        for (std::size_t i = 0; i < count; ++i) piece[i] = generated_byte(place + i);
      } else {
        if (file->content.empty())
          return make_error(Failure::unavailable, "The content of this attachment was not kept.");
        piece = file->content.substr(static_cast<std::size_t>(place), count);
      }
      note_piece(count);
      if (auto taken = sink(piece); !taken) return taken;
    }
    return {};
  }

  Result<adapter::Attachment> upload(const ProjectName& project, const RecordId& id,
                                     const adapter::NewAttachment& attachment, const adapter::Source& source,
                                     const CallContext& context) override {
    if (!capabilities().attachments) return Adapter::upload(project, id, attachment, source, context);
    if (attachment.name.empty() || attachment.name.size() > 255 || attachment.name.find('/') != std::string::npos)
      return make_error(Failure::refused, "An attachment needs a name of 1 to 255 bytes that is no path.");
    const std::uint64_t limit = capabilities().max_attachment;
    if (limit != 0 && attachment.size > limit)
      return make_error(Failure::refused, "Attachment \"" + text::printable(attachment.name) + "\" has more than " +
                                              std::to_string(limit) + " bytes.");
    if (auto may_go_on = check(context, "uploading"); !may_go_on) return may_go_on.error();
    {
      const std::lock_guard lock{system_.mutex_};
      if (const auto found = system_.find(project, id); !found) return found.error();
    }
    auto file = receive(attachment, source, context);
    if (!file) return file.error();
    return run<adapter::Attachment>(Operation::upload, id.str(), context, [&]() -> Result<adapter::Attachment> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      system_.attach_file(id.str(), std::move(*file));
      return (*found)->files.back().about;
    });
  }

  Result<void> remove_attachment(const ProjectName& project, const RecordId& id,
                                 const adapter::AttachmentId& attachment, const CallContext& context) override {
    if (!capabilities().remove_attachments) return Adapter::remove_attachment(project, id, attachment, context);
    return run<void>(Operation::remove_attachment, id.str(), context, [&]() -> Result<void> {
      const auto found = system_.find(project, id);
      if (!found) return found.error();
      if (std::erase_if((*found)->files, [&](const File& file) { return file.about.id == attachment; }) == 0)
        return nothing_of_that_id("attachment", attachment.str());
      system_.touch(**found);
      return {};
    });
  }

  Result<adapter::Changes> changed_since(const adapter::Selection& selection, const std::string& cursor,
                                         const CallContext& context) override {
    if (!capabilities().changed_since) return Adapter::changed_since(selection, cursor, context);
    if (!selection.query.empty() && !capabilities().native_query)
      return make_error(Failure::refused, "There is no query language there.");
    const auto after = change_from(cursor);
    if (!after) return after.error();
    return run<adapter::Changes>(Operation::changed_since, {}, context, [&]() -> Result<adapter::Changes> {
      std::map<std::uint64_t, const record::Record*> changed;
      for (const auto& [id, item] : system_.items_) {
        const record::Record& record = item.record;
        if (item.changed <= *after || (!selection.project.empty() && record.project != selection.project) ||
            (!selection.type.empty() && record.type != selection.type) || !answers(record, selection.query) ||
            (cursor.empty() && selection.since && record.updated < *selection.since))
          continue;
        changed.emplace(item.changed, &record);
      }
      adapter::Changes page{{}, std::to_string(*after), changed.size() > system_.nature_.page};
      for (const auto& [change, record] : changed) {
        if (page.records.size() == system_.nature_.page) break;
        page.records.push_back({record->project, record->id, record->updated});
        page.cursor = std::to_string(change);
      }
      return page;
    });
  }

 private:
  [[nodiscard]] record::User account() const { return {{}, system_.nature_.account, {}}; }

  void note_piece(std::size_t size) const {
    const std::lock_guard lock{system_.mutex_};
    system_.largest_piece_ = std::max(system_.largest_piece_, size);
  }

  // Takes the content, which must be as large as it was said to be.
  Result<File> receive(const adapter::NewAttachment& attachment, const adapter::Source& source,
                       const CallContext& context) const {
    File file;
    ContentHash hash;
    std::vector<char> piece(system_.nature_.piece);
    std::uint64_t total = 0;
    for (;;) {
      if (auto may_go_on = check(context, "uploading"); !may_go_on) return may_go_on.error();
      const auto got = source(piece);
      if (!got) return got.error();
      if (*got == 0) break;
      note_piece(*got);
      total += *got;
      if (total > attachment.size) break;
      hash.take({piece.data(), *got});
      if (system_.nature_.keeps_content) file.content.append(piece.data(), *got);
    }
    if (total != attachment.size)
      return make_error(Failure::refused, "The attachment is not as large as it was said to be.");
    file.about.name = attachment.name;
    file.about.media_type = attachment.media_type;
    file.about.size = total;
    file.about.author = account();
    file.hash = hash.value();
    return file;
  }

  // Waits while `waits` says so, with mutex_ held; fails when the call must end.
  template <class Waits>
  Result<void> wait(std::unique_lock<std::mutex>& lock, Operation operation, When when, const CallContext& context,
                    std::chrono::steady_clock::time_point until, const Waits& waits) const {
    const auto deadline = std::min(context.deadline, until);
    bool over = !waits();
    if (deadline == std::chrono::steady_clock::time_point::max()) {
      over = over || system_.changed_.wait(lock, context.stop, [&] { return !waits(); });
    } else {
      over = over || system_.changed_.wait_until(lock, context.stop, deadline, [&] { return !waits(); });
    }
    if (over || (std::chrono::steady_clock::now() >= until && !context.stop.stop_requested())) return {};
    auto ended = check(context, "waiting for the system");
    if (!ended && when == When::after && changes_something(operation))
      return make_error(Failure::uncertain, "No answer came, and the write may have happened.");
    return ended;
  }

  Result<void> stay(std::unique_lock<std::mutex>& lock, Operation operation, When when,
                    const CallContext& context) const {
    const auto is_held = [&] { return system_.held_ == std::pair{operation, when}; };
    if (!is_held()) return {};
    ++system_.waiting_;
    system_.changed_.notify_all();
    auto waited = wait(lock, operation, when, context, std::chrono::steady_clock::time_point::max(), is_held);
    --system_.waiting_;
    return waited;
  }

  std::optional<Error> scripted(Operation operation, When when) const {
    auto& script = system_.scripts_[static_cast<std::size_t>(operation)];
    if (script.empty() || script.front().when != when) return std::nullopt;
    Error error = std::move(script.front().error);
    script.pop_front();
    return error;
  }

  Result<void> begin(std::unique_lock<std::mutex>& lock, Operation operation, const CallContext& context) const {
    if (system_.latency_.count() > 0) {
      const auto until = std::chrono::steady_clock::now() + system_.latency_;
      auto waited = wait(lock, operation, When::before, context, until, [] { return true; });
      if (!waited) return waited;
    }
    if (auto stayed = stay(lock, operation, When::before, context); !stayed) return stayed;
    if (system_.outage_) return *system_.outage_;
    if (auto error = scripted(operation, When::before)) return std::move(*error);
    return {};
  }

  template <class Answer, class Work>
  Result<Answer> run(Operation operation, const std::string& id, const CallContext& context, const Work& work) {
    if (auto may_go_on = check(context, "calling the system"); !may_go_on) return may_go_on.error();
    if (system_.on_call) system_.on_call(operation, id);
    std::unique_lock lock{system_.mutex_};
    ++system_.calls_[static_cast<std::size_t>(operation)];
    system_.most_at_once_ = std::max(system_.most_at_once_, ++system_.running_);
    Result<Answer> answer = [&]() -> Result<Answer> {
      if (auto begun = begin(lock, operation, context); !begun) return begun.error();
      auto done = work();
      if (!done) return done;
      if (auto stayed = stay(lock, operation, When::after, context); !stayed) return stayed.error();
      if (auto error = scripted(operation, When::after)) return std::move(*error);
      return done;
    }();
    --system_.running_;
    const auto limit = system_.limit_;
    lock.unlock();
    if (limit && context.saw_rate_limit) context.saw_rate_limit(*limit);
    return answer;
  }

  ScriptedSystem& system_;
};

std::unique_ptr<adapter::Adapter> ScriptedSystem::adapter() {
  return std::make_unique<Port>(*this);
}

}  // namespace syncservice::support
