// base/complaint — something wrong with a file that an administrator edits: where, what, and what would be right.
#pragma once

#include <string>
#include <vector>

namespace syncservice {

/// One complaint, or a warning. Never holds a secret.
struct Complaint {
  std::string file;
  int line = 0, column = 0;  ///< from 1; 0 when the whole file is meant
  std::string what;          ///< what is wrong, and what would be right
  bool warning = false;      ///< the file can be used all the same
};

/// "conf/app-links/qc.yaml:12:5: unknown member …", "warning: " before the text of a warning.
[[nodiscard]] std::string to_string(const Complaint& complaint);

/// True when one of them is not a warning.
[[nodiscard]] bool any_error(const std::vector<Complaint>& complaints) noexcept;

}  // namespace syncservice
