// helix_alm/form — the one part of a multipart/form-data body that an upload is, written here since the API takes names
// beyond ASCII in the form filename*=UTF-8''… only: of raw UTF-8 it makes something else.
#pragma once

#include "syncservice/client/client.hpp"

#include <cstdint>
#include <string>

namespace syncservice::adapter::helix_alm {

/// A file as such a body.
struct Form {
  std::string content_type;  ///< of the body
  client::Upload body;       ///< reads the file's source as it goes out; fails as it does
};

/// `boundary`: at most 70 letters and digits that the file does not hold.
[[nodiscard]] Form form_of(const std::string& field, const std::string& name, const std::string& media_type,
                           const client::Source& source, std::uint64_t size, const std::string& boundary);

}  // namespace syncservice::adapter::helix_alm
