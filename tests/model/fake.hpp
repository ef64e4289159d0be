// A system in memory: fast enough for ten thousand courses.
#pragma once

#include "support/fake_clock.hpp"
#include "sync/fake_system.hpp"
#include "system.hpp"

#include <string>

namespace syncservice::model {

class Fake final : public System {
 public:
  /// Fields are named `letter` and their number; the third field's values are kept in capitals if `capitals`.
  Fake(std::string name, char letter, ProjectName project, bool capitals);

  [[nodiscard]] registry::End end() override;
  [[nodiscard]] ProjectName project() const override { return project_; }
  [[nodiscard]] std::string field(std::size_t number) const override;
  void begin(const std::array<std::string, fields>& values) override;
  [[nodiscard]] std::vector<std::string> ids() override { return system_.ids(); }
  [[nodiscard]] std::string text(const std::string& id, std::size_t number) override;
  [[nodiscard]] Timestamp updated(const std::string& id) override { return *system_.record(id).updated; }
  [[nodiscard]] std::vector<std::string> comments(const std::string& id) override;
  void edit(const std::string& id, std::size_t number, const std::string& text) override;
  void comment(const std::string& id, const std::string& text) override;
  [[nodiscard]] std::string kept(std::size_t number, const std::string& text) const override;
  void fail(int choice) override;
  void mend() override { system_.mend(); }
  void advance(std::chrono::milliseconds by) override { clock_.advance(by); }

 private:
  const std::string name_;
  const char letter_;
  const ProjectName project_;
  const bool capitals_;
  support::FakeClock clock_;
  sync::FakeSystem system_;
};

}  // namespace syncservice::model
