#include "deliveries.hpp"

namespace syncservice::spool {
namespace {

std::string name_of(std::string_view delivery, std::int64_t link, const RecordKey& key) {
  std::string out{delivery};
  const std::string number = std::to_string(link);
  for (const std::string_view part :
       {std::string_view{number}, to_string(key.side), std::string_view{key.project.str()}}) {
    out += '\0';
    out += part;
  }
  out += '\0';
  out += key.id.str();
  return out;
}

}  // namespace

void Deliveries::note(std::string_view delivery, std::int64_t link, const RecordKey& key, std::int64_t push) {
  if (delivery.empty()) return;
  const auto [place, fresh] = pushes_.emplace(name_of(delivery, link, key), push);
  if (!fresh) return;
  oldest_first_.push_back(&place->first);
  if (oldest_first_.size() <= most) return;
  pushes_.erase(pushes_.find(*oldest_first_.front()));
  oldest_first_.pop_front();
}

std::optional<std::int64_t> Deliveries::find(std::string_view delivery, std::int64_t link, const RecordKey& key) const {
  if (delivery.empty() || pushes_.empty()) return std::nullopt;
  const auto found = pushes_.find(name_of(delivery, link, key));
  if (found == pushes_.end()) return std::nullopt;
  return found->second;
}

}  // namespace syncservice::spool
