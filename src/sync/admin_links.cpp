#include "admin.hpp"
#include "links.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::sync {
namespace {

StoredLink stored_from(const store::Statement& row) {
  const AppLinkName app_link{row.text(1)};
  StoredLink link;
  link.id = row.integer(0);
  link.link = {{app_link, Side::source, ProjectName{row.text(2)}, RecordId{row.text(3)}},
               {app_link, Side::destination, ProjectName{row.text(4)}, RecordId{row.text(5)}},
               from_millis(row.integer(6)),
               from_millis(row.integer(7))};
  if (const std::int64_t end = row.integer(8); end != 0) link.withdrawn = end == 1 ? Side::source : Side::destination;
  // A snapshot that can't be read is the pass's to complain about; here it shows as empty.
  if (auto fields = record::fields_from_json(row.text(9))) link.source_snapshot = std::move(*fields);
  if (auto fields = record::fields_from_json(row.text(10))) link.destination_snapshot = std::move(*fields);
  return link;
}

Error no_such_link(std::int64_t id) {
  return refuse(Refusal::no_such_link, "There is no record link " + std::to_string(id) + ".");
}

Result<std::optional<StoredLink>> stored_link(const store::Store& store, const RecordKey& source) {
  return store.read([&](store::Connection& connection) -> std::optional<StoredLink> {
    store::Statement row = connection.prepare(
        "SELECT id, app_link, source_project, source_id, destination_project, destination_id, created, changed, "
        "withdrawn, source_snapshot, destination_snapshot FROM record_link "
        "WHERE app_link = ? AND source_project = ? AND source_id = ?");
    row.bind(1, source.app_link.str()).bind(2, source.project.str()).bind(3, source.id.str());
    if (!row.step()) return std::nullopt;
    return stored_from(row);
  });
}

std::string text_of(const RecordKey& end) {
  return end.project.empty() ? end.id.str() : end.project.str() + "/" + end.id.str();
}

}  // namespace

Result<std::vector<StoredLink>> list_links(const store::Store& store, const std::optional<AppLinkName>& app_link,
                                           std::int64_t after, int limit) {
  return store.read([&](store::Connection& connection) {
    store::Statement row = connection.prepare(
        app_link ? "SELECT id, app_link, source_project, source_id, destination_project, destination_id, created, "
                   "changed, withdrawn, source_snapshot, destination_snapshot FROM record_link "
                   "WHERE app_link = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
                 : "SELECT id, app_link, source_project, source_id, destination_project, destination_id, created, "
                   "changed, withdrawn, source_snapshot, destination_snapshot FROM record_link "
                   "WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3");
    const std::string name = app_link ? app_link->str() : std::string{};
    row.bind(1, name).bind(2, after).bind(3, std::int64_t{std::clamp(limit, 1, 1000)});
    std::vector<StoredLink> links;
    while (row.step()) links.push_back(stored_from(row));
    return links;
  });
}

Result<StoredLink> find_link(const store::Store& store, std::int64_t id) {
  Result<std::optional<StoredLink>> found = store.read([&](store::Connection& connection) -> std::optional<StoredLink> {
    store::Statement row = connection.prepare(
        "SELECT id, app_link, source_project, source_id, destination_project, destination_id, created, changed, "
        "withdrawn, source_snapshot, destination_snapshot FROM record_link WHERE id = ?");
    row.bind(1, id);
    if (!row.step()) return std::nullopt;
    return stored_from(row);
  });
  if (!found) return found.error();
  if (!*found) return no_such_link(id);
  return std::move(**found);
}

Result<std::optional<StoredLink>> linked_already(const store::Store& store, const ValidPush& source,
                                                 const ValidPush& destination) {
  Link link;
  link.source = source.key();
  link.destination = destination.key();
  if (link.source.app_link != link.destination.app_link || link.source.side != Side::source ||
      link.destination.side != Side::destination) {
    return refuse(Refusal::wrong_request, "A record link joins a source and a destination of one app link.");
  }
  for (const Side side : {Side::source, Side::destination}) {
    const Result<std::optional<RecordKey>> twin = twin_of(store, link.end(side));
    if (!twin) return twin.error();
    if (*twin && **twin == link.end(other(side))) return stored_link(store, link.source);
    if (*twin) {
      return refuse(Refusal::already_linked,
                    text_of(link.end(side)) + " is linked to " + text_of(**twin) + " already. Remove that link first.");
    }
  }
  return std::optional<StoredLink>{};
}

Result<StoredLink> add_link(store::Store& store, const ValidPush& source, const ValidPush& destination, Timestamp now) {
  Result<std::optional<StoredLink>> there = linked_already(store, source, destination);
  if (!there) return there.error();
  if (*there) return std::move(**there);
  Link link;
  link.source = source.key();
  link.destination = destination.key();
  const Result<std::int64_t> id = store.write([&](store::Transaction& tx) { return save_link(tx, link, now); });
  if (!id) return id.error();
  return find_link(store, *id);
}

Result<std::int64_t> rename_links(store::Store& store, const AppLinkName& from, const AppLinkName& to) {
  struct Outcome {
    bool taken = false;
    std::int64_t renamed = 0;
  };
  const Result<Outcome> outcome = store.write([&](store::Transaction& tx) {
    Outcome out;
    {
      store::Statement there = tx.prepare("SELECT 1 FROM record_link WHERE app_link = ? LIMIT 1");
      there.bind(1, to.str());
      out.taken = there.step();
    }
    if (out.taken) return out;
    for (const char* change : {"UPDATE record_name SET app_link = ?1 WHERE app_link = ?2",
                               "UPDATE creation_intent SET app_link = ?1 WHERE app_link = ?2",
                               "DELETE FROM listing WHERE run = 0 AND app_link = ?1 AND EXISTS "
                               "(SELECT 1 FROM listing WHERE run = 0 AND app_link = ?2)",
                               "UPDATE listing SET app_link = ?1 WHERE run = 0 AND app_link = ?2"}) {
      store::Statement row = tx.prepare(change);
      row.bind(1, to.str()).bind(2, from.str());
      row.run();
    }
    store::Statement links = tx.prepare("UPDATE record_link SET app_link = ? WHERE app_link = ?");
    links.bind(1, to.str()).bind(2, from.str());
    out.renamed = links.run();
    return out;
  });
  if (!outcome) return outcome.error();
  if (outcome->taken) {
    return refuse(Refusal::already_linked,
                  "The app link \"" + to.str() +
                      "\" has record links of its own; pairs are handed over as a whole, before "
                      "its first pass.");
  }
  return outcome->renamed;
}

Result<StoredLink> remove_link(store::Store& store, std::int64_t id) {
  Result<StoredLink> link = find_link(store, id);
  if (!link) return link;
  const Result<void> removed = store.write([&](store::Transaction& tx) { remove_link(tx, id); });
  if (!removed) return removed.error();
  return link;
}

}  // namespace syncservice::sync
