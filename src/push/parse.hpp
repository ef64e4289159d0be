// From the bytes of a request to a PushRequest: the only place that reads a client's JSON or path.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/registry/registry.hpp"

#include <span>
#include <string>
#include <string_view>

namespace syncservice::push {

/// application/json or any +json, with or without parameters (contract §1).
[[nodiscard]] bool is_json_type(std::string_view content_type) noexcept;

/// The body form. Every failure is permanent, and its message names the member, the value and the cure.
[[nodiscard]] Result<registry::PushRequest> parse_body(std::string_view body);

/// The path forms: the decoded segments appLinkName, origin, [project,] id.
[[nodiscard]] Result<registry::PushRequest> parse_path(std::span<const std::string> segments);

/// Where a notification is sent to.
struct HookTarget {
  AppLinkName app_link;
  Side origin = Side::source;
};
/// The decoded segments appLinkName and origin.
[[nodiscard]] Result<HookTarget> parse_hook(std::span<const std::string> segments);

/// A record that a notification names; an empty project is none.
[[nodiscard]] Result<registry::PushRequest> parse_record(const HookTarget& target, std::string_view project,
                                                         std::string_view id);

}  // namespace syncservice::push
