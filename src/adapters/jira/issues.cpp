// Reading issues.
#include "jira_adapter.hpp"
#include "jql.hpp"
#include "json.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {

using nlohmann::json;
using record::Value;

namespace {

// Comments, attachments and work logs have calls of their own, and can be many.
constexpr std::string_view all_fields = "*all,-comment,-attachment,-worklog";
// A search for a marker finds one issue and its clones.
constexpr int most_candidates = 50;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Labels without those that lead to markers, which go to `markers`.
Value labels_of(const json& labels, std::vector<std::string>& markers) {
  record::List out;
  for (const json& label : labels) {
    if (!label.is_string()) continue;
    std::string words = label.get<std::string>();
    if (is_marker_label(words)) {
      markers.push_back(std::move(words));
    } else {
      out.emplace_back(std::move(words));
    }
  }
  return out;
}

void add_time_tracking(record::Fields& out, const json& tracking) {
  for (const auto& [name, member] :
       {std::pair{original_estimate, "originalEstimate"}, std::pair{remaining_estimate, "remainingEstimate"},
        std::pair{time_spent, "timeSpent"}}) {
    const std::string_view words = text_at(tracking, member);
    out.insert_or_assign(std::string{name}, words.empty() ? Value{} : Value{std::string{words}});
  }
}

void add_links(record::Fields& out, const json& links) {
  std::map<std::string, record::List> by_name;
  for (const json& link : links) {
    const json& outward = object_at(link, "outwardIssue");
    const bool is_outward = !outward.empty();
    const std::string id = id_at(is_outward ? outward : object_at(link, "inwardIssue"));
    std::string name{link_prefix};
    name += text_at(object_at(link, "type"), is_outward ? "outward" : "inward");
    if (!id.empty()) by_name[name].emplace_back(record::Reference{{}, RecordId{id}});
  }
  for (auto& [name, list] : by_name) out.insert_or_assign(name, std::move(list));
}

// Custom fields by their names too, where a name leaves no doubt which of the issue's fields is meant.
void add_names(record::Fields& out, const FieldTable& table) {
  record::Fields named;
  for (const auto& [id, value] : out) {
    const Field* field = table.by_id(id);
    if (field == nullptr || !field->custom || field->name.empty() || table.by_id(field->name) != nullptr) continue;
    const std::vector<const Field*> same = table.named(field->name);
    const auto present =
        std::count_if(same.begin(), same.end(), [&](const Field* other) { return out.contains(other->id); });
    if (present == 1 && !out.contains(field->name)) named.emplace(field->name, value);
  }
  out.merge(named);
}

bool is_same_project(const ProjectName& asked, const json& project) {
  return asked.empty() || text::iequals(asked.str(), text_at(project, "key")) || asked.str() == id_at(project);
}

Error elsewhere(const ProjectName& asked, const Issue& issue) {
  std::string message = "Issue \"";
  message.append(text::printable(issue.key)).append("\" is in project \"");
  message.append(text::printable(issue.record.project.str())).append("\", not in \"");
  message.append(text::printable(asked.str()));
  message +=
      "\": it was moved, or pushed for the wrong project. Move it back, add that project to the app link, or "
      "discard the push.";
  return make_error(Failure::refused, std::move(message));
}

}  // namespace

Result<void> check_id(const RecordId& id) {
  const std::string& text = id.str();
  const std::size_t dash = text.rfind('-');
  const std::string_view number = std::string_view{text}.substr(dash == std::string::npos ? 0 : dash + 1);
  bool fine = !number.empty() && std::all_of(number.begin(), number.end(), is_digit);
  if (dash != std::string::npos) {
    const std::string_view project = std::string_view{text}.substr(0, dash);
    fine = fine && !project.empty() && is_letter(project.front()) &&
           std::all_of(project.begin(), project.end(),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; });
  }
  if (fine) return {};
  return make_error(Failure::refused, "\"" + text::printable(text) +
                                          "\" is no issue of Jira; name one by its key or id, such as \"ED-24\" or "
                                          "\"10024\".");
}

