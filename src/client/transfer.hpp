// One reusable channel: a curl easy handle in a multi handle of its own, which keeps the connection between calls and
// whose poll another thread can wake, so that a stop request is seen at once.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <stop_token>

#include "syncservice/client/client.hpp"

namespace syncservice::client {

/// Used by one thread at a time.
class Channel {
 public:
  /// Throws std::bad_alloc.
  Channel();

  /// `request` has been checked; it is not copied. Waits no longer than `patience`.
  [[nodiscard]] Result<Response> perform(const Settings& settings, const Request& request, const std::stop_token& stop,
                                         std::chrono::milliseconds patience);

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
