#include "http/fixture.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace syncservice::http::test {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

Response text(unsigned status, std::string body) {
  return {status, "text/plain", std::move(body), {}, false};
}

Response page(unsigned status, std::string_view message) {
  return text(status, std::string{message});
}

awaitable<Response> echo(Exchange& exchange) {
  constexpr std::size_t limit = 64 * 1024;
  const auto body = co_await exchange.read_body(limit);
  if (!body) co_return page(refusal_status(body.error()), body.error().message);
  // The head must have survived the reading of the body.
  co_return text(200, std::string{exchange.head().method} + " " + std::string{exchange.head().target} + " " +
                          std::string{exchange.head().header("x-tag")} + "|" + std::string{*body});
}

awaitable<Response> discard(Exchange& exchange) {
  constexpr std::uint64_t limit = 8 * 1024 * 1024;
  const auto length = co_await exchange.discard_body(limit);
  if (!length) co_return page(refusal_status(length.error()), length.error().message);
  co_return text(200, std::to_string(*length));
}

// The length, and the bytes shown on the way folded into a number that depends on their order.
awaitable<Response> stream(Exchange& exchange) {
  constexpr std::uint64_t limit = 8 * 1024 * 1024;
  std::uint32_t folded = 0;
  const BodySink sink = [&folded](std::string_view piece) {
    for (const char c : piece) folded = folded * 31 + static_cast<unsigned char>(c);
  };
  const auto length = co_await exchange.stream_body(limit, sink);
  if (!length) co_return page(refusal_status(length.error()), length.error().message);
  co_return text(200, std::to_string(*length) + " " + std::to_string(folded));
}

awaitable<Response> ignore(Exchange&) {
  co_return text(201, "ignored");
}

awaitable<Response> who(Exchange& exchange) {
  const Peer& peer = exchange.peer();
  co_return text(200, peer.address + (peer.loopback ? " loopback" : "") + (peer.local_socket ? " local" : "") +
                          (peer.tls ? " tls" : ""));
}

awaitable<Response> segments(Exchange& exchange) {
  std::string body;
  for (const std::string& segment : exchange.segments()) body += "[" + segment + "]";
  co_return text(200, body);
}

awaitable<Response> fail(Exchange&) {
  throw std::runtime_error("secret inside");
  co_return text(200, "");
}

awaitable<Response> inject(Exchange&) {
  Response response = text(200, "");
  response.headers.emplace_back("Location", "/a\r\nSet-Cookie: b");
  co_return response;
}

awaitable<Response> large(Exchange&) {
  co_return text(200, std::string(32 * 1024 * 1024, 'x'));
}

awaitable<Response> nothing(Exchange&) {
  co_return text(204, "never sent");
}

}  // namespace

awaitable<void> Gate::pass(Exchange& exchange) {
  timer_ = std::make_shared<asio::steady_timer>(exchange.executor(), asio::steady_timer::time_point::max());
  const auto timer = timer_;
  arrived_.set_value();
  boost::system::error_code cancelled;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

void Gate::open() {
  asio::post(timer_->get_executor(), [timer = timer_] { timer->cancel(); });
}

ServerTest::ServerTest() {
  std::string pattern = (std::filesystem::temp_directory_path() / "syncservice-http-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  log_ = std::make_unique<telemetry::Log>(
      telemetry::LogSettings{telemetry::Level::debug, telemetry::Format::text, in_folder("log")});
  router_.add("POST", "/echo", echo);
  router_.add("GET", "/echo", echo);
  router_.add("POST", "/discard", discard);
  router_.add("POST", "/stream", stream);
  router_.add("POST", "/ignore", ignore);
  router_.add("GET", "/who", who);
  router_.add("GET", "/pair/{a}/{b}", segments);
  router_.add("GET", "/fail", fail);
  router_.add("GET", "/inject", inject);
  router_.add("GET", "/large", large);
  router_.add("GET", "/nothing", nothing);
  router_.add("GET", "/wait", [this](Exchange& exchange) -> awaitable<Response> {
    co_await gate.pass(exchange);
    co_return text(200, "waited");
  });
}

ServerTest::~ServerTest() {
  gate.forget();
  server_.reset();
  std::filesystem::remove_all(folder_);
}

void ServerTest::make_server() {
  server_ = std::make_unique<Server>(settings, router_, page, *log_, metrics);
}

void ServerTest::start() {
  make_server();
  const auto listening = server_->listen({"http", "127.0.0.1", 0});
  ASSERT_TRUE(listening.has_value()) << listening.error().message;
  server_->start();
}

Answer ServerTest::ask(std::string_view request) const {
  Client client{port()};
  client.send(request);
  return client.answer().value_or(Answer{});
}

std::string ServerTest::log_text() const {
  std::ostringstream out;
  out << std::ifstream{in_folder("log")}.rdbuf();
  return out.str();
}

TlsFiles ServerTest::make_certificate(const std::string& name) const {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());

  TlsFiles files{in_folder("certificate.pem"), in_folder("key.pem")};
  const std::unique_ptr<FILE, decltype(&std::fclose)> out{std::fopen(files.certificate.c_str(), "w"), std::fclose};
  PEM_write_X509(out.get(), certificate.get());
  const std::unique_ptr<FILE, decltype(&std::fclose)> key_out{std::fopen(files.key.c_str(), "w"), std::fclose};
  PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return files;
}

std::string post(const std::string& path, const std::string& body, const std::string& headers) {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace syncservice::http::test
