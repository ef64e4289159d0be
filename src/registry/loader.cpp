#include "loader.hpp"

#include "wording.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/config/parallel.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <tuple>

namespace syncservice::registry {
namespace {

using config::ApplicationDef;
using config::AppLinkDef;
using config::Location;

constexpr std::size_t most_errors = 200;

std::string place(const std::string& file, Location at) {
  return file + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

Place place(Location at) noexcept {
  return {at.line, at.column};
}

std::string folder_of(const std::string& file) {
  return std::filesystem::absolute(file).lexically_normal().parent_path().string();
}

// What complaints about it begin with.
std::string in_link(const AppLinkDef& link) {
  return "app link " + in_quotes(link.name.text) + ": ";
}

std::string in_field(const AppLinkDef& link, std::size_t index) {
  const config::FieldDef& field = link.fields[index];
  const std::string& name = field.source.empty() ? field.destination : field.source;
  return (name.empty() ? "field rule " + std::to_string(index + 1) : "field " + in_quotes(name)) + ": ";
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
  for (const config::RegistryFile& file : read.files) {
    all_known_ = all_known_ && file.applications_known;
    for (const ApplicationDef& def : file.applications) {
      if (!def.name.text.empty()) add_application(file.path, def);
    }
  }
  for (const auto& [name, where] : application_places_) application_names_.push_back(name);
  add_app_links(read.files);
  sort_complaints(read.files);
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
  if (def.adapter.text.empty()) return;  // complained about already
  const auto kind = std::find_if(kinds_.begin(), kinds_.end(),
                                 [&](const adapter::Kind& candidate) { return candidate.name == def.adapter.text; });
  if (kind == kinds_.end()) {
    std::vector<std::string> names;
    for (const adapter::Kind& candidate : kinds_) names.push_back(candidate.name);
    return error(file, def.adapter.at,
                 "there is no adapter " + in_quotes(def.adapter.text) + hint(def.adapter.text, names));
  }
  std::optional<adapter::Settings> settings = check_settings(file, def, *kind);
  std::optional<std::string> secret = webhook_secret(file, def);
  if (!settings || !secret) return;
  std::shared_ptr<adapter::Adapter> adapter = kept_adapter(name, kind->name, *settings);
  if (adapter == nullptr) {
    Result<std::unique_ptr<adapter::Adapter>> made = kind->make(*settings);
    if (!made) return error(file, def.name.at, "application " + in_quotes(name) + ": " + made.error().message);
    adapter = std::move(*made);
  }
  auto application = std::make_shared<const Application>(
      Application{ApplicationName{name}, kind->name, kind->needs_project, std::move(adapter),
                  CallLimits{def.max_concurrent, def.max_rate}, std::move(*secret)});
  data_->applications.emplace(name, Snapshot::Data::Held{std::move(application), std::move(*settings)});
}

std::optional<adapter::Settings> Loader::check_settings(const std::string& file, const ApplicationDef& def,
                                                        const adapter::Kind& kind) {
  adapter::Settings settings;
  settings.base_folder = folder_of(file);
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
    std::optional<std::string> value = resolved(file, def, setting, spec->secret);
    good = good && value;
    if (value) settings.values.emplace(setting.name, std::move(*value));
  }
  for (const adapter::SettingSpec& known : kind.settings) {
    if (!known.required || !def.sound || given.count(known.name) != 0) continue;
    fault(def.name.at, "application " + in_quotes(def.name.text) + " has no " + in_quotes(known.name) +
                           (known.help.empty() ? std::string{} : " (" + known.help + ")") + ", which adapter " +
                           in_quotes(kind.name) + " needs");
  }
  return good && def.sound ? std::optional{std::move(settings)} : std::nullopt;
}

// The value that a setting has now: secrets resolved.
std::optional<std::string> Loader::resolved(const std::string& file, const ApplicationDef& def,
                                            const config::SettingDef& setting, bool secret) {
  if (secret && !config::has_secret(setting.value)) {
    complaints_.push_back({file, setting.value_at.line, setting.value_at.column,
                           in_quotes(setting.name) + " of application " + in_quotes(def.name.text) +
                               " stands here for everyone to read; write ${env:NAME} or ${file:/path} instead",
                           true});
  }
  Result<std::string> value = config::resolve_secret(setting.value, folder_of(file));
  if (value) return std::move(*value);
  error(file, setting.value_at,
        in_quotes(setting.name) + " of application " + in_quotes(def.name.text) + ": " + value.error().message);
  return std::nullopt;
}

// Empty text: the application has none. No value: it has one that can't be used.
std::optional<std::string> Loader::webhook_secret(const std::string& file, const ApplicationDef& def) {
  const config::Placed& written = def.webhook_secret;
  if (written.text.empty()) return std::string{};  // complained about already, if it was given
  return resolved(file, def, {"webhookSecret", written.text, written.at, written.at}, true);
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

void Loader::add_app_links(std::vector<config::RegistryFile>& files) {
  std::vector<Pending> pending;
  std::size_t count = 0;
  for (const config::RegistryFile& file : files) count += file.app_links.size();
  pending.reserve(count);
  link_places_.reserve(count);
  for (config::RegistryFile& file : files) {
    const auto path = std::make_shared<const std::string>(file.path);
    for (AppLinkDef& def : file.app_links) pending.push_back(begin(path, def));
  }
  constexpr std::size_t batch = 64;
  config::side_by_side((count + batch - 1) / batch, [&](std::size_t part) {
    for (std::size_t i = part * batch; i < std::min(count, (part + 1) * batch); ++i) {
      Pending& one = pending[i];
      one.parts = take_plan(*one.def);
      one.link->plan = mapping::Plan::compile(std::move(one.parts.spec), one.faults);
      if (one.faults.empty()) std::vector<config::FieldDef>{}.swap(one.def->fields);  // here, where others help
    }
  });
  for (Pending& one : pending) finish(one);
}

Loader::Pending Loader::begin(const std::shared_ptr<const std::string>& file, AppLinkDef& def) {
  Pending out{file.get(), &def, std::make_shared<AppLink>(), {}, {}, false};
  AppLink& link = *out.link;
  take_rules(def, link);
  link.written = {file, place(def.at), place(def.source.at), place(def.destination.at), {}};
  bool good = def.sound;
  if (!def.name.text.empty()) {
    const auto [known, first] = link_places_.emplace(def.name.text, LinkPlace{file.get(), def.name.at});
    if (!first) {
      good = false;
      error(*file, def.name.at,
            "app link " + in_quotes(def.name.text) + " is already defined at " +
                place(*known->second.file, known->second.at));
    }
  }
  const bool source = resolve_end(*file, def, Side::source, link.source);
  const bool destination = resolve_end(*file, def, Side::destination, link.destination);
  const bool projects =
      std::all_of(def.projects.begin(), def.projects.end(), [](const auto& pair) { return pair.sound; });
  if (source && destination && projects) resolve_projects(*file, def, link);
  out.good = good && source && destination && projects;
  return out;
}

void Loader::finish(Pending& pending) {
  for (mapping::Fault& fault : pending.faults) {
    const auto rule = static_cast<std::size_t>(fault.rule);
    std::string about = in_link(*pending.def);
    if (fault.rule >= 0 && rule < pending.parts.fields.size()) {
      about += in_field(*pending.def, pending.parts.fields[rule]);
    }
    error(*pending.file, place_of(*pending.def, pending.parts, fault), about + fault.what);
  }
  if (pending.good && pending.link->plan != nullptr) data_->app_links.push_back(std::move(pending.link));
}

// By file, line and column; what concerns a whole file comes after its places.
void Loader::sort_complaints(const std::vector<config::RegistryFile>& files) {
  std::map<std::string_view, std::size_t> order;
  for (const config::RegistryFile& file : files) order.emplace(file.path, order.size());
  const auto key = [&](const Complaint& complaint) {
    const auto file = order.find(complaint.file);
    const int line = complaint.line == 0 ? std::numeric_limits<int>::max() : complaint.line;
    return std::tuple{file == order.end() ? files.size() : file->second, line, complaint.column};
  };
  std::stable_sort(complaints_.begin(), complaints_.end(),
                   [&](const Complaint& left, const Complaint& right) { return key(left) < key(right); });
}

bool Loader::resolve_end(const std::string& file, AppLinkDef& link, Side side, End& into) {
  config::EndDef& def = side == Side::source ? link.source : link.destination;
  into.type = std::move(def.type.text);
  if (def.application.text.empty()) return false;  // complained about already
  const auto found = data_->applications.find(def.application.text);
  if (found != data_->applications.end()) {
    into.application = found->second.application;
    return true;
  }
  // One that is defined, but badly, is complained about at its own place; so is a file that may define it.
  if (all_known_ && application_places_.count(def.application.text) == 0) {
    error(file, def.application.at,
          in_link(link) + "there is no application " + in_quotes(def.application.text) +
              hint(def.application.text, application_names_));
  }
  return false;
}

namespace {

bool joins_itself(const AppLink& link, const ProjectPair& pair) {
  return link.source.application == link.destination.application && link.source.type == link.destination.type &&
         pair.source == pair.destination;
}

std::string itself(const AppLink& link) {
  std::string what = "both sides are the same place in ";
  return what.append(in_quotes(link.source.application->name.str()))
      .append(
          ", so each record would be copied beside itself, and its copy again; name another project, type or "
          "application at one side");
}

}  // namespace

void Loader::resolve_projects(const std::string& file, const AppLinkDef& def, AppLink& link) {
  std::vector<config::ProjectDef> pairs = def.projects;
  const config::Placed& at_end = def.source.project.text.empty() ? def.destination.project : def.source.project;
  if (!at_end.text.empty()) {
    if (!pairs.empty())
      return error(file, at_end.at,
                   in_link(def) + "the app link names its projects here and in \"projects\"; keep one of the two");
    pairs.push_back({def.source.project.text, def.destination.project.text, true, at_end.at});
  }
  for (const Side side : both_sides) check_projects(file, def, link, pairs, side);
  for (config::ProjectDef& pair : pairs) {
    if (pair.source.empty() && pair.destination.empty())
      error(file, pair.at, in_link(def) + "this pair of projects names none; write { source: A, destination: B }");
    link.projects.push_back({ProjectName{std::move(pair.source)}, ProjectName{std::move(pair.destination)}});
    link.written.projects.push_back(place(pair.at));
    if (joins_itself(link, link.projects.back())) error(file, pair.at, in_link(def) + itself(link));
  }
  if (pairs.empty() && joins_itself(link, {})) error(file, def.at, in_link(def) + itself(link));
}

void Loader::check_projects(const std::string& file, const AppLinkDef& def, const AppLink& link,
                            const std::vector<config::ProjectDef>& pairs, Side side) {
  const Application& application = *link.end(side).application;
  const bool written = side == Side::source ? link.to_source : link.to_destination;
  const bool pushes = side == Side::source ? link.to_destination : link.to_source;
  if (pairs.empty() && application.needs_project && written) {
    const Location at = side == Side::source ? def.source.at : def.destination.at;
    error(file, at,
          in_link(def) + "records are written to " + in_quotes(application.name.str()) +
              ", which takes them in a project; name it here (\"project\"), or in \"projects\"");
  }
  std::set<std::string_view> seen;
  for (const config::ProjectDef& pair : pairs) {
    const std::string& name = name_at(pair, side);
    if (name.empty() && application.needs_project) {
      error(file, pair.at,
            in_link(def) + "no project for the " + std::string{to_string(side)} + "; " +
                in_quotes(application.name.str()) + " needs one");
    }
    if (!pushes || seen.insert(name).second) continue;
    error(file, pair.at,
          in_link(def) + (name.empty() ? "a pair without a project" : "project " + in_quotes(name)) + " at the " +
              std::string{to_string(side)} +
              " stands here twice, so a push from there could mean two projects at the other side; keep "
              "one of them");
  }
}

LoadResult load(const std::string& path, const std::vector<adapter::Kind>& kinds,
                const std::shared_ptr<const Snapshot>& previous) {
  return Loader{kinds, previous.get()}.load(path);
}

}  // namespace syncservice::registry
