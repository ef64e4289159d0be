// One of the two systems of a course, as people who work in it see and change it. Everything here goes around the
// product: what it says of a record is what the system itself holds.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/mapping/plan.hpp"
#include "syncservice/registry/app_link.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::model {

constexpr std::size_t fields = 3;  ///< that are synchronized

class System {
 public:
  System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  virtual ~System() = default;

  [[nodiscard]] virtual registry::End end() = 0;
  [[nodiscard]] virtual ProjectName project() const = 0;
  [[nodiscard]] virtual std::string field(std::size_t number) const = 0;
  /// What a rule has to make of a value for that field, if anything.
  [[nodiscard]] virtual std::optional<mapping::As> takes(std::size_t /*number*/) const { return std::nullopt; }

  /// Makes the record that a course begins with.
  virtual void begin(const std::array<std::string, fields>& values) = 0;
  /// The records there are.
  [[nodiscard]] virtual std::vector<std::string> ids() = 0;
  [[nodiscard]] virtual std::string text(const std::string& id, std::size_t number) = 0;
  [[nodiscard]] virtual Timestamp updated(const std::string& id) = 0;
  /// The text of each comment.
  [[nodiscard]] virtual std::vector<std::string> comments(const std::string& id) = 0;
  virtual void edit(const std::string& id, std::size_t number, const std::string& text) = 0;
  virtual void comment(const std::string& id, const std::string& text) = 0;
  /// What it makes of a text that is written into that field.
  [[nodiscard]] virtual std::string kept(std::size_t number, const std::string& text) const = 0;

  /// A coming call fails in one of many ways, which `choice` (0–35) tells; before it did anything, or after all.
  virtual void fail(int choice) = 0;
  /// The outages are over.
  virtual void mend() = 0;
  /// Around each pass of the product.
  virtual void pass_begins() {}
  virtual void pass_ended() {}
  virtual void advance(std::chrono::milliseconds by) = 0;
};

}  // namespace syncservice::model
