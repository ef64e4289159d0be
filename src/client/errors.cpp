#include "errors.hpp"

#include "syncservice/base/category.hpp"

namespace syncservice::client {
namespace {

std::string_view words(Errc value) noexcept {
  switch (value) {
    case Errc::bad_request:
      return "the request can't be sent";
    case Errc::connect:
      return "could not connect";
    case Errc::tls:
      return "TLS failed";
    case Errc::timeout:
      return "timed out";
    case Errc::broken:
      return "the connection broke off";
    case Errc::too_large:
      return "the answer is too large";
    case Errc::interrupted:
      return "interrupted";
    case Errc::bad_source:
      return "the content has another size than announced";
    case Errc::other:
      return "failed";
  }
  return "unknown";
}

}  // namespace

const boost::system::error_category& client_category() noexcept {
  static const Category<Errc> category{"syncservice.client", words};
  return category;
}

boost::system::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), client_category()};
}

Error make_error(Errc code, const Request& request, std::string_view detail) {
  const bool permanent = code == Errc::bad_request || code == Errc::too_large || code == Errc::bad_source;
  std::string message = text::printable(request.method, 20) + " " + redact_url(request.url) + ": ";
  message += client_category().message(static_cast<int>(code));
  if (!detail.empty()) message.append(": ").append(detail);
  return {make_error_code(code), std::move(message), permanent ? FailureClass::permanent : FailureClass::transient, {}};
}

Errc classify(CURLcode code) noexcept {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return Errc::bad_request;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
      return Errc::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
      return Errc::tls;
    case CURLE_OPERATION_TIMEDOUT:
      return Errc::timeout;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:  // a kept connection was dead, and the body must not be sent twice
    case CURLE_RECV_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
      return Errc::broken;
    default:
      return Errc::other;
  }
}

}  // namespace syncservice::client
