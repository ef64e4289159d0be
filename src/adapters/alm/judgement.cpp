#include "judgement.hpp"

#include <array>

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::alm {
namespace {

constexpr std::size_t most_words = 500;
constexpr std::string_view logged_out = "has logged out";

struct Meaning {
  std::string_view id;
  Failure failure;
  std::string_view cure;
};

constexpr std::array known{
    Meaning{"entity-not-found", Failure::not_found, "It is not there, or the account may not see it."},
    Meaning{"required-field-missing", Failure::refused, "Map the field, or give it a constant."},
    Meaning{"invalid-list-field-value", Failure::refused, "Map the value to one that the list has."},
    Meaning{"invalid-value-type-for-field", Failure::refused, "Map the field to one of the same kind."},
    Meaning{"unknown-field-name", Failure::refused, "Correct the name of the field."},
    Meaning{"invalid-filter-expression", Failure::refused, "Correct the query."},
    Meaning{"operation-forbidden", Failure::refused,
            "The field is read-only, or the account lacks the right; leave it out, or give the right."},
    Meaning{"lock-failure", Failure::unavailable, "It will be tried again once the lock is gone."},
    Meaning{"entity-locked", Failure::unavailable, "It will be tried again once the lock is gone."},
    Meaning{"check-out-failure", Failure::unavailable, "It will be tried again once it is checked in."},
    Meaning{"session-has-expired", Failure::unavailable, "It will be tried again in a new session."}};

std::string what_happened(const client::Response& response, const rest::Call& call) {
  std::string out = "ALM answered ";
  return out.append(std::to_string(response.status)).append(" when ").append(call.doing);
}

Error explained(const client::Response& response, const rest::Call& call, const Problem& problem, Failure failure,
                std::string_view cure) {
  std::string message = what_happened(response, call);
  if (const auto title = text::trim(problem.title); !title.empty())
    message.append(": ").append(text::printable(title, most_words));
  if (!message.ends_with('.')) message += '.';
  if (!problem.id.empty()) message.append(" (").append(text::printable(problem.id)).append(")");
  return make_error(failure, message.append(1, ' ').append(cure));
}

// An error whose id says nothing of its own: by the status.
Error by_status(const client::Response& response, const rest::Call& call, const Problem& problem) {
  const auto as = [&](Failure failure, std::string_view cure) {
    return explained(response, call, problem, failure, cure);
  };
  if (problem.title.find(logged_out) != std::string::npos)
    return as(Failure::unavailable, "It will be tried again in a new session.");
  // In a session that is good: what is amiss concerns this project alone, and others go on.
  if (response.status == 401 && call.url.str().find("/projects/") != std::string::npos)
    return as(
        Failure::refused,
        "The session is good, so it is the project: add the account to it, or give it the right there, and retry.");
  if (response.status == 401)
    return as(Failure::unauthorized, "The session is good, so check the account's rights on the server.");
  if (response.status == 406) return as(Failure::refused, "This server answers XML only; set format to xml.");
  if (response.status == 409) return as(Failure::unavailable, "It will be tried again.");
  // Never "gone": only entity-not-found is that.
  if (response.status < 500) return as(Failure::refused, "ALM does not take this as it stands.");
  return call.writes()
             ? as(Failure::uncertain, "Whether it happened all the same is looked up before it is tried again.")
             : as(Failure::unavailable, "It will be tried again.");
}

std::optional<Error> judge(const client::Response& response, const rest::Call& call) {
  if (response.status / 100 == 2 || response.status / 100 == 3) return std::nullopt;
  const auto problem = parse_problem(response.body);
  if (!problem) {
    if (response.status != 404 && response.status != 406) return std::nullopt;
    return explained(response, call, {}, response.status == 404 ? Failure::unavailable : Failure::refused,
                     response.status == 404 ? "There is no ALM at this address: check the setting url, for example "
                                              "https://alm.acme.com/qcbin."
                                            : "This server answers XML only; set format to xml.");
  }
  for (const Meaning& meaning : known) {
    if (problem->id == meaning.id) return explained(response, call, *problem, meaning.failure, meaning.cure);
  }
  return by_status(response, call, *problem);
}

}  // namespace

rest::Vendor vendor() {
  return {"ALM", {}, judge};
}

rest::Vendor sign_in_vendor() {
  return {"ALM", {}, [](const client::Response& response, const rest::Call& call) {
            if (response.status != 401 && session_state(response) != SessionState::lost) return judge(response, call);
            const Problem problem = parse_problem(response.body).value_or(Problem{});
            return std::optional{explained(response, call, problem, Failure::unauthorized,
                                           "The account is not accepted; correct it in the application's settings.")};
          }};
}

SessionState session_state(const client::Response& response) {
  if (response.status / 100 == 2) return SessionState::good;
  const auto problem = parse_problem(response.body);
  if (problem && problem->id == "session-has-expired") return SessionState::lost;
  // A dead token may be told as a 500.
  if (problem && problem->title.find(logged_out) != std::string::npos) return SessionState::lost;
  if (response.status != 401) return SessionState::good;
  return problem ? SessionState::unclear : SessionState::lost;
}

}  // namespace syncservice::adapter::alm
