#include "syncservice/base/error.hpp"

namespace syncservice {

std::string_view to_string(FailureClass failure) noexcept {
  switch (failure) {
    case FailureClass::transient:
      return "transient";
    case FailureClass::throttled:
      return "throttled";
    case FailureClass::auth:
      return "auth";
    case FailureClass::permanent:
      return "permanent";
    case FailureClass::gone:
      return "gone";
    case FailureClass::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace syncservice
