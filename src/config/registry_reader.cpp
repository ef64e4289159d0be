#include "registry_reader.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

namespace syncservice::config {
namespace {

using yaml::Kind;
using yaml::Node;

constexpr std::size_t most_complaints = 100;

constexpr Words<bool, 2> truth_words{{{"true", true}, {"false", false}}};
constexpr Words<SyncTypeWord, 3> sync_types{
    {{"PUSH", SyncTypeWord::push}, {"POLL", SyncTypeWord::poll}, {"SCHEDULED", SyncTypeWord::scheduled}}};

bool is_decimal(std::string_view digits) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || !is_digit(digits.front())) return false;
  return digits.front() != '0' || digits.size() == 1 || !is_digit(digits[1]);
}

template <class Number>
std::optional<Number> whole(std::string_view text) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What the complaints about it begin with.
std::string name_of(const AppLinkDef& link, std::size_t number) {
  return "app link " + (link.name.text.empty() ? std::to_string(number) : in_quotes(link.name.text)) + ": ";
}

std::string name_of(const FieldDef& field, std::size_t number) {
  const std::string& name = field.source.empty() ? field.destination : field.source;
  return (name.empty() ? "field rule " + std::to_string(number) : "field " + in_quotes(name)) + ": ";
}

std::string name_of(const ProjectDef& /*pair*/, std::size_t number) {
  return "pair of projects " + std::to_string(number) + ": ";
}

}  // namespace

Complaints::Count Complaints::count() const noexcept {
  return {errors_.size() + more_errors_, warnings_.size() + more_warnings_, errors_.size(), warnings_.size()};
}

bool Complaints::about(const std::string& subject, const Count& since) {
  const Count now = count();
  for (std::size_t i = since.shown_errors; i < now.shown_errors; ++i) errors_[i].what.insert(0, subject);
  for (std::size_t i = since.shown_warnings; i < now.shown_warnings; ++i) warnings_[i].what.insert(0, subject);
  return now.errors > since.errors;
}

