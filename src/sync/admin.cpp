#include "admin.hpp"

#include "syncservice/base/category.hpp"

namespace syncservice::sync {
namespace {

std::string_view words(Refusal value) noexcept {
  switch (value) {
    case Refusal::no_such_link:
      return "no such record link";
    case Refusal::no_such_conflict:
      return "no such conflict";
    case Refusal::no_such_run:
      return "no such run";
    case Refusal::unknown_app_link:
      return "unknown app link";
    case Refusal::already_linked:
      return "already linked";
    case Refusal::not_paused:
      return "not paused";
    case Refusal::wrong_request:
      return "wrong request";
  }
  return "unknown";
}

FailureClass class_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::no_such_link:
    case Refusal::no_such_conflict:
    case Refusal::no_such_run:
    case Refusal::not_paused:
      return FailureClass::gone;
    case Refusal::unknown_app_link:
    case Refusal::already_linked:
    case Refusal::wrong_request:
      return FailureClass::permanent;
  }
  return FailureClass::permanent;
}

}  // namespace

const boost::system::error_category& refusal_category() noexcept {
  static const Category<Refusal> category{"syncservice.sync", words};
  return category;
}

boost::system::error_code make_error_code(Refusal refusal) noexcept {
  return {static_cast<int>(refusal), refusal_category()};
}

Error refuse(Refusal refusal, std::string message) {
  return {make_error_code(refusal), std::move(message), class_of(refusal), std::nullopt};
}

Result<std::vector<Pause>> list_pauses(const store::Store& store) {
  return store.read([](store::Connection& connection) {
    std::vector<Pause> pauses;
    store::Statement row = connection.prepare("SELECT kind, name, by, since FROM pause ORDER BY kind, name");
    while (row.step()) {
      pauses.push_back({row.integer(0) == 1, row.text(1), row.text(2), from_millis(row.integer(3))});
    }
    return pauses;
  });
}

Result<void> put_pause(store::Store& store, const Pause& pause) {
  return store.write([&](store::Transaction& tx) {
    store::Statement row = tx.prepare("INSERT OR IGNORE INTO pause (kind, name, by, since) VALUES (?, ?, ?, ?)");
    row.bind(1, std::int64_t{pause.application}).bind(2, pause.name).bind(3, pause.by).bind(4, to_millis(pause.since));
    row.run();
  });
}

Result<void> remove_pause(store::Store& store, bool application, const std::string& name) {
  const Result<int> removed = store.write([&](store::Transaction& tx) {
    store::Statement row = tx.prepare("DELETE FROM pause WHERE kind = ? AND name = ?");
    row.bind(1, std::int64_t{application}).bind(2, name);
    return row.run();
  });
  if (!removed) return removed.error();
  if (*removed == 0) {
    return refuse(Refusal::not_paused,
                  std::string{application ? "The application \"" : "The app link \""} + name + "\" is not paused.");
  }
  return {};
}

}  // namespace syncservice::sync
