// alm/xml — an XML document as a tree, and text as it stands in one. The one file of the adapter that knows libxml2.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct _xmlDoc;   // NOLINT(bugprone-reserved-identifier): libxml2 calls it so
struct _xmlNode;  // NOLINT(bugprone-reserved-identifier)

namespace syncservice::adapter::alm {

/// An element. Belongs to its document, which outlives it.
class XmlElement {
 public:
  explicit XmlElement(_xmlNode* node) noexcept : node_(node) {}
  [[nodiscard]] std::string_view name() const noexcept;
  /// Empty when there is none.
  [[nodiscard]] std::string attribute(const char* name) const;
  [[nodiscard]] std::string text() const;
  /// The elements in it, of that name or all.
  [[nodiscard]] std::vector<XmlElement> children(std::string_view name = {}) const;
  /// The text of the first element of that name; empty when there is none.
  [[nodiscard]] std::string child_text(std::string_view name) const;

 private:
  _xmlNode* node_;
};

class XmlDocument {
 public:
  /// Empty for what is no XML, or has a document type, which ALM never sends.
  [[nodiscard]] static std::optional<XmlDocument> parse(std::string_view bytes);
  [[nodiscard]] XmlElement root() const noexcept;

 private:
  struct Free {
    void operator()(_xmlDoc* document) const noexcept;
  };
  explicit XmlDocument(_xmlDoc* document) noexcept : document_(document) {}
  std::unique_ptr<_xmlDoc, Free> document_;
};

/// Text as it stands in an element or a quoted attribute. Control characters that XML can't hold become U+FFFD.
[[nodiscard]] std::string xml_escape(std::string_view utf8);

}  // namespace syncservice::adapter::alm
