#include "xml.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <limits>

namespace syncservice::adapter::alm {
namespace {

std::string_view view(const xmlChar* text) noexcept {
  return text == nullptr ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(text)};
}

std::string taken(xmlChar* text) {
  const std::unique_ptr<xmlChar, void (*)(void*)> owner{text, xmlFree};
  return std::string{view(text)};
}

}  // namespace

std::string_view XmlElement::name() const noexcept {
  return view(node_->name);
}

std::string XmlElement::attribute(const char* name) const {
  return taken(xmlGetNoNsProp(node_, reinterpret_cast<const xmlChar*>(name)));
}

std::string XmlElement::text() const {
  return taken(xmlNodeGetContent(node_));
}

std::vector<XmlElement> XmlElement::children(std::string_view name) const {
  std::vector<XmlElement> out;
  for (xmlNode* child = node_->children; child != nullptr; child = child->next) {
    if (child->type == XML_ELEMENT_NODE && (name.empty() || view(child->name) == name)) out.emplace_back(child);
  }
  return out;
}

std::string XmlElement::child_text(std::string_view name) const {
  const auto found = children(name);
  return found.empty() ? std::string{} : found.front().text();
}

std::optional<XmlDocument> XmlDocument::parse(std::string_view bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return std::nullopt;
  XmlDocument document{xmlReadMemory(bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)};
  const bool usable = document.document_ != nullptr && document.document_->intSubset == nullptr &&
                      xmlDocGetRootElement(document.document_.get()) != nullptr;
  if (!usable) return std::nullopt;
  return document;
}

XmlElement XmlDocument::root() const noexcept {
  return XmlElement{xmlDocGetRootElement(document_.get())};
}

void XmlDocument::Free::operator()(_xmlDoc* document) const noexcept {
  xmlFreeDoc(document);
}

std::string xml_escape(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size() + utf8.size() / 8);
  for (const char c : utf8) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#13;";
        break;
      case '\t':
      case '\n':
        out += c;
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\uFFFD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

}  // namespace syncservice::adapter::alm
