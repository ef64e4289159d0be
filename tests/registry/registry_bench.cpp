// Times loading a generated registry, look-up and the refusal of an unknown name.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "registry_fixture.hpp"

namespace {

using namespace syncservice;

template <class Work>
double milliseconds(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int count, char** arguments) {
  const int links = count > 1 ? std::atoi(arguments[1]) : 10'000;
  const registry::RegistryFolder folder;
  const std::string text = registry::many_links(links);
  folder.write("many.yaml", text);
  std::cout << links << " app links, " << text.size() / 1024 << " KiB\n";

  registry::LoadResult loaded;
  for (int run = 0; run < 3; ++run) {
    const double load_time = milliseconds([&] { loaded = folder.load(loaded.snapshot); });
    std::cout << "load: " << load_time << " ms\n";
  }
  if (loaded.snapshot == nullptr) return 1;

  constexpr int rounds = 1000;
  const registry::PushRequest known{AppLinkName{"Link00042"}, Side::source, RecordId{"1"}, std::nullopt};
  const registry::PushRequest unknown{AppLinkName{"Lnik00042"}, Side::source, RecordId{"1"}, std::nullopt};
  int good = 0;
  const double valid = milliseconds([&] {
    for (int i = 0; i < rounds; ++i) good += loaded.snapshot->validate(known).has_value() ? 1 : 0;
  });
  const double refused = milliseconds([&] {
    for (int i = 0; i < rounds; ++i) good += loaded.snapshot->validate(unknown).has_value() ? 1 : 0;
  });
  std::cout << "validate: " << valid * 1000 / rounds << " us; unknown name: " << refused * 1000 / rounds << " us\n";
  return good == rounds ? 0 : 1;
}
