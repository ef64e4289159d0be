// Changing issues.
#include "jira_adapter.hpp"
#include "json.hpp"
#include "walk.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {

using nlohmann::json;
using record::Value;

namespace {

Error refused_field(const std::string& name, const char* what) {
  std::string message = "Field \"";
  message.append(text::printable(name)).append("\" ").append(what);
  return make_error(Failure::refused, std::move(message));
}

Result<std::vector<std::string>> linked_ids(const std::string& name, const Value& value) {
  std::vector<std::string> out;
  const auto* list = value.as<record::List>();
  for (const Value& element : list == nullptr ? record::List{value} : *list) {
    if (element.is_null()) continue;
    const auto* reference = element.as<record::Reference>();
    const RecordId id = reference != nullptr ? reference->id : RecordId{element.text()};
    if (id.empty()) continue;
    if (auto valid = check_id(id); !valid) return refused_field(name, valid.error().message.c_str());
    out.push_back(id.str());
  }
  return out;
}

// The member of `timetracking` that the name stands for; null when it is another field.
const char* time_member(std::string_view name) noexcept {
  if (name == original_estimate) return "originalEstimate";
  if (name == remaining_estimate) return "remainingEstimate";
  return nullptr;
}

bool is_read_only_name(std::string_view name) noexcept {
  return name == "key" || name == "url" || name == time_spent;
}

}  // namespace

Error as_uncertain(Error error) {
  Error out = make_error(Failure::uncertain, "It is not known whether all of it was written: " + error.message);
  out.retry_after = error.retry_after;
  return out;
}

Result<record::Record> JiraAdapter::update(const ProjectName& project, const RecordId& id, const record::Fields& patch,
                                           const CallContext& context) {
  const Call call{context, "updating issue \"" + text::printable(id.str()) + '"'};
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on.error();
  if (auto valid = check_id(id); !valid) return valid.error();
  if (auto applied = apply(id, patch, call); !applied) return applied.error();
  auto read = issue(project, id, call);
  if (!read && read.error().failure == FailureClass::permanent) return read.error();
  if (!read) return patch.empty() ? read.error() : as_uncertain(read.error());
  return std::move(read->record);
}

Result<JiraAdapter::Writes> JiraAdapter::to_writes(const record::Fields& patch, const Call& call) {
  const auto server = api_->server(call);
  if (!server) return server.error();
  auto table = metadata_.fields(call);
  if (!table) return table.error();
  const Lookups lookups{[&](const record::User& user) { return people_.id_of(user, call); },
                        [&](const std::string& id) { return key_of_id(id, call); }};
  Writes out;
  for (const auto& [name, value] : patch) {
    if (is_read_only_name(name)) return refused_field(name, "can't be written; leave it out of the mapping.");
    if (name == "status") {
      const auto* option = value.as<record::Option>();
      out.status = option != nullptr ? *option : record::Option{{}, value.text()};
      if (*out.status == record::Option{})
        return refused_field(name, "can't be emptied: an issue always has a status.");
      continue;
    }
    if (name.starts_with(link_prefix)) {
      auto ids = linked_ids(name, value);
      if (!ids) return ids.error();
      out.links.insert_or_assign(name.substr(link_prefix.size()), std::move(*ids));
      continue;
    }
    if (const char* member = time_member(name)) {
      out.fields["timetracking"][member] = value.is_null() ? std::string{} : value.text();  // null is refused
      continue;
    }
    auto field = (*table)->find(name);
    if (!field) {
      table = metadata_.fields(call, true);
      if (!table) return table.error();
      field = (*table)->find(name);
    }
    if (!field) return field.error();
    if ((*field)->read_only) return refused_field(name, "can't be written; leave it out of the mapping.");
    auto written = to_json(value, **field, server->flavour, lookups);
    if (!written) return written.error();
    out.fields[(*field)->id] = std::move(*written);
  }
  return out;
}

Result<void> JiraAdapter::apply(const RecordId& id, const record::Fields& patch, const Call& call,
                                const Seen* just_read) {
  auto writes = to_writes(patch, call);
  if (!writes) return writes.error();
  if (const auto labels = writes->fields.find("labels"); labels != writes->fields.end()) {
    const auto known = seen(id, call);
    if (!known) return known.error();
    for (const std::string& label : known->marker_labels) labels->push_back(label);
  }
  auto applied = writes->status ? apply_status(id, *writes, call, just_read) : put_fields(id, writes->fields, call);
  if (!applied) return applied;
  return apply_links(id, writes->links, call);
}

