// describe of Jira: projects, and the types and fields of one.
#include "jira_adapter.hpp"
#include "json.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::jira {

using nlohmann::json;

namespace {

// What Jira allows in a text of one line.
constexpr std::size_t longest_line = 255;

ProjectInfo project_of(const json& entry) {
  return {ProjectName{std::string{text_at(entry, "key")}}, std::string{text_at(entry, "name")}};
}

FieldInfo text_field(std::string_view name, const char* label, bool read_only) {
  FieldInfo out;
  out.name = name;
  out.label = label;
  out.read_only = read_only;
  return out;
}

FieldInfo link_field(const std::string& description) {
  FieldInfo out;
  out.name = std::string{link_prefix} + description;
  out.kind = FieldKind::reference;
  out.list = true;
  return out;
}

// Its name, where it leaves no doubt.
void add_alias(FieldInfo& info, const Field& field, const FieldTable& table) {
  if (field.custom && table.named(field.name).size() == 1 && table.by_id(field.name) == nullptr)
    info.aliases.push_back(field.name);
}

}  // namespace

Result<std::vector<ProjectInfo>> JiraAdapter::projects(const Call& call) {
  const auto server = api_->server(call);
  if (!server) return server.error();
  std::vector<ProjectInfo> out;
  if (server->flavour == Flavour::cloud) {
    const auto listed = api_->for_each_page("project/search", {}, {"values"}, call, [&](const json& page) {
      for (const json& entry : page) out.push_back(project_of(entry));
    });
    if (!listed) return listed.error();
    return out;
  }
  const auto answer = api_->get("project", {}, call);
  if (!answer) return answer.error();
  if (!answer->is_array()) return out;
  for (const json& entry : *answer) out.push_back(project_of(entry));
  return out;
}

Result<TypeInfo> JiraAdapter::type_info(const std::string& project, const IssueType& type,
                                        const std::vector<FieldInfo>& common, const Call& call) {
  const auto screen = metadata_.screen(project, type.id, call);
  if (!screen) return screen.error();
  const auto table = metadata_.fields(call);
  if (!table) return table.error();
  const auto statuses = metadata_.statuses(project, call);
  if (!statuses) return statuses.error();
  TypeInfo out{type.name, common};
  for (const auto& [id, field] : (*table)->all()) {
    const auto on_screen = (*screen)->find(id);
    FieldInfo info = jira::describe(on_screen == (*screen)->end() ? field : on_screen->second.field);
    info.read_only = field.read_only;
    if (on_screen != (*screen)->end()) {
      info.required = on_screen->second.must_be_given && !field.read_only;
      info.options = on_screen->second.options;
    }
    if (id == "summary") info.max_length = longest_line;
    // The app link's side says these.
    if (id == "issuetype") info.required = false;
    add_alias(info, field, **table);
    out.fields.push_back(std::move(info));
  }
  const auto own = std::find_if((*statuses)->begin(), (*statuses)->end(),
                                [&](const TypeStatuses& entry) { return entry.type_id == type.id; });
  const auto status =
      std::find_if(out.fields.begin(), out.fields.end(), [](const FieldInfo& field) { return field.name == "status"; });
  if (own != (*statuses)->end() && status != out.fields.end()) {
    const auto within_reach = reachable(project, type.id, own->statuses, call);
    if (!within_reach) return within_reach.error();
    for (const Status& one : *within_reach) status->options.push_back({one.id, one.name});
  }
  return out;
}

Result<std::vector<TypeInfo>> JiraAdapter::all_types(const std::vector<FieldInfo>& common, const Call& call) {
  const auto table = metadata_.fields(call);
  if (!table) return table.error();
  const auto answer = api_->get("issuetype", {}, call);
  if (!answer) return answer.error();
  std::vector<TypeInfo> out;
  if (!answer->is_array()) return out;
  for (const json& entry : *answer) {
    TypeInfo& type = out.emplace_back(TypeInfo{std::string{text_at(entry, "name")}, common});
    for (const auto& [id, field] : (*table)->all()) {
      add_alias(type.fields.emplace_back(jira::describe(field)), field, **table);
    }
  }
  return out;
}

Result<Description> JiraAdapter::describe(const ProjectName& project, const CallContext& context) {
  const Call call{context, "asking Jira for its projects and fields"};
  if (auto may_go_on = check(context, call.doing); !may_go_on) return may_go_on.error();
  // Strangers see an empty Jira.
  if (auto known = api_->check_signed_in(call); !known) return known.error();
  auto all = projects(call);
  if (!all) return all.error();
  if (!options_.marker_field.empty()) {
    const auto table = metadata_.fields(call);
    if (!table) return table.error();
    if (const auto field = (*table)->find(options_.marker_field); !field)
      return make_error(Failure::misconfigured, "The setting marker is wrong: " + field.error().message);
  }
  Description out{std::move(*all), {}};
  const bool there = std::any_of(out.projects.begin(), out.projects.end(),
                                 [&](const ProjectInfo& info) { return info.name == project; });
  if (!there && !project.empty()) return out;
  const auto link_types = metadata_.link_types(call);
  if (!link_types) return link_types.error();
  std::vector<FieldInfo> common{text_field("key", "Key", true), text_field("url", "Address", true),
                                text_field(original_estimate, "Original estimate", false),
                                text_field(remaining_estimate, "Remaining estimate", false),
                                text_field(time_spent, "Time spent", true)};
  for (const LinkType& type : **link_types) {
    common.push_back(link_field(type.outward));
    if (!text::iequals(type.inward, type.outward)) common.push_back(link_field(type.inward));
  }
  if (project.empty()) {
    auto types = all_types(common, call);
    if (!types) return types.error();
    out.types = std::move(*types);
    return out;
  }
  const auto types = metadata_.types(project.str(), call);
  if (!types) return types.error();
  for (const IssueType& type : **types) {
    auto info = type_info(project.str(), type, common, call);
    if (!info) return info.error();
    out.types.push_back(std::move(*info));
  }
  return out;
}

}  // namespace syncservice::adapter::jira
