#include "loader.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace syncservice::registry {
namespace {

using config::ApplicationDef;
using config::AppLinkDef;
using config::FieldDef;
using config::Location;

constexpr std::size_t most_errors = 200;

std::string in_quotes(std::string_view value) {
  return '"' + text::printable(value) + '"';
}

std::string place(const std::string& file, Location at) {
  return file + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

// "; did you mean …?" with the nearest known name, or all of them.
std::string hint(std::string_view given, const std::vector<std::string>& known) {
  constexpr std::size_t few = 12;
  const std::vector<std::string> near = text::nearest(given, known, 1);
  if (!near.empty()) return "; did you mean \"" + near.front() + "\"?";
  return known.empty() || known.size() > few ? std::string{} : "; known are " + text::quoted_list(known);
}

SyncType meaning(config::SyncTypeWord word) noexcept {
  switch (word) {
    case config::SyncTypeWord::push:
      return SyncType::push;
    case config::SyncTypeWord::poll:
      return SyncType::poll;
    case config::SyncTypeWord::scheduled:
      return SyncType::scheduled;
  }
  return SyncType::push;
}

mapping::Direction meaning(config::DirectionWord word) noexcept {
  switch (word) {
    case config::DirectionWord::both:
      return mapping::Direction::both;
    case config::DirectionWord::to_destination:
      return mapping::Direction::to_destination;
    case config::DirectionWord::to_source:
      return mapping::Direction::to_source;
  }
  return mapping::Direction::both;
}

mapping::ConflictPolicy meaning(config::ConflictWord word) noexcept {
  switch (word) {
    case config::ConflictWord::source:
      return mapping::ConflictPolicy::source;
    case config::ConflictWord::destination:
      return mapping::ConflictPolicy::destination;
    case config::ConflictWord::newest:
      return mapping::ConflictPolicy::newest;
    case config::ConflictWord::oldest:
      return mapping::ConflictPolicy::oldest;
    case config::ConflictWord::pusher:
      return mapping::ConflictPolicy::pusher;
    case config::ConflictWord::hold:
      return mapping::ConflictPolicy::hold;
  }
  return mapping::ConflictPolicy::newest;
}

WhenGone meaning(config::GoneWord word) noexcept {
  switch (word) {
    case config::GoneWord::nothing:
      return WhenGone::nothing;
    case config::GoneWord::close:
      return WhenGone::close;
    case config::GoneWord::remove:
      return WhenGone::remove;
  }
  return WhenGone::nothing;
}

WhenEdited meaning(config::EditedWord word) noexcept {
  switch (word) {
    case config::EditedWord::update:
      return WhenEdited::update;
    case config::EditedWord::append:
      return WhenEdited::append;
    case config::EditedWord::ignore:
      return WhenEdited::ignore;
  }
  return WhenEdited::update;
}

WhenRemoved meaning(config::DeletedWord word) noexcept {
  return word == config::DeletedWord::remove ? WhenRemoved::remove : WhenRemoved::keep;
}

bool goes(config::FlowWord flow, Side from) noexcept {
  return flow == config::FlowWord::both ||
         flow == (from == Side::source ? config::FlowWord::to_destination : config::FlowWord::to_source);
}

struct ToValue {
  record::Value operator()(std::monostate) const { return record::Value{}; }
  record::Value operator()(const config::Scalar& scalar) const { return std::visit(*this, scalar); }
  record::Value operator()(const std::vector<config::Scalar>& items) const {
    record::List list;
    for (const config::Scalar& item : items) list.push_back((*this)(item));
    return record::Value{std::move(list)};
  }
  template <class T>
  record::Value operator()(const T& value) const {
    return record::Value{value};
  }
};

mapping::FieldRule to_rule(FieldDef& def) {
  mapping::FieldRule rule;
  rule.source = std::move(def.source);
  rule.destination = std::move(def.destination);
  if (def.constant) rule.constant = std::visit(ToValue{}, *def.constant);
  rule.values = std::move(def.values);
  rule.users = std::move(def.users);
  rule.direction = meaning(def.direction);
  if (def.conflict) rule.conflict = meaning(*def.conflict);
  rule.line = def.at.line;
  rule.column = def.at.column;
  return rule;
}

record::Fields to_fields(const std::map<std::string, config::Constant>& constants) {
  record::Fields fields;
  for (const auto& [name, constant] : constants) fields.emplace(name, std::visit(ToValue{}, constant));
  return fields;
}

// What the app link says beside its fields.
void take_rules(const AppLinkDef& def, AppLink& link) {
  link.comments = {.to_destination = goes(def.comments.direction, Side::source),
                   .to_source = goes(def.comments.direction, Side::destination),
                   .private_too = def.comments.private_too,
                   .existing = def.comments.existing,
                   .edited = meaning(def.comments.edited),
                   .removed = meaning(def.comments.deleted)};
  link.attachments = {.to_destination = goes(def.attachments.direction, Side::source),
                      .to_source = goes(def.attachments.direction, Side::destination),
                      .existing = def.attachments.existing,
                      .removed = meaning(def.attachments.deleted),
                      .max_size = def.attachments.max_size};
  link.when_deleted = meaning(def.on_delete);
  link.when_filtered = meaning(def.on_leave);
  link.close_source = to_fields(def.close_with.source);
  link.close_destination = to_fields(def.close_with.destination);
  constexpr std::chrono::minutes midnight{0};
  constexpr std::chrono::milliseconds usual_poll = std::chrono::minutes{5};
  if (def.sync_type == config::SyncTypeWord::poll) {
    link.poll_every = def.every.at.line == 0 ? usual_poll : def.every.time;
  } else if (def.sync_type == config::SyncTypeWord::push && def.sweep.at.line != 0) {
    link.poll_every = def.sweep.time;
  }
  link.run_at = def.run_at;
  if (def.sync_type == config::SyncTypeWord::scheduled && link.run_at.empty()) link.run_at = {midnight};
}

Location place_of(const AppLinkDef& def, int rule) noexcept {
  if (rule == -1) return def.only_when_source.at;
  if (rule == -2) return def.only_when_destination.at;
  const auto index = static_cast<std::size_t>(rule);
  return index < def.fields.size() ? def.fields[index].at : def.at;
}

const std::string& name_at(const config::ProjectDef& pair, Side side) noexcept {
  return side == Side::source ? pair.source : pair.destination;
}

constexpr std::array both_sides{Side::source, Side::destination};

}  // namespace

Loader::Loader(const std::vector<adapter::Kind>& kinds, const Snapshot* previous)
    : kinds_(kinds), previous_(previous), data_(std::make_unique<Snapshot::Data>()) {
  if (previous_ != nullptr) data_->version = previous_->version() + 1;
}

LoadResult Loader::load(const std::string& path) && {
  config::ReadRegistry read = config::read_registry(path);
  complaints_ = std::move(read.complaints);
  std::set<std::string> broken;
  for (const Complaint& complaint : complaints_) {
    if (!complaint.warning) broken.insert(complaint.file);
  }
  some_broken_ = !broken.empty();
  for (const config::RegistryFile& file : read.files) {
    for (const ApplicationDef& def : file.applications) {
      if (broken.count(file.path) == 0) add_application(file.path, def);
    }
  }
  for (const auto& [name, where] : application_places_) application_names_.push_back(name);
  for (config::RegistryFile& file : read.files) {
    if (broken.count(file.path) != 0) continue;
    for (AppLinkDef& def : file.app_links) add_app_link(file.path, def);
  }
  if (more_errors_ > 0)
    complaints_.push_back({path, 0, 0, "and " + std::to_string(more_errors_) + " more errors", false});

  LoadResult out;
  if (!any_error(complaints_)) out.snapshot = finish();
  out.complaints = std::move(complaints_);
  return out;
}

std::shared_ptr<const Snapshot> Loader::finish() {
  std::vector<std::shared_ptr<const AppLink>>& links = data_->app_links;
  std::sort(links.begin(), links.end(), [](const auto& left, const auto& right) { return left->name < right->name; });
  std::vector<std::string> names;
  names.reserve(links.size());
  data_->by_name.reserve(links.size());
  for (const std::shared_ptr<const AppLink>& link : links) {
    names.push_back(link->name.str());
    data_->by_name.emplace(link->name, link);
  }
  data_->names.fill(std::move(names));
  return std::make_shared<const Snapshot>(std::move(data_));
}

void Loader::error(const std::string& file, Location at, std::string what) {
  if (errors_ >= most_errors) {
    ++more_errors_;
    return;
  }
  ++errors_;
  complaints_.push_back({file, at.line, at.column, std::move(what), false});
}

void Loader::add_application(const std::string& file, const ApplicationDef& def) {
  const std::string& name = def.name.text;
  const auto [known, first] = application_places_.emplace(name, place(file, def.name.at));
  if (!first)
    return error(file, def.name.at, "application " + in_quotes(name) + " is already defined at " + known->second);
  const auto kind = std::find_if(kinds_.begin(), kinds_.end(),
                                 [&](const adapter::Kind& candidate) { return candidate.name == def.adapter.text; });
  if (kind == kinds_.end()) {
    std::vector<std::string> names;
    for (const adapter::Kind& candidate : kinds_) names.push_back(candidate.name);
    return error(file, def.adapter.at,
                 "there is no adapter " + in_quotes(def.adapter.text) + hint(def.adapter.text, names));
  }
  std::optional<adapter::Settings> settings = check_settings(file, def, *kind);
  if (!settings) return;
  std::shared_ptr<adapter::Adapter> adapter = kept_adapter(name, kind->name, *settings);
  if (adapter == nullptr) {
    Result<std::unique_ptr<adapter::Adapter>> made = kind->make(*settings);
    if (!made) return error(file, def.name.at, "application " + in_quotes(name) + ": " + made.error().message);
    adapter = std::move(*made);
  }
  auto application = std::make_shared<const Application>(Application{ApplicationName{name}, kind->name,
                                                                     kind->needs_project, std::move(adapter),
                                                                     CallLimits{def.max_concurrent, def.max_rate}});
  data_->applications.emplace(name, Snapshot::Data::Held{std::move(application), std::move(*settings)});
}

std::optional<adapter::Settings> Loader::check_settings(const std::string& file, const ApplicationDef& def,
                                                        const adapter::Kind& kind) {
  adapter::Settings settings;
  settings.base_folder = std::filesystem::absolute(file).lexically_normal().parent_path().string();
  bool good = true;
  const auto fault = [&](Location at, std::string what) {
    good = false;
    error(file, at, std::move(what));
  };
  std::set<std::string_view> given;
  for (const config::SettingDef& setting : def.settings) {
    given.insert(setting.name);
    const auto spec = std::find_if(kind.settings.begin(), kind.settings.end(),
                                   [&](const adapter::SettingSpec& known) { return known.name == setting.name; });
    if (spec == kind.settings.end()) {
      std::vector<std::string> names;
      for (const adapter::SettingSpec& known : kind.settings) names.push_back(known.name);
      fault(setting.name_at, "unknown setting " + in_quotes(setting.name) + " of adapter " + in_quotes(kind.name) +
                                 hint(setting.name, names));
      continue;
    }
    if (spec->secret && !config::has_secret(setting.value)) {
      complaints_.push_back({file, setting.value_at.line, setting.value_at.column,
                             in_quotes(setting.name) + " of application " + in_quotes(def.name.text) +
                                 " stands here for everyone to read; write ${env:NAME} or ${file:/path} instead",
                             true});
    }
    Result<std::string> value = config::resolve_secret(setting.value, settings.base_folder);
    if (value) {
      settings.values.emplace(setting.name, std::move(*value));
    } else {
      fault(setting.value_at,
            in_quotes(setting.name) + " of application " + in_quotes(def.name.text) + ": " + value.error().message);
    }
  }
  for (const adapter::SettingSpec& known : kind.settings) {
    if (!known.required || given.count(known.name) != 0) continue;
    fault(def.name.at, "application " + in_quotes(def.name.text) + " has no " + in_quotes(known.name) +
                           (known.help.empty() ? std::string{} : " (" + known.help + ")") + ", which adapter " +
                           in_quotes(kind.name) + " needs");
  }
  return good ? std::optional{std::move(settings)} : std::nullopt;
}

std::shared_ptr<adapter::Adapter> Loader::kept_adapter(const std::string& name, const std::string& kind,
                                                       const adapter::Settings& settings) const {
  if (previous_ == nullptr) return nullptr;
  const auto& before = previous_->data_->applications;
  const auto held = before.find(name);
  if (held == before.end() || held->second.application->kind != kind) return nullptr;
  const adapter::Settings& old = held->second.settings;
  return old.values == settings.values && old.base_folder == settings.base_folder ? held->second.application->adapter
                                                                                  : nullptr;
}

void Loader::add_app_link(const std::string& file, AppLinkDef& def) {
  const auto [known, first] = link_places_.emplace(def.name.text, LinkPlace{&file, def.name.at});
  if (!first) {
    return error(file, def.name.at,
                 "app link " + in_quotes(def.name.text) + " is already defined at " +
                     place(*known->second.file, known->second.at));
  }
  auto link = std::make_shared<AppLink>();
  link->name = AppLinkName{def.name.text};
  link->enabled = def.enabled;
  link->sync_type = meaning(def.sync_type);
  link->to_destination = def.direction != config::DirectionWord::to_source;
  link->to_source = def.direction != config::DirectionWord::to_destination;
  take_rules(def, *link);
  const bool source = resolve_end(file, def.source, link->source);
  const bool destination = resolve_end(file, def.destination, link->destination);
  if (source && destination) resolve_projects(file, def, *link);
  link->plan = compile(file, def);
  if (source && destination && link->plan != nullptr) data_->app_links.push_back(std::move(link));
}

bool Loader::resolve_end(const std::string& file, config::EndDef& def, End& into) {
  into.type = std::move(def.type.text);
  const auto found = data_->applications.find(def.application.text);
  if (found != data_->applications.end()) {
    into.application = found->second.application;
    return true;
  }
  // One that is defined, but badly, is complained about at its own place; so is a file that may define it.
  if (!some_broken_ && application_places_.count(def.application.text) == 0) {
    error(
        file, def.application.at,
        "there is no application " + in_quotes(def.application.text) + hint(def.application.text, application_names_));
  }
  return false;
}

void Loader::resolve_projects(const std::string& file, const AppLinkDef& def, AppLink& link) {
  std::vector<config::ProjectDef> pairs = def.projects;
  const config::Placed& at_end = def.source.project.text.empty() ? def.destination.project : def.source.project;
  if (!at_end.text.empty()) {
    if (!pairs.empty())
      return error(file, at_end.at, "the app link names its projects here and in \"projects\"; keep one of the two");
    pairs.push_back({def.source.project.text, def.destination.project.text, at_end.at});
  }
  for (const Side side : both_sides) check_projects(file, def, link, pairs, side);
  for (config::ProjectDef& pair : pairs) {
    if (pair.source.empty() && pair.destination.empty())
      error(file, pair.at, "this pair of projects names none; write { source: A, destination: B }");
    link.projects.push_back({ProjectName{std::move(pair.source)}, ProjectName{std::move(pair.destination)}});
  }
}

void Loader::check_projects(const std::string& file, const AppLinkDef& def, const AppLink& link,
                            const std::vector<config::ProjectDef>& pairs, Side side) {
  const Application& application = *link.end(side).application;
  const bool written = side == Side::source ? link.to_source : link.to_destination;
  const bool pushes = side == Side::source ? link.to_destination : link.to_source;
  if (pairs.empty() && application.needs_project && written) {
    const Location at = side == Side::source ? def.source.at : def.destination.at;
    error(file, at,
          "records are written to " + in_quotes(application.name.str()) +
              ", which takes them in a project; name it here (\"project\"), or in \"projects\"");
  }
  std::set<std::string_view> seen;
  for (const config::ProjectDef& pair : pairs) {
    const std::string& name = name_at(pair, side);
    if (name.empty() && application.needs_project) {
      error(file, pair.at,
            "no project for the " + std::string{to_string(side)} + "; " + in_quotes(application.name.str()) +
                " needs one");
    }
    if (!pushes || seen.insert(name).second) continue;
    error(file, pair.at,
          (name.empty() ? "a pair without a project" : "project " + in_quotes(name)) + " at the " +
              std::string{to_string(side)} +
              " stands here twice, so a push from there could mean two projects at the other side; keep "
              "one of them");
  }
}

std::shared_ptr<const mapping::Plan> Loader::compile(const std::string& file, AppLinkDef& def) {
  mapping::PlanSpec spec;
  spec.fields.reserve(def.fields.size());
  for (FieldDef& field : def.fields) spec.fields.push_back(to_rule(field));
  spec.only_when_source = def.only_when_source.text;
  spec.only_when_destination = def.only_when_destination.text;
  spec.conflict = meaning(def.conflict);
  spec.direction = meaning(def.direction);
  std::vector<mapping::Fault> faults;
  std::shared_ptr<const mapping::Plan> plan = mapping::Plan::compile(std::move(spec), faults);
  for (mapping::Fault& fault : faults) error(file, place_of(def, fault.rule), std::move(fault.what));
  return faults.empty() ? plan : nullptr;
}

LoadResult load(const std::string& path, const std::vector<adapter::Kind>& kinds,
                const std::shared_ptr<const Snapshot>& previous) {
  return Loader{kinds, previous.get()}.load(path);
}

}  // namespace syncservice::registry
