// A simulated Jira of either flavour, and adapters for it.
#pragma once

#include "jira_adapter.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapters/jira/jira.hpp"

#include "support/simulator.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace syncservice::adapter::jira {

/// Projects, people and the workflow are those of tests/simulators/jira_world.py.
class SimulatedJira {
 public:
  explicit SimulatedJira(Flavour flavour)
      : flavour_(flavour),
        simulator_("jira.py", {"--flavour", flavour == Flavour::cloud ? "cloud" : "datacenter", "--context", "/jira"}) {
  }

  [[nodiscard]] support::Simulator& simulator() noexcept { return simulator_; }
  [[nodiscard]] Flavour flavour() const noexcept { return flavour_; }

  /// The settings of an application that signs in as that user.
  [[nodiscard]] Settings settings(const std::string& user = "sync", const std::string& secret = {}) const {
    Settings out;
    out.values["url"] = simulator_.url("/jira");
    const std::string given = secret.empty() ? user + "-secret" : secret;
    if (flavour_ == Flavour::cloud) {
      out.values["username"] = user + "@example.com";
      out.values["token"] = given;
    } else {
      out.values["username"] = user;
      out.values["password"] = given;
    }
    out.values["privateComments"] = "role:Developers";
    out.values["searchLag"] = "1s";
    return out;
  }

  [[nodiscard]] std::unique_ptr<Adapter> adapter(const Settings& settings, std::size_t page = 100) const {
    auto made = make(settings, page);
    if (made) return std::move(*made);
    ADD_FAILURE() << made.error().message;
    return nullptr;
  }
  [[nodiscard]] std::unique_ptr<Adapter> adapter() const { return adapter(settings()); }

 private:
  Flavour flavour_;
  support::Simulator simulator_;
};

/// The project of the tests.
inline const ProjectName ed{"ED"};

/// A simulated Jira and our account's adapter.
class JiraTest : public testing::TestWithParam<Flavour> {
 protected:
  [[nodiscard]] bool cloud() const { return GetParam() == Flavour::cloud; }
  [[nodiscard]] support::Simulator& simulator() { return jira_.simulator(); }

  /// An issue of fred's, made behind our back; its id.
  RecordId seeded(nlohmann::json record) {
    record.emplace("project", "ED");
    record.emplace("type", "Bug");
    record.emplace("summary", "seeded");
    return RecordId{simulator().seed("issue", record).at("id").get<std::string>()};
  }
  record::Record created(record::Fields fields, const std::string& marker = "m-1", const std::string& type = "Bug") {
    fields.emplace("summary", "made");
    const auto made = adapter_->create({ed, type, std::move(fields), marker}, context_);
    if (made) return *made;
    ADD_FAILURE() << made.error().message;
    return {};
  }
  Result<record::Record> update(const RecordId& id, const record::Fields& patch) {
    return adapter_->update(ed, id, patch, context_);
  }
  /// The issue as the simulator holds it.
  [[nodiscard]] nlohmann::json held(const RecordId& id) { return simulator().record("issue", id.str()); }
  [[nodiscard]] std::string status_of(const RecordId& id) { return held(id).at("fields").at("status").at("name"); }

  SimulatedJira jira_{GetParam()};
  std::unique_ptr<Adapter> adapter_ = jira_.adapter();
  CallContext context_;
};

}  // namespace syncservice::adapter::jira
