// base/result — Result<T>: a value or an Error, never both. Exceptions are for failing start-up and bugs only.
#pragma once

#include "syncservice/base/error.hpp"

#include <boost/system/result.hpp>

#include <stdexcept>

namespace syncservice {

/// Thrown by Result::value() when there is none: a bug at the call, since has_value() was not asked first.
class BadResult : public std::logic_error {
 public:
  explicit BadResult(const Error& error) : std::logic_error(error.message) {}
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw BadResult(error);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace syncservice
