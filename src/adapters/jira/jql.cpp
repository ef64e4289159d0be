#include "jql.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <cctype>

namespace syncservice::adapter::jira {
namespace {

// Fewer digits are not taken for milliseconds; no Jira has issues that are older.
constexpr std::int64_t least_millis = 1'000'000'000;

void conjoin(std::string& jql, std::string_view condition) {
  if (!jql.empty()) jql += " AND ";
  jql += condition;
}

Error bad_query(std::string_view query, const char* what) {
  std::string message = "The query \"";
  message.append(text::printable(query, 300)).append("\" ").append(what);
  return make_error(Failure::refused, std::move(message));
}

bool is_word(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Everything outside quotes, in lower case, white space as one blank; empty when a quote is not closed.
std::optional<std::string> outside_quotes(std::string_view query) {
  std::string out;
  char quote = 0;
  for (std::size_t i = 0; i < query.size(); ++i) {
    const char c = query[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
      out += '"';
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (!out.ends_with(' ')) out += ' ';
    } else {
      out += c;
    }
  }
  if (quote != 0) return std::nullopt;
  return text::lower(out);
}

}  // namespace

std::string jql_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20U || c == 0x7F ? ' ' : c;
    }
  }
  return out += '"';
}

std::string jql_of(const SearchScope& scope) {
  std::string jql;
  if (!scope.project.empty()) conjoin(jql, "project = " + jql_quoted(scope.project));
  if (!scope.type.empty()) conjoin(jql, "issuetype = " + jql_quoted(scope.type));
  if (scope.since && to_millis(*scope.since) >= least_millis)
    conjoin(jql, "updated >= " + std::to_string(to_millis(*scope.since)));
  if (!scope.query.empty()) conjoin(jql, '(' + scope.query + ')');
  if (jql.empty()) jql = "updated >= \"1971-01-01\"";
  return jql;
}

Result<void> check_query(std::string_view query) {
  const auto plain = outside_quotes(query);
  if (!plain) return bad_query(query, "has a quotation mark without its other half; close it.");
  int open = 0;
  for (const char c : *plain) {
    if (c == '(') ++open;
    if (c == ')' && --open < 0) break;
  }
  if (open != 0) return bad_query(query, "has a parenthesis without its other half; balance them.");
  constexpr std::string_view order = "order by";
  for (std::size_t at = plain->find(order); at != std::string::npos; at = plain->find(order, at + 1)) {
    const bool begins = at == 0 || !is_word((*plain)[at - 1]);
    const std::size_t end = at + order.size();
    if (begins && (end == plain->size() || !is_word((*plain)[end])))
      return bad_query(query, "has an ORDER BY; leave it out, the order is ours.");
  }
  return {};
}

}  // namespace syncservice::adapter::jira
