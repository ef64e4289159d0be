#include "token.hpp"

#include "json.hpp"
#include "judgement.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::helix_alm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view api_path = "/helix-alm/api/v0";
constexpr seconds longest_margin{60};
// Where the answer does not say how long the token lives.
constexpr std::chrono::minutes untold_life{5};

std::string signing_in(const std::string& project) {
  return "signing in to project \"" + text::printable(project) + '"';
}

// By the server's own clock, which may differ from ours.
milliseconds life_of(const Json& body, const client::Response& response, Timestamp now) {
  const auto end = record::instant_from_text(text_at(body, "expiresOn"));
  if (!end) return untold_life;
  const auto date = client::parse_http_date(std::string{response.header("Date")});
  return std::max<milliseconds>(end->at - (date ? Timestamp{*date} : now), milliseconds{0});
}

}  // namespace

const ListedProject* ProjectList::find(const std::string& project) const {
  const auto found =
      std::find_if(projects.begin(), projects.end(), [&](const auto& one) { return one.is_called(project); });
  return found == projects.end() ? nullptr : &*found;
}

Door::Door(rest::Endpoint endpoint, rest::Credential credential, std::shared_ptr<const Clock> clock,
           std::shared_ptr<Pace> pace)
    : clock_(std::move(clock)),
      pace_(std::move(pace)),
      server_(std::move(endpoint), std::move(credential), vendor(clock_), clock_) {}

rest::Url Door::url(const rest::Server& server, std::string_view path) {
  return std::move(server.url(api_path).path(path));
}

Result<ProjectList> Door::projects(const CallContext& context) const {
  rest::Call call;
  call.doing = "listing the projects";
  call.url = url(server_, "/projects");
  if (auto turn = pace_->wait(context, call.doing); !turn) return turn.error();
  const auto body = server_.json(call, context);
  if (!body) return body.error();
  if (!member(*body, "projects").is_array())
    return make_error(Failure::misconfigured,
                      "What answers at the setting url is no Helix ALM REST API: it lists no projects; give an address "
                      "such as https://alm.acme.com:8443.");
  ProjectList out;
  for (const Json& one : list_at(*body, "projects"))
    out.projects.push_back(
        {std::to_string(number_at(one, "id")), std::string{text_at(one, "name")}, std::string{text_at(one, "uuid")}});
  out.loading = number_at(*body, "projectsLoading");
  return out;
}

Error Door::explain(const Error& error, const std::string& project, const CallContext& context) const {
  const bool refused = error.code == make_error_code(Failure::refused);
  if (!refused && !is_missing(error)) return error;
  const auto list = projects(context);
  if (!list) return list.error();
  if (list->find(project) != nullptr) return make_error(Failure::unauthorized, error.message);
  const std::string name = '"' + text::printable(project) + '"';
  if (list->loading > 0)
    return make_error(Failure::unavailable, "Helix ALM is still loading " + std::to_string(list->loading) +
                                                " projects, and project " + name +
                                                " may be one of them; it will be tried again.");
  std::vector<std::string> names;
  for (const ListedProject& one : list->projects) names.push_back(one.name);
  std::vector<std::string> near = text::nearest(project, names);
  if (near.empty()) near.assign(names.begin(), names.begin() + std::min<std::ptrdiff_t>(5, std::ssize(names)));
  std::string message = "Helix ALM has no project ";
  message.append(name).append(" that the account may see");
  message.append(near.empty() ? "; it sees none at all" : "; it sees " + text::quoted_list(near));
  return make_error(Failure::refused, message.append(". Correct the project, or add the account's user to it."));
}

Result<Token> Door::token(const std::string& project, const CallContext& context) const {
  rest::Call call;
  call.doing = signing_in(project);
  call.url = url(server_, "").segment(project).path("/token");
  if (auto turn = pace_->wait(context, call.doing); !turn) return turn.error();
  const auto response = server_.call(call, context);
  if (!response) return explain(response.error(), project, context);
  const auto body = server_.json_of(*response, call);
  if (!body) return body.error();
  const std::string_view text = text_at(*body, "accessToken");
  if (text.empty())
    return make_error(Failure::unauthorized, "Helix ALM answered without a token when " + call.doing + '.');
  const milliseconds life = life_of(*body, *response, clock_->now());
  // Before it ends under a call that is under way.
  const milliseconds margin = std::min<milliseconds>(longest_margin, life / 2);
  return Token{std::string{text}, clock_->now() + life - margin};
}

Result<rest::Pass> TokenSignIn::pass(const CallContext& context) {
  std::unique_lock lock{mutex_};
  const auto ready = [this] { return !fetching_; };
  const bool waited = context.deadline == std::chrono::steady_clock::time_point::max()
                          ? fetched_.wait(lock, context.stop, ready)
                          : fetched_.wait_until(lock, context.stop, context.deadline, ready);
  if (!waited) {
    lock.unlock();
    if (auto may_go_on = check(context, signing_in(project_)); !may_go_on) return may_go_on.error();
    return make_error(Failure::timed_out, "The time for the call ran out when " + signing_in(project_) + '.');
  }
  if (!token_ || clock_->now() >= token_->renew_at) {
    fetching_ = true;
    lock.unlock();
    auto fresh = door_->token(project_, context);
    lock.lock();
    fetching_ = false;
    fetched_.notify_all();
    token_.reset();
    if (!fresh) return fresh.error();
    token_ = std::move(*fresh);
    ++number_;
  }
  rest::Pass pass;
  pass.number = number_;
  pass.headers.push_back({"Authorization", "Bearer " + token_->text});
  return pass;
}

bool TokenSignIn::lost(const rest::Pass& pass, const client::Response& response, const CallContext&) {
  if (response.status != 401) return false;
  const std::lock_guard lock{mutex_};
  if (pass.number == number_) token_.reset();
  return true;
}

}  // namespace syncservice::adapter::helix_alm
