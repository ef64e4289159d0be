// support/process — child processes: started with fork and exec, awaited with deadlines, never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::support {

/// How a program ended, and what it printed.
struct Finished {
  int exit = -1;  ///< exit code; 128 + signal when it was killed
  std::string out, err;
};

struct Command {
  std::vector<std::string> arguments;      ///< the program's path or name first
  std::vector<std::string> environment{};  ///< "NAME=value", added to this process's own
  std::string folder{};                    ///< working directory; empty: this process's own
};

/// One running child. It is killed when this object ends, or when the thread that started it does.
class Process {
 public:
  /// The child's standard output and error go to these descriptors, its input is `input` (-1: /dev/null).
  Process(const Command& command, int output, int error, int input = -1);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] pid_t id() const noexcept { return id_; }
  void signal(int number) const noexcept;
  /// The exit code as in Finished, empty when it still runs after `timeout`.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds timeout);

 private:
  pid_t id_ = -1;
  int handle_ = -1;
  std::optional<int> exit_;
};

/// Runs a program to its end. Throws std::runtime_error when it does not end within `timeout`.
[[nodiscard]] Finished run(const Command& command, std::string_view input = {},
                           std::chrono::milliseconds timeout = std::chrono::seconds{60});

}  // namespace syncservice::support
