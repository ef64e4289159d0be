#include "copies.hpp"

#include "stored_side.hpp"

#include "syncservice/base/hash.hpp"

namespace syncservice::sync {
Result<Copies> Copies::load(const store::Store& store, CopyKind kind, std::int64_t link) {
  return store.read([&](store::Connection& connection) {
    Copies copies(kind, link);
    store::Statement row = connection.prepare(
        kind == CopyKind::comment ? "SELECT side, original, copy, seen FROM comment_copy WHERE link = ?"
                                  : "SELECT side, original, copy, '' FROM attachment_copy WHERE link = ?");
    row.bind(1, link);
    while (row.step()) {
      Copy copy{std::nullopt, row.text(3)};
      if (!row.is_null(2)) copy.id = row.text(2);
      copies.put({side_of(row.integer(0)), row.text(1)}, std::move(copy));
    }
    copies.touched_.clear();
    return copies;
  });
}

const Copy* Copies::find(const Original& original) const noexcept {
  const auto found = all_.find(original);
  return found == all_.end() ? nullptr : &found->second;
}

bool Copies::is_copy(Side side, std::string_view id) const noexcept {
  return ids_.contains(std::pair{side, std::string{id}});
}

void Copies::put(const Original& original, Copy copy) {
  if (copy.id) ids_.emplace(other(original.side), *copy.id);
  all_.insert_or_assign(original, std::move(copy));
  touched_.insert(original);
}

// The id stays known as a copy's for the rest of the pass: what was just deleted may still be listed.
void Copies::remove(const Original& original) {
  if (all_.erase(original) != 0) touched_.insert(original);
}

void Copies::save(store::Transaction& tx) const {
  for (const Original& original : touched_) {
    const Copy* copy = find(original);
    if (copy == nullptr) {
      store::Statement row = tx.prepare(
          kind_ == CopyKind::comment ? "DELETE FROM comment_copy WHERE link = ? AND side = ? AND original = ?"
                                     : "DELETE FROM attachment_copy WHERE link = ? AND side = ? AND original = ?");
      row.bind(1, link_).bind(2, stored(original.side)).bind(3, original.id);
      row.run();
      continue;
    }
    store::Statement row =
        tx.prepare(kind_ == CopyKind::comment
                       ? "INSERT OR REPLACE INTO comment_copy (link, side, original, copy, seen) VALUES (?, ?, ?, ?, ?)"
                       : "INSERT OR REPLACE INTO attachment_copy (link, side, original, copy) VALUES (?, ?, ?, ?)");
    row.bind(1, link_).bind(2, stored(original.side)).bind(3, original.id);
    if (copy->id) {
      row.bind(4, *copy->id);
    } else {
      row.bind_null(4);
    }
    if (kind_ == CopyKind::comment) row.bind(5, copy->seen);
    row.run();
  }
}

std::string fingerprint(std::string_view text) {
  return to_hex(fnv1a(text));
}

}  // namespace syncservice::sync
