#include "document.hpp"

#include "schema.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace syncservice::adapter::folder {
namespace {

// Deep enough for whatever else people keep in the file.
constexpr std::size_t max_depth = 64;
constexpr std::array<std::string_view, 5> reserved{"id", "type", "fields", "comments", "attachments"};

Error malformed(const std::string& path, const std::string& what) {
  return make_error(Failure::malformed, path + ": " + what);
}

// A member that holds text; empty where there is none.
Result<std::string> text_member(const nlohmann::ordered_json& document, const std::string& name,
                                const std::string& path) {
  const auto member = document.find(name);
  if (member == document.end() || member->is_null()) return std::string{};
  if (!member->is_string())
    return malformed(path, "The member \"" + name + "\" must be text, not " + std::string{member->type_name()} + ".");
  return member->get<std::string>();
}

}  // namespace

bool is_reserved_member(std::string_view name) noexcept {
  return std::find(reserved.begin(), reserved.end(), name) != reserved.end();
}

Result<nlohmann::ordered_json> parse_document(std::string_view text, const std::string& path) {
  auto document = record::parse_json(text, max_depth);
  if (!document) return malformed(path, document.error().message);
  if (!document->is_object())
    return malformed(path, R"(A record must be an object such as {"id":"QC-20","fields":{}}, not )" +
                               std::string{document->type_name()} + ".");
  return document;
}

Result<record::Record> to_record(const nlohmann::ordered_json& document, const ProjectName& project, const RecordId& id,
                                 const std::string& marker_member, const std::string& path) {
  record::Record out;
  out.project = project;
  out.id = id;

  auto own_id = text_member(document, "id", path);
  if (!own_id) return own_id.error();
  if (!own_id->empty() && *own_id != id.str())
    return malformed(path, "The member \"id\" is \"" + text::printable(*own_id) + "\", but the file's name says \"" +
                               text::printable(id.str()) + "\"; make them the same.");
  auto type = text_member(document, "type", path);
  if (!type) return type.error();
  out.type = std::move(*type);
  auto marker = text_member(document, marker_member, path);
  if (!marker) return marker.error();
  out.marker = std::move(*marker);

  const auto fields = document.find("fields");
  if (fields == document.end()) return out;
  if (!fields->is_object())
    return malformed(path, "The member \"fields\" must be an object, not " + std::string{fields->type_name()} + ".");
  for (const auto& [name, element] : fields->items()) {
    auto value = record::value_from_json(element);
    if (!value) return malformed(path, "Field \"" + text::printable(name) + "\": " + value.error().message);
    out.fields.emplace(name, std::move(*value));
  }
  return out;
}

nlohmann::ordered_json new_document(const NewRecord& wanted, const std::string& id, const std::string& marker_member,
                                    const TypeInfo* type) {
  nlohmann::ordered_json document{{"id", id},
                                  {"type", wanted.type},
                                  {"fields", nlohmann::ordered_json::object()},
                                  {"comments", nlohmann::ordered_json::array()},
                                  {"attachments", nlohmann::ordered_json::array()},
                                  {marker_member, wanted.marker}};
  apply(document, wanted.fields, type);
  return document;
}

void apply(nlohmann::ordered_json& document, const record::Fields& patch, const TypeInfo* type) {
  auto& fields = document["fields"];
  for (const auto& [name, value] : patch)
    fields[name] = to_file_value(type == nullptr ? nullptr : find_field(*type, name), value);
}

std::string to_text(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace syncservice::adapter::folder
