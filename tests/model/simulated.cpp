#include "simulated.hpp"

#include "support/fake_clock.hpp"
#include "support/raw_client.hpp"

#include "syncservice/adapters/alm/alm.hpp"
#include "syncservice/adapters/helix_alm/helix_alm.hpp"
#include "syncservice/adapters/jira/jira.hpp"
#include "syncservice/adapters/servicenow/servicenow.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace syncservice::model {

using nlohmann::json;

namespace {

// By the number of the field.
constexpr std::array alm_fields{"name", "user-07", "description"};
constexpr std::array helix_fields{"Summary", "Customer's View", "Description"};
constexpr std::array jira_fields{"summary", "customfield_10102", "description"};
constexpr std::array servicenow_fields{"short_description", "u_text", "description"};

/// All texts in a document, in their order.
std::string text_in(const json& node) {
  if (node.is_string()) return node;
  std::string out;
  if (node.is_object()) {
    if (node.contains("text")) out += node.at("text").get<std::string>();
    if (node.contains("content")) out += text_in(node.at("content"));
  } else if (node.is_array()) {
    for (const json& part : node) out += text_in(part);
  }
  return out;
}

constexpr const char* alm_comments = "dev-comments";
// What ALM parts comments by.
const std::string alm_line(40, '_');

/// The first value of an entity's field.
std::string first(const json& entity, const char* field) {
  const json& values = entity.at(field);
  return values.empty() ? std::string{} : values.at(0).get<std::string>();
}

std::string without_tags(const std::string& html) {
  std::string out;
  bool in_tag = false;
  for (const char c : html) {
    if (c == '<') in_tag = true;
    if (!in_tag && c != '\n') out += c;
    if (c == '>') in_tag = false;
  }
  return out;
}

std::string bold_memo(const std::string& text) {
  return "<html><body><b>" + text + "</b></body></html>";
}

json bold_html(const std::string& text) {
  return {{"text", "<p><b>" + text + "</b></p>"}, {"isFormatted", true}};
}

/// The value of a field as Helix ALM holds it; null when it is not set.
json helix_value(const json& of, const std::string& label) {
  for (const json& field : of.at("fields")) {
    if (field.at("label") == label) return field.at(field.at("type").get<std::string>());
  }
  throw std::runtime_error("no field " + label);
}

}  // namespace

void Simulated::reset() {
  simulator_.reset();
  simulator_.drop_faults();
  simulator_.control("POST", "/clock", {{"set", to_millis(support::FakeClock{}.now()) / 1000}, {"freeze", true}});
  coming_.clear();
  changed();
  prepare();
}

// Struck before it did anything or after it did all, at once or some calls later.
void Simulated::fail(int choice) {
  const bool after = choice % 2 == 1;
  json fault{{"after", (choice / 2) % 6}};
  switch (choice / 12) {
    case 0:
      fault["kind"] = after ? "commit_then_cut" : "cut";
      break;
    case 1:
      fault["kind"] = after ? "commit_then_answer" : "answer";
      fault["status"] = after ? 500 : 503;
      break;
    default:
      fault["kind"] = "answer";
      fault["status"] = 429;
      fault["headers"] = {{"Retry-After", "5"}};
  }
  coming_.push_back(std::move(fault));
}

void Simulated::pass_begins() {
  for (const json& fault : std::exchange(coming_, {})) simulator_.fault(fault);
}

void Simulated::pass_ended() {
  simulator_.drop_faults();
  changed();
}

void Simulated::advance(std::chrono::milliseconds by) {
  simulator_.advance_clock(std::chrono::duration<double>(by).count());
}

registry::End Simulated::end_of(const adapter::Kind& kind, const adapter::Settings& settings, std::string type) {
  auto application = std::make_shared<registry::Application>();
  application->name = ApplicationName{kind.name};
  application->kind = kind.name;
  Result<std::unique_ptr<adapter::Adapter>> made = kind.make(settings);
  if (!made) throw std::runtime_error(made.error().message);
  application->adapter = std::move(*made);
  return {std::move(application), std::move(type)};
}

const json& Simulated::records() {
  if (!records_) records_ = simulator_.record(kind());
  return *records_;
}

const json& Simulated::record(const std::string& id) {
  const json& all = records();
  const auto found = std::find_if(all.begin(), all.end(), [&](const json& one) { return id_of(one) == id; });
  if (found == all.end()) throw std::runtime_error("no record " + id);
  return *found;
}

// People leave the severity out.
void Alm::prepare() {
  simulator().seed("field",
                   {{"project", "QualityCenter"}, {"type", "defect"}, {"name", "severity"}, {"required", false}});
}

registry::End Alm::end() {
  adapter::Settings settings;
  settings.values["url"] = simulator().url("/qcbin");
  settings.values["username"] = "sync";
  settings.values["password"] = "sync-secret";
  settings.values["domain"] = "DEFAULT";
  settings.values["markerField"] = "user-01";
  return end_of(adapter::alm_kind(), settings, "defect");
}

std::string Alm::field(std::size_t number) const {
  return alm_fields.at(number);
}

