#include "metadata.hpp"

#include "json.hpp"
#include "values.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {
namespace {

using nlohmann::json;

const std::string only_one;

std::string below_project(const std::string& project, const char* what) {
  return "issue/createmeta/" + text::percent_encode(project) + what;
}

}  // namespace

Result<std::shared_ptr<const FieldTable>> Metadata::fields(const Call& call, bool fresh) {
  constexpr std::chrono::minutes at_most_every{1};
  if (auto known = fields_.find(only_one, fresh ? at_most_every : fields_.usual_age)) return std::move(*known);
  const auto answer = api_.get("field", {}, call);
  if (!answer) return answer.error();
  auto table = std::make_shared<const FieldTable>(*answer);
  fields_.put(only_one, table);
  return table;
}

Result<std::shared_ptr<const std::vector<IssueType>>> Metadata::types(const std::string& project, const Call& call) {
  if (auto known = types_.find(project)) return std::move(*known);
  if (const auto server = api_.server(call); !server) return server.error();
  auto types = std::make_shared<std::vector<IssueType>>();
  const auto listed = api_.for_each_page(
      below_project(project, "/issuetypes"), {}, {"issueTypes", "values"}, call, [&](const json& page) {
        for (const json& entry : page)
          types->push_back({id_at(entry), std::string{text_at(entry, "name")}, true_at(entry, "subtask")});
      });
  if (!listed && listed.error().code == Failure::misconfigured) {
    std::string message = "Jira has no project \"";
    message.append(text::printable(project)).append("\" in which this account may create issues: ");
    return make_error(Failure::refused, message + listed.error().message);
  }
  if (!listed) return listed.error();
  types_.put(project, types);
  return std::shared_ptr<const std::vector<IssueType>>{types};
}

Result<IssueType> Metadata::type(const std::string& project, const std::string& name, const Call& call) {
  const auto known = types(project, call);
  if (!known) return known.error();
  std::vector<std::string> names;
  for (const IssueType& type : **known) {
    if (type.id == name || text::iequals(type.name, name)) return type;
    names.push_back(type.name);
  }
  std::string message = "Project \"";
  message.append(text::printable(project)).append("\" has no issue type \"").append(text::printable(name));
  const std::vector<std::string> near = text::nearest(name, names);
  message.append("\"; name ").append(text::quoted_list(near.empty() ? names : near)).append(".");
  return make_error(Failure::refused, std::move(message));
}

Result<std::shared_ptr<const Screen>> Metadata::screen(const std::string& project, const std::string& type_id,
                                                       const Call& call) {
  const std::pair key{project, type_id};
  if (auto known = screens_.find(key)) return std::move(*known);
  auto screen = std::make_shared<Screen>();
  const auto listed =
      api_.for_each_page(below_project(project, "/issuetypes/") + text::percent_encode(type_id), {},
                         {"fields", "values"}, call, [&](const json& page) {
                           for (const json& entry : page) {
                             ScreenField field;
                             field.field = field_of(entry);
                             field.must_be_given = true_at(entry, "required") && !true_at(entry, "hasDefaultValue");
                             field.options = options_of(list_at(entry, "allowedValues"), field.field.shape);
                             screen->insert_or_assign(field.field.id, std::move(field));
                           }
                         });
  if (!listed) return listed.error();
  screens_.put(key, screen);
  return std::shared_ptr<const Screen>{screen};
}

Result<std::shared_ptr<const std::vector<TypeStatuses>>> Metadata::statuses(const std::string& project,
                                                                            const Call& call) {
  if (auto known = statuses_.find(project)) return std::move(*known);
  const auto answer = api_.get("project/" + text::percent_encode(project) + "/statuses", {}, call);
  if (!answer) return answer.error();
  auto out = std::make_shared<std::vector<TypeStatuses>>();
  if (answer->is_array()) {
    for (const json& type : *answer) {
      TypeStatuses& entry = out->emplace_back(TypeStatuses{id_at(type), {}});
      for (const json& status : list_at(type, "statuses")) entry.statuses.push_back(status_of(status));
    }
  }
  statuses_.put(project, out);
  return std::shared_ptr<const std::vector<TypeStatuses>>{out};
}

Result<std::shared_ptr<const std::vector<LinkType>>> Metadata::link_types(const Call& call) {
  if (auto known = link_types_.find(only_one)) return std::move(*known);
  const auto answer = api_.get("issueLinkType", {}, call);
  if (!answer) return answer.error();
  auto out = std::make_shared<std::vector<LinkType>>();
  for (const json& type : list_at(*answer, "issueLinkTypes"))
    out->push_back({id_at(type), std::string{text_at(type, "name")}, std::string{text_at(type, "inward")},
                    std::string{text_at(type, "outward")}});
  link_types_.put(only_one, out);
  return std::shared_ptr<const std::vector<LinkType>>{out};
}

}  // namespace syncservice::adapter::jira