Result<record::Record> JiraAdapter::read(const ProjectName& project, const RecordId& id, const CallContext& context) {
  const Call call{context, "reading issue \"" + text::printable(id.str()) + '"'};
  auto read = issue(project, id, call);
  if (!read) return read.error();
  auto done = finished(std::move(*read), project, call);
  if (!done) return done.error();
  return std::move(done->record);
}

Result<Issue> JiraAdapter::issue(const ProjectName& project, const RecordId& id, const Call& call) {
  if (auto valid = check_id(id); !valid) return valid.error();
  const auto answer = api_->get(
      "issue/" + id.str(), {{"fields", std::string{all_fields}}, {"properties", std::string{marker_property}}}, call);
  if (!answer) return answer.error();
  auto read = to_issue(*answer, call);
  if (!read) return read;
  if (!is_same_project(project, object_at(object_at(*answer, "fields"), "project"))) return elsewhere(project, *read);
  if (!project.empty()) read->record.project = project;
  return read;
}

// An issue whose creation broke off is completed by whoever reads it first. One that can't be completed any more, since
// somebody has moved it or the workflow is another one, is read as it is: whoever writes to it is told what is refused.
Result<Issue> JiraAdapter::finished(Issue issue, const ProjectName& project, const Call& call) {
  if (issue.mark.unfinished.empty()) return issue;
  {
    const std::lock_guard lock{mutex_};
    if (in_creation_.contains(issue.record.id.str())) return issue;
  }
  auto done = complete(issue, call);
  if (!done && done.error().failure == FailureClass::permanent) done = settle(issue, call);
  if (!done && done.error().failure == FailureClass::permanent) return issue;
  if (done && !project.empty()) done->record.project = project;
  return done;
}

Result<Issue> JiraAdapter::to_issue(const json& answer, const Call& call) {
  const auto server = api_->server(call);
  if (!server) return server.error();
  const json& fields = object_at(answer, "fields");
  Issue out;
  record::Record& record = out.record;
  record.id = RecordId{id_at(answer)};
  out.key = text_at(answer, "key");
  if (record.id.empty() || out.key.empty() || fields.empty())
    return make_error(Failure::malformed, "Jira's answer while " + call.doing + " holds no issue.");
  auto table = metadata_.fields(call);
  if (!table) return table.error();
  const auto unknown = [&](const std::string& id) {
    return !is_apart(id) && (*table)->by_id(id) == nullptr && !unknown_.find(id);
  };
  bool asked = false;
  for (const auto& [id, value] : fields.items()) {
    if (!unknown(id)) continue;
    if (!std::exchange(asked, true)) table = metadata_.fields(call, true);
    if (!table) return table.error();
    if (unknown(id)) unknown_.put(id, true);
  }
  out.mark = mark_of(answer);
  record.project = ProjectName{std::string{text_at(object_at(fields, "project"), "key")}};
  record.type = text_at(object_at(fields, "issuetype"), "name");
  record.marker = out.mark.marker;
  if (const auto updated = record::instant_from_text(text_at(fields, "updated"))) record.updated = updated->at;
  auto values = to_fields(fields, **table, *server, call);
  if (!values) return values.error();
  record.fields = std::move(*values);
  record.fields.insert_or_assign("labels", labels_of(list_at(fields, "labels"), out.seen.marker_labels));
  record.fields.insert_or_assign("key", out.key);
  record.fields.insert_or_assign("url", server->base_url + "/browse/" + out.key);

  out.seen.project = record.project.str();
  out.seen.type_id = id_at(object_at(fields, "issuetype"));
  out.seen.status = status_of(object_at(fields, "status"));
  seen_.put(record.id.str(), out.seen);
  keys_.put(record.id.str(), out.key);
  return out;
}

void JiraAdapter::remember_people(const Value& value) {
  if (const auto* user = value.as<record::User>()) people_.remember(*user);
  if (const auto* list = value.as<record::List>()) {
    for (const Value& element : *list) remember_people(element);
  }
}

