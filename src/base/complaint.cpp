#include "syncservice/base/complaint.hpp"

#include <algorithm>

namespace syncservice {

std::string to_string(const Complaint& complaint) {
  std::string out = complaint.file;
  if (complaint.line > 0) out += ':' + std::to_string(complaint.line) + ':' + std::to_string(complaint.column);
  out += complaint.warning ? ": warning: " : ": ";
  return out + complaint.what;
}

bool any_error(const std::vector<Complaint>& complaints) noexcept {
  return std::any_of(complaints.begin(), complaints.end(), [](const Complaint& c) { return !c.warning; });
}

}  // namespace syncservice
