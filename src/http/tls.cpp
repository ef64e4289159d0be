#include "tls.hpp"

#include <string>

#include <openssl/ssl.h>

namespace syncservice::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

Error tls_error(const error_code& code, const std::string& what) {
  return {code, what, FailureClass::permanent, std::nullopt};
}

// Called by OpenSSL.
int choose_http_1_1(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned in_length, void*) noexcept {
  static constexpr unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, ours, sizeof(ours), in, in_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<TlsContext> load_tls(const TlsFiles& files) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_http_1_1, nullptr);

  error_code error;
  // Without this OpenSSL would ask on the terminal.
  context->set_password_callback([](std::size_t, asio::ssl::context::password_purpose) { return std::string{}; },
                                 error);
  context->use_certificate_chain_file(files.certificate, error);
  if (error) {
    return tls_error(error, "can't use the certificate file \"" + files.certificate + "\": " + error.message() +
                                "; it must be readable and PEM, the server's certificate first, then its chain");
  }
  context->use_private_key_file(files.key, asio::ssl::context::pem, error);
  if (error) {
    return tls_error(error, "can't use the key file \"" + files.key + "\": " + error.message() +
                                "; it must be readable, PEM, without a pass phrase, and belong to the certificate \"" +
                                files.certificate + "\"");
  }
  return context;
}

Result<void> check_tls(const TlsFiles& files) {
  if (const auto context = load_tls(files); !context) return context.error();
  return {};
}

}  // namespace syncservice::http