void Alm::write(json defect) {
  defect["project"] = "QualityCenter";
  defect["type"] = "defect";
  simulator().seed("edit", defect);
  changed();
}

void Alm::begin(const std::array<std::string, fields>& values) {
  write({{"fields", {{alm_fields[0], values[0]}, {alm_fields[1], values[1]}, {alm_fields[2], bold_memo(values[2])}}}});
}

std::vector<std::string> Alm::ids() {
  std::vector<std::string> all;
  for (const json& defect : records()) all.push_back(id_of(defect));
  return all;
}

std::string Alm::text(const std::string& id, std::size_t number) {
  return without_tags(first(record(id), alm_fields.at(number)));
}

Timestamp Alm::updated(const std::string& id) {
  const auto updated = record::instant_from_text(first(record(id), "last-modified") + "Z");
  if (!updated) throw std::runtime_error("the defect's \"last-modified\" is no instant");
  return updated->at;
}

std::vector<std::string> Alm::comments(const std::string& id) {
  std::vector<std::string> texts;
  std::string memo = first(record(id), alm_comments);
  while (!memo.empty()) {
    const std::size_t line = memo.find(alm_line);
    texts.push_back(without_tags(memo.substr(0, line)));
    memo.erase(0, line == std::string::npos ? line : line + alm_line.size());
  }
  return texts;
}

void Alm::edit(const std::string& id, std::size_t number, const std::string& text) {
  write({{"id", id}, {"fields", {{alm_fields.at(number), number == 2 ? bold_memo(text) : text}}}});
}

void Alm::comment(const std::string& id, const std::string& text) {
  std::string memo = first(record(id), alm_comments);
  memo = memo.empty() ? "<html><body>" : memo.substr(0, memo.rfind("</body>")) + "<br /><b>" + alm_line + "</b><br />";
  memo.append("<b>Anna Alm &lt;anna&gt;, 24/11/2026:</b> ").append(text).append("</body></html>");
  write({{"id", id}, {"fields", {{alm_comments, memo}}}});
}

registry::End Helix::end() {
  adapter::Settings settings;
  settings.values["url"] = simulator().url();
  settings.values["apiKeyId"] = "key-sync";
  settings.values["apiKeySecret"] = "key-secret";
  settings.values["markerField"] = "Sync Key";
  settings.values["requestsPerSecond"] = "1000";
  return end_of(adapter::helix_alm_kind(), settings, "issue");
}

std::string Helix::field(std::size_t number) const {
  return helix_fields.at(number);
}

void Helix::act(const std::string& what, json issue) {
  issue["project"] = 4;
  issue["itemType"] = "issues";
  simulator().seed(what, issue);
  changed();
}

void Helix::begin(const std::array<std::string, fields>& values) {
  act("edit", {{"fields", {{helix_fields[0], values[0]}, {helix_fields[1], values[1]}}},
               {"foundBy", json::array({{{"description", bold_html(values[2])}}})}});
}

std::vector<std::string> Helix::ids() {
  std::vector<std::string> all;
  for (const json& issue : records()) all.push_back(id_of(issue));
  return all;
}

std::string Helix::text(const std::string& id, std::size_t number) {
  const json value = helix_value(record(id), helix_fields.at(number));
  if (value.is_object()) return without_tags(value.at("text"));
  return value.is_null() ? std::string{} : value.get<std::string>();
}

Timestamp Helix::updated(const std::string& id) {
  const auto updated = record::instant_from_text(helix_value(record(id), "Date Modified").get<std::string>());
  if (!updated) throw std::runtime_error("the issue's \"Date Modified\" is no instant");
  return updated->at;
}

std::vector<std::string> Helix::comments(const std::string& id) {
  std::vector<std::string> texts;
  for (const json& event : record(id).at("events").at("eventsData")) {
    if (event.at("name") == "Comment") texts.push_back(helix_value(event, "Notes"));
  }
  return texts;
}

void Helix::edit(const std::string& id, std::size_t number, const std::string& text) {
  json issue{{"id", std::stoi(id)}};
  if (number != 2) {
    issue["fields"] = {{helix_fields.at(number), text}};
  } else {
    json found_by{{"description", bold_html(text)}};
    const json& before = record(id).at("foundByRecords").at("foundByRecordsData");
    if (!before.empty()) found_by["id"] = before.at(0).at("id");
    issue["foundBy"] = json::array({found_by});
  }
  act("edit", std::move(issue));
}

void Helix::comment(const std::string& id, const std::string& text) {
  act("event", {{"id", std::stoi(id)}, {"name", "Comment"}, {"fields", {{"Notes", text}}}});
}

std::vector<std::string> Jira::arguments(JiraFlavour flavour) {
  return {"--flavour", flavour == JiraFlavour::cloud ? "cloud" : "datacenter"};
}

// Searches lag; the product is told how far at most.
void Jira::prepare() {
  simulator().set("index_lag", 10);
}

