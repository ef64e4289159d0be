#include "listings.hpp"

#include "admin.hpp"
#include "stored_side.hpp"

#include "syncservice/adapter/adapter.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace syncservice::sync {
namespace {

Listing listing_from(const store::Statement& row) {
  Listing listing;
  listing.run = row.integer(0);
  listing.app_link = AppLinkName{row.text(1)};
  listing.side = side_of(row.integer(2));
  listing.project = ProjectName{row.text(3)};
  if (!row.is_null(4)) listing.since = from_millis(row.integer(4));
  listing.query = row.text(5);
  listing.cursor = row.text(6);
  listing.found = row.integer(7);
  listing.queued = row.integer(8);
  if (!row.is_null(9)) listing.next = from_millis(row.integer(9));
  listing.started = from_millis(row.integer(10));
  listing.changed = from_millis(row.integer(11));
  listing.by = row.text(12);
  listing.problem = row.text(13);
  return listing;
}

std::vector<Listing> read_all(store::Statement& row) {
  std::vector<Listing> listings;
  while (row.step()) listings.push_back(listing_from(row));
  return listings;
}

std::optional<std::int64_t> millis(const std::optional<Timestamp>& instant) {
  return instant ? std::optional{to_millis(*instant)} : std::nullopt;
}

// The kind whose query language an application speaks; empty: that of onlyWhen.
std::string language(const registry::Application& application) {
  return application.adapter->capabilities().native_query ? application.kind : std::string{};
}

// What can be said of a query without asking anybody.
Result<void> check_query(const registry::AppLink& app_link, const std::vector<Side>& sides, const std::string& query) {
  const registry::Application& first = *app_link.end(sides.front()).application;
  const registry::Application& last = *app_link.end(sides.back()).application;
  if (language(first) != language(last)) {
    std::string message = "Records of \"";
    message.append(first.name.str()).append("\" and of \"").append(last.name.str());
    message.append("\" are selected in different query languages; say with origin whose the query is for, \"source\"");
    return refuse(Refusal::wrong_request, message.append(" or \"destination\" (`--origin source`)."));
  }
  if (!language(first).empty()) return {};
  const auto filter = filter_of(query);
  return filter ? Result<void>{} : Result<void>{filter.error()};
}

void insert(store::Transaction& tx, const Listing& listing) {
  store::Statement row = tx.prepare(
      "INSERT INTO listing (run, app_link, side, project, since, query, cursor, found, queued, next, started, changed, "
      "by, problem) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(1, listing.run)
      .bind(2, listing.app_link.str())
      .bind(3, stored(listing.side))
      .bind(4, listing.project.str())
      .bind(5, millis(listing.since))
      .bind(6, listing.query)
      .bind(7, listing.cursor)
      .bind(8, listing.found)
      .bind(9, listing.queued)
      .bind(10, millis(listing.next))
      .bind(11, to_millis(listing.started))
      .bind(12, to_millis(listing.changed))
      .bind(13, listing.by)
      .bind(14, listing.problem);
  row.run();
}

}  // namespace

Result<std::vector<Listing>> open_listings(const store::Store& store) {
  return store.read([](store::Connection& connection) {
    store::Statement row = connection.prepare(
        "SELECT run, app_link, side, project, since, query, cursor, found, queued, next, started, changed, by, problem "
        "FROM listing WHERE next IS NOT NULL ORDER BY run, app_link, side, project");
    return read_all(row);
  });
}

bool update_listing(store::Transaction& tx, const Listing& listing) {
  store::Statement row = tx.prepare(
      "UPDATE listing SET cursor = ?, found = ?, queued = ?, changed = ?, problem = ?, "
      "next = CASE WHEN next IS NULL THEN NULL ELSE ? END "
      "WHERE run = ? AND app_link = ? AND side = ? AND project = ?");
  row.bind(1, listing.cursor)
      .bind(2, listing.found)
      .bind(3, listing.queued)
      .bind(4, to_millis(listing.changed))
      .bind(5, listing.problem)
      .bind(6, millis(listing.next))
      .bind(7, listing.run)
      .bind(8, listing.app_link.str())
      .bind(9, stored(listing.side))
      .bind(10, listing.project.str());
  return row.run() > 0;
}

Result<void> save_listing(store::Store& store, const Listing& listing) {
  return store.write([&](store::Transaction& tx) {
    if (!update_listing(tx, listing) && listing.run == 0) insert(tx, listing);
  });
}

Result<void> remove_standing(store::Store& store, const Listing& listing) {
  return store.write([&](store::Transaction& tx) {
    store::Statement row =
        tx.prepare("DELETE FROM listing WHERE run = 0 AND app_link = ? AND side = ? AND project = ?");
    row.bind(1, listing.app_link.str()).bind(2, stored(listing.side)).bind(3, listing.project.str());
    row.run();
  });
}

Result<std::shared_ptr<const mapping::Plan>> filter_of(const std::string& query) {
  mapping::PlanSpec spec;
  spec.only_when_source = query;
  std::vector<mapping::Fault> faults;
  std::shared_ptr<const mapping::Plan> filter = mapping::Plan::compile(std::move(spec), faults);
  if (!filter) return refuse(Refusal::wrong_request, "The query can't be understood: " + faults.front().what);
  return filter;
}

Result<std::vector<Listing>> parts_of(const registry::Snapshot& registry, const RunRequest& request) {
  const Result<ValidPush> known = registry.resolve({request.app_link, Side::source, RecordId{"0"}, std::nullopt});
  if (!known && known.error().code == registry::make_error_code(registry::Refusal::unknown_app_link)) {
    return refuse(Refusal::unknown_app_link, known.error().message + ".");
  }
  const std::shared_ptr<const registry::AppLink> app_link = registry.find(request.app_link);
  std::vector<Side> sides;
  for (const Side side : {Side::source, Side::destination}) {
    if ((!request.side || *request.side == side) && app_link->sends(side)) sides.push_back(side);
  }
  if (sides.empty()) {
    return refuse(Refusal::wrong_request, "The app link \"" + app_link->name.str() +
                                              "\" does not synchronize from its " +
                                              std::string{to_string(*request.side)} + ".");
  }
  for (const Side side : sides) {
    const registry::Application& application = *app_link->end(side).application;
    if (!application.adapter->capabilities().changed_since) {
      return refuse(Refusal::wrong_request, "The application \"" + application.name.str() +
                                                "\" can't list its records, so only pushes synchronize it.");
    }
  }
  if (!request.query.empty()) {
    if (const Result<void> checked = check_query(*app_link, sides, request.query); !checked) return checked.error();
  }
  std::vector<Listing> parts;
  for (const Side side : sides) {
    std::vector<ProjectName> projects;
    for (const registry::ProjectPair& pair : app_link->projects) {
      projects.push_back(side == Side::source ? pair.source : pair.destination);
    }
    if (projects.empty()) projects.emplace_back();
    for (ProjectName& project : projects) {
      Listing part;
      part.app_link = app_link->name;
      part.side = side;
      part.project = std::move(project);
      part.since = request.since;
      part.query = request.query;
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

Result<std::int64_t> start_run(store::Store& store, const registry::Snapshot& registry, const RunRequest& request,
                               const std::string& by, Timestamp now) {
  Result<std::vector<Listing>> parts = parts_of(registry, request);
  if (!parts) return parts.error();
  return store.write([&](store::Transaction& tx) {
    std::int64_t run = 1;
    store::Statement last = tx.prepare("SELECT coalesce(max(run), 0) + 1 FROM listing");
    if (last.step()) run = last.integer(0);
    for (Listing& part : *parts) {
      part.run = run;
      part.next = part.started = part.changed = now;
      part.by = by;
      insert(tx, part);
    }
    return run;
  });
}

Result<std::vector<Listing>> show_run(const store::Store& store, std::int64_t run) {
  Result<std::vector<Listing>> parts = store.read([&](store::Connection& connection) {
    store::Statement row = connection.prepare(
        "SELECT run, app_link, side, project, since, query, cursor, found, queued, next, started, changed, by, problem "
        "FROM listing WHERE run = ? ORDER BY app_link, side, project");
    row.bind(1, run);
    return read_all(row);
  });
  if (parts && parts->empty() && run != 0) {
    return refuse(Refusal::no_such_run, "There is no run " + std::to_string(run) + ".");
  }
  return parts;
}

Result<std::vector<Listing>> list_runs(const store::Store& store, int limit) {
  return store.read([&](store::Connection& connection) {
    store::Statement row = connection.prepare(
        "SELECT run, app_link, side, project, since, query, cursor, found, queued, next, started, changed, by, problem "
        "FROM listing WHERE run IN (SELECT DISTINCT run FROM listing WHERE run > 0 ORDER BY run DESC LIMIT ?) "
        "ORDER BY run DESC, app_link, side, project");
    row.bind(1, std::int64_t{std::clamp(limit, 1, 1000)});
    return read_all(row);
  });
}

Result<void> cancel_run(store::Store& store, std::int64_t run, Timestamp now) {
  const Result<int> ended = store.write([&](store::Transaction& tx) {
    store::Statement row = tx.prepare(
        "UPDATE listing SET next = NULL, changed = ?1, problem = 'Ended by an administrator.' "
        "WHERE run = ?2 AND run > 0 AND (next IS NOT NULL OR EXISTS "
        "(SELECT 1 FROM run_record WHERE run = ?2 AND push IS NULL))");
    row.bind(1, to_millis(now)).bind(2, run);
    const int parts = row.run();
    store::Statement records = tx.prepare("DELETE FROM run_record WHERE run = ? AND push IS NULL");
    records.bind(1, run);
    records.run();
    return parts;
  });
  if (!ended) return ended.error();
  if (*ended == 0) return refuse(Refusal::no_such_run, "No run " + std::to_string(run) + " is under way.");
  return {};
}

}  // namespace syncservice::sync