Result<record::Fields> JiraAdapter::to_fields(const json& fields, const FieldTable& table, const Server& server,
                                              const Call& call) {
  record::Fields out;
  for (const auto& [id, value] : fields.items()) {
    if (is_apart(id)) continue;
    const Field* field = table.by_id(id);
    const Field unknown{id, id, Shape::other, false, false, true};
    Value read = value_of(value, field == nullptr ? unknown : *field, server.flavour);
    remember_people(read);
    const auto* epic = read.as<record::Reference>();
    if (field != nullptr && field->shape == Shape::issue_key && epic != nullptr) {
      auto epic_id = id_of_key(epic->id.str(), call);
      if (!epic_id) return epic_id.error();
      read = record::Reference{{}, RecordId{std::move(*epic_id)}};
    }
    out.insert_or_assign(id, std::move(read));
  }
  if (fields.contains("timetracking")) add_time_tracking(out, fields["timetracking"]);
  add_links(out, list_at(fields, "issuelinks"));
  add_names(out, table);
  return out;
}

// What can't be seen keeps its key.
Result<std::string> JiraAdapter::id_of_key(const std::string& key, const Call& call) {
  if (auto known = ids_.find(key)) return std::move(*known);
  const auto answer = api_->get("issue/" + text::percent_encode(key), {{"fields", "summary"}}, call);
  if (!answer && answer.error().failure != FailureClass::gone) return answer.error();
  std::string id = answer ? id_at(*answer) : key;
  ids_.put(key, id);
  return id;
}

Result<std::string> JiraAdapter::key_of_id(const std::string& id, const Call& call) {
  if (auto known = keys_.find(id)) return std::move(*known);
  const auto answer = api_->get("issue/" + text::percent_encode(id), {{"fields", "summary"}}, call);
  if (!answer) return answer.error();
  std::string key{text_at(*answer, "key")};
  keys_.put(id, key);
  return key;
}

Result<Seen> JiraAdapter::seen(const RecordId& id, const Call& call) {
  if (auto known = seen_.find(id.str())) return std::move(*known);
  return look(id, call);
}

Result<Seen> JiraAdapter::look(const RecordId& id, const Call& call) {
  const auto answer = api_->get("issue/" + id.str(), {{"fields", "project,issuetype,status,labels"}}, call);
  if (!answer) return answer.error();
  const json& fields = object_at(*answer, "fields");
  Seen out;
  out.project = text_at(object_at(fields, "project"), "key");
  out.type_id = id_at(object_at(fields, "issuetype"));
  out.status = status_of(object_at(fields, "status"));
  static_cast<void>(labels_of(list_at(fields, "labels"), out.marker_labels));
  seen_.put(id_at(*answer), out);
  return out;
}

Result<std::optional<record::Record>> JiraAdapter::find_by_marker(const ProjectName& project, const std::string& marker,
                                                                  const CallContext& context) {
  using Found = std::optional<record::Record>;
  const Call call{context, "looking for the issue of marker \"" + text::printable(marker) + '"'};
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on.error();
  if (marker.empty()) return Found{};
  const std::string label = marker_label(marker);
  std::string condition = "labels = " + jql_quoted(label);
  if (!options_.marker_field.empty()) {
    const auto table = metadata_.fields(call);
    if (!table) return table.error();
    const auto field = (*table)->find(options_.marker_field);
    if (!field) return field.error();
    condition = "cf[" + (*field)->id.substr((*field)->id.find('_') + 1) + "] ~ " + jql_quoted('"' + label + '"');
  }
  const auto page = api_->search({project.str(), {}, {}, condition}, {}, {}, most_candidates, call);
  if (!page) return page.error();
  for (const json& candidate : page->issues) {
    const RecordId id{id_at(candidate)};
    auto read = issue({}, id, call);
    // The index may still show what is gone.
    if (!read && read.error().failure == FailureClass::gone) continue;
    if (!read) return read.error();
    if (read->mark.marker != marker) continue;
    if (!project.empty()) read->record.project = project;
    auto done = finished(std::move(*read), project, call);
    if (!done) return done.error();
    return Found{std::move(done->record)};
  }
  // Nothing at all is also what strangers find.
  if (page->issues.empty()) {
    if (auto known = api_->check_signed_in(call); !known) return known.error();
  }
  return Found{};
}

}  // namespace syncservice::adapter::jira