registry::End Jira::end() {
  adapter::Settings settings;
  settings.values["url"] = simulator().url();
  settings.values["username"] = cloud() ? "sync@example.com" : "sync";
  settings.values[cloud() ? "token" : "password"] = "sync-secret";
  settings.values["searchLag"] = "15s";
  return end_of(adapter::jira_kind(), settings, "Bug");
}

std::string Jira::field(std::size_t number) const {
  return jira_fields.at(number);
}

json Jira::written(const std::string& text, bool bold) const {
  if (!cloud()) return bold ? "*" + text + "*" : text;
  json words{{"type", "text"}, {"text", text}};
  if (bold) words["marks"] = json::array({{{"type", "strong"}}});
  const json paragraph{{"type", "paragraph"}, {"content", json::array({words})}};
  return {{"type", "doc"}, {"version", 1}, {"content", json::array({paragraph})}};
}

void Jira::begin(const std::array<std::string, fields>& values) {
  simulator().seed("issue", {{"project", "ED"},
                             {"type", "Bug"},
                             {"summary", values[0]},
                             {"fields", {{jira_fields[1], values[1]}, {jira_fields[2], written(values[2], true)}}}});
  changed();
}

std::vector<std::string> Jira::ids() {
  std::vector<std::string> all;
  for (const json& issue : records()) all.push_back(issue.at("id"));
  return all;
}

std::string Jira::text(const std::string& id, std::size_t number) {
  const json& issue_fields = record(id).at("fields");
  const auto found = issue_fields.find(jira_fields.at(number));
  if (found == issue_fields.end() || found->is_null()) return {};
  std::string text = text_in(*found);
  if (!cloud()) std::erase(text, '*');
  return text;
}

Timestamp Jira::updated(const std::string& id) {
  const auto updated = record::instant_from_text(record(id).at("fields").at("updated").get<std::string>());
  if (!updated) throw std::runtime_error("the issue's \"updated\" is no instant");
  return updated->at;
}

std::vector<std::string> Jira::comments(const std::string& id) {
  std::vector<std::string> texts;
  for (const json& comment : record(id).at("comments")) texts.push_back(text_in(comment.at("body")));
  return texts;
}

void Jira::ask(const std::string& method, const std::string& path, const json& body) {
  support::Request request{.method = method, .target = (cloud() ? "/rest/api/3/issue/" : "/rest/api/2/issue/") + path};
  request.headers.emplace_back("Authorization", support::basic(cloud() ? "fred@example.com" : "fred", "fred-secret"));
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Accept", "application/json");
  request.body = body.dump();
  const support::Answer answer = support::ask({.port = simulator().port()}, request);
  if (answer.status >= 300) throw std::runtime_error(method + " " + path + ": " + answer.status_line + answer.body);
  changed();
}

void Jira::edit(const std::string& id, std::size_t number, const std::string& text) {
  ask("PUT", id, {{"fields", {{jira_fields.at(number), number == 2 ? written(text, true) : json(text)}}}});
}

void Jira::comment(const std::string& id, const std::string& text) {
  ask("POST", id + "/comment", {{"body", written(text, false)}});
}

registry::End ServiceNow::end() {
  adapter::Settings settings;
  settings.values["url"] = simulator().url();
  settings.values["username"] = "sync.user";
  settings.values["password"] = "sync-password";
  return end_of(adapter::servicenow_kind(), settings, "incident");
}

std::string ServiceNow::field(std::size_t number) const {
  return servicenow_fields.at(number);
}

void ServiceNow::begin(const std::array<std::string, fields>& values) {
  json incident;
  for (std::size_t number = 0; number < fields; ++number) incident[servicenow_fields.at(number)] = values.at(number);
  simulator().seed("incident", incident);
  changed();
}

std::vector<std::string> ServiceNow::ids() {
  std::vector<std::string> all;
  for (const json& incident : records()) all.push_back(incident.at("sys_id"));
  return all;
}

std::string ServiceNow::text(const std::string& id, std::size_t number) {
  return record(id).value(servicenow_fields.at(number), std::string{});
}

Timestamp ServiceNow::updated(const std::string& id) {
  std::string text = record(id).at("sys_updated_on");
  text.replace(text.find(' '), 1, "T");
  const auto updated = record::instant_from_text(text + "Z");
  if (!updated) throw std::runtime_error("the incident's \"sys_updated_on\" is no instant");
  return updated->at;
}

std::vector<std::string> ServiceNow::comments(const std::string& id) {
  std::vector<std::string> texts;
  for (const json& entry : simulator().record("sys_journal_field")) {
    if (entry.at("element_id") == id && entry.at("element") == "comments") texts.push_back(entry.at("value"));
  }
  return texts;
}

void ServiceNow::edit(const std::string& id, std::size_t number, const std::string& text) {
  simulator().seed("incident", {{"sys_id", id}, {servicenow_fields.at(number), text}, {"sys_updated_by", "jane.doe"}});
  changed();
}

void ServiceNow::comment(const std::string& id, const std::string& text) {
  simulator().seed("incident", {{"sys_id", id}, {"comments", text}, {"sys_updated_by", "jane.doe"}});
  changed();
}

}  // namespace syncservice::model