Result<void> JiraAdapter::put_fields(const RecordId& id, const json& fields, const Call& call) {
  if (fields.empty()) return {};
  const auto answer = api_->send("PUT", "issue/" + id.str(), {}, json{{"fields", fields}}, call);
  if (!answer) return answer.error();
  return {};
}

// Where the status is reached already no transition takes what its screen alone has, such as the resolution: it stays
// what whoever went there made it, and must not keep the other fields from being written.
Result<void> JiraAdapter::put_editable(const RecordId& id, const json& fields, const Call& call) {
  auto put = put_fields(id, fields, call);
  if (put || put.error().failure != FailureClass::permanent) return put;
  const auto editable = api_->get("issue/" + id.str() + "/editmeta", {}, call);
  if (!editable) return editable.error();
  json rest = json::object();
  for (const auto& [field, value] : fields.items()) {
    if (object_at(*editable, "fields").contains(field)) rest[field] = value;
  }
  return rest.size() == fields.size() ? put : put_fields(id, rest, call);
}

// What can be edited now is written first, since a later status may forbid it; what can't goes with the transitions
// whose screens have it.
Result<void> JiraAdapter::apply_status(const RecordId& id, Writes& writes, const Call& call, const Seen* just_read) {
  Result<Seen> known = just_read != nullptr ? Result<Seen>{*just_read} : seen(id, call);
  // Only what was just read may say that there is nothing to do.
  if (just_read == nullptr && known && is_status(known->status, *writes.status)) known = look(id, call);
  if (!known) return known.error();
  if (is_status(known->status, *writes.status)) return put_editable(id, writes.fields, call);
  if (auto exists = check_status(*known, *writes.status, call); !exists) return exists;
  json at_once = json::object(), with_transition = json::object();
  if (!writes.fields.empty()) {
    const auto editable = api_->get("issue/" + id.str() + "/editmeta", {}, call);
    if (!editable) return editable.error();
    for (const auto& [field, value] : writes.fields.items())
      (object_at(*editable, "fields").contains(field) ? at_once : with_transition)[field] = value;
  }
  Walk walk{*api_, id.str(), *known, *writes.status, std::move(with_transition)};
  Learned learned;
  const std::pair key{known->project, known->type_id};
  {
    const std::lock_guard lock{mutex_};
    learned = workflows_[key];
  }
  Workflow& workflow = learned.workflow;
  auto walked = walk.check(workflow, call);
  if (walked) walked = put_fields(id, at_once, call);
  if (walked) walked = walk.run(workflow, call);
  {
    const std::lock_guard lock{mutex_};
    // Where there is no way by it, what was learned long ago may be wrong by now; the next issue looks anew.
    const bool old = Clock::now() - learned.since > Cache<std::string, int>::usual_age;
    const bool refused = !walked && walked.error().failure == FailureClass::permanent;
    workflows_[key] = refused && old ? Learned{} : std::move(learned);
  }
  Seen now = *known;
  now.status = walk.status();
  seen_.put(id.str(), now);
  if (!walked) return walked;
  return put_fields(id, walk.left(), call);
}

Result<void> JiraAdapter::check_status(const Seen& seen, const record::Option& wanted, const Call& call) {
  const auto types = metadata_.statuses(seen.project, call);
  if (!types) return types.error();
  const auto type = std::find_if((*types)->begin(), (*types)->end(),
                                 [&](const TypeStatuses& entry) { return entry.type_id == seen.type_id; });
  if (type == (*types)->end()) return {};
  std::vector<std::string> names;
  for (const Status& status : type->statuses) {
    if (is_status(status, wanted)) return {};
    names.push_back(status.name);
  }
  const std::string& name = wanted.name.empty() ? wanted.id : wanted.name;
  const std::vector<std::string> near = text::nearest(name, names);
  std::string message = "Field \"status\": no issue of this type in project \"";
  message.append(text::printable(seen.project)).append("\" can be \"").append(text::printable(name));
  message.append("\"; name ").append(text::quoted_list(near.empty() ? names : near)).append(".");
  return make_error(Failure::refused, std::move(message));
}

Result<void> JiraAdapter::remove(const ProjectName& project, const RecordId& id, const CallContext& context) {
  const Call call{context, "deleting issue \"" + text::printable(id.str()) + '"'};
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on;
  if (auto valid = check_id(id); !valid) return valid;
  // The id alone would do; that it is of this project is worth a call before something is gone for good.
  if (auto there = issue(project, id, call); !there) return there.error();
  const auto answer = api_->send("DELETE", "issue/" + id.str(), {}, nullptr, call);
  if (!answer) return answer.error();
  seen_.erase(id.str());
  return {};
}

}  // namespace syncservice::adapter::jira
