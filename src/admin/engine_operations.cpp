#include "engine_operations.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/sync/admin.hpp"
#include "syncservice/sync/sync.hpp"

#include <algorithm>
#include <condition_variable>
#include <initializer_list>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace syncservice::admin {
namespace {

constexpr int usual_limit = 100;

/// The text members of a JSON object, all of them known.
class Body {
 public:
  static Result<Body> read(const Call& call, std::initializer_list<std::string_view> known, std::string_view example) {
    const nlohmann::json json = nlohmann::json::parse(call.body, nullptr, false);
    if (!json.is_object()) {
      std::string message = "the body must be a JSON object such as ";
      return invalid(message.append(example));
    }
    Body body;
    for (const auto& [name, value] : json.items()) {
      if (value.is_null()) continue;
      if (std::find(known.begin(), known.end(), name) != known.end() && value.is_boolean()) {
        body.members_.emplace(name, value.get<bool>() ? "true" : "false");
        continue;
      }
      if (std::find(known.begin(), known.end(), name) == known.end() || !value.is_string()) {
        return invalid(in_quotes(name) + " is not a member here, or is no text; known are " +
                       text::quoted_list(std::vector<std::string>(known.begin(), known.end())));
      }
      body.members_.emplace(name, value.get<std::string>());
    }
    return body;
  }
  [[nodiscard]] std::string get(std::string_view name) const {
    const auto found = members_.find(name);
    return found == members_.end() ? std::string{} : found->second;
  }
  [[nodiscard]] Result<std::string> need(std::string_view name) const {
    std::string value = get(name);
    if (value.empty()) return invalid(std::string{name} + " is missing");
    return value;
  }
  [[nodiscard]] Result<std::optional<Side>> side(std::string_view name) const {
    const std::string value = get(name);
    if (value.empty()) return std::optional<Side>{};
    const std::optional<Side> side = parse_side(value);
    if (!side) {
      return invalid(std::string{name} + ": " + in_quotes(value) + " is neither \"source\" nor \"destination\"");
    }
    return std::optional{*side};
  }

 private:
  std::map<std::string, std::string, std::less<>> members_;
};

Result<std::int64_t> number_in(const std::string& segment, std::string_view what) {
  const auto number = positive_number(segment);
  if (number) return *number;
  std::string message = "there is no ";
  message.append(what).append(" ").append(in_quotes(segment)).append("; its name is a number");
  return failure(FailureClass::gone, std::move(message));
}

Result<int> limit_of(const Call& call) {
  const std::string given = call.parameter("limit");
  if (given.empty()) return usual_limit;
  const auto number = positive_number(given);
  if (!number || *number > 1000) return invalid("limit: " + in_quotes(given) + " is not a number from 1 to 1000");
  return static_cast<int>(*number);
}

Result<std::shared_ptr<const registry::Snapshot>> snapshot_of(const Services& services) {
  std::shared_ptr<const registry::Snapshot> snapshot = services.registry.current();
  if (snapshot) return snapshot;
  return failure(FailureClass::transient, "no app links are loaded here; start the daemon, or mend their files");
}

Result<ValidPush> record_of(const Services& services, const std::string& app_link, Side side, std::string id,
                            std::string project) {
  const auto snapshot = snapshot_of(services);
  if (!snapshot) return snapshot.error();
  return (*snapshot)->resolve({AppLinkName{app_link}, side, RecordId{std::move(id)},
                               project.empty() ? std::optional<ProjectName>{} : ProjectName{std::move(project)}});
}

void tell(const Services& services) {
  if (services.sync != nullptr) services.sync->nudge();
}

Error no_passes(std::string_view done) {
  std::string message = "the daemon does not run, so nothing can be ";
  return failure(FailureClass::transient, message.append(done).append("; start it"));
}

/// The pushes of a pair that wait for a decision, by whatever name they came.
Result<std::vector<spool::Push>> held_of(const Services& services, const sync::RecordLink& link) {
  std::vector<spool::Push> all;
  for (const RecordKey* end : {&link.source, &link.destination}) {
    const auto names = sync::names_of(services.store, end->id);
    if (!names) return names.error();
    for (const RecordId& name : *names) {
      const auto held = services.spool.list({spool::State::held, end->app_link, name, std::nullopt, 1000});
      if (!held) return held.error();
      std::copy_if(held->begin(), held->end(), std::back_inserter(all), [&](const spool::Push& one) {
        return one.key.side == end->side && one.key.project == end->project;
      });
    }
  }
  return all;
}

/// Tells when the push is on disk, or refused.
class OwnPush final : public spool::Acceptance {
 public:
  OwnPush(const ValidPush& push, const std::string& by) : Acceptance(push, by, "syncservice") {}
  Result<PushId> wait() {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [this] { return done_.has_value(); });
    return *done_;
  }

