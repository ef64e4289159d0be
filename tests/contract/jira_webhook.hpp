// contract/jira_webhook — the document that Jira posts for a changed issue, made up here in Jira's shape and size.
#pragma once

#include <cstddef>
#include <string>

namespace syncservice::contract {

/// A `jira:issue_updated` document of at least this many bytes: issue with custom fields, comments, changelog.
[[nodiscard]] std::string jira_issue_updated(const std::string& key, const std::string& summary, std::size_t at_least);

}  // namespace syncservice::contract
