// ALM, Helix ALM, Jira and ServiceNow as systems of a course: the product reaches them through its adapters, people
// through the simulators' own interfaces.
#pragma once

#include "support/simulator.hpp"
#include "system.hpp"

#include "syncservice/adapter/adapter.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::model {

/// What the simulators have in common. `reset` makes it as new between courses.
class Simulated : public System {
 public:
  explicit Simulated(support::Simulator& simulator) : simulator_(simulator) {}

  /// No records, no outages, the time that courses begin at.
  void reset();
  void fail(int choice) final;
  void mend() final { coming_.clear(); }
  void pass_begins() final;
  void pass_ended() final;
  void advance(std::chrono::milliseconds by) final;

 protected:
  /// As the settings say, with an adapter as after the daemon's start.
  [[nodiscard]] static registry::End end_of(const adapter::Kind& kind, const adapter::Settings& settings,
                                            std::string type);
  /// The records as they are now; asked for again after each change.
  [[nodiscard]] const nlohmann::json& records();
  [[nodiscard]] const nlohmann::json& record(const std::string& id);
  void changed() { records_.reset(); }
  [[nodiscard]] support::Simulator& simulator() const { return simulator_; }

 private:
  virtual void prepare() = 0;
  /// Kind of the records, as the control interface names it.
  [[nodiscard]] virtual std::string kind() const = 0;
  [[nodiscard]] virtual std::string id_of(const nlohmann::json& record) const = 0;

  support::Simulator& simulator_;
  std::vector<nlohmann::json> coming_;  // faults
  std::optional<nlohmann::json> records_;
};

/// Defects: name, a text field, and the description, which people write in bold.
class Alm final : public Simulated {
 public:
  using Simulated::Simulated;

  [[nodiscard]] registry::End end() override;
  [[nodiscard]] ProjectName project() const override { return ProjectName{"QualityCenter"}; }
  [[nodiscard]] std::string field(std::size_t number) const override;
  [[nodiscard]] std::optional<mapping::As> takes(std::size_t number) const override {
    return number == 2 ? std::optional{mapping::As::rich_text} : std::nullopt;
  }
  void begin(const std::array<std::string, fields>& values) override;
  [[nodiscard]] std::vector<std::string> ids() override;
  [[nodiscard]] std::string text(const std::string& id, std::size_t number) override;
  [[nodiscard]] Timestamp updated(const std::string& id) override;
  [[nodiscard]] std::vector<std::string> comments(const std::string& id) override;
  void edit(const std::string& id, std::size_t number, const std::string& text) override;
  void comment(const std::string& id, const std::string& text) override;
  [[nodiscard]] std::string kept(std::size_t /*number*/, const std::string& text) const override { return text; }

 private:
  void prepare() override;
  [[nodiscard]] std::string kind() const override { return "DEFAULT.QualityCenter.defect"; }
  [[nodiscard]] std::string id_of(const nlohmann::json& record) const override { return record.at("id").at(0); }
  /// As the desktop client writes it.
  void write(nlohmann::json defect);
};

/// Issues: summary, a text field, and the description of the found-by record, which people write in bold.
class Helix final : public Simulated {
 public:
  using Simulated::Simulated;

  [[nodiscard]] registry::End end() override;
  [[nodiscard]] ProjectName project() const override { return ProjectName{"Traditional Template"}; }
  [[nodiscard]] std::string field(std::size_t number) const override;
  [[nodiscard]] std::optional<mapping::As> takes(std::size_t number) const override {
    return number == 2 ? std::optional{mapping::As::rich_text} : std::nullopt;
  }
  void begin(const std::array<std::string, fields>& values) override;
  [[nodiscard]] std::vector<std::string> ids() override;
  [[nodiscard]] std::string text(const std::string& id, std::size_t number) override;
  [[nodiscard]] Timestamp updated(const std::string& id) override;
  [[nodiscard]] std::vector<std::string> comments(const std::string& id) override;
  void edit(const std::string& id, std::size_t number, const std::string& text) override;
  void comment(const std::string& id, const std::string& text) override;
  [[nodiscard]] std::string kept(std::size_t /*number*/, const std::string& text) const override { return text; }

