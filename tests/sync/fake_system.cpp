#include "fake_system.hpp"

#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace syncservice::sync {

Error failure(FailureClass failure, std::string message, std::optional<std::chrono::milliseconds> retry_after) {
  return Error{boost::system::errc::make_error_code(boost::system::errc::io_error), std::move(message), failure,
               retry_after};
}

class FakeSystem::Port final : public adapter::Adapter {
 public:
  explicit Port(FakeSystem& system) : system_(system) {}

  Result<record::Record> read(const ProjectName& /*project*/, const RecordId& id,
                              const adapter::CallContext& context) override {
    return system_.run<record::Record>(Op::read, id.str(), context, [&] { return system_.find(id); });
  }

  Result<record::Record> create(const adapter::NewRecord& wanted, const adapter::CallContext& context) override {
    return system_.run<record::Record>(Op::create, {}, context, [&]() -> Result<record::Record> {
      record::Record made;
      made.id = RecordId{system_.prefix_ + std::to_string(system_.next_++)};
      made.project = wanted.project;
      made.type = wanted.type;
      made.marker = wanted.marker;
      made.fields = system_.defaults;
      system_.write(made, wanted.fields);
      system_.records_[made.id.str()] = made;
      return made;
    });
  }

  Result<record::Record> update(const ProjectName& /*project*/, const RecordId& id, const record::Fields& patch,
                                const adapter::CallContext& context) override {
    return system_.run<record::Record>(Op::update, id.str(), context, [&]() -> Result<record::Record> {
      Result<record::Record> found = system_.find(id);
      if (!found) return found;
      system_.write(*found, system_.breaks_off_ ? system_.part_of(patch) : patch);
      system_.records_[found->id.str()] = *found;
      return found;
    });
  }

  Result<std::optional<record::Record>> find_by_marker(const ProjectName& /*project*/, const std::string& marker,
                                                       const adapter::CallContext& context) override {
    return system_.run<std::optional<record::Record>>(Op::find, {}, context,
                                                      [&]() -> Result<std::optional<record::Record>> {
                                                        for (const auto& [id, record] : system_.records_) {
                                                          if (record.marker == marker) return std::optional{record};
                                                        }
                                                        return std::optional<record::Record>{};
                                                      });
  }

  Result<void> ping(const adapter::CallContext& context) override {
    return done(Op::ping, {}, context, [] { return Result<bool>{true}; });
  }

  adapter::Capabilities capabilities() const noexcept override { return system_.can; }
  bool in_steps(std::string_view field) const noexcept override { return system_.stepwise.contains(field); }

  Result<adapter::Description> describe(const ProjectName& /*project*/, const adapter::CallContext& context) override {
    return system_.run<adapter::Description>(Op::describe, {}, context,
                                             [&] { return Result<adapter::Description>{system_.described}; });
  }

  Result<void> remove(const ProjectName& /*project*/, const RecordId& id,
                      const adapter::CallContext& context) override {
    return done(Op::remove, id, context, [&]() -> Result<bool> {
      const Result<record::Record> found = system_.find(id);
      if (!found) return found.error();
      system_.extras_.erase(found->id.str());
      return system_.records_.erase(found->id.str()) != 0;
    });
  }

  Result<std::vector<adapter::Comment>> comments(const ProjectName& /*project*/, const RecordId& id,
                                                 const adapter::CallContext& context) override {
    using Comments = std::vector<adapter::Comment>;
    return system_.run<Comments>(Op::comments, id.str(), context, [&]() -> Result<Comments> {
      const Result<Extras*> extras = system_.extras(id);
      if (!extras) return extras.error();
      return (*extras)->comments;
    });
  }

  Result<adapter::Comment> add_comment(const ProjectName& /*project*/, const RecordId& id,
                                       const adapter::NewComment& comment,
                                       const adapter::CallContext& context) override {
    return system_.run<adapter::Comment>(Op::add_comment, id.str(), context, [&]() -> Result<adapter::Comment> {
      const Result<Extras*> extras = system_.extras(id);
      if (!extras) return extras.error();
      adapter::Comment made;
      made.id = adapter::CommentId{std::to_string((*extras)->next_comment++)};
      made.author = {"sync", "Sync", {}};
      made.created = system_.clock == nullptr ? Timestamp{} : system_.clock->now();
      made.body = comment.body;
      made.is_private = comment.is_private;
      (*extras)->comments.push_back(made);
      return made;
    });
  }

