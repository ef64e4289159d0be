// alm/api — the calls of ALM's REST API that the adapter uses. Each is one request.
#pragma once

#include "documents.hpp"

#include "syncservice/rest/rest.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace syncservice::adapter::alm {

/// A project, in its domain.
struct Place {
  std::string domain, project;
  [[nodiscard]] std::string str() const { return domain + '/' + project; }
};

/// A record on the server.
struct Spot {
  Place place;
  std::string type;  ///< "defect"
  std::string id;    ///< digits
  [[nodiscard]] std::string str() const { return place.str() + '/' + type + '/' + id; }
};

/// What is asked of a list of entities.
struct Listing {
  std::string query;     ///< in braces; empty: all
  std::string fields;    ///< separated by commas; empty: all
  std::string order_by;  ///< in braces
  std::size_t limit = 500;
};

/// Entities and when the answer was made.
struct Listed {
  Page page;
  std::optional<Timestamp> made;  ///< by the server's clock, if it says so
};

class Api {
 public:
  Api(rest::Endpoint endpoint, std::shared_ptr<rest::SignIn> session, Form form);

  [[nodiscard]] Result<Listed> list(const Place& place, const std::string& type, const Listing& listing,
                                    const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<Entity> read(const Spot& spot, const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<Entity> create(const Place& place, const Entity& entity, const std::string& doing,
                                      const CallContext& context) const;
  [[nodiscard]] Result<Entity> update(const Spot& spot, const Entity& entity, const std::string& doing,
                                      const CallContext& context) const;
  [[nodiscard]] Result<void> remove(const Spot& spot, const std::string& doing, const CallContext& context) const;

  [[nodiscard]] Result<void> lock(const Spot& spot, const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<void> unlock(const Spot& spot, const CallContext& context) const;
  [[nodiscard]] Result<void> check_out(const Spot& spot, const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<void> check_in(const Spot& spot, const std::string& doing, const CallContext& context) const;

  [[nodiscard]] Result<Page> attachments(const Spot& spot, std::size_t start, std::size_t limit,
                                         const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<Entity> attachment(const Spot& spot, const std::string& id, const std::string& doing,
                                          const CallContext& context) const;
  [[nodiscard]] Result<void> download(const Spot& spot, const std::string& id, const Sink& sink,
                                      const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<Entity> upload(const Spot& spot, const std::string& name, const NewAttachment& attachment,
                                      const Source& source, const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<void> remove_attachment(const Spot& spot, const std::string& id, const std::string& doing,
                                               const CallContext& context) const;

  [[nodiscard]] Result<std::vector<std::string>> domains(const CallContext& context) const;
  [[nodiscard]] Result<std::vector<std::string>> projects(const std::string& domain, const CallContext& context) const;
  [[nodiscard]] Result<std::vector<FieldRow>> fields(const Place& place, const std::string& type,
                                                     const CallContext& context) const;
  [[nodiscard]] Result<std::map<std::string, std::vector<std::string>>> lists(const Place& place,
                                                                              const CallContext& context) const;
  [[nodiscard]] Result<std::vector<UserRow>> users(const Place& place, const CallContext& context) const;
  [[nodiscard]] Result<bool> versioned(const Place& place, const std::string& type, const CallContext& context) const;

 private:
  [[nodiscard]] rest::Call call(std::string method, rest::Url url, std::string doing) const;
  [[nodiscard]] rest::Call writing(std::string method, rest::Url url, const Entity& entity, std::string doing) const;
  [[nodiscard]] rest::Url project_url(const Place& place) const;
  [[nodiscard]] rest::Url collection_url(const Place& place, const std::string& type) const;
  [[nodiscard]] rest::Url spot_url(const Spot& spot) const;
  [[nodiscard]] rest::Url attachment_url(const Spot& spot, const std::string& id) const;
  /// The document of an answer, or an error that says what it is instead.
  template <class Document>
  [[nodiscard]] Result<Document> document(const rest::Call& call, std::optional<Document> (*parse)(std::string_view),
                                          const CallContext& context) const;

  const rest::Server server_;
  const Form form_;
};

}  // namespace syncservice::adapter::alm
