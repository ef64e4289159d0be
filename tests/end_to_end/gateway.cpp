#include "end_to_end/gateway.hpp"

#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace syncservice::end_to_end {

Gateway::Gateway(std::string app_link, support::Installation installation)
    : app_link_(std::move(app_link)), daemon_(std::move(installation)) {
  daemon_.set_properties({{"push.service.retry.first", "1s"}});
  daemon_.start();
  key_ = daemon_.create_key("end-to-end");
}

std::string Gateway::push_url(const std::string& origin, const std::string& id) const {
  std::string url = daemon_.url();
  url.append("/SyncService/push/").append(app_link_).append("/").append(origin).append("/").append(id);
  return url.append("?apikey=").append(key_);
}

void Gateway::push(const std::string& origin, const std::string& id) const {
  const std::string target = push_url(origin, id).substr(daemon_.url().size());
  EXPECT_EQ(support::ask(daemon_.address(), {.method = "POST", .target = target}).status, 201);
}

json Gateway::pushes() const {
  const support::Answer answer =
      support::ask(daemon_.address(), {.method = "GET",
                                       .target = "/api/v1/pushes?limit=50",
                                       .headers = {{"Authorization", support::basic("admin", "welcome")}}});
  return json::parse(answer.body);
}

bool Gateway::calm(const std::vector<const support::Simulator*>& systems) const {
  const auto sent = [&] {
    std::size_t count = 0;
    for (const support::Simulator* system : systems) count += system->deliveries().size();
    return count;
  };
  return support::eventually(
      [&] {
        const std::size_t before = sent();
        const json counts = pushes().at("counts");
        return counts.at("waiting") == 0 && counts.at("running") == 0 && sent() == before;
      },
      patience);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("the example no longer has \"" + what + "\"");
  return text.replace(at, what.size(), by);
}

std::size_t writes_of(const support::Simulator& system, const std::string& account) {
  const json listed = system.requests().at("requests");
  return static_cast<std::size_t>(std::count_if(listed.begin(), listed.end(), [&](const json& request) {
    const std::string method = request.at("method"), path = request.at("path");
    return request.at("user") == account && method != "GET" && path.find("/search") == std::string::npos;
  }));
}

}  // namespace syncservice::end_to_end
