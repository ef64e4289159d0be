// Where one is in the changes of a Jira.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace syncservice::adapter::jira {

/// The cursor of changed_since(). A search goes from `since` on in the order of changes. As soon as a page comes to a
/// later minute, the next search begins there, so that issues which move to the end meanwhile push none over the edge
/// of a page. Inside one minute pages are counted, and the last issue of the page before is asked for again: is it not
/// there, then something moved, and the search begins anew. The index lags behind: what an issue shows may be later
/// than its place in the order, so that only what is older than `horizon` moves the search on.
struct ChangeCursor {
  std::optional<Timestamp> since;  ///< a whole minute; none: everything
  /// The server's time when the listing began, less what the index may lag behind; none between two listings.
  std::optional<Timestamp> horizon;
  bool closing = false;     ///< that look is under way
  std::uint64_t start = 0;  ///< of a server: issues of this search that were listed
  std::string last;         ///< of a server: the id of the last one
  std::string token;        ///< of the cloud
  /// What was listed of the span that is searched again: when each issue had changed, by its id.
  std::map<std::string, std::int64_t> listed;
};

[[nodiscard]] std::string to_text(const ChangeCursor& cursor);
/// Refused (permanent) when it is none of ours.
[[nodiscard]] Result<ChangeCursor> change_cursor_from(const std::string& text);

}  // namespace syncservice::adapter::jira