  Result<adapter::Comment> update_comment(const ProjectName& /*project*/, const RecordId& id,
                                          const adapter::CommentId& comment, const record::RichText& body,
                                          const adapter::CallContext& context) override {
    return system_.run<adapter::Comment>(Op::update_comment, id.str(), context, [&]() -> Result<adapter::Comment> {
      const Result<Extras*> extras = system_.extras(id);
      if (!extras) return extras.error();
      for (adapter::Comment& candidate : (*extras)->comments) {
        if (candidate.id != comment) continue;
        candidate.body = body;
        return candidate;
      }
      return failure(FailureClass::gone, "There is no such comment.");
    });
  }

  Result<void> remove_comment(const ProjectName& /*project*/, const RecordId& id, const adapter::CommentId& comment,
                              const adapter::CallContext& context) override {
    return done(Op::remove_comment, id, context, [&]() -> Result<bool> {
      const Result<Extras*> extras = system_.extras(id);
      if (!extras) return extras.error();
      if (std::erase_if((*extras)->comments, [&](const auto& other) { return other.id == comment; }) == 0) {
        return failure(FailureClass::gone, "There is no such comment.");
      }
      return true;
    });
  }

  Result<std::vector<adapter::Attachment>> attachments(const ProjectName& /*project*/, const RecordId& id,
                                                       const adapter::CallContext& context) override {
    using Attachments = std::vector<adapter::Attachment>;
    return system_.run<Attachments>(Op::attachments, id.str(), context, [&]() -> Result<Attachments> {
      const Result<Extras*> extras = system_.extras(id);
      if (!extras) return extras.error();
      Attachments all;
      for (const File& file : (*extras)->files) all.push_back(file.about);
      return all;
    });
  }

  Result<void> download(const ProjectName& /*project*/, const RecordId& id, const adapter::AttachmentId& attachment,
                        const adapter::Sink& sink, const adapter::CallContext& context) override {
    return done(Op::download, id, context, [&]() -> Result<bool> {
      const Result<Extras*> extras = system_.extras(id);
      if (!extras) return extras.error();
      for (const File& file : (*extras)->files) {
        if (file.about.id != attachment) continue;
        constexpr std::size_t piece = 7;
        for (std::size_t at = 0; at < file.content.size(); at += piece) {
          if (const Result<void> taken = sink(std::string_view{file.content}.substr(at, piece)); !taken) {
            return taken.error();
          }
        }
        return true;
      }
      return failure(FailureClass::gone, "There is no such attachment.");
    });
  }

  Result<adapter::Attachment> upload(const ProjectName& /*project*/, const RecordId& id,
                                     const adapter::NewAttachment& attachment, const adapter::Source& source,
                                     const adapter::CallContext& context) override {
    return system_.run<adapter::Attachment>(Op::upload, id.str(), context, [&]() -> Result<adapter::Attachment> {
      const Result<Extras*> extras = system_.extras(id);
      if (!extras) return extras.error();
      File file;
      std::array<char, 5> piece{};
      for (;;) {
        const Result<std::size_t> got = source(piece);
        if (!got) return got.error();
        if (*got == 0) break;
        file.content.append(piece.data(), *got);
      }
      if (file.content.size() != attachment.size) return failure(FailureClass::permanent, "The size is wrong.");
      file.about.id = adapter::AttachmentId{std::to_string((*extras)->next_file++)};
      file.about.name = attachment.name;
      file.about.size = attachment.size;
      file.about.created = system_.clock == nullptr ? Timestamp{} : system_.clock->now();
      (*extras)->files.push_back(file);
      return file.about;
    });
  }

  Result<void> remove_attachment(const ProjectName& /*project*/, const RecordId& id,
                                 const adapter::AttachmentId& attachment,
                                 const adapter::CallContext& context) override {
    return done(Op::remove_attachment, id, context, [&]() -> Result<bool> {
      const Result<Extras*> extras = system_.extras(id);
      if (!extras) return extras.error();
      std::erase_if((*extras)->files, [&](const File& file) { return file.about.id == attachment; });
      return true;
    });
  }

