#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace syncservice::support {

namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

/// An anonymous file in memory.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content = {}) : descriptor_(::memfd_create("test", MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
    while (!content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written < 0) throw std::system_error(errno, std::generic_category(), "write");
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    ::lseek(descriptor_, 0, SEEK_SET);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] std::string content() const {
    std::string text(static_cast<std::size_t>(::lseek(descriptor_, 0, SEEK_END)), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
      const ssize_t got = ::pread(descriptor_, text.data() + have, text.size() - have, static_cast<off_t>(have));
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
  }

 private:
  int descriptor_;
};

}  // namespace

Process::Process(const Command& command, int output, int error, int input) {
  std::vector<std::string> environment = command.environment;  // first: getenv finds the first of a name
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const std::vector<char*> arguments = pointers(command.arguments), variables = pointers(environment);
  const pid_t parent = ::getpid();

  id_ = ::fork();
  if (id_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (id_ == 0) {  // only async-signal-safe calls from here to exec
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGPIPE, SIG_DFL);
    if (::getppid() != parent) ::_exit(127);
    if (!command.folder.empty() && ::chdir(command.folder.c_str()) != 0) ::_exit(126);
    const int in = input >= 0 ? input : ::open("/dev/null", O_RDONLY);
    ::dup2(in, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(error, STDERR_FILENO);
    ::execvpe(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  handle_ = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
  if (handle_ < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
}

Process::~Process() {
  if (!exit_) {
    signal(SIGKILL);
    static_cast<void>(wait(std::chrono::seconds{10}));
  }
  ::close(handle_);
}

void Process::signal(int number) const noexcept {
  if (!exit_) ::kill(id_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds timeout) {
  if (exit_) return exit_;
  pollfd waiting{handle_, POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int ready = ::poll(&waiting, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
    if (ready > 0) break;
    if (ready == 0) return std::nullopt;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  }
  int status = 0;
  ::waitpid(id_, &status, 0);
  exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_;
}

Finished run(const Command& command, std::string_view input, std::chrono::milliseconds timeout) {
  const MemoryFile out, err, in(input);
  Process process(command, out.descriptor(), err.descriptor(), in.descriptor());
  const std::optional<int> exit = process.wait(timeout);
  if (!exit) {
    throw std::runtime_error(command.arguments.front() + " did not end within " + std::to_string(timeout.count()) +
                             " ms; it said: " + out.content() + err.content());
  }
  return {*exit, out.content(), err.content()};
}

}  // namespace syncservice::support