 protected:
  void accepted(const Result<spool::Receipt>& receipt) noexcept override {
    const std::scoped_lock lock(mutex_);
    done_ = receipt ? Result<PushId>(receipt->id()) : Result<PushId>(receipt.error());
    told_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<Result<PushId>> done_;
};

/// Pushes the pair from a side that sends.
Result<PushId> push_again(const Services& services, const sync::RecordLink& link, const std::string& by) {
  const auto snapshot = snapshot_of(services);
  if (!snapshot) return snapshot.error();
  const auto app_link = (*snapshot)->find(link.source.app_link);
  const RecordKey& end = app_link && !app_link->sends(Side::source) ? link.destination : link.source;
  const auto record = record_of(services, end.app_link.str(), end.side, end.id.str(), end.project.str());
  if (!record) return record.error();
  OwnPush push(*record, by);
  services.spool.accept(push);
  return push.wait();
}

constexpr std::string_view run_example = R"({"appLinkName":"Jira6QC11Req","since":"2026-11-24T00:00:00Z"})";

Result<sync::RunRequest> run_request(const Body& body) {
  const auto app_link = body.need("appLinkName");
  if (!app_link) return app_link.error();
  const auto side = body.side("origin");
  if (!side) return side.error();
  sync::RunRequest request{AppLinkName{*app_link}, *side, std::nullopt, body.get("query")};
  if (const std::string since = body.get("since"); !since.empty()) {
    const auto instant = record::instant_from_text(since);
    if (!instant)
      return invalid(
          "since: " + in_quotes(since) +
          " is no instant such as 2026-11-24T00:00:00Z (on the command line also 2026-11-24, or 7d for seven "
          "days ago)");
    request.since = instant->at;
  }
  return request;
}

Result<Document> run_document(const Services& services, const std::vector<sync::Listing>& parts) {
  const auto counts = sync::count_run(services.store, parts.front().run);
  if (!counts) return counts.error();
  const bool listing =
      std::any_of(parts.begin(), parts.end(), [](const sync::Listing& part) { return part.next.has_value(); });
  const std::string why =
      listing || counts->open() > 0 ? waits_because(services, parts.front().app_link) : std::string{};
  return Document{{"run", parts.front().run},
                  {"listing", listing},
                  {"underWay", listing || counts->to_push > 0},
                  {"waitsBecause", why.empty() ? Document(nullptr) : Document(why)},
                  {"counts", document(*counts)},
                  {"parts", documents(parts)}};
}

}  // namespace

std::optional<Error> unknown_app_link(const Services& services, const std::string& name) {
  const auto snapshot = services.registry.current();
  if (!snapshot || name.empty() || snapshot->find(AppLinkName{name}) != nullptr) return std::nullopt;
  std::vector<std::string> known;
  for (const auto& app_link : snapshot->app_links()) known.push_back(app_link->name.str());
  std::string message = "there is no app link " + in_quotes(name);
  const std::vector<std::string> near = text::nearest(name, known);
  if (!near.empty()) message.append("; did you mean ").append(text::quoted_list(near)).append("?");
  return invalid(std::move(message));
}

std::string waits_because(const Services& services, const AppLinkName& app_link) {
  return services.sync == nullptr ? "the daemon does not run" : services.sync->waits_because(app_link);
}

Result<void> end_conflict_of(const Services& services, PushId discarded) {
  const auto link = sync::conflict_of(services.store, discarded);
  if (!link) return link.error();
  if (!*link) return {};
  const auto stored = sync::find_link(services.store, **link);
  if (!stored) return stored.error();
  const auto held = held_of(services, stored->link);
  if (!held) return held.error();
  // Another push waits for the same decision: it is that one's from here on.
  return held->empty() ? sync::drop_conflict(services.store, **link)
                       : sync::move_conflict(services.store, **link, held->front().id);
}

