// What every adapter must do, as one suite. A system's tests derive a Subject and write:
//   INSTANTIATE_TEST_SUITE_P(Folder, AdapterConformance, testing::Values(&make_folder_subject));
#pragma once

#include "syncservice/adapter/failure.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace syncservice::adapter::conformance {

/// A system to try an adapter on, empty at the start.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;
  /// The adapter, signed in; always the same one.
  [[nodiscard]] virtual Adapter& adapter() = 0;
  /// Another instance for the same system, as after a restart.
  [[nodiscard]] virtual std::unique_ptr<Adapter> restarted() = 0;
  [[nodiscard]] virtual ProjectName project() const = 0;
  [[nodiscard]] virtual std::string type() const = 0;
  /// Two fields that take any short text.
  [[nodiscard]] virtual std::string first_field() const = 0;
  [[nodiscard]] virtual std::string second_field() const = 0;
  /// Removes a record behind the adapter's back.
  virtual void remove(const RecordId& id) = 0;
};

using MakeSubject = std::unique_ptr<Subject> (*)();

class AdapterConformance : public testing::TestWithParam<MakeSubject> {
 protected:
  [[nodiscard]] NewRecord wanted(std::string marker, std::string first = "one") const;
  /// Creates, or fails the test.
  [[nodiscard]] record::Record created(std::string marker, std::string first = "one");

  std::unique_ptr<Subject> subject_ = GetParam()();
  CallContext context_;
};

}  // namespace syncservice::adapter::conformance
