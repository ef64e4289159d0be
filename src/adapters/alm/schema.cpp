#include "schema.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::alm {
namespace {

// Where ALM keeps comments, by type of entity.
constexpr std::array<std::string_view, 3> comment_memos{"dev-comments", "req-comment", "comments"};
// What changes with every write by itself.
constexpr std::array<std::string_view, 3> restless{"last-modified", "ver-stamp", "attachment"};

bool is_apart(const Schema& schema, std::string_view name) {
  return name == schema.marker || name == schema.comments || name.starts_with("vc-") ||
         std::find(restless.begin(), restless.end(), name) != restless.end();
}

bool is_yes_or_no(std::vector<std::string> items) {
  std::sort(items.begin(), items.end());
  return items == std::vector<std::string>{"N", "Y"};
}

// The type of a Reference's records; empty when they are none of the application's. A parent is of the same type.
std::string records_of(const std::string& type, const FieldRow& row, const std::vector<std::string>& entities) {
  if (row.type != "Reference") return {};
  const std::string& wanted = row.refers_to.empty() && row.name == "parent-id" ? type : row.refers_to;
  return std::find(entities.begin(), entities.end(), wanted) == entities.end() ? std::string{} : wanted;
}

FieldKind kind_of(const FieldRow& row, const std::vector<std::string>& items) {
  if (row.type == "Memo") return FieldKind::rich_text;
  if (row.type == "Number") return FieldKind::integer;
  if (row.type == "Float") return FieldKind::decimal;
  if (row.type == "Date") return FieldKind::date;
  if (row.type == "DateTime") return FieldKind::instant;
  if (row.type == "LookupList") return is_yes_or_no(items) && !row.multi ? FieldKind::boolean : FieldKind::option;
  if (row.type == "UsersList") return FieldKind::user;
  return FieldKind::text;
}

FieldInfo field_of(const std::string& type, const FieldRow& row,
                   const std::map<std::string, std::vector<std::string>>& lists) {
  const auto list = lists.find(row.list);
  const std::vector<std::string> items = list == lists.end() ? std::vector<std::string>{} : list->second;
  FieldInfo field;
  field.name = row.name;
  field.label = row.label;
  field.kind = kind_of(row, items);
  field.list = row.multi;
  field.read_only = !row.editable || row.is_virtual || row.name == "id";
  field.required = row.required && !field.read_only && !is_given_by_us(type, row.name);
  if (field.kind == FieldKind::text && row.size > 0) field.max_length = row.size;
  if (field.kind != FieldKind::option) return field;
  for (const std::string& item : items) field.options.push_back({item, item});
  return field;
}

const FieldRow* find_row(const std::vector<FieldRow>& rows, const std::string& wanted) {
  const auto has = [&](auto member) {
    return std::find_if(rows.begin(), rows.end(),
                        [&](const FieldRow& row) { return text::iequals(row.*member, wanted); });
  };
  for (auto member : {&FieldRow::name, &FieldRow::physical, &FieldRow::label}) {
    if (const auto found = has(member); found != rows.end() && !wanted.empty()) return &*found;
  }
  return nullptr;
}

std::string comments_of(const std::vector<FieldRow>& rows, const std::string& wanted) {
  if (!wanted.empty()) {
    const FieldRow* row = find_row(rows, wanted);
    return row != nullptr && row->type == "Memo" ? row->name : std::string{};
  }
  for (const std::string_view name : comment_memos) {
    const FieldRow* row = find_row(rows, std::string{name});
    if (row != nullptr && row->type == "Memo") return row->name;
  }
  return {};
}

// Labels are only so where they are one field's alone and no other field's name.
void add_aliases(TypeInfo& type, const std::vector<FieldRow>& rows) {
  std::map<std::string, int, std::less<>> counts;
  for (const FieldRow& row : rows) {
    for (const auto& name : std::set{row.name, row.physical, row.label}) ++counts[name];
  }
  for (FieldInfo& field : type.fields) {
    const FieldRow& row = *find_row(rows, field.name);
    for (const auto& name : std::set{row.physical, row.label}) {
      if (!name.empty() && name != field.name && counts[name] == 1) field.aliases.push_back(name);
    }
  }
}

}  // namespace

bool is_given_by_us(std::string_view type, std::string_view field) noexcept {
  return type == "defect" && (field == "detected-by" || field == "creation-time");
}

Schema make_schema(const std::string& type, const SchemaSource& source, const SchemaNames& names) {
  Schema schema;
  schema.type.name = type;
  schema.versioned = source.versioned;
  schema.first = names.entities.empty() ? type : names.entities.front();
  if (const FieldRow* row = find_row(source.fields, names.marker);
      row != nullptr && row->type == "String" && row->editable) {
    schema.marker = row->name;
    schema.marker_size = row->size;
  }
  schema.comments = comments_of(source.fields, names.comments);
  for (const FieldRow& row : source.fields) {
    if (!row.name.empty() && !is_apart(schema, row.name))
      schema.type.fields.push_back(field_of(type, row, source.lists));
    // Of other records it is a number, as text.
    if (std::string to = records_of(type, row, names.entities); !to.empty())
      schema.references.emplace(row.name, std::move(to));
  }
  for (const UserRow& user : source.users)
    schema.users.emplace(user.login, record::User{user.login, user.name, user.email});
  for (FieldInfo& field : schema.type.fields) {
    if (schema.references.contains(field.name)) {
      field.kind = FieldKind::reference;
      field.max_length.reset();
    }
  }
  add_aliases(schema.type, source.fields);
  schema.read_at = std::chrono::steady_clock::now();
  return schema;
}

Result<record::Fields> Schema::named(const record::Fields& fields) const {
  record::Fields out;
  for (const auto& [name, value] : fields) {
    const FieldInfo* field = find_field(type, name);
    const std::string& own = field == nullptr ? name : field->name;
    if (!out.emplace(own, value).second)
      return make_error(Failure::refused, "Field \"" + text::printable(own) + "\" is given twice, by name and as \"" +
                                              text::printable(name) + "\"; map it once.");
  }
  return out;
}

}  // namespace syncservice::adapter::alm