Result<Document> list_links(const Services& services, const Call& call) {
  const Result<int> limit = limit_of(call);
  if (!limit) return limit.error();
  std::int64_t after = 0;
  if (const std::string given = call.parameter("after"); !given.empty()) {
    const auto number = positive_number(given);
    if (!number) return invalid("after: " + in_quotes(given) + " is not the number of a record link");
    after = *number;
  }
  const std::string name = call.parameter("appLinkName");
  const auto links =
      sync::list_links(services.store, name.empty() ? std::optional<AppLinkName>{} : AppLinkName{name}, after, *limit);
  if (!links) return links.error();
  if (links->empty() && after == 0) {
    if (auto unknown = unknown_app_link(services, name)) return std::move(*unknown);
  }
  return Document{{"links", documents(*links)}};
}

namespace {

// One end of a link to be made; what is said of it says which.
Result<ValidPush> end_of(const Services& services, const Body& body, const std::string& app_link, Side side) {
  const std::string name{to_string(side)};
  const auto id = body.need(name);
  if (!id) return id.error();
  const std::string project = body.get(name + "Project");
  auto record = record_of(services, app_link, side, *id, project);
  if (record || record.error().code != registry::make_error_code(registry::Refusal::project_missing)) return record;
  std::string message = "the app link has several projects, so the one of the ";
  return invalid(
      message.append(name).append(" must be given: sourceProject and destinationProject, or on the command "
                                  "line --source-project and --destination-project"));
}

std::optional<Error> wrong_pair(const Services& services, const RecordKey& source, const RecordKey& destination) {
  const auto snapshot = services.registry.current();
  const auto app_link = snapshot ? snapshot->find(source.app_link) : nullptr;
  if (!app_link || app_link->projects.empty()) return std::nullopt;
  std::string pairs;
  for (const registry::ProjectPair& pair : app_link->projects) {
    if (pair.source == source.project && pair.destination == destination.project) return std::nullopt;
    pairs.append(pairs.empty() ? "" : ", ").append(pair.source.str()).append(" - ").append(pair.destination.str());
  }
  std::string message = "the app link pairs no project " + in_quotes(source.project.str()) + " with ";
  return invalid(message.append(in_quotes(destination.project.str())).append("; its pairs are ").append(pairs));
}

}  // namespace

Result<Document> add_link(const Services& services, const Call& call) {
  const auto body =
      Body::read(call, {"appLinkName", "source", "destination", "sourceProject", "destinationProject", "check"},
                 R"({"appLinkName":"Jira6QC11Req","source":"QC-20","destination":"17"})");
  if (!body) return body.error();
  const auto app_link = body->need("appLinkName");
  if (!app_link) return app_link.error();
  const auto left = end_of(services, *body, *app_link, Side::source);
  if (!left) return left.error();
  const auto right = end_of(services, *body, *app_link, Side::destination);
  if (!right) return right.error();
  if (auto wrong = wrong_pair(services, left->key(), right->key())) return std::move(*wrong);
  const auto there = sync::linked_already(services.store, *left, *right);
  if (!there) return there.error();
  const bool already = there->has_value();
  if (!already && body->get("check") != "false" && services.sync != nullptr) {
    for (const auto* end : {&*left, &*right}) {
      const auto found = services.sync->look_for(*end);
      if (found) continue;
      if (found.error().failure == FailureClass::gone) return invalid(found.error().message);
      Error unknown = found.error();
      unknown.message.append(" So it is not known whether the record exists; --no-check links without asking.");
      return unknown;
    }
  }
  const auto link = sync::add_link(services.store, *left, *right, services.clock.now());
  if (!link) return link.error();
  Document out = document(*link);
  out["alreadyLinked"] = already;
  return out;
}

Result<Document> show_link(const Services& services, const Call& call) {
  const auto id = number_in(call.segments[0], "record link");
  if (!id) return id.error();
  const auto link = sync::find_link(services.store, *id);
  if (!link) return link.error();
  Document out = document(*link);
  out["sourceFields"] = fields_document(link->source_snapshot);
  out["destinationFields"] = fields_document(link->destination_snapshot);
  return out;
}

