#include "documents.hpp"

namespace syncservice::admin {
namespace {

/// What became of a push, in one line.
std::string summary(const spool::Push& push) {
  switch (push.state) {
    case spool::State::waiting:
      return push.attempts == 0 ? "waiting" : "failed, next try at " + to_rfc3339(push.due);
    case spool::State::running:
      return "running";
    case spool::State::done:
      return std::string{to_string(push.outcome)};
    case spool::State::dead_letter:
      return "dead letter";
    case spool::State::held:
      return "held";
  }
  return "waiting";
}

Document instant(const std::optional<Timestamp>& when) {
  return when ? Document(to_rfc3339(*when)) : Document(nullptr);
}

}  // namespace

Document document(const RecordKey& record) {
  Document out{{"appLinkName", record.app_link.str()}, {"origin", to_string(record.side)}};
  if (!record.project.empty()) out["project"] = record.project.str();
  out["id"] = record.id.str();
  return out;
}

Document document(const spool::Push& push) {
  Document out{{"push", static_cast<std::int64_t>(push.id)}};
  out.update(document(push.key));
  out["state"] = to_string(push.state);
  if (push.outcome != spool::Outcome::none) out["outcome"] = to_string(push.outcome);
  out["summary"] = summary(push);
  out["reason"] = push.reason;
  out["attempts"] = push.attempts;
  out["accepted"] = to_rfc3339(push.accepted);
  out["changed"] = to_rfc3339(push.changed);
  if (push.state == spool::State::waiting) out["nextTry"] = to_rfc3339(push.due);
  out["pushedBy"] = push.pushed_by;
  out["from"] = push.peer;
  return out;
}

Document document(const spool::Counts& counts) {
  return {{"waiting", counts.waiting},
          {"running", counts.running},
          {"deadLetters", counts.dead_letters},
          {"held", counts.held},
          {"oldestWaiting", instant(counts.oldest_waiting)}};
}

Document document(const sync::PassRecord& pass) {
  Document changes = Document::array();
  for (const auto& change : pass.changes) {
    changes.push_back({{"side", to_string(change.side)},
                       {"field", change.field},
                       {"from", change.from},
                       {"to", change.to},
                       {"because", change.because}});
  }
  return {{"pass", pass.id},
          {"push", static_cast<std::int64_t>(pass.push)},
          {"record", document(pass.record)},
          {"twin", pass.twin ? document(*pass.twin) : Document(nullptr)},
          {"started", to_rfc3339(pass.started)},
          {"ended", to_rfc3339(pass.ended)},
          {"outcome", pass.outcome},
          {"reason", pass.reason},
          {"changes", std::move(changes)}};
}

Document document(const sync::RecordLink& link) {
  return {{"source", document(link.source)},
          {"destination", document(link.destination)},
          {"created", to_rfc3339(link.created)},
          {"changed", to_rfc3339(link.changed)}};
}

Document document(const sync::Health& health) {
  return {{"application", health.application.str()},       {"circuit", health.circuit_open ? "open" : "closed"},
          {"blockedUntil", instant(health.blocked_until)}, {"lastSuccess", instant(health.last_success)},
          {"lastFailure", instant(health.last_failure)},   {"lastError", health.last_error}};
}

Document document(const auth::ApiKey& key) {
  Document links = Document::array();
  for (const auto& link : key.app_links) links.push_back(link.str());
  return {{"key", key.id},
          {"name", key.name},
          {"appLinks", std::move(links)},
          {"origin", key.origin ? Document(to_string(*key.origin)) : Document(nullptr)},
          {"created", to_rfc3339(key.created)},
          {"expires", instant(key.expires)},
          {"revoked", instant(key.revoked)}};
}

Document document(const Complaint& complaint) {
  return {{"file", complaint.file},
          {"line", complaint.line},
          {"column", complaint.column},
          {"severity", complaint.warning ? "warning" : "error"},
          {"what", complaint.what}};
}

Document fields_document(const record::Fields& fields) {
  Document out = Document::object();
  for (const auto& [name, value] : fields) out[name] = record::to_json_value(value);
  return out;
}

Document document(const sync::StoredLink& link) {
  Document out{{"link", link.id}};
  out.update(document(link.link));
  out["withdrawn"] = link.withdrawn ? Document(to_string(*link.withdrawn)) : Document(nullptr);
  return out;
}

Document document(const sync::Conflict& conflict) {
  return {{"link", conflict.link},
          {"source", document(conflict.source)},
          {"destination", document(conflict.destination)},
          {"sourceField", conflict.source_field},
          {"destinationField", conflict.destination_field},
          {"sourceValue", record::to_json_value(conflict.source_value)},
          {"destinationValue", record::to_json_value(conflict.destination_value)},
          {"push", static_cast<std::int64_t>(conflict.push)},
          {"since", to_rfc3339(conflict.since)},
          {"winner", conflict.decided ? Document(to_string(*conflict.decided)) : Document(nullptr)},
          {"decidedBy", conflict.decided ? Document(conflict.decided_by) : Document(nullptr)}};
}

Document document(const sync::Pause& pause) {
  return {{"kind", pause.application ? "application" : "app-link"},
          {"name", pause.name},
          {"by", pause.by},
          {"since", to_rfc3339(pause.since)}};
}

Document document(const sync::Listing& part) {
  return {{"appLinkName", part.app_link.str()},
          {"origin", to_string(part.side)},
          {"project", part.project.empty() ? Document(nullptr) : Document(part.project.str())},
          {"since", instant(part.since)},
          {"query", part.query.empty() ? Document(nullptr) : Document(part.query)},
          {"found", part.found},
          {"pushed", part.queued},
          {"goesOn", instant(part.next)},
          {"started", to_rfc3339(part.started)},
          {"changed", to_rfc3339(part.changed)},
          {"by", part.by},
          {"problem", part.problem.empty() ? Document(nullptr) : Document(part.problem)}};
}

Document document(const sync::RunCounts& counts) {
  return {{"records", counts.records},
          {"toPush", counts.to_push},
          {"waiting", counts.waiting},
          {"retrying", counts.retrying},
          {"synchronized", counts.synchronized},
          {"nothingToDo", counts.nothing_to_do},
          {"other", counts.other},
          {"deadLetters", counts.dead_letters},
          {"held", counts.held}};
}

}  // namespace syncservice::admin
