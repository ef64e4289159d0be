// A YAML document as a light tree with places, on yaml-cpp's events. One pass, one arena; aliases stay references, so
// that a document can't grow in memory. Refuses what a registry has no use for: tags, several documents, keys that are
// not scalars, keys given twice, more than 32 levels.
#pragma once

#include "syncservice/config/location.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::config::yaml {

enum class Kind : std::uint8_t { scalar, sequence, map };

class Tree;

/// One node of a Tree, which must outlive it. Cheap to copy.
class Node {
 public:
  [[nodiscard]] Kind kind() const noexcept;
  [[nodiscard]] Location at() const noexcept;
  /// Of a scalar.
  [[nodiscard]] std::string_view text() const noexcept;
  /// True for a scalar without quotes.
  [[nodiscard]] bool plain() const noexcept;
  /// True for a plain scalar that is empty, `~` or `null`.
  [[nodiscard]] bool is_null() const noexcept;
  /// Items of a sequence, or keys and values of a map in turn.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::optional<Node> first() const noexcept;
  /// The one after it in the same sequence or map.
  [[nodiscard]] std::optional<Node> next() const noexcept;

 private:
  friend class Tree;
  Node(const Tree* tree, std::uint32_t slot) noexcept : tree_(tree), slot_(slot) {}
  const Tree* tree_;
  std::uint32_t slot_;
};

/// One thing wrong with a document.
struct Fault {
  Location at;
  std::string what;
};

class Tree {
 public:
  /// `faults` is empty when the whole document was read; otherwise there is no use in the tree. A `${env:…}` or
  /// `${file:…}` without quotes is taken as text inside `{ }` and `[ ]` too, where YAML by itself would not.
  /// `lines_before`: what the places of nodes (not of faults) begin to count after.
  [[nodiscard]] static Tree parse(std::string_view text, std::vector<Fault>& faults, int lines_before = 0);

  /// Empty when the document is.
  [[nodiscard]] std::optional<Node> root() const noexcept;

 private:
  friend class Node;
  friend class Builder;
  static constexpr std::uint32_t none = 0xFFFFFFFFU;
  struct Slot {
    Kind kind = Kind::scalar;
    bool plain = false;
    int line = 0, column = 0;
    std::uint32_t text_begin = 0, text_size = 0;
    std::uint32_t first = none, last = none, next = none, count = 0;
    std::uint32_t target = none;  ///< of an alias: what it stands for
    std::uint32_t weight = 1;     ///< nodes in it, aliases counted as what they stand for
  };
  [[nodiscard]] const Slot& resolved(std::uint32_t slot) const noexcept;

  std::vector<Slot> slots_;
  std::string texts_;
  int lines_before_ = 0;
};

}  // namespace syncservice::config::yaml
