#include "workflow.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <deque>
#include <optional>
#include <set>

namespace syncservice::adapter::helix_alm {
namespace {

constexpr std::string_view any_status = "*";

// The parts between separators that stand outside double quotes, trimmed.
std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (quoted || separators.find(text[at]) == std::string_view::npos) continue;
    out.push_back(text::trim(text.substr(begin, at - begin)));
    begin = at + 1;
  }
  out.push_back(text::trim(text.substr(begin)));
  return out;
}

Json typed(std::string_view label, const char* type, Json value) {
  return {{"label", label}, {"type", type}, {type, std::move(value)}};
}

// "Resolution = Code Change"; null when it is none.
Json field_from(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {};
  const std::string_view label = text::trim(text.substr(0, equals)), value = text::trim(text.substr(equals + 1));
  if (label.empty() || value.empty()) return {};
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
    return typed(label, "string", value.substr(1, value.size() - 2));
  if (value.starts_with('@')) return typed(label, "userArray", Json::array({{{"username", value.substr(1)}}}));
  if (value == "true" || value == "false") return typed(label, "boolean", value == "true");
  return typed(label, "menuItem", {{"label", value}});
}

// "Fix (Resolution = Code Change)": false when the parentheses hold something else than fields.
bool read_event(std::string_view text, Transition& into) {
  const std::size_t open = text.find('(');
  const bool has_fields =
      text.ends_with(')') && open != std::string_view::npos && text.substr(open).find('=') != std::string_view::npos;
  into.event = text::trim(has_fields ? text.substr(0, open) : text);
  if (!has_fields) return !into.event.empty();
  for (const std::string_view part : split(text.substr(open + 1, text.size() - open - 2), ",")) {
    Json field = field_from(part);
    if (field.is_null()) return false;
    into.fields.push_back(std::move(field));
  }
  return !into.event.empty();
}

std::optional<Transition> transition_from(std::string_view text) {
  std::vector<std::string_view> parts = split(text, ">");
  if (parts.size() != 3) return std::nullopt;
  for (std::string_view& part : parts) {  // "->" is an arrow as well
    if (part.ends_with('-')) part = text::trim(part.substr(0, part.size() - 1));
  }
  Transition out;
  out.from = parts[0];
  out.to = parts[2];
  if (out.from.empty() || out.to.empty() || out.to == any_status || !read_event(parts[1], out)) return std::nullopt;
  return out;
}

bool leads_from(const Transition& transition, std::string_view status) {
  return transition.from == any_status || text::iequals(transition.from, status);
}

}  // namespace

Result<Workflow> Workflow::parse(std::string_view text) {
  Workflow out;
  for (const std::string_view line : split(text, ";\n")) {
    if (line.empty()) continue;
    auto transition = transition_from(line);
    if (!transition) {
      std::string message = "workflow has \"";
      message.append(text::printable(line));
      message +=
          "\", which is no transition; write status > event > status, for example \"Open > Fix (Resolution = Code "
          "Change) > Fixed\".";
      return make_error(Failure::misconfigured, std::move(message));
    }
    out.transitions_.push_back(std::move(*transition));
  }
  return out;
}

std::vector<std::string> Workflow::statuses() const {
  std::vector<std::string> out;
  const auto add = [&](const std::string& status) {
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const std::string& one) { return text::iequals(one, status); });
    if (status != any_status && !known) out.push_back(status);
  };
  for (const Transition& transition : transitions_) {
    add(transition.from);
    add(transition.to);
  }
  return out;
}

std::string Workflow::status_in(std::string_view shown) const {
  shown = text::trim(shown);
  std::string best;
  for (std::string& status : statuses()) {
    if (!text::iequals(shown.substr(0, status.size()), status) || status.size() <= best.size()) continue;
    const bool ends =
        shown.size() == status.size() || std::isalnum(static_cast<unsigned char>(shown[status.size()])) == 0;
    if (ends) best = std::move(status);
  }
  return best.empty() ? std::string{shown} : best;
}

Result<std::vector<const Transition*>> Workflow::way(const std::string& from, const std::string& to) const {
  struct Step {
    std::string status;
    std::vector<const Transition*> way;
  };
  std::deque<Step> queue{{from, {}}};
  std::set<std::string> seen{text::lower(from)};
  while (!queue.empty()) {
    Step here = std::move(queue.front());
    queue.pop_front();
    if (text::iequals(here.status, to)) return std::move(here.way);
    for (const Transition& transition : transitions_) {
      if (!leads_from(transition, here.status) || !seen.insert(text::lower(transition.to)).second) continue;
      Step next{transition.to, here.way};
      next.way.push_back(&transition);
      queue.push_back(std::move(next));
    }
  }
  std::string message = "Field \"Status\": no way leads from \"";
  message.append(text::printable(from)).append("\" to \"").append(text::printable(to)).append("\". ");
  if (empty()) {
    message.append("A status is reached by events; say which in the setting workflow, for example \"");
    message.append(text::printable(from)).append(" > <event> > ").append(text::printable(to)).append("\".");
  } else {
    message.append("The setting workflow knows ").append(text::quoted_list(statuses()));
    message.append("; add the event that leads there, or correct the mapping's values.");
  }
  return make_error(Failure::refused, std::move(message));
}

}  // namespace syncservice::adapter::helix_alm
