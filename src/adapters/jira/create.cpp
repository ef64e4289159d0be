// Making issues. What the screen that makes an issue does not have is written after it: the status by transitions,
// links, fields that only the screen for editing has. Until that is done the issue's property says what is missing, so
// that whoever finds the issue after a crash completes it, and never takes it for one that somebody has edited.
#include "jira_adapter.hpp"
#include "json.hpp"

#include "syncservice/base/text.hpp"

namespace syncservice::adapter::jira {

using nlohmann::json;

namespace {

// The id stands in the set while this lives.
class InCreation {
 public:
  InCreation(std::mutex& mutex, std::set<std::string>& ids, std::string id)
      : mutex_(mutex), ids_(ids), id_(std::move(id)) {
    const std::lock_guard lock{mutex_};
    ids_.insert(id_);
  }
  InCreation(const InCreation&) = delete;
  InCreation& operator=(const InCreation&) = delete;
  ~InCreation() {
    const std::lock_guard lock{mutex_};
    ids_.erase(id_);
  }

 private:
  std::mutex& mutex_;
  std::set<std::string>& ids_;
  const std::string id_;
};

// Can the creation itself write it?
bool is_on(const Screen& screen, const FieldTable& table, const std::string& name) {
  if (name.starts_with("timetracking.")) return screen.contains("timetracking");
  if (name.starts_with(link_prefix) || name == "status") return false;
  const auto field = table.find(name);
  // What is not there at all is refused by name when it is converted.
  return !field || screen.contains((*field)->id);
}

}  // namespace

Result<record::Record> JiraAdapter::create(const NewRecord& wanted, const CallContext& context) {
  const Call call{context, "creating an issue in project \"" + text::printable(wanted.project.str()) + '"'};
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on.error();
  if (wanted.marker.empty()) return make_error(Failure::refused, "A new issue needs a marker, and this one has none.");
  if (wanted.project.empty() || wanted.type.empty())
    return make_error(Failure::refused,
                      "A new issue needs a project and a type; name both at the app link's side, for example "
                      "{ application: jira, project: ED, type: Bug }.");
  const auto type = metadata_.type(wanted.project.str(), wanted.type, call);
  if (!type) return type.error();
  const auto screen = metadata_.screen(wanted.project.str(), type->id, call);
  if (!screen) return screen.error();
  const auto table = metadata_.fields(call);
  if (!table) return table.error();

  record::Fields at_once;
  Mark mark{wanted.marker, {}};
  for (const auto& [name, value] : wanted.fields) {
    if (value.is_null()) continue;
    (is_on(**screen, **table, name) ? at_once : mark.unfinished).emplace(name, value);
  }
  // Also what is written later must be known to be right before there is an issue.
  const auto later = to_writes(mark.unfinished, call);
  if (!later) return later.error();
  if (later->status) {
    if (auto exists = check_status({wanted.project.str(), type->id, {}, {}}, *later->status, call); !exists)
      return exists.error();
  }
  auto writes = to_writes(at_once, call);
  if (!writes) return writes.error();
  writes->fields["project"] = {{"key", wanted.project.str()}};
  writes->fields["issuetype"] = {{"id", type->id}};
  if (auto marked = put_marker(writes->fields, wanted.marker, **table); !marked) return marked.error();
  const json property{{"key", marker_property}, {"value", to_property(mark)}};
  const auto made =
      api_->send("POST", "issue", {}, json{{"fields", writes->fields}, {"properties", json::array({property})}}, call);
  if (!made) {
    // The screen may be another one by now.
    if (made.error().failure == FailureClass::permanent) metadata_.forget_screens();
    return made.error();
  }

  const std::string id = id_at(*made);
  const InCreation in_creation{mutex_, in_creation_, id};
  auto read = issue(wanted.project, RecordId{id}, call);
  if (!read) return as_uncertain(read.error());
  if (!read->mark.unfinished.empty()) read = complete(std::move(*read), call);
  if (!read) return undo(id, std::string{text_at(*made, "key")}, read.error(), call);
  read->record.project = wanted.project;
  return std::move(read->record);
}

Result<void> JiraAdapter::put_marker(json& fields, const std::string& marker, const FieldTable& table) const {
  const std::string label = marker_label(marker);
  if (options_.marker_field.empty()) {
    fields["labels"].push_back(label);
    return {};
  }
  const auto field = table.find(options_.marker_field);
  if (!field) return field.error();
  fields[(*field)->id] = label;
  return {};
}

Result<Issue> JiraAdapter::complete(const Issue& issue, const Call& call) {
  const RecordId id = issue.record.id;
  record::Fields missing = issue.mark.unfinished;
  // Written before it broke off: where a transition alone can set it, Jira would refuse it now.
  std::erase_if(missing, [&](const auto& field) {
    const auto held = issue.record.fields.find(field.first);
    return field.first != "status" && held != issue.record.fields.end() && held->second.text() == field.second.text();
  });
  if (auto applied = apply(id, missing, call, &issue.seen); !applied) return applied.error();
  return settle(issue, call);
}

// The issue is as it shall be, or as it can be: nobody has to complete it any more.
Result<Issue> JiraAdapter::settle(const Issue& issue, const Call& call) {
  const RecordId& id = issue.record.id;
  const auto done = api_->send("PUT", "issue/" + id.str() + "/properties/" + std::string{marker_property}, {},
                               to_property({issue.mark.marker, {}}), call);
  if (!done) return done.error();
  auto read = this->issue({}, id, call);
  if (!read) return as_uncertain(read.error());
  return read;
}

// An issue that can't be what was asked for is taken back. While that can't be told, it stays, and is completed when it
// is looked for.
Error JiraAdapter::undo(const std::string& id, const std::string& key, Error error, const Call& call) {
  if (error.failure != FailureClass::permanent) return as_uncertain(std::move(error));
  const auto removed = api_->send("DELETE", "issue/" + text::percent_encode(id), {}, nullptr, call);
  if (removed || removed.error().failure == FailureClass::gone) return error;
  error.message.append(" The issue ").append(text::printable(key));
  error.message.append(" that was made for it could not be deleted; delete it before the push is retried: ");
  error.message.append(removed.error().message);
  return error;
}

}  // namespace syncservice::adapter::jira
