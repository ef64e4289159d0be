// TLS settings of one endpoint.
#pragma once

#include "stream.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/http/server.hpp"

namespace syncservice::http {

/// TLS 1.2 or later with this certificate. Fails with a message that names the file and the cure.
[[nodiscard]] Result<TlsContext> load_tls(const TlsFiles& files);

}  // namespace syncservice::http
