// support/valid_push — pushes for tests that have no registry.
#pragma once

#include "syncservice/record/valid_push.hpp"

#include <string>
#include <utility>

namespace syncservice {

struct ValidPushForTests {
  [[nodiscard]] static ValidPush make(RecordKey key) { return ValidPush{std::move(key)}; }
  [[nodiscard]] static ValidPush make(std::string id, std::string link = "Jira6QC11Req", Side side = Side::source,
                                      std::string project = "QC") {
    return make(
        RecordKey{AppLinkName{std::move(link)}, side, ProjectName{std::move(project)}, RecordId{std::move(id)}});
  }
};

}  // namespace syncservice
