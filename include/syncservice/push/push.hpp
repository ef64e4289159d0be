// push — the published contract: a request becomes a push on disk and an answer. Owns two invariants: one answer per
// request, and 201 only from a spool receipt. The way of a push is in its types: headers → Principal → PushRequest →
// ValidPush → Receipt → 201 (design §2).
#pragma once

#include <cstddef>
#include <cstdint>

namespace syncservice::http {
class Router;
}
namespace syncservice::auth {
class Authenticator;
}
namespace syncservice::registry {
class Registry;
}
namespace syncservice::spool {
class Spool;
}
namespace syncservice::telemetry {
class Log;
}

namespace syncservice::push {

struct Settings {
  std::size_t body_limit = 64 * 1024;              ///< bytes of a JSON body; beyond: 413
  std::uint64_t discard_limit = 64 * 1024 * 1024;  ///< bytes of a body on the path forms; beyond: 413
  std::size_t hook_limit = 1024 * 1024;            ///< bytes of a notification; beyond: 413
};

/// What the routes work with; all of it outlives the server.
struct Services {
  auth::Authenticator& authenticator;
  const registry::Registry& registry;
  spool::Spool& spool;
  const telemetry::Log&
      log;  ///< a push that is refused after its credentials were accepted leaves a line with the reason
};

/// Adds the three forms of contract §1, notifications in a system's own form (`/SyncService/hooks`), `/healthz` and
/// `/readyz`.
void add_routes(http::Router& router, const Services& services, const Settings& settings);

}  // namespace syncservice::push
