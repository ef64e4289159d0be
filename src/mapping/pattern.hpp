// mapping/pattern — `template`: text with the record's fields in it.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/record/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::mapping {

/// A template, parsed. Immutable.
class Pattern {
 public:
  /// "{summary} ({id})": {id} and {project} are the record's own, any other name in braces is a field; "{{" and "}}"
  /// are braces. Fails with what is wrong, and its column, in `fault`.
  [[nodiscard]] static std::optional<Pattern> parse(std::string_view text, std::string& fault);

  [[nodiscard]] std::string fill(const record::Fields& fields, const RecordId& id, const ProjectName& project) const;
  [[nodiscard]] std::vector<std::string> fields() const;

 private:
  enum class Kind : std::uint8_t { text, field, id, project };
  struct Piece {
    Kind kind;
    std::string text;  ///< or the field's name
  };
  std::vector<Piece> pieces_;
};

}  // namespace syncservice::mapping
