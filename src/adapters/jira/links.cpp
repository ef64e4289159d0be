// Links between issues, as fields: "link:blocks" holds the issues that this one blocks.
#include "jira_adapter.hpp"
#include "json.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {

using nlohmann::json;

namespace {

// A kind of link as seen from one of its ends.
struct Direction {
  LinkType type;
  bool outward = true;
  bool both = false;  ///< it reads the same from either end
};

Result<Direction> direction_of(const std::string& name, const std::vector<LinkType>& types) {
  std::vector<std::string> names;
  for (const LinkType& type : types) {
    const bool both = text::iequals(type.inward, type.outward);
    if (text::iequals(type.outward, name)) return Direction{type, true, both};
    if (text::iequals(type.inward, name)) return Direction{type, false, both};
    names.push_back(std::string{link_prefix} + type.outward);
    if (!both) names.push_back(std::string{link_prefix} + type.inward);
  }
  std::string wanted{link_prefix};
  wanted += name;
  std::string message = "Jira has no links \"";
  message.append(text::printable(wanted));
  const std::vector<std::string> near = text::nearest(wanted, names);
  message.append("\"; name ").append(text::quoted_list(near.empty() ? names : near)).append(".");
  return make_error(Failure::refused, std::move(message));
}

struct Link {
  std::string id;
  std::string issue_id, issue_key;
};

std::vector<Link> links_in(const json& links, const Direction& direction) {
  std::vector<Link> out;
  for (const json& link : links) {
    if (id_at(object_at(link, "type")) != direction.type.id) continue;
    for (const bool outward : {true, false}) {
      if (!direction.both && outward != direction.outward) continue;
      const json& end = object_at(link, outward ? "outwardIssue" : "inwardIssue");
      if (!end.empty()) out.push_back({id_at(link), id_at(end), std::string{text_at(end, "key")}});
    }
  }
  return out;
}

bool is_to(const Link& link, const std::string& issue) {
  return link.issue_id == issue || text::iequals(link.issue_key, issue);
}

json end_json(const std::string& issue) {
  return {{issue.find('-') == std::string::npos ? "id" : "key", issue}};
}

}  // namespace

// The issue that "blocks" is the inward one of the request.
Result<void> JiraAdapter::apply_links(const RecordId& id, const std::map<std::string, std::vector<std::string>>& wanted,
                                      const Call& call) {
  if (wanted.empty()) return {};
  const auto types = metadata_.link_types(call);
  if (!types) return types.error();
  const auto now = api_->get("issue/" + id.str(), {{"fields", "issuelinks"}}, call);
  if (!now) return now.error();
  for (const auto& [name, issues] : wanted) {
    const auto direction = direction_of(name, **types);
    if (!direction) return direction.error();
    const std::vector<Link> there = links_in(list_at(object_at(*now, "fields"), "issuelinks"), *direction);
    for (const std::string& issue : issues) {
      if (std::any_of(there.begin(), there.end(), [&](const Link& link) { return is_to(link, issue); })) continue;
      const json from = end_json(id.str()), to = end_json(issue);
      const json body{{"type", {{"name", direction->type.name}}},
                      {"inwardIssue", direction->outward ? from : to},
                      {"outwardIssue", direction->outward ? to : from}};
      if (auto made = api_->send("POST", "issueLink", {}, body, call); !made) {
        // The issue at the far end is what is gone, not this one.
        if (made.error().failure == FailureClass::gone) return make_error(Failure::refused, made.error().message);
        return made.error();
      }
    }
    for (const Link& link : there) {
      if (std::any_of(issues.begin(), issues.end(), [&](const std::string& issue) { return is_to(link, issue); }))
        continue;
      const auto removed = api_->send("DELETE", "issueLink/" + text::percent_encode(link.id), {}, nullptr, call);
      if (!removed && removed.error().failure != FailureClass::gone) return removed.error();
    }
  }
  return {};
}

}  // namespace syncservice::adapter::jira
