// What a Snapshot holds. Filled by load(), immutable from then on.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/registry/registry.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace syncservice::registry {

/// Names of app links such that those near to a wrong one are found with bounded work, however many there are.
class NameIndex {
 public:
  void fill(std::vector<std::string> names);
  /// Up to `most` names nearest to `wanted`, nearest first.
  [[nodiscard]] std::vector<std::string> nearest(std::string_view wanted, std::size_t most) const;

 private:
  struct Entry {
    std::string key;  ///< lower case; in `backward_` also reversed
    std::uint32_t name = 0;
  };
  static void add_neighbours(const std::vector<Entry>& sorted, const std::string& key, std::vector<std::uint32_t>& out);

  std::vector<std::string> names_;
  std::vector<Entry> forward_, backward_;
};

struct Snapshot::Data {
  struct Held {
    std::shared_ptr<const Application> application;
    adapter::Settings settings;  ///< as its adapter was made with, secrets included; never printed
  };

  std::uint64_t version = 1;
  std::map<std::string, Held, std::less<>> applications;  ///< by name
  std::vector<std::shared_ptr<const AppLink>> app_links;  ///< by name
  std::unordered_map<AppLinkName, std::shared_ptr<const AppLink>> by_name;
  NameIndex names;
};

}  // namespace syncservice::registry
