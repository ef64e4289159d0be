#include "random.hpp"

#include <array>
#include <cstdio>

namespace syncservice::sync {
namespace {

std::mt19937_64 seeded(std::uint64_t seed) {
  if (seed != 0) return std::mt19937_64{seed};
  std::random_device device;
  std::array<std::uint32_t, 8> words{};
  for (std::uint32_t& word : words) word = device();
  std::seed_seq sequence(words.begin(), words.end());
  return std::mt19937_64{sequence};
}

std::string hex(std::uint64_t number) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(number));
  return digits.data();
}

}  // namespace

Random::Random(std::uint64_t seed) : engine_(seeded(seed)) {}

std::chrono::milliseconds Random::between(std::chrono::milliseconds low, std::chrono::milliseconds high) {
  const std::scoped_lock lock(mutex_);
  return std::chrono::milliseconds{std::uniform_int_distribution<std::int64_t>(low.count(), high.count())(engine_)};
}

std::string Random::marker() {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t high = engine_();
  return "syncservice-" + hex(high) + hex(engine_());
}

std::string Random::incident() {
  const std::scoped_lock lock(mutex_);
  return hex(engine_());
}

}  // namespace syncservice::sync
