// An app-links file, as an administrator may have mangled it.
#include "syncservice/config/registry_file.hpp"

#include "syncservice/base/text.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncservice;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const config::ParsedRegistryFile parsed = config::parse_registry_file(input, "/etc/syncservice/app-links/links.yaml");
  for (const Complaint& complaint : parsed.complaints) {
    if (complaint.what.empty() || complaint.line < 0 || complaint.column < 0) std::abort();
    if (!text::is_utf8(to_string(complaint))) std::abort();
  }
  if (any_error(parsed.complaints)) return 0;
  for (const config::AppLinkDef& link : parsed.file.app_links) {
    if (link.name.text.empty() || !text::is_utf8(link.name.text)) std::abort();
  }
  return 0;
}