  // The cursor is the instant and id of the last record named.
  Result<adapter::Changes> changed_since(const adapter::Selection& selection, const std::string& cursor,
                                         const adapter::CallContext& context) override {
    return system_.run<adapter::Changes>(Op::changes, {}, context, [&]() -> Result<adapter::Changes> {
      std::vector<std::pair<std::string, record::Record>> order;
      for (const auto& [id, record] : system_.records_) {
        if (selection.since && record.updated && *record.updated < *selection.since) continue;
        std::string key = to_rfc3339(record.updated.value_or(Timestamp{})) + ' ' + id;
        if (key > cursor) order.emplace_back(std::move(key), record);
      }
      std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      adapter::Changes changes{{}, cursor, order.size() > system_.page};
      for (std::size_t i = 0; i < std::min(order.size(), system_.page); ++i) {
        changes.records.push_back({selection.project, order[i].second.id, order[i].second.updated});
        changes.cursor = order[i].first;
      }
      return changes;
    });
  }

 private:
  template <class Work>
  Result<void> done(Op op, const RecordId& id, const adapter::CallContext& context, const Work& work) {
    const Result<bool> result = system_.run<bool>(op, id.str(), context, work);
    if (!result) return result.error();
    return {};
  }
  FakeSystem& system_;
};

template <class Value, class Work>
Result<Value> FakeSystem::run(Op op, const std::string& id, const adapter::CallContext& context, const Work& work) {
  if (on_enter) on_enter(op, id);
  Result<Value> result = [&]() -> Result<Value> {
    const std::optional<Failure> scripted = begin(op, context);
    if (scripted && scripted->strikes == Strikes::before) return scripted->error;
    const std::scoped_lock lock(mutex_);
    breaks_off_ = scripted && scripted->strikes == Strikes::halfway;
    Result<Value> done = work();
    if (scripted) return scripted->error;
    return done;
  }();
  if (on_leave) on_leave(op, id);
  return result;
}

std::optional<FakeSystem::Failure> FakeSystem::begin(Op op, const adapter::CallContext& context) {
  std::unique_lock lock(mutex_);
  ++calls_[op];
  if (throws_ == op) throw std::runtime_error("the fake broke");
  if (held_ == op) {
    ++waiting_;
    changed_.notify_all();
    const bool released = changed_.wait(lock, context.stop, [&] { return held_ != op; });
    --waiting_;
    if (!released) return Failure{failure(FailureClass::transient, "The call was stopped."), Strikes::before};
  }
  std::deque<Failure>& queue = failures_[op];
  if (queue.empty()) return std::nullopt;
  Failure next = std::move(queue.front());
  queue.pop_front();
  return next;
}

Result<record::Record> FakeSystem::find(const RecordId& id) const {
  const auto alias = aliases.find(id.str());
  const auto found = records_.find(alias == aliases.end() ? id.str() : alias->second);
  if (found == records_.end()) return failure(FailureClass::gone, "There is no record \"" + id.str() + "\".");
  return found->second;
}

void FakeSystem::write(record::Record& record, const record::Fields& patch) {
  last_patch_ = patch;
  for (const auto& [name, value] : patch) {
    record.fields.insert_or_assign(name, normalise ? normalise(name, value) : value);
  }
  touch(record);
}

record::Fields FakeSystem::part_of(record::Fields patch) const {
  if (halfway) return halfway(patch);
  if (!patch.empty()) patch.erase(std::prev(patch.end()));
  return patch;
}

void FakeSystem::touch(record::Record& record) const {
  if (clock != nullptr) record.updated = clock->now();
}

Result<FakeSystem::Extras*> FakeSystem::extras(const RecordId& id) {
  const Result<record::Record> found = find(id);
  if (!found) return found.error();
  return &extras_[found->id.str()];
}

std::string FakeSystem::comment(const std::string& id, const std::string& author, const std::string& text,
                                Timestamp created, bool is_private) {
  const std::scoped_lock lock(mutex_);
  Extras& extras = extras_[id];
  adapter::Comment made;
  made.id = adapter::CommentId{std::to_string(extras.next_comment++)};
  made.author = {author, author, {}};
  made.created = clock != nullptr && created == Timestamp{} ? clock->now() : created;
  made.body = record::from_plain(text);
  made.is_private = is_private;
  extras.comments.push_back(made);
  return made.id.str();
}

