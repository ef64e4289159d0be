// Creating and changing records.
#include <algorithm>

#include "helix_alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

// Of a user that is another one now, or a project that somebody locks.
bool may_pass(std::int64_t status) noexcept {
  return status == 409 || status == 429 || status >= 500;
}

Error not_all_taken(const std::vector<Problem>& problems, const std::string& doing) {
  const bool later =
      std::any_of(problems.begin(), problems.end(), [](const Problem& one) { return may_pass(one.status); });
  std::string message = "Helix ALM did not do all of it when ";
  message.append(doing).append(": ").append(words_of(problems)).append(". ");
  message += later ? "It will be tried again." : "Correct the mapping, or the fields there.";
  return make_error(later ? Failure::unavailable : Failure::refused, std::move(message));
}

Json field_json(const Field& field, Json value) {
  const char* const type = to_string(field.shape).data();
  Json out{{"type", type}, {type, std::move(value)}};
  if (field.id != 0) {
    out["id"] = field.id;
  } else {
    out["label"] = field.info.label;
  }
  return out;
}

Json marker_json(const std::string& label, const std::string& marker) {
  return {{"label", label}, {"type", "string"}, {"string", marker_to_stored(marker)}};
}

std::string tag_of(const Json& item) {
  const std::string_view tag = text_at(item, "tag");
  return tag.empty() ? std::to_string(number_at(item, "id")) : std::string{tag};
}

// Of a record that was made: whoever tries again must go on with it.
Error as_incomplete(const Error& error, const std::string& tag) {
  return make_error(Failure::incomplete, "Helix ALM made " + tag + ", but not all of it: " + error.message +
                                             " Then retry, which goes on with " + tag + '.');
}

}  // namespace

Result<HelixAlmAdapter::Writes> HelixAlmAdapter::to_writes(const Place& place, const record::Fields& fields,
                                                           bool is_new, const CallContext& context) {
  auto schema = schemas_.get(place, context);
  if (!schema) return schema.error();
  const Write write = is_new ? Write::create : Write::update;
  auto fitting = fit((*schema)->type, fields, write);
  if (!fitting) {  // the project may have been changed since
    auto newer = schemas_.refreshed(place, context);
    if (!newer) return newer.error();
    if (*newer == *schema) return fitting.error();
    schema = std::move(newer);
    fitting = fit((*schema)->type, fields, write);
    if (!fitting) return fitting.error();
  }
  Writes writes;
  writes.schema = std::move(*schema);
  if (auto done = split(*fitting, writes); !done) return done.error();
  return writes;
}

Result<void> HelixAlmAdapter::split(const record::Fields& fields, Writes& writes) const {
  for (const auto& [label, value] : fields) {
    if (label == status_label) {
      writes.status = value.text();
      if (writes.status.empty())
        return make_error(Failure::refused, "Field \"Status\" can't be emptied: a record is always in some status.");
      continue;
    }
    const Field& field = writes.schema->fields.find(label)->second;
    auto json = json_of(field.shape, label, value);
    if (!json) return json.error();
    writes.checked.emplace(label, value);
    if (label == requirement_type_label) {
      writes.requirement_type = std::move(*json);
    } else if (!field.mirrors.empty()) {
      writes.found_by[field.mirrors] = std::move(*json);
    } else {
      writes.fields.push_back(field_json(field, std::move(*json)));
    }
  }
  return {};
}

Json HelixAlmAdapter::found_by_records(const Json& item, const Json& changes) {
  Json out = Json::array();
  for (Json record : list_at(member(item, "foundByRecords"), "foundByRecordsData")) {
    for (const char* name : {"self", "attachments"}) record.erase(name);
    for (auto at = record.begin(); at != record.end();) at = at->is_null() ? record.erase(at) : std::next(at);
    out.push_back(std::move(record));
  }
  if (out.empty()) out.push_back(Json::object());
  out.front().update(changes);
  return {{"foundByRecordsData", std::move(out)}};
}

