#include "end_to_end/jira_person.hpp"

#include <stdexcept>
#include <utility>

namespace syncservice::end_to_end {

std::string Flavour::account() const {
  return cloud() ? "username: sync@example.com, token: sync-secret" : "token: sync-pat";
}

json Flavour::rich(const std::string& text) const {
  if (!cloud()) return text;
  const json paragraph{{"type", "paragraph"}, {"content", {{{"type", "text"}, {"text", text}}}}};
  return {{"type", "doc"}, {"version", 1}, {"content", {paragraph}}};
}

std::string Flavour::plain(const json& rich) const {
  if (rich.is_null()) return {};
  if (rich.is_string()) return rich;
  if (rich.value("type", "") == "text") return rich.at("text");
  std::string text;
  for (const json& child : rich.value("content", json::array())) {
    if (!text.empty() && child.value("type", "") == "paragraph") text += '\n';
    text += plain(child);
  }
  return text;
}

JiraPerson::JiraPerson(const support::Simulator& jira, Flavour flavour, std::string user)
    : jira_(jira), flavour_(std::move(flavour)) {
  credentials_ = support::basic(flavour_.cloud() ? user + "@example.com" : user, user + "-secret");
}

json JiraPerson::send(support::Request request) const {
  request.headers.emplace_back("Authorization", credentials_);
  const support::Answer answer = support::ask({.port = jira_.port()}, request);
  if (answer.status >= 300) {
    throw std::runtime_error("Jira answers " + request.method + " " + request.target + " with " +
                             std::to_string(answer.status) + " " + answer.body);
  }
  return answer.body.empty() ? json() : json::parse(answer.body);
}

json JiraPerson::call(const std::string& method, const std::string& path, const json& body) const {
  support::Request request{.method = method, .target = flavour_.api() + path};
  if (!body.is_null()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = body.dump();
  }
  return send(std::move(request));
}

std::string JiraPerson::make(const std::string& project, const std::string& type, const std::string& summary,
                             const json& fields) const {
  json all{{"project", {{"key", project}}}, {"issuetype", {{"name", type}}}, {"summary", summary}};
  all.update(fields);
  return call("POST", "/issue", {{"fields", all}}).at("key");
}

std::string JiraPerson::report(const std::string& summary, const json& fields) const {
  return make("ED", "Bug", summary, fields);
}

void JiraPerson::edit(const std::string& key, const json& fields) const {
  static_cast<void>(call("PUT", "/issue/" + key, {{"fields", fields}}));
}

void JiraPerson::move(const std::string& key, const std::string& transition, const json& fields) const {
  const json body{{"transition", {{"id", transition}}}, {"fields", fields}};
  static_cast<void>(call("POST", "/issue/" + key + "/transitions", body));
}

void JiraPerson::comment(const std::string& key, const std::string& text) const {
  static_cast<void>(call("POST", "/issue/" + key + "/comment", {{"body", flavour_.rich(text)}}));
}

void JiraPerson::attach(const std::string& key, const std::string& name, const std::string& content) const {
  std::string body = "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"";
  body.append(name).append("\"\r\nContent-Type: text/plain\r\n\r\n").append(content).append("\r\n--part--\r\n");
  static_cast<void>(
      send({.method = "POST",
            .target = flavour_.api() + "/issue/" + key + "/attachments",
            .headers = {{"Content-Type", "multipart/form-data; boundary=part"}, {"X-Atlassian-Token", "no-check"}},
            .body = std::move(body)}));
}

json JiraPerson::fields(const std::string& key) const {
  return call("GET", "/issue/" + key).at("fields");
}

}  // namespace syncservice::end_to_end
