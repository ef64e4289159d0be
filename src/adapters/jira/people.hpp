// Who is meant by a user that another system or a mapping names.
#pragma once

#include "api.hpp"
#include "cache.hpp"

#include "syncservice/record/record.hpp"

#include <string>
#include <vector>

namespace syncservice::adapter::jira {

/// One answer of a user search.
struct Person {
  record::User user;
  bool active = true;
};

/// The one person that is meant, by e-mail address, else by user name or display name; refused (permanent) when there
/// is none, or more than one. The cloud hides addresses: a search for one that has a single answer is taken at its
/// word.
[[nodiscard]] Result<std::string> choose(const record::User& wanted, const std::vector<Person>& found);

/// Thread-safe.
class People {
 public:
  explicit People(Api& api) : api_(api) {}

  /// Account id (cloud) or user name (server). An id is believed when Jira itself gave it; else people are found by
  /// e-mail address, by name, and at last by id.
  [[nodiscard]] Result<std::string> id_of(const record::User& wanted, const Call& call);
  /// Keeps that Jira gave this user.
  void remember(const record::User& user);

 private:
  [[nodiscard]] Result<std::vector<Person>> search(const std::string& words, const Call& call);
  /// Empty when there is no user of that id.
  [[nodiscard]] Result<std::string> by_id(const std::string& id, const Call& call);

  Api& api_;
  Cache<std::string, record::User> known_;                   // by id
  Cache<std::array<std::string, 3>, std::string> answered_;  // by id, name and e-mail address
};

}  // namespace syncservice::adapter::jira
