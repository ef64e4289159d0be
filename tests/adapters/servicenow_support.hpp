// A simulated ServiceNow instance, and adapters for it.
#pragma once

#include "servicenow_adapter.hpp"
#include "support/simulator.hpp"

#include <memory>
#include <string>
#include <utility>

namespace syncservice::adapter::servicenow {

inline rest::Endpoint endpoint_of(const support::Simulator& simulator) {
  rest::Endpoint endpoint;
  endpoint.url = simulator.url();
  return endpoint;
}

inline std::unique_ptr<ServiceNowAdapter> adapter_for(const support::Simulator& simulator,
                                                      Options options = {{"incident"}},
                                                      rest::Credential credential = rest::Basic{"sync.user",
                                                                                                "sync-password"}) {
  return std::make_unique<ServiceNowAdapter>(endpoint_of(simulator), std::move(credential), std::move(options));
}

}  // namespace syncservice::adapter::servicenow