void FakeSystem::edit_comment(const std::string& id, const std::string& comment, const std::string& text,
                              Timestamp when) {
  const std::scoped_lock lock(mutex_);
  for (adapter::Comment& candidate : extras_[id].comments) {
    if (candidate.id.str() != comment) continue;
    candidate.body = record::from_plain(text);
    candidate.edited = when;
  }
}

void FakeSystem::set_private(const std::string& id, const std::string& comment, bool is_private) {
  const std::scoped_lock lock(mutex_);
  for (adapter::Comment& candidate : extras_[id].comments) {
    if (candidate.id.str() == comment) candidate.is_private = is_private;
  }
}

void FakeSystem::delete_comment(const std::string& id, const std::string& comment) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(extras_[id].comments, [&](const auto& candidate) { return candidate.id.str() == comment; });
}

std::string FakeSystem::attach(const std::string& id, const std::string& name, std::string content, Timestamp created) {
  const std::scoped_lock lock(mutex_);
  Extras& extras = extras_[id];
  File file;
  file.about.id = adapter::AttachmentId{std::to_string(extras.next_file++)};
  file.about.name = name;
  file.about.size = content.size();
  file.about.created = clock != nullptr && created == Timestamp{} ? clock->now() : created;
  file.content = std::move(content);
  extras.files.push_back(file);
  return file.about.id.str();
}

void FakeSystem::detach(const std::string& id, const std::string& attachment) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(extras_[id].files, [&](const File& file) { return file.about.id.str() == attachment; });
}

std::vector<adapter::Comment> FakeSystem::comments(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = extras_.find(id);
  return found == extras_.end() ? std::vector<adapter::Comment>{} : found->second.comments;
}

std::vector<std::pair<std::string, std::string>> FakeSystem::attachments(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<std::string, std::string>> all;
  if (const auto found = extras_.find(id); found != extras_.end()) {
    for (const File& file : found->second.files) all.emplace_back(file.about.name, file.content);
  }
  return all;
}

void FakeSystem::put(const std::string& id, record::Fields fields, std::optional<Timestamp> updated) {
  const std::scoped_lock lock(mutex_);
  record::Record& record = records_[id];
  record.id = RecordId{id};
  record.fields = std::move(fields);
  record.updated = updated;
  if (!updated) touch(record);
}

void FakeSystem::erase(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  records_.erase(id);
  extras_.erase(id);
}

void FakeSystem::copy(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  record::Record& made = records_[to] = records_.at(from);
  made.id = RecordId{to};
}

void FakeSystem::set(const std::string& id, const std::string& field, record::Value value) {
  const std::scoped_lock lock(mutex_);
  record::Record& record = records_.at(id);
  record.fields.insert_or_assign(field, std::move(value));
  touch(record);
}

record::Fields FakeSystem::fields(const std::string& id) const {
  return record(id).fields;
}

record::Record FakeSystem::record(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = records_.find(id);
  return found == records_.end() ? record::Record{} : found->second;
}

std::vector<std::string> FakeSystem::ids() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [id, record] : records_) all.push_back(id);
  return all;
}

void FakeSystem::fail(Op op, Error error, Strikes strikes) {
  const std::scoped_lock lock(mutex_);
  failures_[op].push_back({std::move(error), strikes});
}

void FakeSystem::mend() {
  const std::scoped_lock lock(mutex_);
  failures_.clear();
}

void FakeSystem::hold(Op op) {
  const std::scoped_lock lock(mutex_);
  held_ = op;
}

void FakeSystem::release() {
  const std::scoped_lock lock(mutex_);
  held_.reset();
  changed_.notify_all();
}

void FakeSystem::await_held() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ > 0; });
}

int FakeSystem::calls(Op op) const {
  const std::scoped_lock lock(mutex_);
  const auto found = calls_.find(op);
  return found == calls_.end() ? 0 : found->second;
}

record::Fields FakeSystem::last_patch() const {
  const std::scoped_lock lock(mutex_);
  return last_patch_;
}

std::unique_ptr<adapter::Adapter> FakeSystem::adapter() {
  return std::make_unique<Port>(*this);
}

}  // namespace syncservice::sync
