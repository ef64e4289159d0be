#include "people.hpp"

#include "json.hpp"
#include "values.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>

namespace syncservice::adapter::jira {
namespace {

using record::User;

constexpr std::size_t most_found = 50;

std::string said(const User& user) {
  std::string out = "\"";
  out += text::printable(user.name.empty() ? (user.email.empty() ? user.id : user.email) : user.name);
  out += '"';
  if (!user.name.empty() && !user.email.empty()) out.append(" <").append(text::printable(user.email)).append(">");
  return out;
}

Error nobody(const User& wanted) {
  std::string message = "Jira has no active user ";
  message.append(said(wanted)).append(" that this account may find; give the rule a table, for example users: { \"");
  message.append(text::printable(wanted.name.empty() ? wanted.email : wanted.name));
  return make_error(Failure::refused, message + "\": …, \"*\": … }.");
}

Error several(const User& wanted, const std::vector<const Person*>& found) {
  std::vector<std::string> ids;
  ids.reserve(found.size());
  for (const Person* person : found) ids.push_back(person->user.id);
  std::string message = "Jira has several users ";
  message.append(said(wanted)).append(": ").append(text::quoted_list(ids));
  return make_error(Failure::refused, message + "; give the rule a table that names the one that is meant by this id.");
}

template <class Fits>
std::vector<const Person*> those(const std::vector<Person>& found, Fits fits) {
  std::vector<const Person*> out;
  for (const Person& person : found) {
    if (person.active && fits(person.user)) out.push_back(&person);
  }
  return out;
}

// "5b10a2844c20165700ede21g", "712020:6c3e…", "557058:…".
bool looks_like_account_id(const std::string& text) {
  if (text.find(' ') != std::string::npos || text.find('@') != std::string::npos) return false;
  return text.find(':') != std::string::npos || text.size() == 24;
}

}  // namespace

Result<std::string> choose(const User& wanted, const std::vector<Person>& found) {
  const auto one = [&](const std::vector<const Person*>& fitting) -> Result<std::string> {
    if (fitting.size() > 1) return several(wanted, fitting);
    return fitting.front()->user.id;
  };
  if (!wanted.email.empty()) {
    const auto same = those(found, [&](const User& user) { return text::iequals(user.email, wanted.email); });
    if (!same.empty()) return one(same);
    const auto hidden = those(found, [](const User& user) { return user.email.empty(); });
    if (hidden.size() == 1) return one(hidden);
  }
  if (!wanted.name.empty()) {
    const auto login = those(found, [&](const User& user) { return text::iequals(user.id, wanted.name); });
    if (!login.empty()) return one(login);
    const auto same = those(found, [&](const User& user) {
      return text::iequals(user.name, wanted.name) || text::iequals(user.email, wanted.name);
    });
    if (!same.empty()) return one(same);
  }
  return nobody(wanted);
}

void People::remember(const User& user) {
  if (!user.id.empty()) known_.put(user.id, user);
}

Result<std::vector<Person>> People::search(const std::string& words, const Call& call) {
  const auto server = api_.server(call);
  if (!server) return server.error();
  const char* parameter = server->flavour == Flavour::cloud ? "query" : "username";
  const auto answer = api_.get("user/search", {{parameter, words}, {"maxResults", std::to_string(most_found)}}, call);
  if (!answer) return answer.error();
  std::vector<Person> out;
  if (!answer->is_array()) return out;
  for (const nlohmann::json& entry : *answer) {
    // The cloud also lists what add-ons and customers of a service desk act as.
    const std::string_view kind = text_at(entry, "accountType");
    if (!kind.empty() && kind != "atlassian") continue;
    const auto active = entry.find("active");
    out.push_back({user_of(entry, server->flavour), active == entry.end() || !active->is_boolean() || *active});
  }
  return out;
}

Result<std::string> People::by_id(const std::string& id, const Call& call) {
  const auto server = api_.server(call);
  if (!server) return server.error();
  const auto answer = api_.get("user", {{server->flavour == Flavour::cloud ? "accountId" : "username", id}}, call);
  if (!answer) {
    if (answer.error().failure == FailureClass::gone || answer.error().failure == FailureClass::permanent)
      return std::string{};
    return answer.error();
  }
  return user_of(*answer, server->flavour).id;
}

Result<std::string> People::id_of(const User& wanted, const Call& call) {
  if (const auto known = known_.find(wanted.id)) {
    const bool same_name = wanted.name.empty() || wanted.name == known->name;
    const bool same_email = wanted.email.empty() || text::iequals(wanted.email, known->email);
    if (same_name && same_email) return wanted.id;
  }
  const std::array key{wanted.id, wanted.name, wanted.email};
  if (auto answered = answered_.find(key)) return std::move(*answered);

  Result<std::string> id = nobody(wanted);
  if (wanted.email.empty() && looks_like_account_id(wanted.name)) {
    id = by_id(wanted.name, call);
    if (id && id->empty()) id = nobody(wanted);
  }
  for (const User& part : {User{{}, {}, wanted.email}, User{{}, wanted.name, {}}}) {
    const std::string& words = part.email.empty() ? part.name : part.email;
    if (id || words.empty()) continue;
    const auto found = search(words, call);
    if (!found) return found.error();
    id = choose(part, *found);
  }
  if (!id && wanted.email.empty() && wanted.name.empty()) {
    id = by_id(wanted.id, call);
    if (id && id->empty()) id = nobody(wanted);
  }
  if (id) answered_.put(key, *id);
  return id;
}

}  // namespace syncservice::adapter::jira
