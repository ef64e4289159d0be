// rules/source_rules — what every source file must keep to, checked on its text: which modules it may include, which
// libraries stay inside one module, and no sleeping.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::rules {

/// One module's row: its layer and the modules that it links.
struct Row {
  int layer = 0;
  std::vector<std::string> links;
};

/// By path below include/syncservice, for example "spool" or "adapters/folder".
using Modules = std::map<std::string, Row, std::less<>>;

/// Reads modules.txt, which src/cmake/modules.cmake writes: `<path> <layer> <link>;<link>…` a line.
[[nodiscard]] Modules parse_modules(std::string_view text);

/// Complaints about the rows themselves: a link to an unknown or to a higher module, and cycles.
[[nodiscard]] std::vector<std::string> check_modules(const Modules& modules);

/// Complaints about one file, each as `path:line: what`. `path` is relative to the repository, for example
/// "src/push/handler.cpp". Folders that no row names (src/app, src/cmake, tests) may include every module.
[[nodiscard]] std::vector<std::string> check_source(std::string_view path, std::string_view text,
                                                    const Modules& modules);

}  // namespace syncservice::rules
