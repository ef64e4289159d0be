// sync/copies — which comment or attachment of one side is whose copy at the other. Each goes across once: the
// intention is committed before it is sent, and what an intention came to is looked for before it is sent again.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/store/store.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace syncservice::sync {

enum class CopyKind : std::uint8_t { comment, attachment };

/// What is copied: the side where it was made, and its id there.
struct Original {
  Side side = Side::source;
  std::string id;
  friend auto operator<=>(const Original&, const Original&) = default;
};

struct Copy {
  std::optional<std::string> id;  ///< at the other side; empty: intended
  std::string seen;               ///< of a comment: fingerprint of the text that went across
  friend bool operator==(const Copy&, const Copy&) = default;
};

/// All copies of a record link, of one kind, in both directions. Not thread-safe.
class Copies {
 public:
  [[nodiscard]] static Result<Copies> load(const store::Store& store, CopyKind kind, std::int64_t link);

  [[nodiscard]] const std::map<Original, Copy>& all() const noexcept { return all_; }
  [[nodiscard]] const Copy* find(const Original& original) const noexcept;
  /// Is what `side` holds under this id a copy of ours?
  [[nodiscard]] bool is_copy(Side side, std::string_view id) const noexcept;

  /// Changes take effect here at once, in the store with save().
  void put(const Original& original, Copy copy);
  void remove(const Original& original);
  [[nodiscard]] bool changed() const noexcept { return !touched_.empty(); }
  void save(store::Transaction& tx) const;
  /// The transaction with save() was committed.
  void saved() noexcept { touched_.clear(); }

 private:
  Copies(CopyKind kind, std::int64_t link) noexcept : kind_(kind), link_(link) {}
  CopyKind kind_;
  std::int64_t link_;
  std::map<Original, Copy> all_;
  std::set<std::pair<Side, std::string>> ids_;  // of copies, with the side that holds them
  std::set<Original> touched_;
};

/// Short, stable fingerprint of a text, in hex. Not for security.
[[nodiscard]] std::string fingerprint(std::string_view text);

}  // namespace syncservice::sync
