#include "call.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/http/message.hpp"

#include <boost/system/errc.hpp>

#include <charconv>
#include <utility>

namespace syncservice::admin {

std::string Call::parameter(std::string_view name) const {
  http::RequestHead head;
  head.query = query;
  std::vector<std::string> values = head.parameters(name);
  return values.empty() ? std::string{} : std::move(values.front());
}

Error failure(FailureClass kind, std::string message) {
  return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument), std::move(message), kind,
          std::nullopt};
}

Error invalid(std::string message) {
  return failure(FailureClass::permanent, std::move(message));
}

std::string in_quotes(std::string_view value) {
  return '"' + text::printable(value) + '"';
}

std::optional<std::int64_t> positive_number(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 1) return std::nullopt;
  return value;
}

}  // namespace syncservice::admin
