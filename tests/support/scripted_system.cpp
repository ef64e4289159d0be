// The system itself: what it holds, the people in it, and the script. scripted_port.cpp has the calls of the port.
#include "support/scripted_system.hpp"

#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace syncservice::support {

using adapter::Failure;
using record::Value;

Habits fussy_habits() {
  Habits habits;
  habits.fields = [](const std::string& /*field*/, const Value& value) -> Value {
    if (const auto* words = value.as<std::string>()) return Value{std::string{text::trim(*words)}};
    if (const auto* rich = value.as<record::RichText>())
      return record::from_html("<p><b>" + record::to_plain(*rich) + "</b></p>");
    const auto* list = value.as<record::List>();
    if (list == nullptr) return value;
    record::List items;
    for (const Value& item : *list) {
      const auto* words = item.as<std::string>();
      items.push_back(words == nullptr ? item : Value{text::lower(*words)});
    }
    std::sort(items.begin(), items.end(),
              [](const Value& left, const Value& right) { return left.text() < right.text(); });
    return Value{std::move(items)};
  };
  habits.comments = [](const record::RichText& body) { return record::from_plain(text::trim(record::to_plain(body))); };
  return habits;
}

ScriptedSystem::ScriptedSystem(const Clock& clock, Nature nature) : clock_(clock), nature_(std::move(nature)) {}

// ---- what it holds

ScriptedSystem::Item& ScriptedSystem::item(const std::string& id) {
  return items_.at(id);
}
const ScriptedSystem::Item& ScriptedSystem::item(const std::string& id) const {
  return items_.at(id);
}

Result<ScriptedSystem::Item*> ScriptedSystem::find(const ProjectName& project, const RecordId& id) {
  const auto found = items_.find(id.str());
  if (found == items_.end() || (!project.empty() && found->second.record.project != project))
    return adapter::make_error(Failure::not_found, "There is no record \"" + text::printable(id.str()) + "\" there.");
  return &found->second;
}

void ScriptedSystem::touch(Item& item) {
  item.record.updated = clock_.now();
  item.changed = ++last_change_;
}

void ScriptedSystem::write(record::Record& record, const record::Fields& patch) const {
  for (const auto& [name, value] : patch)
    record.fields.insert_or_assign(name, nature_.habits.fields ? nature_.habits.fields(name, value) : value);
}

record::RichText ScriptedSystem::accustomed(const record::RichText& body) const {
  return nature_.habits.comments ? nature_.habits.comments(body) : body;
}

Result<record::Fields> ScriptedSystem::fitted(const std::string& type, const record::Fields& fields,
                                              bool creating) const {
  if (nature_.types.empty()) {
    record::Fields whole = fields;
    if (creating) whole.insert(nature_.defaults.begin(), nature_.defaults.end());
    return whole;
  }
  const auto known = std::find_if(nature_.types.begin(), nature_.types.end(),
                                  [&](const adapter::TypeInfo& info) { return info.name == type; });
  if (known == nature_.types.end())
    return adapter::make_error(Failure::refused, "There is no type \"" + text::printable(type) + "\" there.");
  if (!creating) return fit(*known, fields, adapter::Write::update);
  record::Fields whole = fields;
  for (const auto& [name, value] : nature_.defaults) {
    const adapter::FieldInfo* field = find_field(*known, name);
    if (field != nullptr && !field->read_only) whole.emplace(name, value);
  }
  auto result = fit(*known, whole, adapter::Write::create);
  if (result) result->insert(nature_.defaults.begin(), nature_.defaults.end());
  return result;
}

bool ScriptedSystem::has(const std::string& id) const {
  const std::lock_guard lock{mutex_};
  return items_.contains(id);
}

record::Record ScriptedSystem::record(const std::string& id) const {
  const std::lock_guard lock{mutex_};
  return item(id).record;
}

std::vector<std::string> ScriptedSystem::ids() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> out;
  for (const auto& [id, item] : items_) out.push_back(id);
  return out;
}

std::vector<adapter::Comment> ScriptedSystem::comments(const std::string& id) const {
  const std::lock_guard lock{mutex_};
  return item(id).comments;
}

