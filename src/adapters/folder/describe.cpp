// describe of the folder adapter: the schema where there is one, else what the records there look like.
#include "folder_adapter.hpp"

#include <algorithm>

namespace syncservice::adapter::folder {
namespace {

using record::Value;

// As many records are read to see what fields there are.
constexpr std::size_t most_read = 500;

// What the values of one field have been so far.
struct Seen {
  std::optional<FieldKind> kind;
  bool list = false;
};

FieldKind kind_of(const Value& value) {
  struct Visitor {
    FieldKind operator()(record::Null) const { return FieldKind::text; }
    FieldKind operator()(bool) const { return FieldKind::boolean; }
    FieldKind operator()(std::int64_t) const { return FieldKind::integer; }
    FieldKind operator()(double) const { return FieldKind::decimal; }
    FieldKind operator()(const std::string&) const { return FieldKind::text; }
    FieldKind operator()(const record::RichText&) const { return FieldKind::rich_text; }
    FieldKind operator()(record::Date) const { return FieldKind::date; }
    FieldKind operator()(record::Instant) const { return FieldKind::instant; }
    FieldKind operator()(const record::User&) const { return FieldKind::user; }
    FieldKind operator()(const record::Option&) const { return FieldKind::option; }
    FieldKind operator()(const record::Reference&) const { return FieldKind::reference; }
    FieldKind operator()(const record::List&) const { return FieldKind::text; }
  };
  return std::visit(Visitor{}, value.get());
}

bool is_number(FieldKind kind) {
  return kind == FieldKind::integer || kind == FieldKind::decimal;
}

void look_at(Seen& seen, const Value& value) {
  if (value.is_null()) return;
  if (const auto* list = value.as<record::List>()) {
    seen.list = true;
    for (const Value& item : *list) look_at(seen, item);
    return;
  }
  const FieldKind kind = kind_of(value);
  if (!seen.kind) {
    seen.kind = kind;
  } else if (*seen.kind != kind) {
    seen.kind = is_number(kind) && is_number(*seen.kind) ? FieldKind::decimal : FieldKind::text;
  }
}

using Types = std::map<std::string, std::map<std::string, Seen>>;

std::vector<TypeInfo> to_infos(const Types& types) {
  std::vector<TypeInfo> out;
  for (const auto& [name, fields] : types) {
    TypeInfo& type = out.emplace_back();
    type.name = name;
    for (const auto& [field_name, seen] : fields) {
      FieldInfo& field = type.fields.emplace_back();
      field.name = field_name;
      field.kind = seen.kind.value_or(FieldKind::text);
      field.list = seen.list;
    }
  }
  return out;
}

}  // namespace

Result<Description> FolderAdapter::describe(const ProjectName& project, const CallContext& context) {
  const std::string doing = "looking at the records in " + path_;
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  const auto base = open_base(path_);
  if (!base) return base.error();
  auto all = projects(*base);
  if (!all) return all.error();
  Description out;
  for (const ProjectName& name : *all) out.projects.push_back({name, {}});

  std::vector<ProjectName> wanted{project};
  if (project.empty()) wanted.insert(wanted.end(), all->begin(), all->end());
  Types inferred;
  std::size_t left = most_read;
  for (const ProjectName& name : wanted) {
    const auto records = open_records(name);
    if (!records) return records.error();
    // A project whose folder is yet to be made is as the schema above it says.
    auto schema = *records ? Result<std::shared_ptr<const Schema>>{(*records)->schema} : schemas_.in(*base);
    if (!schema) return schema.error();
    if (*schema != nullptr) {
      for (TypeInfo& type : (*schema)->types()) {
        const auto known = [&](const TypeInfo& other) { return other.name == type.name; };
        if (std::none_of(out.types.begin(), out.types.end(), known)) out.types.push_back(std::move(type));
      }
      continue;
    }
    if (!*records) continue;
    std::vector<std::string> names;
    const auto listed = for_each_entry((*records)->folder, [&](std::string_view file) -> Result<void> {
      if (names.size() < left && unescaped(file, record_suffix)) names.emplace_back(file);
      return check(context, doing);
    });
    if (!listed) return listed.error();
    for (const std::string& file : names) {
      if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
      --left;
      const auto record = read_in(**records, file, name, RecordId{*unescaped(file, record_suffix)});
      if (!record) continue;  // for its pass to complain about
      for (const auto& [field, value] : record->fields) look_at(inferred[record->type][field], value);
    }
  }
  for (TypeInfo& type : to_infos(inferred)) {
    const auto known = [&](const TypeInfo& other) { return other.name == type.name; };
    if (std::none_of(out.types.begin(), out.types.end(), known)) out.types.push_back(std::move(type));
  }
  return out;
}

}  // namespace syncservice::adapter::folder