 private:
  void prepare() override {}
  [[nodiscard]] std::string kind() const override { return "4.issues"; }
  [[nodiscard]] std::string id_of(const nlohmann::json& record) const override {
    return std::to_string(record.at("id").get<int>());
  }
  /// What somebody does in the client.
  void act(const std::string& what, nlohmann::json issue);
};

enum class JiraFlavour : std::uint8_t { cloud, data_center };

/// Bugs of the project ED: summary, a short text, and the description, which people write in bold.
class Jira final : public Simulated {
 public:
  Jira(support::Simulator& simulator, JiraFlavour flavour) : Simulated(simulator), flavour_(flavour) {}
  [[nodiscard]] static std::vector<std::string> arguments(JiraFlavour flavour);

  [[nodiscard]] registry::End end() override;
  [[nodiscard]] ProjectName project() const override { return ProjectName{"ED"}; }
  [[nodiscard]] std::string field(std::size_t number) const override;
  [[nodiscard]] std::optional<mapping::As> takes(std::size_t number) const override {
    return number == 2 ? std::optional{mapping::As::rich_text} : std::nullopt;
  }
  void begin(const std::array<std::string, fields>& values) override;
  [[nodiscard]] std::vector<std::string> ids() override;
  [[nodiscard]] std::string text(const std::string& id, std::size_t number) override;
  [[nodiscard]] Timestamp updated(const std::string& id) override;
  [[nodiscard]] std::vector<std::string> comments(const std::string& id) override;
  void edit(const std::string& id, std::size_t number, const std::string& text) override;
  void comment(const std::string& id, const std::string& text) override;
  [[nodiscard]] std::string kept(std::size_t /*number*/, const std::string& text) const override { return text; }

 private:
  void prepare() override;
  [[nodiscard]] std::string kind() const override { return "issue"; }
  [[nodiscard]] std::string id_of(const nlohmann::json& record) const override { return record.at("id"); }
  void ask(const std::string& method, const std::string& path, const nlohmann::json& body);
  [[nodiscard]] bool cloud() const { return flavour_ == JiraFlavour::cloud; }
  /// As people write it, in the flavour's own form.
  [[nodiscard]] nlohmann::json written(const std::string& text, bool bold) const;

  const JiraFlavour flavour_;
};

/// Incidents: short description, a custom text, and the description.
class ServiceNow final : public Simulated {
 public:
  using Simulated::Simulated;

  [[nodiscard]] registry::End end() override;
  [[nodiscard]] ProjectName project() const override { return {}; }
  [[nodiscard]] std::string field(std::size_t number) const override;
  [[nodiscard]] std::optional<mapping::As> takes(std::size_t number) const override {
    return number == 2 ? std::optional{mapping::As::text} : std::nullopt;
  }
  void begin(const std::array<std::string, fields>& values) override;
  [[nodiscard]] std::vector<std::string> ids() override;
  [[nodiscard]] std::string text(const std::string& id, std::size_t number) override;
  [[nodiscard]] Timestamp updated(const std::string& id) override;
  [[nodiscard]] std::vector<std::string> comments(const std::string& id) override;
  void edit(const std::string& id, std::size_t number, const std::string& text) override;
  void comment(const std::string& id, const std::string& text) override;
  [[nodiscard]] std::string kept(std::size_t /*number*/, const std::string& text) const override { return text; }

 private:
  void prepare() override {}
  [[nodiscard]] std::string kind() const override { return "incident"; }
  [[nodiscard]] std::string id_of(const nlohmann::json& record) const override { return record.at("sys_id"); }
};

}  // namespace syncservice::model
