// One reusable channel: a curl easy handle in a multi handle of its own, which keeps the connection between calls and
// whose poll another thread can wake, so that a stop request is seen at once.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

#include "syncservice/client/client.hpp"

namespace syncservice::client {

/// One call: what is sent and where the answer's body goes.
struct Exchange {
  const Request& request;
  const Upload* upload = nullptr;  ///< null: the request's own body
  const Sink* sink = nullptr;      ///< null: the answer's body is in the Response
};

/// Used by one thread at a time.
class Channel {
 public:
  /// Throws std::bad_alloc.
  Channel();

  /// The exchange has been checked; it is not copied. Waits no longer than `patience`. Whatever the callbacks of a
  /// stream throw comes out here.
  [[nodiscard]] Result<Response> perform(const Settings& settings, const Exchange& exchange,
                                         const std::stop_token& stop, std::optional<std::chrono::milliseconds> patience,
                                         Trace& trace);

 private:
  struct EasyDeleter {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  };
  struct MultiDeleter {
    void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
  };
  [[nodiscard]] CURLcode run(const std::stop_token& stop);

  std::unique_ptr<CURLM, MultiDeleter> multi_;  // outlives the easy handle
  std::unique_ptr<CURL, EasyDeleter> easy_;
};

}  // namespace syncservice::client