Result<Document> rename_links(const Services& services, const Call& call) {
  const auto body = Body::read(call, {"from", "to"}, R"({"from":"Jira6QC11Req","to":"JiraRequirements"})");
  if (!body) return body.error();
  const auto from = body->need("from"), to = body->need("to");
  if (!from) return from.error();
  if (!to) return to.error();
  if (const auto snapshot = services.registry.current()) {
    if (snapshot->find(AppLinkName{*from}) != nullptr) {
      return invalid("there still is an app link " + in_quotes(*from) +
                     "; give it its new name in the app-link file first, with enabled: false");
    }
    if (auto unknown = unknown_app_link(services, *to)) return std::move(*unknown);
  }
  const auto renamed = sync::rename_links(services.store, AppLinkName{*from}, AppLinkName{*to});
  if (!renamed) return renamed.error();
  tell(services);
  return Document{{"from", *from}, {"to", *to}, {"links", *renamed}};
}

Result<Document> remove_link(const Services& services, const Call& call) {
  const auto id = number_in(call.segments[0], "record link");
  if (!id) return id.error();
  const auto stored = sync::find_link(services.store, *id);
  if (!stored) return stored.error();
  const auto held = held_of(services, stored->link);
  if (!held) return held.error();
  const auto link = sync::remove_link(services.store, *id);
  if (!link) return link.error();
  // They waited for a decision about a pair that is none any more.
  for (const spool::Push& one : *held) {
    if (const auto done = services.spool.discard(one.id, call.principal.name()); !done) return done.error();
  }
  return document(*link);
}

Result<Document> list_conflicts(const Services& services, const Call& call) {
  const Result<int> limit = limit_of(call);
  if (!limit) return limit.error();
  std::optional<std::int64_t> link;
  if (const std::string given = call.parameter("link"); !given.empty()) {
    link = positive_number(given);
    if (!link) return invalid("link: " + in_quotes(given) + " is not the number of a record link");
  }
  std::int64_t skip = 0;
  if (const std::string given = call.parameter("skip"); !given.empty()) {
    const auto number = positive_number(given);
    if (!number) return invalid("skip: " + in_quotes(given) + " is not a number from 1 up");
    skip = *number;
  }
  const auto conflicts = sync::list_conflicts(services.store, link, *limit, skip);
  if (!conflicts) return conflicts.error();
  return Document{{"conflicts", documents(*conflicts)}};
}

Result<Document> resolve_conflict(const Services& services, const Call& call) {
  const auto id = number_in(call.segments[0], "record link");
  if (!id) return id.error();
  const auto body = Body::read(call, {"winner", "field"}, R"({"winner":"source","field":"summary"})");
  if (!body) return body.error();
  const auto winner = body->side("winner");
  if (!winner) return winner.error();
  if (!*winner) return invalid("winner is missing; it is \"source\" or \"destination\"");
  const auto push = sync::resolve_conflict(services.store, *id, body->get("field"), **winner, call.principal.name());
  if (!push) return push.error();
  Document pushes = Document::array();
  if (*push) {
    const auto link = sync::find_link(services.store, *id);
    if (!link) return link.error();
    const auto held = held_of(services, link->link);
    if (!held) return held.error();
    for (const spool::Push& one : *held) {
      const auto runs = services.spool.retry(one.id, call.principal.name());
      if (!runs) return runs.error();
      pushes.push_back(static_cast<std::int64_t>(*runs));
    }
    if (held->empty()) {
      const auto runs = push_again(services, link->link, call.principal.name());
      if (!runs) return runs.error();
      pushes.push_back(static_cast<std::int64_t>(*runs));
    }
    tell(services);
  }
  std::string why;
  if (*push) {
    const auto link = sync::find_link(services.store, *id);
    if (!link) return link.error();
    why = waits_because(services, link->link.source.app_link);
  }
  return Document{{"link", *id},
                  {"settled", push->has_value()},
                  {"pushes", std::move(pushes)},
                  {"waitsBecause", why.empty() ? Document(nullptr) : Document(why)}};
}

Result<Document> list_pauses(const Services& services, const Call& /*call*/) {
  const auto pauses = sync::list_pauses(services.store);
  if (!pauses) return pauses.error();
  return Document{{"pauses", documents(*pauses)}};
}

Result<Document> add_pause(const Services& services, const Call& call) {
  const auto body = Body::read(call, {"appLinkName", "application"}, R"({"appLinkName":"Jira6QC11Req"})");
  if (!body) return body.error();
  const std::string app_link = body->get("appLinkName"), application = body->get("application");
  if (app_link.empty() == application.empty()) return invalid("give either appLinkName or application");
  if (const auto snapshot = services.registry.current()) {
    const auto applications = snapshot->applications();
    const bool known = app_link.empty() ? std::any_of(applications.begin(), applications.end(),
                                                      [&](const auto& one) { return one->name.str() == application; })
                                        : snapshot->find(AppLinkName{app_link}) != nullptr;
    if (!known) {
      return invalid(app_link.empty() ? "there is no application " + in_quotes(application)
                                      : "there is no app link " + in_quotes(app_link));
    }
  }
  const sync::Pause pause{!application.empty(), app_link.empty() ? application : app_link, call.principal.name(),
                          services.clock.now()};
  if (const auto stored = sync::put_pause(services.store, pause); !stored) return stored.error();
  tell(services);
  return document(pause);
}

