// A server whose answers a test gives, and an application behind it.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/tiny_server.hpp"
#include "support/fake_clock.hpp"
#include "syncservice/rest/rest.hpp"

namespace syncservice::rest {

/// Gives one answer after the other, the last one again and again; one without the end of its head cuts the connection.
class Scripted {
 public:
  explicit Scripted(std::vector<std::string> answers) : answers_(answers.begin(), answers.end()) {}
  [[nodiscard]] std::string url(const std::string& path = "") const { return server_.url(path); }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock{mutex_};
    return requests_;
  }

 private:
  void serve(client::Peer& peer) {
    for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
      std::string answer;
      {
        const std::lock_guard lock{mutex_};
        requests_.push_back(request);
        answer = answers_.front();
        if (answers_.size() > 1) answers_.pop_front();
      }
      peer.write(answer);
      if (answer.find("\r\n\r\n") == std::string::npos) return;
    }
  }
  mutable std::mutex mutex_;
  std::deque<std::string> answers_;    // guarded by mutex_
  std::vector<std::string> requests_;  // guarded by mutex_
  client::TinyServer server_{[this](client::Peer& peer) { serve(peer); }};
};

inline std::string answer(const std::string& status, const std::string& body, const std::string& headers = {},
                          const std::string& type = "application/json") {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline Endpoint endpoint_at(const std::string& url) {
  Endpoint endpoint;
  endpoint.url = url;
  return endpoint;
}

inline Call reading(const Server& server, const std::string& path = "/record") {
  Call call;
  call.url = server.url(path);
  call.doing = "reading record \"1\"";
  return call;
}

inline Call writing(const Server& server, const std::string& path = "/record") {
  Call call = reading(server, path);
  call.method = "POST";
  call.doing = "creating a record";
  call.body = "{}";
  return call;
}

}  // namespace syncservice::rest
