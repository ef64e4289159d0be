// app/csv — pairs of records from a table, for `links add --csv`.
#pragma once

#include "commands.hpp"

#include "syncservice/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace syncservice::app {

/// RFC 4180: a header line that names the columns `source` and `destination`, and may name `sourceProject` and
/// `destinationProject`; fields in quotes may hold commas and line ends. Faults name file, line and cure.
[[nodiscard]] Result<std::vector<LinkOptions::Pair>> pairs_in_csv(std::string_view text, const std::string& file);

}  // namespace syncservice::app
