// A simulated ALM server, and adapters for it.
#pragma once

#include "alm_adapter.hpp"
#include "support/simulator.hpp"

#include <memory>
#include <string>
#include <utility>

namespace syncservice::adapter::alm {

inline rest::Endpoint endpoint_of(const support::Simulator& simulator) {
  rest::Endpoint endpoint;
  endpoint.url = simulator.url("/qcbin");
  return endpoint;
}

inline std::shared_ptr<Sessions> session_for(const support::Simulator& simulator,
                                             Account account = {"sync", "sync-secret", false, {}},
                                             std::chrono::milliseconds keep_alive = std::chrono::milliseconds{0}) {
  return std::make_shared<Sessions>(endpoint_of(simulator), std::move(account), keep_alive);
}

inline Options options_for(std::vector<std::string> entities = {"defect"}) {
  Options options;
  options.entities = std::move(entities);
  options.domain = "DEFAULT";
  return options;
}

inline std::unique_ptr<AlmAdapter> adapter_for(const support::Simulator& simulator, std::shared_ptr<Sessions> session,
                                               Options options = options_for()) {
  return std::make_unique<AlmAdapter>(endpoint_of(simulator), std::move(session), std::move(options));
}

inline std::unique_ptr<AlmAdapter> adapter_for(const support::Simulator& simulator, Options options = options_for()) {
  return adapter_for(simulator, session_for(simulator), std::move(options));
}

}  // namespace syncservice::adapter::alm
