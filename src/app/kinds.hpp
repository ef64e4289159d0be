// The adapters of this build: the only place that names vendors.
#pragma once

#include "syncservice/adapter/adapter.hpp"

namespace syncservice::app {

[[nodiscard]] const adapter::Kinds& adapter_kinds();

}  // namespace syncservice::app