std::vector<adapter::Attachment> ScriptedSystem::attachments(const std::string& id) const {
  const std::lock_guard lock{mutex_};
  std::vector<adapter::Attachment> out;
  for (const File& file : item(id).files) out.push_back(file.about);
  return out;
}

namespace {

template <class Files>
auto& file_of(Files& files, const std::string& attachment) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.about.id.str() == attachment; });
  if (found == files.end()) throw std::out_of_range("no attachment " + attachment);
  return *found;
}

}  // namespace

std::string ScriptedSystem::content(const std::string& id, const std::string& attachment) const {
  const std::lock_guard lock{mutex_};
  return file_of(item(id).files, attachment).content;
}

std::uint64_t ScriptedSystem::content_hash(const std::string& id, const std::string& attachment) const {
  const std::lock_guard lock{mutex_};
  return file_of(item(id).files, attachment).hash;
}

// ---- people

std::string ScriptedSystem::add(record::Fields fields, const std::string& type, const std::string& project) {
  std::string id;
  {
    const std::lock_guard lock{mutex_};
    id = next_id();
  }
  put(id, std::move(fields), type, project);
  return id;
}

void ScriptedSystem::put(const std::string& id, record::Fields fields, const std::string& type,
                         const std::string& project) {
  const std::lock_guard lock{mutex_};
  Item made;
  made.record.id = RecordId{id};
  made.record.project = ProjectName{project};
  made.record.type = type;
  made.record.fields = std::move(fields);
  Item& placed = items_[id] = std::move(made);
  touch(placed);
}

void ScriptedSystem::edit(const std::string& id, const record::Fields& patch) {
  const std::lock_guard lock{mutex_};
  Item& edited = item(id);
  for (const auto& [name, value] : patch) edited.record.fields.insert_or_assign(name, value);
  touch(edited);
}

void ScriptedSystem::remove(const std::string& id) {
  const std::lock_guard lock{mutex_};
  if (items_.erase(id) == 0) throw std::out_of_range("no record " + id);
}

std::string ScriptedSystem::copy(const std::string& id) {
  const std::lock_guard lock{mutex_};
  Item twin = item(id);
  const std::string other = next_id();
  twin.record.id = RecordId{other};
  Item& placed = items_[other] = std::move(twin);
  touch(placed);
  return other;
}

adapter::Comment& ScriptedSystem::comment_of(const std::string& id, const std::string& comment) {
  auto& all = item(id).comments;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const adapter::Comment& one) { return one.id.str() == comment; });
  if (found == all.end()) throw std::out_of_range("no comment " + comment);
  return *found;
}

std::string ScriptedSystem::add_comment(const std::string& id, const std::string& author, const std::string& plain,
                                        bool is_private) {
  const std::lock_guard lock{mutex_};
  Item& commented = item(id);
  adapter::Comment comment;
  comment.id = adapter::CommentId{next_part()};
  comment.author = record::User{{}, author, {}};
  comment.created = clock_.now();
  comment.body = record::from_plain(plain);
  comment.is_private = is_private;
  commented.comments.push_back(comment);
  touch(commented);
  return comment.id.str();
}

void ScriptedSystem::edit_comment(const std::string& id, const std::string& comment, const std::string& plain) {
  const std::lock_guard lock{mutex_};
  adapter::Comment& edited = comment_of(id, comment);
  edited.body = record::from_plain(plain);
  edited.edited = clock_.now();
  touch(item(id));
}

void ScriptedSystem::delete_comment(const std::string& id, const std::string& comment) {
  const std::lock_guard lock{mutex_};
  const adapter::CommentId gone = comment_of(id, comment).id;
  Item& commented = item(id);
  std::erase_if(commented.comments, [&](const adapter::Comment& one) { return one.id == gone; });
  touch(commented);
}

std::string ScriptedSystem::attach_file(const std::string& id, File file) {
  Item& owner = item(id);
  file.about.id = adapter::AttachmentId{next_part()};
  file.about.created = clock_.now();
  owner.files.push_back(std::move(file));
  touch(owner);
  return owner.files.back().about.id.str();
}

