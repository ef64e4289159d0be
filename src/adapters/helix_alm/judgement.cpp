#include "judgement.hpp"

#include "gate.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::helix_alm {
namespace {

constexpr std::size_t most_problems = 3;
// For a server that takes no more in this second.
constexpr std::chrono::seconds busy_wait{2};

Problem problem_in(const Json& json) {
  return {number_at(json, "statusCode"), std::string{text_at(json, "message")},
          std::string{text_at(json, "errorElementPath")}};
}

std::string without_stop(std::string words) {
  while (words.ends_with('.')) words.pop_back();
  return words;
}

std::optional<Error> judge(const client::Response& response, const rest::Call& call, Timestamp now) {
  if (response.status == 429) {
    Error error = make_error(Failure::throttled,
                             "Helix ALM answered 429 when " + call.doing + ": too many requests in this minute.");
    error.retry_after = wait_after_429(response, now);
    return error;
  }
  const auto problems = problems_in(Json::parse(response.body, nullptr, false));
  if (response.status == 503 && !problems.empty()) {
    // The limit of requests in a second, or a server that has too much to do; a proxy's 503 is an outage. No document
    // says that nothing was written.
    Error error = make_error(
        call.writes() ? Failure::uncertain : Failure::throttled,
        "Helix ALM answered 503 when " + call.doing + ": " + words_of(problems) + ". It will be tried again.");
    error.failure = FailureClass::throttled;
    error.retry_after = busy_wait;
    return error;
  }
  if (response.status != 403) return std::nullopt;
  std::string message = "Helix ALM answered 403 when " + call.doing;
  const std::string words = words_of(problems);
  if (!words.empty()) message.append(": ").append(words);
  message +=
      ". The account needs a licence for this kind of record, and a security group with the command Allow Login Via "
      "SOAP "
      "and those for what it is to do.";
  return make_error(Failure::refused, std::move(message));
}

}  // namespace

std::vector<Problem> problems_in(const Json& body) {
  std::vector<Problem> out;
  for (const Json& one : list_at(body, "errors")) out.push_back(problem_in(one));
  if (out.empty() && member(body, "error").is_object()) out.push_back(problem_in(member(body, "error")));
  if (out.empty() && !text_at(body, "message").empty()) out.push_back(problem_in(body));
  return out;
}

std::string words_of(const std::vector<Problem>& problems) {
  std::string out;
  for (std::size_t i = 0; i < problems.size() && i < most_problems; ++i) {
    if (problems[i].message.empty()) continue;
    out.append(out.empty() ? "" : "; ").append(without_stop(text::printable(problems[i].message, 200)));
    if (!problems[i].path.empty()) out.append(" (").append(text::printable(problems[i].path)).append(")");
  }
  return out;
}

rest::Vendor vendor(std::shared_ptr<const Clock> clock, std::function<void(const client::Response& response)> saw) {
  rest::Vendor out;
  out.name = "Helix ALM";
  out.error_text = [](const Json& body) { return words_of(problems_in(body)); };
  out.judge = [clock = std::move(clock), saw = std::move(saw)](const client::Response& response,
                                                               const rest::Call& call) {
    if (saw) saw(response);
    return judge(response, call, clock->now());
  };
  return out;
}

bool is_missing(const Error& error) {
  return error.code == make_error_code(Failure::not_found);
}

}  // namespace syncservice::adapter::helix_alm
