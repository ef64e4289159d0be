// A row of `fields:`.
#include "registry_reader.hpp"

#include <charconv>

namespace syncservice::config {
namespace {

using yaml::Kind;
using yaml::Node;

constexpr Words<AsWord, 10> as_words{{{"text", AsWord::text},
                                      {"rich-text", AsWord::rich_text},
                                      {"integer", AsWord::integer},
                                      {"decimal", AsWord::decimal},
                                      {"boolean", AsWord::boolean},
                                      {"date", AsWord::date},
                                      {"instant", AsWord::instant},
                                      {"user", AsWord::user},
                                      {"option", AsWord::option},
                                      {"reference", AsWord::reference}}};
constexpr Words<UserPartWord, 3> user_part_words{
    {{"email", UserPartWord::email}, {"name", UserPartWord::name}, {"id", UserPartWord::id}}};
constexpr Words<bool, 2> when_words{{{"always", false}, {"create", true}}};
constexpr Words<bool, 2> unlinked_words{{{"wait", false}, {"leave-out", true}}};
constexpr std::size_t longest_text = 100'000'000;

}  // namespace

void RegistryReader::field(FieldDef& into, Node value) {
  static constexpr std::array known{Member<FieldDef>{"source", &RegistryReader::field_source},
                                    Member<FieldDef>{"destination", &RegistryReader::field_destination},
                                    Member<FieldDef>{"constant", &RegistryReader::field_constant},
                                    Member<FieldDef>{"default", &RegistryReader::field_default},
                                    Member<FieldDef>{"template", &RegistryReader::field_template},
                                    Member<FieldDef>{"values", &RegistryReader::field_values},
                                    Member<FieldDef>{"users", &RegistryReader::field_users},
                                    Member<FieldDef>{"as", &RegistryReader::field_as},
                                    Member<FieldDef>{"split", &RegistryReader::field_split},
                                    Member<FieldDef>{"join", &RegistryReader::field_join},
                                    Member<FieldDef>{"maxLength", &RegistryReader::field_max_length},
                                    Member<FieldDef>{"direction", &RegistryReader::field_direction},
                                    Member<FieldDef>{"conflict", &RegistryReader::field_conflict},
                                    Member<FieldDef>{"onlyWhen", &RegistryReader::field_only_when},
                                    Member<FieldDef>{"when", &RegistryReader::field_when},
                                    Member<FieldDef>{"unlinked", &RegistryReader::field_unlinked}};
  members<FieldDef>(value, "a field rule", known, into);
}

void RegistryReader::field_source(FieldDef& into, Node value) {
  (void)text(value, "a field's name", into.source);
}

void RegistryReader::field_destination(FieldDef& into, Node value) {
  (void)text(value, "a field's name", into.destination);
}

std::optional<Constant> RegistryReader::constant(Node value, std::string_view what) {
  if (value.kind() == Kind::scalar) return read_scalar(value);
  if (value.kind() == Kind::map) {
    complaints_.error(value.at(), std::string{what} + " must be a value or a list of values, not a map");
    return std::nullopt;
  }
  std::vector<Scalar> items;
  for (std::optional<Node> item = value.first(); item; item = item->next()) {
    if (item->kind() == Kind::scalar) {
      items.push_back(read_scalar(*item));
    } else {
      complaints_.error(item->at(), "an item of " + std::string{what} + " must be a single value, not " +
                                        std::string{kind_name(*item)});
    }
  }
  return items;
}

void RegistryReader::field_constant(FieldDef& into, Node value) {
  into.constant = constant(value, "\"constant\"");
}

void RegistryReader::field_default(FieldDef& into, Node value) {
  into.fallback = constant(value, "\"default\"");
}

void RegistryReader::field_template(FieldDef& into, Node value) {
  into.pattern.at = value.at();
  (void)text(value, "\"template\"", into.pattern.text);
}

void RegistryReader::field_values(FieldDef& into, Node value) {
  text_map(value, "\"values\"", into.values);
}

void RegistryReader::field_users(FieldDef& into, Node value) {
  if (value.kind() != Kind::scalar) return text_map(value, "\"users\"", into.users);
  UserPartWord part{};
  if (word(value, "\"users\" (where it is no table)", user_part_words, part)) into.users_by = part;
}

void RegistryReader::field_as(FieldDef& into, Node value) {
  AsWord as{};
  if (word(value, "\"as\"", as_words, as)) into.as = as;
}

void RegistryReader::field_split(FieldDef& into, Node value) {
  separator(into, value, "\"split\"", false);
}

void RegistryReader::field_join(FieldDef& into, Node value) {
  separator(into, value, "\"join\"", true);
}

void RegistryReader::separator(FieldDef& into, Node value, std::string_view what, bool joins) {
  if (!into.separator.empty()) {
    return complaints_.error(value.at(),
                             "the rule has both \"split\" and \"join\"; keep \"split\" where the source "
                             "holds a text, \"join\" where it holds a list");
  }
  if (text(value, what, into.separator)) into.joins = joins;
}

void RegistryReader::field_max_length(FieldDef& into, Node value) {
  std::string given;
  if (!text(value, "\"maxLength\"", given)) return;
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), length);
  if (error != std::errc{} || end != given.data() + given.size() || length == 0 || length > longest_text) {
    return complaints_.error(value.at(), in_quotes(given) +
                                             " is not allowed for \"maxLength\"; a number of characters from 1 to " +
                                             std::to_string(longest_text) + " would be right");
  }
  into.max_length = length;
}

void RegistryReader::field_direction(FieldDef& into, Node value) {
  (void)word(value, "\"direction\"", direction_words, into.direction);
}

void RegistryReader::field_conflict(FieldDef& into, Node value) {
  ConflictWord policy{};
  if (word(value, "\"conflict\"", conflict_words, policy)) into.conflict = policy;
}

void RegistryReader::field_only_when(FieldDef& into, Node value) {
  static constexpr std::array known{Member<FieldDef>{"source", &RegistryReader::field_only_when_source},
                                    Member<FieldDef>{"destination", &RegistryReader::field_only_when_destination}};
  if (value.kind() == Kind::scalar) return field_only_when_source(into, value);
  into.only_when_destination.at = value.at();
  members<FieldDef>(value, "\"onlyWhen\"", known, into);
}

void RegistryReader::field_only_when_source(FieldDef& into, Node value) {
  into.only_when.at = value.at();
  (void)text(value, "a condition", into.only_when.text);
}

void RegistryReader::field_only_when_destination(FieldDef& into, Node value) {
  into.only_when_destination.at = value.at();
  (void)text(value, "a condition", into.only_when_destination.text);
}

void RegistryReader::field_when(FieldDef& into, Node value) {
  (void)word(value, "\"when\"", when_words, into.create_only);
}

void RegistryReader::field_unlinked(FieldDef& into, Node value) {
  (void)word(value, "\"unlinked\"", unlinked_words, into.leave_unlinked_out);
}

}  // namespace syncservice::config