std::string ScriptedSystem::attach(const std::string& id, const std::string& name, std::string content,
                                   const std::string& author) {
  File file;
  file.about.name = name;
  file.about.media_type = "application/octet-stream";
  file.about.size = content.size();
  file.about.author = record::User{{}, author, {}};
  ContentHash hash;
  hash.take(content);
  file.hash = hash.value();
  file.content = std::move(content);
  const std::lock_guard lock{mutex_};
  return attach_file(id, std::move(file));
}

std::string ScriptedSystem::attach_generated(const std::string& id, const std::string& name, std::uint64_t size) {
  File file;
  file.about.name = name;
  file.about.media_type = "application/octet-stream";
  file.about.size = size;
  file.generated = true;
  ContentHash hash;
  for (std::uint64_t place = 0; place < size; ++place) {
    const char byte = generated_byte(place);
    hash.take({&byte, 1});
  }
  file.hash = hash.value();
  const std::lock_guard lock{mutex_};
  return attach_file(id, std::move(file));
}

void ScriptedSystem::detach(const std::string& id, const std::string& attachment) {
  const std::lock_guard lock{mutex_};
  Item& owner = item(id);
  if (std::erase_if(owner.files, [&](const File& file) { return file.about.id.str() == attachment; }) == 0)
    throw std::out_of_range("no attachment " + attachment);
  touch(owner);
}

// ---- the script

void ScriptedSystem::fail_next(Operation operation, Failure failure, When when,
                               std::optional<std::chrono::milliseconds> retry_after) {
  const std::lock_guard lock{mutex_};
  Error error = adapter::make_error(failure, "The test wants this call to fail.");
  error.retry_after = retry_after;
  scripts_[static_cast<std::size_t>(operation)].push_back({std::move(error), when});
}

void ScriptedSystem::fail_all(Failure failure, std::optional<std::chrono::milliseconds> retry_after) {
  const std::lock_guard lock{mutex_};
  outage_ = adapter::make_error(failure, "The test wants all calls to fail.");
  outage_->retry_after = retry_after;
}

void ScriptedSystem::mend() {
  const std::lock_guard lock{mutex_};
  outage_.reset();
  for (auto& script : scripts_) script.clear();
}

void ScriptedSystem::hold(Operation operation, When when) {
  const std::lock_guard lock{mutex_};
  held_ = {operation, when};
}

void ScriptedSystem::release() {
  {
    const std::lock_guard lock{mutex_};
    held_.reset();
  }
  changed_.notify_all();
}

void ScriptedSystem::await_held(int calls) const {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return waiting_ >= calls; });
}

void ScriptedSystem::set_latency(std::chrono::milliseconds latency) {
  const std::lock_guard lock{mutex_};
  latency_ = latency;
}

void ScriptedSystem::set_rate_limit(std::optional<adapter::RateLimit> limit) {
  const std::lock_guard lock{mutex_};
  limit_ = limit;
}

// ---- what was asked of it

int ScriptedSystem::calls(Operation operation) const {
  const std::lock_guard lock{mutex_};
  return calls_[static_cast<std::size_t>(operation)];
}

int ScriptedSystem::calls() const {
  const std::lock_guard lock{mutex_};
  return std::accumulate(calls_.begin(), calls_.end(), 0);
}

int ScriptedSystem::writes() const {
  using enum Operation;
  const std::lock_guard lock{mutex_};
  int sum = 0;
  for (const Operation operation : {create, update, Operation::remove, Operation::add_comment, update_comment,
                                    remove_comment, upload, remove_attachment})
    sum += calls_[static_cast<std::size_t>(operation)];
  return sum;
}

void ScriptedSystem::forget_calls() {
  const std::lock_guard lock{mutex_};
  calls_.fill(0);
  most_at_once_ = running_;
  largest_piece_ = 0;
}

record::Fields ScriptedSystem::last_patch() const {
  const std::lock_guard lock{mutex_};
  return last_patch_;
}

int ScriptedSystem::most_at_once() const {
  const std::lock_guard lock{mutex_};
  return most_at_once_;
}

std::size_t ScriptedSystem::largest_piece() const {
  const std::lock_guard lock{mutex_};
  return largest_piece_;
}

}  // namespace syncservice::support
