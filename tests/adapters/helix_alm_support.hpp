// A simulated Helix ALM server, and adapters for it.
#pragma once

#include "helix_alm_adapter.hpp"
#include "support/simulator.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace syncservice::adapter::helix_alm {

/// What an administrator would write for the simulated projects.
inline constexpr const char* usual_workflow =
    "Open > Fix (Resolution = Code Change) > Fixed\n"
    "Fixed > Verify > Closed\n"
    "* > Re-Open > Open\n"
    "Draft > Ready for Review > In Review; In Review > Approve > Approved\n"
    "New > Ready > Ready";

inline const rest::Credential key_of_sync{rest::ApiKey{"Authorization", "ApiKey key-sync:key-secret"}};

inline Options options_for(const std::vector<std::string>& types = {"issue"}, const char* workflow = usual_workflow) {
  Options options;
  for (const std::string& type : types) options.types.push_back(item_type(type));
  options.labels.marker = "Sync Key";
  options.requirement_type = "Functional Requirement";
  auto read = Workflow::parse(workflow);
  if (!read) throw std::runtime_error(read.error().message);
  options.workflow = std::move(*read);
  return options;
}

inline std::unique_ptr<HelixAlmAdapter> adapter_for(
    const support::Simulator& simulator, Options options = options_for(), rest::Credential credential = key_of_sync,
    std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>()) {
  rest::Endpoint endpoint;
  endpoint.url = simulator.url();
  return std::make_unique<HelixAlmAdapter>(std::move(endpoint), std::move(credential), std::move(options),
                                           std::move(clock));
}

}  // namespace syncservice::adapter::helix_alm