std::string_view kind_name(Node node) noexcept {
  switch (node.kind()) {
    case Kind::scalar:
      return node.is_null() ? "nothing" : "a single value";
    case Kind::sequence:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return "nothing";
}

std::string in_quotes(std::string_view value) {
  return '"' + text::printable(value) + '"';
}

// "; did you mean …?" with the nearest known names, or all of them.
std::string hint(std::string_view given, const std::vector<std::string>& known) {
  const std::vector<std::string> near = text::nearest(given, known, 1);
  return near.empty() ? "; known are " + text::quoted_list(known) : "; did you mean \"" + near.front() + "\"?";
}

Scalar read_scalar(Node node) {
  const std::string_view value = node.text();
  if (!node.plain()) return std::string{value};
  if (node.is_null()) return std::monostate{};
  if (value == "true" || value == "True" || value == "TRUE") return true;
  if (value == "false" || value == "False" || value == "FALSE") return false;
  if (is_decimal(value)) {
    if (const auto integer = whole<std::int64_t>(value)) return *integer;
    const bool integral = value.find_first_of(".eE") == std::string_view::npos;
    if (const auto real = whole<double>(value); real && !integral && std::isfinite(*real)) return *real;
  }
  return std::string{value};
}

void Complaints::add(Location at, std::string what, bool warning) {
  std::vector<Complaint>& list = warning ? warnings_ : errors_;
  if (list.size() >= most_complaints) {
    ++(warning ? more_warnings_ : more_errors_);
    return;
  }
  list.push_back({path_, at.line, at.column, std::move(what), warning});
}

std::vector<Complaint> Complaints::take() && {
  if (more_errors_ > 0) errors_.push_back({path_, 0, 0, "and " + std::to_string(more_errors_) + " more errors", false});
  if (more_warnings_ > 0)
    warnings_.push_back({path_, 0, 0, "and " + std::to_string(more_warnings_) + " more warnings", true});
  std::move(warnings_.begin(), warnings_.end(), std::back_inserter(errors_));
  return std::move(errors_);
}

void RegistryReader::unknown_member(Node key, std::string_view what, const std::vector<std::string>& known) {
  if (key.text() == "<<")
    return complaints_.error(key.at(),
                             "merging with << is not supported; write the members out, or refer to a whole "
                             "value with an alias");
  complaints_.error(key.at(),
                    "unknown member " + in_quotes(key.text()) + " of " + std::string{what} + hint(key.text(), known));
}

template <class T, void (RegistryReader::*ReadItem)(T&, Node)>
void RegistryReader::list(Node value, std::string_view what, std::vector<T>& into) {
  if (value.kind() != Kind::sequence) {
    return complaints_.error(value.at(), std::string{what} + " must be a list (each item begins with \"- \"), not " +
                                             std::string{kind_name(value)});
  }
  into.reserve(value.size());
  for (std::optional<Node> item = value.first(); item; item = item->next()) {
    T& read = into.emplace_back();
    read.at = item->at();
    const Complaints::Count before = complaints_.count();
    (this->*ReadItem)(read, *item);
    if (complaints_.count() != before) read.sound = !complaints_.about(name_of(read, into.size()), before);
  }
}

bool RegistryReader::text(Node value, std::string_view what, std::string& into) {
  if (value.kind() != Kind::scalar) {
    complaints_.error(value.at(), std::string{what} + " must be a single value, not " + std::string{kind_name(value)});
    return false;
  }
  if (value.is_null() || value.text().empty()) {
    complaints_.error(value.at(), std::string{what} + " has no value; write one, or leave the member out");
    return false;
  }
  into = value.text();
  return true;
}

bool RegistryReader::placed(Node value, std::string_view what, Placed& into) {
  into.at = value.at();
  if (!text(value, what, into.text)) return false;
  const std::string& given = into.text;
  if (text::has_control(given)) {
    complaints_.error(value.at(),
                      std::string{what} + " " + in_quotes(given) + " holds control characters; leave them out");
  } else if (text::trim(given).size() != given.size()) {
    complaints_.error(value.at(),
                      std::string{what} + " " + in_quotes(given) + " begins or ends with a blank; leave it out");
  } else if (given.size() > 255) {
    complaints_.error(value.at(), std::string{what} + " " + in_quotes(given) + " is " + std::to_string(given.size()) +
                                      " bytes long; at most 255 are allowed");
  } else {
    return true;
  }
  return false;
}

void RegistryReader::text_map(Node value, std::string_view what, std::map<std::string, std::string>& into) {
  if (value.kind() != Kind::map) {
    return complaints_.error(value.at(), std::string{what} + " must be a map such as { High: 1-High }, not " +
                                             std::string{kind_name(value)});
  }
  for (std::optional<Node> key = value.first(); key;) {
    const std::optional<Node> right = key->next();
    if (right->kind() != Kind::scalar) {
      complaints_.error(right->at(), "the value for " + in_quotes(key->text()) + " in " + std::string{what} +
                                         " must be a single value, not " + std::string{kind_name(*right)});
    } else {
      into.emplace(key->text(), right->is_null() ? std::string_view{} : right->text());
    }
    key = right->next();
  }
}

void RegistryReader::read(Node root, RegistryFile& file) {
  static constexpr std::array known{Member<RegistryFile>{"applications", &RegistryReader::applications},
                                    Member<RegistryFile>{"appLinks", &RegistryReader::app_links}};
  members<RegistryFile>(root, "the file", known, file);
}

void RegistryReader::applications(RegistryFile& file, Node value) {
  if (value.kind() != Kind::map) {
    file.applications_known = false;
    return complaints_.error(
        value.at(), "\"applications\" must be a map from names to applications, not " + std::string{kind_name(value)});
  }
  for (std::optional<Node> key = value.first(); key;) {
    const std::optional<Node> content = key->next();
    ApplicationDef& into = file.applications.emplace_back();
    if (placed(*key, "an application's name", into.name)) {
      const Complaints::Count before = complaints_.count();
      application(into, *content);
      into.sound = complaints_.count() == before;
    } else {
      file.applications_known = false;
    }
    key = content->next();
  }
}

void RegistryReader::application(ApplicationDef& into, Node value) {
  const std::string what = "application " + in_quotes(into.name.text);
  if (value.kind() != Kind::map) {
    return complaints_.error(value.at(), what + " must be a map such as { adapter: folder, path: records }, not " +
                                             std::string{kind_name(value)});
  }
  for (std::optional<Node> key = value.first(); key;) {
    const std::optional<Node> content = key->next();
    if (key->text() == "adapter") {
      (void)placed(*content, "\"adapter\"", into.adapter);
    } else if (key->text() == "maxConcurrent") {
      max_concurrent(into, *content);
    } else if (key->text() == "maxRate") {
      max_rate(into, *content);
    } else if (key->text() == "webhookSecret") {
      into.webhook_secret.at = content->at();
      (void)text(*content, "\"webhookSecret\"", into.webhook_secret.text);
    } else {
      SettingDef setting{std::string{key->text()}, {}, key->at(), content->at()};
      if (text(*content, in_quotes(setting.name) + " of " + what, setting.value))
        into.settings.push_back(std::move(setting));
    }
    key = content->next();
  }
  if (into.adapter.at.line == 0)
    complaints_.error(into.name.at, what + " has no member \"adapter\"; it says which kind of system it is");
}

void RegistryReader::app_links(RegistryFile& file, Node value) {
  list<AppLinkDef, &RegistryReader::app_link>(value, "\"appLinks\"", file.app_links);
}

void RegistryReader::app_link(AppLinkDef& link, Node value) {
  static constexpr std::array known{Member<AppLinkDef>{"name", &RegistryReader::link_name},
                                    Member<AppLinkDef>{"enabled", &RegistryReader::link_enabled},
                                    Member<AppLinkDef>{"syncType", &RegistryReader::link_sync_type},
                                    Member<AppLinkDef>{"source", &RegistryReader::link_source},
                                    Member<AppLinkDef>{"destination", &RegistryReader::link_destination},
                                    Member<AppLinkDef>{"projects", &RegistryReader::link_projects},
                                    Member<AppLinkDef>{"direction", &RegistryReader::link_direction},
                                    Member<AppLinkDef>{"conflict", &RegistryReader::link_conflict},
                                    Member<AppLinkDef>{"onlyWhen", &RegistryReader::link_only_when},
                                    Member<AppLinkDef>{"fields", &RegistryReader::link_fields},
                                    Member<AppLinkDef>{"comments", &RegistryReader::link_comments},
                                    Member<AppLinkDef>{"attachments", &RegistryReader::link_attachments},
                                    Member<AppLinkDef>{"onDelete", &RegistryReader::link_on_delete},
                                    Member<AppLinkDef>{"onLeave", &RegistryReader::link_on_leave},
                                    Member<AppLinkDef>{"closeWith", &RegistryReader::link_close_with},
                                    Member<AppLinkDef>{"sweep", &RegistryReader::link_sweep},
                                    Member<AppLinkDef>{"every", &RegistryReader::link_every},
                                    Member<AppLinkDef>{"at", &RegistryReader::link_at}};
  members<AppLinkDef>(value, "an app link", known, link);
  if (value.kind() != Kind::map) return;
  const auto missing = [&](std::string_view member) {
    complaints_.error(link.at, "the member " + in_quotes(member) + " is missing");
  };
  if (link.name.at.line == 0) missing("name");
  if (link.source.at.line == 0) missing("source");
  if (link.destination.at.line == 0) missing("destination");
  if (link.fields_at.line == 0) missing("fields");
  check_times(link);
  check_flows(link);
  check_close_with(link);
}

void RegistryReader::link_name(AppLinkDef& link, Node value) {
  (void)placed(value, "an app link's name", link.name);
}

void RegistryReader::link_enabled(AppLinkDef& link, Node value) {
  (void)word(value, "\"enabled\"", truth_words, link.enabled);
}

void RegistryReader::link_sync_type(AppLinkDef& link, Node value) {
  (void)word(value, "\"syncType\"", sync_types, link.sync_type);
}

void RegistryReader::link_source(AppLinkDef& link, Node value) {
  end(link.source, value);
}

void RegistryReader::link_destination(AppLinkDef& link, Node value) {
  end(link.destination, value);
}

void RegistryReader::link_projects(AppLinkDef& link, Node value) {
  list<ProjectDef, &RegistryReader::project>(value, "\"projects\"", link.projects);
}

void RegistryReader::link_direction(AppLinkDef& link, Node value) {
  (void)word(value, "\"direction\"", direction_words, link.direction);
}

void RegistryReader::link_conflict(AppLinkDef& link, Node value) {
  (void)word(value, "\"conflict\"", conflict_words, link.conflict);
}

void RegistryReader::link_only_when(AppLinkDef& link, Node value) {
  static constexpr std::array known{Member<AppLinkDef>{"source", &RegistryReader::only_when_source},
                                    Member<AppLinkDef>{"destination", &RegistryReader::only_when_destination}};
  members<AppLinkDef>(value, "\"onlyWhen\"", known, link);
}

void RegistryReader::only_when_source(AppLinkDef& link, Node value) {
  link.only_when_source.at = value.at();
  (void)text(value, "a filter", link.only_when_source.text);
}

void RegistryReader::only_when_destination(AppLinkDef& link, Node value) {
  link.only_when_destination.at = value.at();
  (void)text(value, "a filter", link.only_when_destination.text);
}

void RegistryReader::link_fields(AppLinkDef& link, Node value) {
  link.fields_at = value.at();
  list<FieldDef, &RegistryReader::field>(value, "\"fields\"", link.fields);
  if (value.kind() == Kind::sequence && value.size() == 0)
    complaints_.error(value.at(), "\"fields\" is empty; the app link would synchronize nothing");
}

void RegistryReader::end(EndDef& into, Node value) {
  static constexpr std::array known{Member<EndDef>{"application", &RegistryReader::end_application},
                                    Member<EndDef>{"project", &RegistryReader::end_project},
                                    Member<EndDef>{"type", &RegistryReader::end_type}};
  into.at = value.at();
  members<EndDef>(value, "an end of the app link", known, into);
  if (value.kind() == Kind::map && into.application.at.line == 0)
    complaints_.error(into.at, "this end of the app link has no member \"application\"");
}

void RegistryReader::end_application(EndDef& into, Node value) {
  (void)placed(value, "\"application\"", into.application);
}

void RegistryReader::end_project(EndDef& into, Node value) {
  (void)placed(value, "\"project\"", into.project);
}

void RegistryReader::end_type(EndDef& into, Node value) {
  (void)placed(value, "\"type\"", into.type);
}

void RegistryReader::project(ProjectDef& into, Node value) {
  static constexpr std::array known{Member<ProjectDef>{"source", &RegistryReader::project_source},
                                    Member<ProjectDef>{"destination", &RegistryReader::project_destination}};
  members<ProjectDef>(value, "a pair of projects", known, into);
}

void RegistryReader::project_source(ProjectDef& into, Node value) {
  Placed name;
  if (placed(value, "a project", name)) into.source = std::move(name.text);
}

void RegistryReader::project_destination(ProjectDef& into, Node value) {
  Placed name;
  if (placed(value, "a project", name)) into.destination = std::move(name.text);
}

}  // namespace syncservice::config
