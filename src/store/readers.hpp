// A bounded pool of read connections, opened as they are needed.
#pragma once

#include "connection.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace syncservice::store {

class Readers {
 public:
  Readers(std::string path, int most);
  /// Runs `work` over one consistent state; waits while all connections are in use.
  [[nodiscard]] Result<void> read(const std::function<void(Connection&)>& work);

 private:
  [[nodiscard]] std::unique_ptr<Connection::Impl> take();
  void give_back(std::unique_ptr<Connection::Impl> connection);

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection::Impl>> idle_;
  int may_open_;
};

}  // namespace syncservice::store
