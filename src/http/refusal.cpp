#include "refusal.hpp"

#include "syncservice/base/category.hpp"

#include <string_view>

namespace syncservice::http {
namespace {

std::string_view words(unsigned status) noexcept {
  return reason(status);
}

}  // namespace

const boost::system::error_category& http_category() noexcept {
  static const Category<unsigned> category{"http", words};
  return category;
}

unsigned refusal_status(const Error& error) noexcept {
  return error.code.category() == http_category() ? static_cast<unsigned>(error.code.value()) : 500;
}

Error to_error(const Refusal& refusal) {
  const FailureClass failure = refusal.status == 408 ? FailureClass::transient : FailureClass::permanent;
  return {{static_cast<int>(refusal.status), http_category()}, refusal.message, failure, std::nullopt};
}

}  // namespace syncservice::http
