#include "syncservice/base/text.hpp"
#include "syncservice/rest/rest.hpp"

namespace syncservice::rest {

Url& Url::path(std::string_view literal) {
  text_.append(literal);
  return *this;
}

Url& Url::segment(std::string_view raw) {
  usable_ = usable_ && !raw.empty() && raw != "." && raw != "..";
  text_.append(1, '/').append(text::percent_encode(raw));
  return *this;
}

Url& Url::query(std::string_view name, std::string_view value) {
  text_.append(1, has_query_ ? '&' : '?').append(text::percent_encode(name));
  text_.append(1, '=').append(text::percent_encode(value));
  has_query_ = true;
  return *this;
}

}  // namespace syncservice::rest
