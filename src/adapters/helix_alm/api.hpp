// helix_alm/api — the calls of the REST API that the adapter uses. Each is one request.
#pragma once

#include "gate.hpp"
#include "json.hpp"
#include "judgement.hpp"
#include "token.hpp"

#include "syncservice/rest/rest.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::helix_alm {

/// A kind of records.
struct ItemType {
  std::string_view name;  ///< "testCase", as webhooks write it
  std::string_view path;  ///< "testCases"; the items of an answer stand under that name as well
  bool found_by = false;  ///< it has found-by records
  bool typed = false;     ///< each record has a type of the project's own
};
/// By either name, whatever its case; null when it is none.
[[nodiscard]] const ItemType* item_type(std::string_view name) noexcept;

/// A kind of records in a project.
struct Place {
  std::string project;  ///< name, id or uuid
  const ItemType* type = nullptr;
  [[nodiscard]] std::string str() const { return project + '/' + std::string{type->path}; }
};

/// A record.
struct Spot {
  Place place;
  std::string id;  ///< digits: the record id
  [[nodiscard]] std::string str() const { return place.str() + '/' + id; }
};

/// What is asked of a search.
struct Listing {
  std::string search;               ///< empty: all
  std::vector<std::string> fields;  ///< labels; empty: all
  std::size_t page = 1;
  std::size_t limit = 300;  ///< records in a page; the server may give fewer without a word
};

struct Page {
  std::vector<Json> items;
  std::size_t limit = 0;  ///< what the server took for it
  bool more = false;
  std::optional<Timestamp> made;  ///< by the server's clock, if it says so
};

/// What became of a write. Helix ALM may carry out one part of it and refuse another.
struct Written {
  std::string id;  ///< of the record; empty when the answer names none
  std::vector<Problem> problems;
};

/// Thread-safe. Tokens, limits and connections are of one project each; the pace is of the server.
class Api {
 public:
  Api(rest::Endpoint endpoint, rest::Credential credential, std::shared_ptr<const Clock> clock,
      std::shared_ptr<Pace> pace);

  [[nodiscard]] Result<ProjectList> projects(const CallContext& context) const { return door_->projects(context); }

  /// `expand`: a further part of the record; may be empty.
  [[nodiscard]] Result<Json> read(const Spot& spot, std::string_view expand, const std::string& doing,
                                  const CallContext& context) const;
  [[nodiscard]] Result<Page> search(const Place& place, const Listing& listing, const std::string& doing,
                                    const CallContext& context) const;
  [[nodiscard]] Result<Written> create(const Place& place, Json item, const std::string& doing,
                                       const CallContext& context) const;
  /// Changes what `item` names.
  [[nodiscard]] Result<Written> update(const Spot& spot, Json item, const std::string& doing,
                                       const CallContext& context) const;

  [[nodiscard]] Result<Json> events(const Spot& spot, const std::string& doing, const CallContext& context) const;
  /// The id of the event that was added.
  [[nodiscard]] Result<Written> add_event(const Spot& spot, Json event, const std::string& doing,
                                          const CallContext& context) const;

  [[nodiscard]] Result<Json> attachments(const Spot& spot, const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<void> download(const Spot& spot, const std::string& file, const Sink& sink,
                                      const std::string& doing, const CallContext& context) const;
  /// `found_by`: id of the found-by record that takes it; empty where the record itself does.
  [[nodiscard]] Result<Json> upload(const Spot& spot, const std::string& found_by, const NewAttachment& attachment,
                                    const Source& source, const std::string& doing, const CallContext& context) const;

  /// One of the lists that describe the fields; `which`: "systemFields" or "customFields".
  [[nodiscard]] Result<Json> fields(const Place& place, std::string_view which, const CallContext& context) const;
  [[nodiscard]] Result<Json> menus(const Place& place, const CallContext& context) const;
  [[nodiscard]] Result<Json> menu_items(const Place& place, const std::string& menu, const CallContext& context) const;

 private:
  struct Project {
    std::shared_ptr<Gate> gate;
    std::unique_ptr<const rest::Server> server;
  };
  [[nodiscard]] const Project& project(const std::string& name) const;
  /// Keeps to the limits of the project and of the server, before each request.
  [[nodiscard]] Result<void> may_go_out(const Project& project, const std::string& doing,
                                        const CallContext& context) const;
  /// A call of a project. `path` begins after its name.
  [[nodiscard]] rest::Call call(const Project& project, const std::string& name, std::string method,
                                std::string_view path, std::string doing) const;
  [[nodiscard]] rest::Url item_url(const Project& project, const Spot& spot) const;
  [[nodiscard]] Result<Json> json(const Project& project, const rest::Call& call, const CallContext& context) const;
  [[nodiscard]] Result<Written> write(const Project& project, const rest::Call& call, std::string_view list,
                                      const CallContext& context) const;

  const rest::Endpoint endpoint_;
  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<Pace> pace_;
  const std::shared_ptr<const Door> door_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Project, std::less<>> projects_;  // never erased; guarded by mutex_
};

}  // namespace syncservice::adapter::helix_alm