Result<Json> HelixAlmAdapter::new_item(const Place& place, const Writes& writes, const std::string& marker) const {
  Json item{{"fields", writes.fields}};
  item["fields"].push_back(marker_json(options_.labels.marker, marker));
  if (!writes.found_by.empty()) item["foundByRecords"] = found_by_records({}, writes.found_by);
  if (!place.type->typed) return item;
  item["requirementType"] = writes.requirement_type;
  if (!writes.requirement_type.is_null()) return item;
  if (options_.requirement_type.empty())
    return make_error(
        Failure::refused,
        "A new requirement needs a type, and none is given; map \"Requirement Type\", or give the setting "
        "requirementType, for example Functional Requirement.");
  item["requirementType"] = {{"label", options_.requirement_type}};
  return item;
}

Result<void> HelixAlmAdapter::put(const Spot& spot, Json item, const std::string& doing, const CallContext& context) {
  const auto written = api_.update(spot, std::move(item), doing, context);
  if (!written) return is_missing(written.error()) ? missing(spot, written.error(), doing, context) : written.error();
  if (written->problems.empty()) return {};
  const Error error = not_all_taken(written->problems, doing);
  const bool not_there = std::any_of(written->problems.begin(), written->problems.end(),
                                     [](const Problem& one) { return one.status == 404; });
  return not_there ? missing(spot, error, doing, context) : error;
}

Result<void> HelixAlmAdapter::check_kept(const Spot& spot, const Writes& writes, const record::Record& now) const {
  for (const auto& [label, value] : writes.checked) {
    const auto held = now.fields.find(label);
    const record::Value is = held == now.fields.end() ? record::Value{} : held->second;
    if (is_kept(writes.schema->fields.find(label)->second.shape, value, is)) continue;
    return make_error(
        Failure::refused,
        "Helix ALM said that it took field \"" + text::printable(label) + "\" of " +
            about("", id_of(*spot.place.type, spot.id)) + ", and holds \"" + text::printable(is.text()) +
            "\" instead of \"" + text::printable(value.text()) +
            "\". It is read-only there, or the account may not change it: leave it out of the mapping, or "
            "give the account the right.");
  }
  return {};
}

Result<Json> HelixAlmAdapter::finished(const Spot& spot, const Writes& writes, const std::string& marker, Json item,
                                       const std::vector<Problem>& problems, const CallContext& context) {
  const std::string doing = "completing new record \"" + tag_of(item) + '"';
  if (marker_of(item, options_.labels) != marker_to_stored(marker)) {
    // Nobody would find it again, and it can't be taken back: the API deletes nothing.
    const auto again =
        api_.update(spot, {{"fields", Json::array({marker_json(options_.labels.marker, marker)})}}, doing, context);
    auto now = api_.read(spot, {}, doing, context);
    if (!now) return as_uncertain(now.error(), doing);
    item = std::move(*now);
    if (marker_of(item, options_.labels) != marker_to_stored(marker))
      return make_error(Failure::refused, "Helix ALM made " + tag_of(item) +
                                              " and did not take our marker into its field \"" +
                                              text::printable(options_.labels.marker) +
                                              "\"; give the account the right to write and read it, and delete " +
                                              tag_of(item) + " before this is retried, which makes it anew.");
  }
  if (!problems.empty())
    return make_error(Failure::incomplete,
                      "Helix ALM made " + tag_of(item) + ", but not all of it: " + words_of(problems) +
                          ". Correct the mapping, or the fields there, and retry, which goes on with " + tag_of(item) +
                          '.');
  if (writes.status.empty()) return item;
  const std::string item_tag = tag_of(item);
  auto reached = reach_status(spot, std::move(item), writes.status, doing, context);
  if (reached) return reached;
  return reached.error().failure == FailureClass::permanent ? as_incomplete(reached.error(), item_tag)
                                                            : as_uncertain(reached.error(), doing);
}

