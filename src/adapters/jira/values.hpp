// Values of Jira's JSON to canonical ones, and back.
#pragma once

#include "fields.hpp"

#include "syncservice/base/result.hpp"
#include "syncservice/record/record.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace syncservice::adapter::jira {

/// Stands between the names of the two levels of a cascading option.
inline constexpr std::string_view level_separator = " > ";

/// A person as Jira writes them; every part that is hidden is empty. The id is the account id or the user name.
[[nodiscard]] record::User user_of(const nlohmann::json& json, Flavour flavour);
[[nodiscard]] nlohmann::json user_json(const std::string& id, Flavour flavour);
/// An option, or anything else that has an id and a name.
[[nodiscard]] record::Option option_of(const nlohmann::json& json, Shape shape);
/// The options of `allowedValues`; both levels of cascading ones.
[[nodiscard]] std::vector<record::Option> options_of(const nlohmann::json& allowed, Shape shape);
/// Rich text as Jira writes it: ADF or wiki markup. What is not of that form is taken as plain text.
[[nodiscard]] record::RichText rich_text_of(const nlohmann::json& json, Flavour flavour);
[[nodiscard]] nlohmann::json rich_text_json(const record::RichText& text, Flavour flavour);
/// Jira's form of an instant, the offset without a colon.
[[nodiscard]] std::string instant_text(const record::Instant& instant);

/// The value of a field as an issue's JSON holds it. The key of an epic stands in a Reference as it is.
[[nodiscard]] record::Value value_of(const nlohmann::json& json, const Field& field, Flavour flavour);

/// What can be known only by asking Jira.
struct Lookups {
  std::function<Result<std::string>(const record::User&)> user_id;   ///< account id or user name
  std::function<Result<std::string>(const std::string&)> issue_key;  ///< of an issue by id
};

/// The value as Jira takes it in `fields`; null (or an empty list) for Null. Refused (permanent), naming the field,
/// what the field can't hold; an option goes by its name where it has one, since an id may be another system's.
[[nodiscard]] Result<nlohmann::json> to_json(const record::Value& value, const Field& field, Flavour flavour,
                                             const Lookups& lookups);

}  // namespace syncservice::adapter::jira
