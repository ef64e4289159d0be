// A status is reached by the events of the workflow.
#include "helix_alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::helix_alm {

Result<std::string> HelixAlmAdapter::post_event(const Spot& spot, Json event, const std::string& doing,
                                                const CallContext& context) const {
  const std::string name{text_at(event, "name")};
  const auto added = api_.add_event(spot, std::move(event), doing, context);
  const auto explained = [&](const std::string& words) {
    std::string message = words;
    message.append(" Event \"").append(text::printable(name));
    message +=
        "\" must be one of the project's workflow, possible from where the record is, and be given its required "
        "fields.";
    return make_error(Failure::refused, std::move(message));
  };
  if (!added) {
    // A 404 is of an event that the workflow does not have, or of the record.
    const Error error = is_missing(added.error()) ? missing(spot, added.error(), doing, context) : added.error();
    return error.code == make_error_code(Failure::refused) ? explained(error.message) : error;
  }
  if (!added->problems.empty())
    return explained("Helix ALM did not take it when " + doing + ": " + words_of(added->problems) + '.');
  if (added->id.empty()) return make_error(Failure::uncertain, "Helix ALM's answer when " + doing + " names no event.");
  return added->id;
}

Result<Json> HelixAlmAdapter::reach_status(const Spot& spot, Json item, const std::string& status,
                                           const std::string& doing, const CallContext& context) const {
  const auto way = options_.workflow.way(status_of(item, options_.workflow), status);
  if (!way) return way.error();
  for (const Transition* step : *way) {
    Json event{{"name", step->event}};
    if (!step->fields.empty()) event["fields"] = step->fields;
    if (auto posted = post_event(spot, std::move(event), doing, context); !posted) return posted.error();
    auto now = api_.read(spot, {}, doing, context);
    if (!now) return now.error();
    item = std::move(*now);
    const std::string reached = status_of(item, options_.workflow);
    if (text::iequals(reached, step->to)) continue;
    return make_error(Failure::refused, "Event \"" + text::printable(step->event) + "\" led to status \"" +
                                            text::printable(reached) + "\", where the setting workflow says \"" +
                                            text::printable(step->to) + "\"; correct the setting.");
  }
  return item;
}

}  // namespace syncservice::adapter::helix_alm
