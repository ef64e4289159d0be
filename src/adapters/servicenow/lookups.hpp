// servicenow/lookups — users and rows by what people call them. What was found is remembered for an hour.
#pragma once

#include "tables.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace syncservice::adapter::servicenow {

/// Thread-safe.
class Lookups {
 public:
  /// The references outlive this.
  Lookups(const Api& api, Tables& tables, const Clock& clock) : api_(api), tables_(tables), clock_(clock) {}

  /// The sys_id of the user: by sys_id, e-mail address, user name or name, in this order. Refused, naming the field,
  /// when there is none, or several.
  [[nodiscard]] Result<std::string> user(const Column& column, const record::User& wanted, const CallContext& context);
  /// The sys_id of the row of the column's reference that people see as `option` says; refused likewise.
  [[nodiscard]] Result<std::string> row(const Column& column, const record::Option& wanted, const CallContext& context);

  /// The users of these user names. One who is not found, or not to be seen, has the user name for id and name.
  [[nodiscard]] Result<std::map<std::string, record::User>> users(const std::vector<std::string>& user_names,
                                                                  const CallContext& context);

 private:
  template <class T>
  struct Known {
    T value;
    Timestamp until;
  };
  [[nodiscard]] std::optional<std::string> remembered(const std::string& key);
  void remember(const std::string& key, const std::string& sys_id);

  const Api& api_;
  Tables& tables_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Known<std::string>> ids_;     // guarded by mutex_
  std::map<std::string, Known<record::User>> users_;  // by user name; guarded by mutex_
};

}  // namespace syncservice::adapter::servicenow
