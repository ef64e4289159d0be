// admin — `/api/v1`, behind the command line and the console. Changes state only through the operations of lower
// modules. Every route but the state of a push (contract §5) is for the administrator alone; its blocking work runs
// on threads of its own, never on an I/O thread.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/complaint.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

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
namespace syncservice::store {
class Store;
}
namespace syncservice::sync {
class Service;
}
namespace syncservice::telemetry {
class Metrics;
}

namespace syncservice::admin {

/// What the routes work with; all of it outlives the Api.
struct Services {
  auth::Authenticator& authenticator;
  const registry::Registry& registry;
  spool::Spool& spool;
  store::Store& store;
  const Clock& clock;
  const telemetry::Metrics& metrics;
  sync::Service* sync = nullptr;  ///< null when no passes run here (a subcommand without a daemon)
  /// Reads properties, app links and certificates again and says what is wrong with them. Null where there is nothing
  /// to reload. Called on one of the Api's threads.
  std::function<std::vector<Complaint>()> reload;
  std::string version;
  Timestamp started{};
};

/// The routes and the threads that they work on.
class Api {
 public:
  explicit Api(Services services);
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;
  /// Finishes what runs. The server whose routes these are has been stopped before.
  ~Api();

  /// Adds `/api/v1/…` and `/metrics`. docs/openapi.yaml describes them.
  void add_routes(http::Router& router);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace syncservice::admin
