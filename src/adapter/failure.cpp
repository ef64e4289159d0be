#include "syncservice/adapter/failure.hpp"

#include "syncservice/base/category.hpp"

namespace syncservice::adapter {
namespace {

std::string_view words(Failure value) noexcept {
  switch (value) {
    case Failure::not_found:
      return "not found";
    case Failure::refused:
      return "refused";
    case Failure::malformed:
      return "malformed";
    case Failure::misconfigured:
      return "misconfigured";
    case Failure::incomplete:
      return "incomplete";
    case Failure::unavailable:
      return "unavailable";
    case Failure::cancelled:
      return "cancelled";
    case Failure::timed_out:
      return "timed out";
    case Failure::uncertain:
      return "outcome unknown";
    case Failure::throttled:
      return "throttled";
    case Failure::unauthorized:
      return "unauthorized";
  }
  return "unknown";
}

}  // namespace

const boost::system::error_category& adapter_category() noexcept {
  static const Category<Failure> category{"syncservice.adapter", words};
  return category;
}

boost::system::error_code make_error_code(Failure failure) noexcept {
  return {static_cast<int>(failure), adapter_category()};
}

FailureClass failure_class(Failure failure) noexcept {
  switch (failure) {
    case Failure::not_found:
      return FailureClass::gone;
    case Failure::refused:
    case Failure::malformed:
    case Failure::misconfigured:
    case Failure::incomplete:
      return FailureClass::permanent;
    case Failure::unavailable:
    case Failure::cancelled:
    case Failure::timed_out:
    case Failure::uncertain:
      return FailureClass::transient;
    case Failure::throttled:
      return FailureClass::throttled;
    case Failure::unauthorized:
      return FailureClass::auth;
  }
  return FailureClass::internal;
}

Error make_error(Failure failure, std::string message) {
  return Error{make_error_code(failure), std::move(message), failure_class(failure), std::nullopt};
}

Result<void> check(const CallContext& context, std::string_view doing) {
  if (context.stop.stop_requested())
    return make_error(Failure::cancelled, "Stopped while " + std::string{doing} + "; it will be tried again.");
  if (std::chrono::steady_clock::now() >= context.deadline)
    return make_error(Failure::timed_out,
                      "The time for the call ran out while " + std::string{doing} + "; it will be tried again.");
  return {};
}

}  // namespace syncservice::adapter
