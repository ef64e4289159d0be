#include "refusal.hpp"

namespace syncservice::http {
namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // the base's destructor is protected
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class HttpCategory final : public boost::system::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "http"; }
  [[nodiscard]] std::string message(int status) const override {
    return std::string{reason(static_cast<unsigned>(status))};
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& http_category() noexcept {
  static const HttpCategory category;
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
