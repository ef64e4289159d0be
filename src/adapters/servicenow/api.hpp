// servicenow/api — the calls of the Table API that the adapter uses. Each is one request.
#pragma once

#include "syncservice/rest/rest.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::servicenow {

using Json = nlohmann::json;

/// The stored value of a row's column; empty when there is none. Takes every form that the API writes one in.
[[nodiscard]] std::string stored(const Json& row, std::string_view column);
/// What people see of it; the stored value where the answer says no more.
[[nodiscard]] std::string shown(const Json& row, std::string_view column);

/// Whether rows come with display values beside the stored ones.
enum class Values : std::uint8_t { stored, both };

/// What is asked of a table. The query must order the rows, or their order differs from call to call.
struct Listing {
  std::string table;
  std::string query;
  std::string fields;  ///< separated by commas; empty: all
  Values values = Values::stored;
  std::size_t limit = 1000;
  std::size_t offset = 0;
};

struct Page {
  std::vector<Json> rows;  ///< perhaps fewer than the limit, or none, although there are more: what is hidden counts
  bool more = false;
  std::optional<Error> cut;          ///< the rows end here because the instance gave up; what it said
  std::optional<std::size_t> total;  ///< rows that the query matches, hidden ones included
  std::optional<Timestamp> made;     ///< by the instance's clock
};

/// Thread-safe.
class Api {
 public:
  Api(rest::Endpoint endpoint, rest::Credential credential);

  [[nodiscard]] const rest::Server& server() const noexcept { return server_; }

  [[nodiscard]] Result<Page> page(const Listing& listing, const std::string& doing, const CallContext& context) const;
  /// All pages. An answer that was cut fails.
  [[nodiscard]] Result<std::vector<Json>> rows(Listing listing, const std::string& doing,
                                               const CallContext& context) const;
  [[nodiscard]] Result<Json> row(const std::string& table, const std::string& sys_id, const std::string& fields,
                                 Values values, const std::string& doing, const CallContext& context) const;
  /// The row as the instance then holds it, both values.
  [[nodiscard]] Result<Json> insert(const std::string& table, const Json& body, const std::string& fields,
                                    const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<Json> change(const std::string& table, const std::string& sys_id, const Json& body,
                                    const std::string& fields, const std::string& doing,
                                    const CallContext& context) const;
  [[nodiscard]] Result<void> erase(const std::string& table, const std::string& sys_id, const std::string& doing,
                                   const CallContext& context) const;

  /// The `result` of an answer, an object. What is none fails as malformed, or uncertain after a write.
  [[nodiscard]] static Result<Json> result_of(Json body, const rest::Call& call);
  /// Rows of any list of the API, for example of attachments.
  [[nodiscard]] Result<Page> page_of(const rest::Call& call, const Listing& listing, const CallContext& context) const;

 private:
  rest::Server server_;
};

}  // namespace syncservice::adapter::servicenow