Result<record::Record> HelixAlmAdapter::create(const NewRecord& wanted, const CallContext& context) {
  const std::string name = wanted.type.empty() ? std::string{options_.types.front()->name} : wanted.type;
  const std::string doing =
      "creating a " + text::printable(name) + " in project \"" + text::printable(wanted.project.str()) + '"';
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (wanted.marker.empty()) return make_error(Failure::refused, "A new record needs a marker, and this one has none.");
  const ItemType* type = item_type(name);
  if (std::find(options_.types.begin(), options_.types.end(), type) == options_.types.end())
    return make_error(Failure::refused, "Type \"" + text::printable(name) +
                                            "\" is none of the application's; name it in the setting types, such as "
                                            "\"types: issue, requirement, testCase\".");
  const auto place = place_of(wanted.project, *type);
  if (!place) return place.error();
  const auto writes = to_writes(*place, wanted.fields, true, context);
  if (!writes) return writes.error();
  if (!writes->schema->has_marker)
    return make_error(Failure::misconfigured,
                      "The field \"" + text::printable(options_.labels.marker) + "\" of " + std::string{type->path} +
                          " in Helix ALM, which is to keep our marker, is not there or is no text field; add a custom "
                          "field of type text, or name another one in the setting markerField.");
  auto item = new_item(*place, *writes, wanted.marker);
  if (!item) return item.error();
  const auto written = api_.create(*place, std::move(*item), doing, context);
  // A 404 is of a field or an item of a menu.
  if (!written && is_missing(written.error())) return make_error(Failure::refused, written.error().message);
  if (!written) return written.error();
  if (written->id.empty() && !written->problems.empty()) return not_all_taken(written->problems, doing);
  if (written->id.empty())
    return make_error(Failure::uncertain, "Helix ALM's answer when " + doing + " names no record.");
  const Spot spot{*place, written->id};
  auto made = api_.read(spot, {}, doing, context);
  if (!made) return as_uncertain(made.error(), doing);
  const auto now = finished(spot, *writes, wanted.marker, std::move(*made), written->problems, context);
  if (!now) return now.error();
  record::Record record = record_of(spot, *now);
  if (auto kept = check_kept(spot, *writes, record); !kept) return as_incomplete(kept.error(), tag_of(*now));
  return record;
}

Result<record::Record> HelixAlmAdapter::update(const ProjectName& project, const RecordId& id,
                                               const record::Fields& patch, const CallContext& context) {
  if (patch.empty()) return read(project, id, context);
  const std::string doing = about("updating ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto writes = to_writes(spot->place, patch, false, context);
  if (!writes) return writes.error();

  Alone lock;
  Json item;
  const bool found_by = !writes->found_by.empty();
  if (found_by) {
    auto mine = alone(*spot, doing, context);
    if (!mine) return mine.error();
    lock = std::move(*mine);
  }
  if (found_by || !writes->status.empty()) {
    auto now = api_.read(*spot, found_by ? "foundByRecords" : "", doing, context);
    if (!now) return now.error();
    item = std::move(*now);
  }
  // Before anything is written.
  if (!writes->status.empty()) {
    const auto way = options_.workflow.way(status_of(item, options_.workflow), writes->status);
    if (!way) return way.error();
  }
  if (!writes->empty()) {
    Json change = Json::object();
    if (!writes->fields.empty()) change["fields"] = writes->fields;
    if (!writes->requirement_type.is_null()) change["requirementType"] = writes->requirement_type;
    if (found_by) change["foundByRecords"] = found_by_records(item, writes->found_by);
    if (auto done = put(*spot, std::move(change), doing, context); !done) return done.error();
  }
  if (lock.owns_lock()) lock.unlock();
  if (!writes->status.empty()) {
    const auto reached = reach_status(*spot, std::move(item), writes->status, doing, context);
    if (!reached) return reached.error();
  }
  const auto now = api_.read(*spot, {}, doing, context);
  if (!now) return now.error();
  record::Record record = record_of(*spot, *now);
  if (auto kept = check_kept(*spot, *writes, record); !kept) return kept.error();
  return record;
}

}  // namespace syncservice::adapter::helix_alm
