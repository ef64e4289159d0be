// What curl's codes mean here, and how a failure reads.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "syncservice/base/text.hpp"
#include "syncservice/client/client.hpp"

namespace syncservice::client {

[[nodiscard]] Errc classify(CURLcode code) noexcept;

/// "GET https://host/path: could not connect: <detail>". `detail` must hold no secret.
[[nodiscard]] Error make_error(Errc code, const Request& request, std::string_view detail);

}  // namespace syncservice::client
