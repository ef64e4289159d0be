// app/csv — pairs of records from a table, for `links add --csv`.
#pragma once

#include "commands.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace syncservice::app {

struct CsvPairs {
  std::vector<LinkOptions::Pair> pairs;
  std::vector<std::string> faults;  ///< all there are, each with file, line and cure; with one, nothing is to be done
};

/// RFC 4180: a header line that names the columns `source` and `destination`, and may name `sourceProject` and
/// `destinationProject`; fields in quotes may hold commas and line ends.
[[nodiscard]] CsvPairs pairs_in_csv(std::string_view text, const std::string& file);

}  // namespace syncservice::app
