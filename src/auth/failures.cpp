#include "failures.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace syncservice::auth {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds forgive_failure{10'000};
constexpr milliseconds forgive_guess{30'000};
constexpr milliseconds first_penalty{100};
constexpr milliseconds longest_penalty{5'000};
constexpr int most_failures = 12;  // beyond which the penalty no longer grows; bounds how long it lasts
constexpr milliseconds forget_after =
    std::max(forgive_guess * FailureTable::most_guesses, forgive_failure* most_failures);

}  // namespace

std::string address_key(std::string_view address) {
  const std::string numeric{address.substr(0, address.find('%'))};
  in_addr v4{};
  if (inet_pton(AF_INET, numeric.c_str(), &v4) == 1) return {reinterpret_cast<const char*>(&v4), sizeof v4};
  in6_addr v6{};
  if (inet_pton(AF_INET6, numeric.c_str(), &v6) != 1) return std::string{address};
  const char* bytes = reinterpret_cast<const char*>(&v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return {bytes + 12, 4};
  return {bytes, 8};
}

int FailureTable::Decaying::at(Timestamp now, milliseconds interval) const noexcept {
  const auto forgiven = now < since ? 0 : (now - since) / interval;
  return forgiven >= count ? 0 : count - static_cast<int>(forgiven);
}

void FailureTable::Decaying::add(Timestamp now, milliseconds interval, int most) noexcept {
  const int left = at(now, interval);
  // The part of the interval that has passed counts on, else steady failures would never be forgiven.
  since = left == 0 ? now : since + interval * (count - left);
  count = std::min(left + 1, most);
}

const FailureTable::Entry* FailureTable::find(std::string_view address) const {
  if (by_address_.empty()) return nullptr;
  const auto found = by_address_.find(address_key(address));
  return found == by_address_.end() ? nullptr : &*found->second;
}

FailureTable::Entry& FailureTable::touch(std::string_view address, Timestamp now) {
  std::string key = address_key(address);
  if (const auto found = by_address_.find(key); found != by_address_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
  } else {
    while (!entries_.empty() && (entries_.size() >= most_addresses || now - entries_.back().last > forget_after)) {
      by_address_.erase(entries_.back().address);
      entries_.pop_back();
    }
    Entry fresh;
    fresh.address = key;
    entries_.push_front(std::move(fresh));
    by_address_.emplace(std::move(key), entries_.begin());
  }
  entries_.front().last = now;
  return entries_.front();
}

void FailureTable::record(std::string_view address, const std::optional<Digest>& credential) {
  const Timestamp now = clock_.now();
  const std::lock_guard lock{mutex_};
  Entry& entry = touch(address, now);
  entry.failures.add(now, forgive_failure, most_failures);
  if (!credential || std::find(entry.tried.begin(), entry.tried.end(), *credential) != entry.tried.end()) return;
  entry.tried[entry.next] = *credential;
  entry.next = (entry.next + 1) % entry.tried.size();
  entry.guesses.add(now, forgive_guess, most_guesses);
}

milliseconds FailureTable::penalty(std::string_view address) const {
  const std::lock_guard lock{mutex_};
  const Entry* entry = find(address);
  const int failures = entry == nullptr ? 0 : entry->failures.at(clock_.now(), forgive_failure);
  if (failures <= 1) return milliseconds::zero();  // anyone may mistype once
  return std::min(longest_penalty, first_penalty * (1 << (failures - 2)));
}

std::optional<milliseconds> FailureTable::refused_for(std::string_view address) const {
  const std::lock_guard lock{mutex_};
  const Entry* entry = find(address);
  if (entry == nullptr) return std::nullopt;
  const Timestamp now = clock_.now();
  if (entry->guesses.at(now, forgive_guess) < most_guesses) return std::nullopt;
  return std::clamp(entry->guesses.since + forgive_guess - now, milliseconds{1}, forgive_guess);
}

std::size_t FailureTable::size() const {
  const std::lock_guard lock{mutex_};
  return entries_.size();
}

}  // namespace syncservice::auth
