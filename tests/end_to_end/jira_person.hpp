// end_to_end/jira_person — a person who works in the simulated Jira through its API, as a browser would for them.
#pragma once

#include "support/simulator.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace syncservice::end_to_end {

using nlohmann::json;

/// Cloud or Data Center: what differs in their API.
struct Flavour {
  std::string name;  ///< as the simulator's option --flavour has it
  [[nodiscard]] bool cloud() const { return name == "cloud"; }
  [[nodiscard]] std::string api() const { return cloud() ? "/rest/api/3" : "/rest/api/2"; }
  /// The settings of the account that synchronizes, as members of a YAML flow map.
  [[nodiscard]] std::string account() const;
  /// Formatted text of one paragraph, as the API takes it.
  [[nodiscard]] json rich(const std::string& text) const;
  /// The plain text of such a value.
  [[nodiscard]] std::string plain(const json& rich) const;
};

/// One person. Calls throw std::runtime_error when Jira refuses them.
class JiraPerson {
 public:
  JiraPerson(const support::Simulator& jira, Flavour flavour, std::string user = "fred");

  /// Makes an issue; returns its key.
  [[nodiscard]] std::string make(const std::string& project, const std::string& type, const std::string& summary,
                                 const json& fields = json::object()) const;
  /// Makes a bug in project ED with these fields besides; returns its key.
  [[nodiscard]] std::string report(const std::string& summary, const json& fields = json::object()) const;
  void edit(const std::string& key, const json& fields) const;
  void move(const std::string& key, const std::string& transition, const json& fields = json::object()) const;
  void comment(const std::string& key, const std::string& text) const;
  void attach(const std::string& key, const std::string& name, const std::string& content) const;
  [[nodiscard]] json fields(const std::string& key) const;

 private:
  [[nodiscard]] json call(const std::string& method, const std::string& path, const json& body = nullptr) const;
  [[nodiscard]] json send(support::Request request) const;

  const support::Simulator& jira_;
  Flavour flavour_;
  std::string credentials_;
};

}  // namespace syncservice::end_to_end