Result<Document> remove_pause(const Services& services, const Call& call) {
  const std::string& kind = call.segments[0];
  if (kind != "app-link" && kind != "application") {
    return failure(FailureClass::gone, "pauses are of an app-link or an application, not " + in_quotes(kind));
  }
  if (const auto removed = sync::remove_pause(services.store, kind == "application", call.segments[1]); !removed) {
    return removed.error();
  }
  tell(services);
  return Document{{"resumed", call.segments[1]}};
}

Result<Document> preview(const Services& services, const Call& call) {
  const auto body = Body::read(call, {"appLinkName", "origin", "id", "project"},
                               R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})");
  if (!body) return body.error();
  const auto app_link = body->need("appLinkName"), id = body->need("id");
  if (!app_link) return app_link.error();
  if (!id) return id.error();
  const auto side = body->side("origin");
  if (!side) return side.error();
  if (!*side) return invalid("origin is missing; it is \"source\" or \"destination\"");
  if (services.sync == nullptr) return no_passes("previewed");
  const auto record = record_of(services, *app_link, **side, *id, body->get("project"));
  if (!record) return record.error();
  const auto pass = services.sync->preview(*record);
  if (!pass) return pass.error();
  Document out = document(*pass);
  out.erase("pass");  // it is none that history knows
  out.erase("push");
  return out;
}

Result<Document> list_runs(const Services& services, const Call& call) {
  const Result<int> limit = limit_of(call);
  if (!limit) return limit.error();
  const auto parts = sync::list_runs(services.store, *limit);
  if (!parts) return parts.error();
  Document runs = Document::array();
  for (auto first = parts->begin(); first != parts->end();) {
    const auto last = std::find_if(first, parts->end(), [&](const auto& part) { return part.run != first->run; });
    auto run = run_document(services, std::vector<sync::Listing>(first, last));
    if (!run) return run.error();
    runs.push_back(std::move(*run));
    first = last;
  }
  return Document{{"runs", std::move(runs)}};
}

Result<Document> list_run_records(const Services& services, const Call& call) {
  const auto body = Body::read(call, {"appLinkName", "origin", "since", "query", "from"}, run_example);
  if (!body) return body.error();
  const auto request = run_request(*body);
  if (!request) return request.error();
  if (services.sync == nullptr) return no_passes("listed");
  const auto snapshot = snapshot_of(services);
  if (!snapshot) return snapshot.error();
  const auto page = services.sync->run_records(*request, body->get("from"));
  if (!page) return page.error();
  return Document{{"records", documents(page->records)},
                  {"next", page->next.empty() ? Document(nullptr) : Document(page->next)}};
}

Result<Document> start_run(const Services& services, const Call& call) {
  const auto body = Body::read(call, {"appLinkName", "origin", "since", "query"}, run_example);
  if (!body) return body.error();
  const auto request = run_request(*body);
  if (!request) return request.error();
  const auto snapshot = snapshot_of(services);
  if (!snapshot) return snapshot.error();
  const auto run = sync::start_run(services.store, **snapshot, *request, call.principal.name(), services.clock.now());
  if (!run) return run.error();
  tell(services);
  const auto parts = sync::show_run(services.store, *run);
  if (!parts) return parts.error();
  return run_document(services, *parts);
}

Result<Document> show_run(const Services& services, const Call& call) {
  const auto id = number_in(call.segments[0], "run");
  if (!id) return id.error();
  const auto parts = sync::show_run(services.store, *id);
  if (!parts) return parts.error();
  return run_document(services, *parts);
}

Result<Document> cancel_run(const Services& services, const Call& call) {
  const auto id = number_in(call.segments[0], "run");
  if (!id) return id.error();
  if (const auto ended = sync::cancel_run(services.store, *id, services.clock.now()); !ended) return ended.error();
  return show_run(services, call);
}

}  // namespace syncservice::admin
